//! The operator's credential expires and is replaced in place while it works.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::harness::{Cluster, Namespace, Table, Terminal, eventually};

const UNKNOWN: &str = "unauthorized (401): the API server rejects the token of gapless";

/// A file with the token of gapless's account, like the one that the kubelet maintains for a pod.
struct TokenFile<'a> {
    namespace: &'a Namespace<'a>,
    path: PathBuf,
}

impl TokenFile<'_> {
    /// Creates a token that is valid until [`Self::take`].
    fn make(&self, secret: &str) -> String {
        self.namespace.kubectl(&["create", "secret", "generic", secret]);
        let uid = self.namespace.kubectl(&["get", "secret", secret, "-o", "jsonpath={.metadata.uid}"]);
        let bound = ["--bound-object-kind=Secret", "--bound-object-name", secret, "--bound-object-uid", &uid];
        self.namespace.kubectl(&[&["create", "token", "gapless", "--duration=10m"], &bound[..]].concat())
    }

    /// Writes a token to the file.
    fn put(&self, token: &str) {
        let aside = self.path.with_extension("new");
        fs::write(&aside, token.trim()).unwrap();
        fs::rename(aside, &self.path).unwrap();
    }

    /// Invalidates a token by deleting the object that it is bound to.
    fn take(&self, secret: &str) {
        self.namespace.kubectl(&["delete", "secret", secret]);
    }
}

/// An operator that uses a kubeconfig.
fn start(terminal: &Terminal<'_>, namespace: &Namespace<'_>, log: &Path) -> Child {
    let line = format!("exec gapless operator --listen 127.0.0.1:0 --files-root {}", namespace.folder().display());
    let mut command = terminal.command(&line);
    let cadences = ["HOT", "WARM", "COLD"].map(|cadence| (format!("GAPLESS_CADENCE_{cadence}"), "5s"));
    command.env("GAPLESS_SLOW_START", "0s").envs(cadences).stdout(Stdio::null());
    command.stderr(fs::File::create(log).unwrap()).spawn().unwrap()
}

#[tokio::test]
async fn a_token_that_ends_and_is_replaced_costs_seconds_and_nothing_else() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("token");
    let deployed = cluster.install(&namespace, 0, &[], |_| {});
    let (path, log) = (cluster.folder().join("token"), cluster.folder().join("token.log"));
    let token = TokenFile { namespace: &namespace, path };
    token.put(&token.make("one"));
    // A lease is held for ten seconds without renewal, and a busy machine may take that long to create a token.
    let two = token.make("two");
    Table::held(3).apply(cluster, &namespace);
    let terminal = cluster.terminal_by(&token.path, &namespace.name);
    let mut operator = start(&terminal, &namespace, &log);
    let told = namespace.told("tablecoverages/t");
    let mut alive = || {
        let text = fs::read_to_string(&log).unwrap();
        assert!(operator.try_wait().unwrap().is_none(), "it must continue without a restart: {text}");
    };
    let launched = async || {
        alive();
        (told.launches().await == 3).then_some(())
    };
    eventually(cluster, "three Jobs", Duration::from_secs(60), launched).await;
    token.take("one");
    // The audit log omits unauthenticated requests.
    let refused = async || fs::read_to_string(&log).unwrap().contains(UNKNOWN).then_some(());
    eventually(cluster, "the token to be refused", Duration::from_secs(60), refused).await;
    // While the operator is unauthenticated, its Jobs end, and a fourth date is requested.
    namespace.let_go();
    let dates = r#"{"spec": {"dates": {"from": "2026-01-01", "through": "2026-01-04"}}}"#;
    namespace.kubectl(&["patch", "season", "s", "--type=merge", "-p", dates]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    token.put(&two);
    let (replaced, mark) = (Instant::now(), cluster.mark());
    let known = async || {
        alive();
        cluster.audit(mark).events.iter().any(|e| e.user == deployed.user() && e.is_done()).then_some(())
    };
    eventually(cluster, "the new token to be used", Duration::from_secs(90), known).await;
    println!("the new token was used after {:?}", replaced.elapsed());
    told.complete(4).await;
    assert_eq!(told.launches().await, 4);
    let audit = cluster.audit(Default::default());
    let user = deployed.user();
    let created = audit.writes(&user).filter(|e| e.resource == "jobs" && e.verb == "create" && e.is_done());
    assert_eq!(created.count(), 4, "nothing is doubled");
    kill_process(Pid::from_child(&operator), Signal::TERM).unwrap();
    let status = operator.wait().unwrap();
    let text = fs::read_to_string(&log).unwrap();
    let lines: Vec<&str> = text.lines().filter(|l| l.contains("401") || l.contains("nauthorized")).collect();
    println!("{}", lines.join("\n"));
    assert_eq!(status.code(), Some(0), "{text}");
    assert_eq!(text.matches(UNKNOWN).count(), 1, "{text}");
}
