//! The images that tests deploy run as intended, and an operator's process can be found and killed.

use std::fs;
use std::time::Duration;

use rustix::process::Signal;

use super::harness::{Cluster, eventually};
use super::jobs::{ended, job};

#[tokio::test]
async fn the_image_of_gapless_runs_as_nobody_on_a_read_only_root() {
    let cluster = Cluster::shared_node();
    let image = cluster.load_gapless();
    let namespace = cluster.namespace("image");
    cluster.apply(&job(&namespace.name, "version", "--version", "").replace("local/shell:test", image));
    assert!(ended(cluster, &namespace, "version").await.starts_with("Complete"));
    let said = cluster.kubectl(&["logs", "-n", &namespace.name, "job/version"]);
    assert_eq!(said.trim(), format!("gapless {}", env!("CARGO_PKG_VERSION")));
}

#[tokio::test]
async fn the_model_filler_fills_a_date_on_the_claim() {
    let cluster = Cluster::shared_node();
    let image = cluster.load_filler();
    let namespace = cluster.namespace("filler");
    let folder = namespace.folder();
    fs::create_dir_all(folder.join("provider/t")).unwrap();
    fs::write(folder.join("provider/t/2026-01-01.csv"), "x\n1\n").unwrap();
    // The provider counts its requests there.
    fs::create_dir(folder.join("provider/asked")).unwrap();
    fs::set_permissions(folder.join("provider/asked"), std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
    let arguments =
        "args: [/warehouse/provider, /warehouse, t]\n        env: [{name: GAPLESS_DATES, value: 2026-01-01}]";
    let filler = job(&namespace.name, "fill", "", "").replace("args: [\"\"]", arguments);
    cluster.apply(&filler.replace("local/shell:test", image));
    assert!(ended(cluster, &namespace, "fill").await.starts_with("Complete"));
    assert_eq!(fs::read_to_string(folder.join("t/game_date=2026-01-01/part.csv")).unwrap(), "x\n1\n");
}

#[tokio::test]
async fn an_operator_that_is_killed_comes_back_within_seconds() {
    let cluster = Cluster::shared_node();
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("operator");
    fs::write(&script, "sleep 600\n").unwrap();
    // A shell with the name of gapless, which runs the file `operator`.
    let files =
        [("/bin/sh".as_ref(), "/gapless"), ("/bin/sleep".as_ref(), "/bin/sleep"), (script.as_path(), "/operator")];
    cluster.load_image("local/stand-in:test", &files, &["/gapless", "operator"]);
    let namespace = cluster.namespace("operator");
    cluster.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: stand-in, namespace: {}}}
spec:
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 1
  securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
  containers:
  - name: operator
    image: local/stand-in:test
    imagePullPolicy: Never
    env: [{{name: POD_NAME, valueFrom: {{fieldRef: {{fieldPath: metadata.name}}}}}}]
    securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
",
        namespace.name
    ));
    let mut killed = Vec::new();
    // Three times: by then an uncapped back-off would be 40 s.
    for _ in 0..3 {
        let ask = async || {
            let mut operators = cluster.operators().into_iter();
            operators.find(|o| o.pod == "stand-in" && !killed.contains(&o.pid))
        };
        let operator = eventually(cluster, "the operator's process", Duration::from_secs(15), ask).await;
        assert!(cluster.operator_pids().contains(&operator.pid));
        operator.signal(Signal::KILL);
        killed.push(operator.pid);
    }
}

#[tokio::test]
async fn a_pod_reaches_the_api_server_by_its_service_and_with_its_own_account() {
    let cluster = Cluster::shared_node();
    cluster.load_image("local/kubectl:test", &[(cluster.kube(), "/kube")], &["/kube", "kubectl"]);
    let namespace = cluster.namespace("inside");
    let arguments = "args: [auth, whoami, -o, 'jsonpath={.status.userInfo.username}']";
    let inside = job(&namespace.name, "inside", "", "").replace("args: [\"\"]", arguments);
    let inside = inside.replace("automountServiceAccountToken: false", "automountServiceAccountToken: true");
    cluster.apply(&inside.replace("local/shell:test", "local/kubectl:test"));
    assert!(ended(cluster, &namespace, "inside").await.starts_with("Complete"));
    let said = cluster.kubectl(&["logs", "-n", &namespace.name, "job/inside"]);
    assert_eq!(said, format!("system:serviceaccount:{}:default", namespace.name));
}

#[test]
fn the_kubelet_probes_a_pod_over_the_pods_own_network() {
    let cluster = Cluster::shared_node();
    cluster.load_image("local/kubectl:test", &[(cluster.kube(), "/kube")], &["/kube", "kubectl"]);
    let namespace = cluster.namespace("probed");
    // It answers only if the API server answers it, so this proves both directions.
    cluster.apply(&format!(
        "
apiVersion: v1
kind: Pod
metadata: {{name: proxy, namespace: {}}}
spec:
  terminationGracePeriodSeconds: 1
  securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
  containers:
  - name: proxy
    image: local/kubectl:test
    imagePullPolicy: Never
    args: [proxy, --address=0.0.0.0, --accept-hosts=.*]
    ports: [{{name: http, containerPort: 8001}}]
    readinessProbe: {{httpGet: {{path: /api, port: http}}, periodSeconds: 1}}
    securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
",
        namespace.name
    ));
    cluster.kubectl(&["wait", "-n", &namespace.name, "pod/proxy", "--for=condition=Ready", "--timeout=60s"]);
}
