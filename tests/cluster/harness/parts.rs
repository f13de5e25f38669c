//! The programs of the cluster, found or built by `parts.sh`. A missing one fails the run and says what to install.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The binary with every Kubernetes component, including `kubectl`.
pub fn kube() -> PathBuf {
    static KUBE: OnceLock<Result<PathBuf, ()>> = OnceLock::new();
    KUBE.get_or_init(|| parts(&[]))
        .clone()
        .expect("the parts of the tests' cluster; the lines above say what to install")
}

/// The same, if the parts of a node are present as well.
pub fn with_node() -> PathBuf {
    static NODE: OnceLock<Result<PathBuf, ()>> = OnceLock::new();
    let parts = NODE.get_or_init(|| parts(&["node"])).clone();
    parts.expect("the parts of the tests' cluster; the lines above say what to install")
}

fn parts(arguments: &[&str]) -> Result<PathBuf, ()> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/parts.sh");
    let output = Command::new(script).args(arguments).stderr(Stdio::inherit()).output().map_err(|_| ())?;
    let path = String::from_utf8(output.stdout).map_err(|_| ())?;
    if output.status.success() { Ok(path.trim().into()) } else { Err(()) }
}

#[test]
fn a_machine_without_the_parts_learns_what_to_install() {
    let tools = tempfile::tempdir().unwrap();
    for tool in ["sh", "id", "dirname", "cat", "tr"] {
        let found = ["/bin", "/usr/bin"].into_iter().map(|folder| format!("{folder}/{tool}"));
        let found = found.into_iter().find(|path| std::fs::exists(path).unwrap()).unwrap();
        std::os::unix::fs::symlink(found, tools.path().join(tool)).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cluster/parts.sh");
    let output = Command::new(script).arg("node").env("PATH", tools.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && output.stdout.is_empty(), "{output:?}");
    assert!(said.contains("cannot be had: install containerd runc") && said.contains("make test-fast"), "{said}");
}
