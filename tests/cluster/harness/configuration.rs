//! The configuration files and permissions of the components. Text only; nothing is started here.

use std::fs;
use std::process::Command;

use super::home::Home;

/// The users of the components. Each has its own name, so that RBAC, Node authorization and the audit log can
/// distinguish them.
const PEOPLE: [(&str, &str, &str); 4] = [
    ("kubeconfig", "admin", "system:masters"),
    ("controller-manager.kubeconfig", "system:kube-controller-manager", ""),
    ("scheduler.kubeconfig", "system:kube-scheduler", ""),
    ("kubelet.kubeconfig", "system:node:localhost", "system:nodes"),
];

/// Logs whole objects of gapless's kinds, Jobs and pods, and metadata for the rest.
const AUDIT: &str = "
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: RequestResponse
  verbs: [create, update, patch, delete, deletecollection]
  resources:
  - {group: gapless.dev}
  - {group: batch, resources: [jobs, jobs/status]}
  - {group: '', resources: [pods, pods/status]}
- level: Metadata
";

/// Writes every file that the components read when they start.
pub fn write(home: &Home) {
    for folder in ["logs", "cni", "volume-plugins", "volumes"] {
        fs::create_dir_all(home.path(folder)).unwrap();
    }
    run(Command::new("openssl").args(["genrsa", "-out", "sa.key", "2048"]).current_dir(&home.folder));
    run(Command::new("openssl").args(["rsa", "-in", "sa.key", "-pubout", "-out", "sa.pub"]).current_dir(&home.folder));
    people(home);
    let text = |name: &str, text: String| fs::write(home.path(name), text).unwrap();
    text("audit.yaml", AUDIT.into());
    text("containerd.toml", containerd(home));
    text("cni/10-pods.conflist", network(home));
    text("kubelet.yaml", kubelet(home));
    control_group(home.name());
}

fn run(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn people(home: &Home) {
    let mut tokens = String::new();
    for (file, name, group) in PEOPLE {
        let mut token = [0_u8; 16];
        std::io::Read::read_exact(&mut fs::File::open("/dev/urandom").unwrap(), &mut token).unwrap();
        let token: String = token.iter().map(|byte| format!("{byte:02x}")).collect();
        tokens += &format!("{token},{name},{name},{group}\n");
        let (address, folder) = (super::network::SERVICE, home.folder.display());
        let text = format!(
            "apiVersion: v1
kind: Config
current-context: test
clusters: [{{name: test, cluster: {{server: 'https://{address}', certificate-authority: '{folder}/certs/apiserver.crt'}}}}]
users: [{{name: test, user: {{token: {token}}}}}]
contexts: [{{name: test, context: {{cluster: test, user: test}}}}]
"
        );
        fs::write(home.path(file), text).unwrap();
    }
    fs::write(home.path("tokens.csv"), tokens).unwrap();
}

fn containerd(home: &Home) -> String {
    let folder = home.folder.display();
    let plugins =
        ["/usr/lib/cni", "/opt/cni/bin"].into_iter().find(|p| fs::exists(format!("{p}/ptp")).is_ok_and(|e| e));
    let plugins = plugins.unwrap_or("/usr/lib/cni");
    // Without CAP_SYS_RESOURCE runc cannot lower a score: "can't get final child's PID from pipe: EOF".
    format!(
        r#"version = 2
root = "{folder}/containerd"
state = "{folder}/containerd-state"
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "local/pause:1"
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{plugins}"
    conf_dir = "{folder}/cni"
"#
    )
}

/// Each pod has its own link to this machine, without a route beyond it.
fn network(home: &Home) -> String {
    let subnet = super::network::PODS;
    let (name, data) = (home.name(), home.path("ipam"));
    format!(
        r#"{{"cniVersion": "0.4.0", "name": "{name}", "plugins": [{{"type": "ptp", "ipam": {{"type": "host-local",
"dataDir": "{}", "ranges": [[{{"subnet": "{subnet}"}}]], "routes": [{{"dst": "0.0.0.0/0"}}]}}}}]}}"#,
        data.display()
    )
}

fn kubelet(home: &Home) -> String {
    let (folder, name) = (home.folder.display(), home.name());
    format!(
        "apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: 10250
readOnlyPort: 0
healthzBindAddress: 127.0.0.1
healthzPort: 10248
authentication: {{anonymous: {{enabled: true}}, webhook: {{enabled: false}}}}
authorization: {{mode: AlwaysAllow}}
containerRuntimeEndpoint: unix://{folder}/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: /{name}
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
localStorageCapacityIsolation: false
imageGCHighThresholdPercent: 100
evictionHard: {{nodefs.available: '1%', imagefs.available: '1%', memory.available: 50Mi}}
podLogsDir: {folder}/logs/pods
volumePluginDir: {folder}/volume-plugins
maxPods: 120
clusterDNS: [127.0.0.1]
kubeAPIQPS: 100
kubeAPIBurst: 200
eventRecordQPS: 0
featureGates: {{KubeletCrashLoopBackOffMax: true}}
crashLoopBackOff: {{maxContainerRestartPeriod: 1s}}
"
    )
}

/// The kubelet requires its root group in every hierarchy.
fn control_group(name: &str) {
    let root = std::path::Path::new("/sys/fs/cgroup");
    if fs::exists(root.join("cgroup.controllers")).unwrap() {
        for controller in ["cpu", "cpuset", "memory", "pids", "hugetlb"] {
            // The kubelet reports what the machine lacks.
            let _ = fs::write(root.join("cgroup.subtree_control"), format!("+{controller}"));
        }
        fs::create_dir_all(root.join(name)).unwrap();
        return;
    }
    for hierarchy in fs::read_dir(root).unwrap().flatten().filter(|entry| entry.file_type().unwrap().is_dir()) {
        fs::create_dir_all(hierarchy.path().join(name)).unwrap();
    }
}
