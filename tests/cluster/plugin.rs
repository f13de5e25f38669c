//! `kubectl gapless` with the rights of `manifests/people`: who may read, who may write, and the messages for everyone
//! else.

use std::time::Duration;

use super::harness::{Cluster, Table, WRITE, eventually};

#[tokio::test]
async fn people_look_retry_and_waive_as_far_as_their_rights_go() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("people");
    let deployed = cluster.deploy(&namespace, 1, &[("GAPLESS_SLOW_START", "0s")]);
    cluster.kubectl(&["apply", "--server-side", "-k", concat!(env!("CARGO_MANIFEST_DIR"), "/manifests/people")]);
    let mut table = Table::slow(3, 0, 1);
    // 65: the date is unavailable.
    table.script = format!("case $GAPLESS_DATE in *-02) exit 65;; esac; {WRITE}");
    table.apply(cluster, &namespace);
    let open = async || {
        let summary = "jsonpath={.status.summary.complete} complete, {.status.summary.exhausted} exhausted";
        (deployed.kubectl(&["get", "tc", "t", "-o", summary]) == "2 complete, 1 exhausted").then_some(())
    };
    eventually(cluster, "two dates, and one that cannot be had", Duration::from_secs(90), open).await;

    let [viewer, editor, on_call] =
        ["view", "edit", "gapless-on-call"].map(|role| cluster.terminal_with(role, &namespace.name));
    // A controller aggregates roles, so this takes a moment.
    let aggregated = async || (viewer.ask("kubectl get tc").code == Some(0)).then_some(());
    eventually(cluster, "`view` reads coverages", Duration::from_secs(30), aggregated).await;
    for who in [&viewer, &editor, &on_call] {
        for line in ["calendar", "status", "explain tc/t 2026-01-02", "calendar --grid", "status -o json"] {
            let said = who.ask(&format!("kubectl gapless {line}"));
            println!("$ kubectl gapless {line}\n{}{}", said.out, said.err);
            // The exit code reports a gap, too.
            assert_eq!((said.code, said.err.as_str()), (Some(3), ""), "{line}: {}", said.out);
            assert!(said.out.contains("2026-01-02") || said.out.contains("Exhausted"), "{line}: {}", said.out);
        }
    }
    // As docs/operations.md describes it for 06:00.
    assert!(viewer.run("kubectl get gapless").contains("tablecoverage.gapless.dev/t"));
    let events = viewer.run("kubectl events --for TableCoverage/t");
    assert!(["GapFound", "JobLaunched", "Exhausted"].iter().all(|reason| events.contains(reason)), "{events}");
    for line in ["waive tc/t 2026-01-02 --reason gone", "retry tc/t 2026-01-02"] {
        let said = viewer.ask(&format!("kubectl gapless {line}"));
        println!("$ kubectl gapless {line}\n{}{}", said.out, said.err);
        assert_eq!((said.code, said.out.as_str()), (Some(1), ""), "{}", said.err);
        assert!(said.err.contains("you may not"), "{}", said.err);
    }
    let everywhere = viewer.ask("kubectl gapless status -A");
    println!("{}", everywhere.err);
    assert!(everywhere.code == Some(1) && everywhere.err.contains("you may not list"), "{}", everywhere.err);
    assert_eq!(viewer.run("kubectl auth can-i patch tablecoverages || true").trim(), "no");
    assert_eq!(on_call.run("kubectl auth can-i patch tablecoverages || true").trim(), "no");

    on_call.run("kubectl gapless retry tc/t 2026-01-02");
    let again = async || {
        let jobs = deployed.kubectl(&["get", "jobs", "-o", "jsonpath={.items[*].metadata.annotations}"]);
        (jobs.matches("2026-01-02").count() >= 2).then_some(())
    };
    eventually(cluster, "the date runs once more", Duration::from_secs(60), again).await;
    println!("{}", editor.run("kubectl gapless waive tc/t 2026-01-02 --reason 'nobody has it'"));
    editor.run("kubectl wait tc/t --for=condition=Ready --timeout=60s");
    let said = viewer.run("kubectl gapless explain tc/t 2026-01-02");
    println!("{said}");
    assert!(said.contains("nobody has it"), "{said}");
    assert_eq!(viewer.ask("kubectl gapless calendar").code, Some(0));
}
