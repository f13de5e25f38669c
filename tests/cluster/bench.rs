//! The cluster of `make bench-cluster`; `benches/cluster.py` measures in it.

use std::process::Command;

use super::harness::{Cluster, Options};

#[test]
#[ignore = "it measures, for ten minutes: make bench-cluster"]
fn the_operator_is_measured() {
    let gapless = std::env::var("GAPLESS_BENCH").expect("GAPLESS_BENCH names the release binary: make bench-cluster");
    let cluster = Cluster::start(Options::default());
    cluster.load_shell();
    cluster.install_definitions();
    let mut bench = Command::new("python3");
    bench.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/cluster.py"));
    // The heap limit is that of the Deployment.
    bench.arg(cluster.folder()).arg(cluster.kube()).arg(gapless).env("MALLOC_ARENA_MAX", "1");
    bench.args(std::env::var("ONLY").unwrap_or_default().split_whitespace());
    assert!(bench.status().unwrap().success());
}
