//! The command line of each component.

use super::component::Component;
use super::home::Home;
use super::network;

/// The cluster has its own network, in which every port is free.
const ETCD: &str = "http://127.0.0.1:2379";
const PEER: &str = "http://127.0.0.1:2380";

impl Component {
    /// Its name in the combined binary, and of its log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::ApiServer => "kube-apiserver",
            Self::ControllerManager => "kube-controller-manager",
            Self::Scheduler => "kube-scheduler",
            Self::Containerd => "containerd",
            Self::Kubelet => "kubelet",
        }
    }

    /// Its arguments. None contains a space.
    pub fn arguments(self, home: &Home) -> String {
        let folder = home.folder.display();
        let controller = |who: &str| {
            format!(
                "--kubeconfig {who}.kubeconfig --authentication-kubeconfig {who}.kubeconfig \
                 --authorization-kubeconfig {who}.kubeconfig --leader-elect=false --secure-port 0 \
                 --kube-api-qps 200 --kube-api-burst 400"
            )
        };
        match self {
            Self::Etcd => {
                let sync = if home.options.fsync { "" } else { " --unsafe-no-fsync" };
                format!(
                    "--data-dir etcd{sync} --listen-client-urls {ETCD} --advertise-client-urls {ETCD} \
                     --listen-peer-urls {PEER} --initial-advertise-peer-urls {PEER} --initial-cluster default={PEER}"
                )
            }
            Self::ApiServer => format!(
                "--etcd-servers {ETCD} --bind-address {address} --advertise-address {address} --secure-port 443 \
                 --cert-dir certs --token-auth-file tokens.csv --authorization-mode Node,RBAC \
                 --enable-admission-plugins NodeRestriction --service-account-key-file sa.pub \
                 --service-account-signing-key-file sa.key --service-account-issuer https://kubernetes.default.svc \
                 --service-cluster-ip-range {} --endpoint-reconciler-type none \
                 --kubelet-preferred-address-types Hostname --audit-policy-file audit.yaml --audit-log-path audit.log \
                 --audit-log-maxsize 100000",
                network::SERVICES,
                address = network::SERVICE,
            ),
            Self::ControllerManager => format!(
                "{} --use-service-account-credentials --service-account-private-key-file sa.key \
                 --root-ca-file certs/apiserver.crt --pvclaimbinder-sync-period 1s --flex-volume-plugin-dir {folder}/volume-plugins",
                controller("controller-manager")
            ),
            Self::Scheduler => controller("scheduler"),
            Self::Containerd => format!("--config {folder}/containerd.toml"),
            // With an external cloud provider the kubelet does not publish this machine's address, so everything stays
            // on loopback.
            Self::Kubelet => format!(
                "--config {folder}/kubelet.yaml --kubeconfig kubelet.kubeconfig --root-dir {folder}/kubelet --cert-dir pki \
                 --hostname-override localhost --cloud-provider external"
            ),
        }
    }
}
