//! What is deleted while Jobs run: nothing is launched afterwards, nothing is stuck, and no other Job is adopted.

use std::fmt::Write;
use std::time::Duration;

use super::harness::{Cluster, Deployed, Mark, Namespace, Table, coverage, eventually};

const ENV: [(&str, &str); 3] =
    [("GAPLESS_SLOW_START", "0s"), ("GAPLESS_CADENCE_HOT", "5s"), ("GAPLESS_CADENCE_WARM", "5s")];

fn launched(cluster: &Cluster, deployed: &Deployed<'_>, since: Mark) -> usize {
    let (audit, user) = (cluster.audit(since), deployed.user());
    audit.writes(&user).filter(|e| e.resource == "jobs" && e.verb == "create").count()
}

fn jobs(namespace: &Namespace<'_>, coverage: &str) -> usize {
    let label = format!("gapless.dev/coverage={coverage}");
    namespace.kubectl(&["get", "jobs", "-l", &label, "-o", "name"]).lines().count()
}

#[tokio::test]
async fn a_coverage_deleted_in_any_way_leaves_nothing_stuck_and_orphans_keep_their_dates() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("deleted");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::held(2).apply(cluster, &namespace);
    let ways = ["background", "foreground", "orphan"];
    let mut manifests = String::new();
    for way in ways {
        let of_own_table = coverage(&namespace.name, way, 2, 120).replace("table: t", &format!("table: {way}"));
        write!(manifests, "---{of_own_table}").unwrap();
        let folder = namespace.folder().join("w").join(way);
        std::fs::create_dir_all(&folder).unwrap();
    }
    cluster.apply(&manifests);
    for way in ways {
        let coverage = format!("tablecoverages/{way}");
        namespace.told(&coverage).line(&["Running/Started", "2026-01-01..2026-01-02"]).await;
    }
    let metrics = || deployed.metrics(&deployed.leader().unwrap());
    let series = || ways.map(|way| metrics().contains(&format!("kind=\"TableCoverage\",name=\"{way}\"")));
    let counted = async || (series() == [true; 3]).then_some(());
    eventually(cluster, "series of each", Duration::from_secs(30), counted).await;
    let since = cluster.mark();
    for way in ways {
        let cascade = format!("--cascade={way}");
        namespace.kubectl(&["delete", "tablecoverage", way, &cascade, "--wait=true", "--timeout=60s"]);
    }
    for way in ["background", "foreground"] {
        let gone = async || (jobs(&namespace, way) == 0).then_some(());
        eventually(cluster, &format!("the Jobs of {way} to go"), Duration::from_secs(60), gone).await;
    }
    assert_eq!(jobs(&namespace, "orphan"), 2);
    let forgotten = async || (series() == [false; 3]).then_some(());
    eventually(cluster, "the series of what is gone to go", Duration::from_secs(30), forgotten).await;
    let again = coverage(&namespace.name, "heir", 2, 120).replace("table: t", "table: orphan");
    cluster.apply(&again);
    let heir = namespace.told("tablecoverages/heir");
    println!("{}", heir.line(&["Blocked/Busy", "2026-01-01..2026-01-02"]).await);
    assert_eq!(launched(cluster, &deployed, since), 0, "no launch after a deletion, none over an orphan");
    namespace.let_go();
    let free = async || {
        let lines = heir.lines().await?;
        lines.iter().all(|line| !line.contains("Busy")).then_some(())
    };
    eventually(cluster, "the dates to be free again", Duration::from_secs(60), free).await;
    let statuses = namespace.kubectl(&["get", "jobs", "-l", "gapless.dev/coverage=orphan", "-o", "name"]);
    assert_eq!(statuses.lines().count(), 2, "orphans are not removed: {statuses}");
}

#[tokio::test]
async fn a_deleted_season_takes_its_rows_launches_nothing_and_resumes_when_it_is_restored() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("season");
    let deployed = cluster.deploy(&namespace, 1, &ENV);
    Table::held(2).apply(cluster, &namespace);
    let told = namespace.told("tablecoverages/t");
    told.line(&["Running/Started", "2026-01-01..2026-01-02"]).await;
    let rows = |n: usize| {
        let namespace = &namespace;
        async move || (namespace.kubectl(&["get", "gamedates", "-o", "name"]).lines().count() == n).then_some(())
    };
    eventually(cluster, "the season's rows", Duration::from_secs(30), rows(2)).await;
    let season = namespace.kubectl(&["get", "season", "s", "-o", "jsonpath={.spec}"]);
    let since = cluster.mark();
    namespace.kubectl(&["delete", "season", "s"]);
    println!("{}", told.line(&["Stalled=True/SeasonNotFound"]).await);
    eventually(cluster, "the rows to go", Duration::from_secs(30), rows(0)).await;
    assert_eq!(told.launches().await, 2, "the ledger stays");
    namespace.let_go();
    let ended = ["wait", "jobs", "--all", "--for=condition=Complete", "--timeout=60s"];
    namespace.kubectl(&ended);
    assert_eq!((launched(cluster, &deployed, since), told.launches().await), (0, 2));
    let name = &namespace.name;
    cluster.apply(&format!(
        "{{apiVersion: gapless.dev/v1alpha1, kind: Season, metadata: {{name: s, namespace: {name}}}, spec: {season}}}"
    ));
    told.complete(2).await;
    told.line(&["#2 Filled"]).await;
    eventually(cluster, "the rows to come back", Duration::from_secs(30), rows(2)).await;
    assert_eq!((launched(cluster, &deployed, since), told.launches().await), (0, 2));
}
