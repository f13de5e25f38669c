//! What users see of a Warehouse whose folder is gone, and of an invalid GameDate. Each reports its problem, and
//! recovers automatically.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::harness::{Cluster, eventually};

#[tokio::test]
async fn a_warehouse_says_what_is_wrong_with_its_folder_and_recovers() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("folder");
    let _deployed = cluster.deploy(&namespace, 1, &[]);
    let name = &namespace.name;
    namespace.apply(&format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {{name: w, namespace: {name}}}
spec: {{files: {{folder: lake/nba}}}}
"
    ));
    let (told, folder) = (namespace.told("warehouses/w"), namespace.folder().join("lake/nba"));
    let mode = |mode| fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
    println!("{}", told.line(&["Ready=False/FolderNotFound", "lake/nba", "gapless re-checks"]).await);
    told.line(&["Stalled=True/FolderNotFound"]).await;
    fs::create_dir_all(&folder).unwrap();
    println!("{}", told.line(&["Ready=True/Accepted"]).await);
    told.line(&["Stalled=False"]).await;
    mode(0o000);
    println!("{}", told.line(&["Ready=False/Unauthorized", "lake/nba", "is not readable"]).await);
    mode(0o755);
    told.line(&["Ready=True/Accepted"]).await;
    fs::remove_dir(&folder).unwrap();
    fs::write(&folder, "no folder").unwrap();
    println!("{}", told.line(&["Ready=False/FolderNotFound", "is not a directory"]).await);
}

#[tokio::test]
async fn a_season_and_a_game_date_tell_what_cannot_be_obeyed_and_recover() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("orphans");
    let _deployed = cluster.deploy(&namespace, 1, &[]);
    let name = &namespace.name;
    namespace.apply(&format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: GameDate
metadata: {{name: s-2026-01-02, namespace: {name}}}
spec:
  season: s
  date: '2026-01-02'
  rerun: {{token: again, coverages: [{{kind: TableCoverage, name: t}}]}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {{name: s, namespace: {name}}}
spec:
  warehouse: w
  timeZone: UTC
  dates: {{from: '2026-01-01', through: '2026-01-03'}}
  schedule: {{table: games, date: day, unit: [game]}}
"
    ));
    let (season, date) = (namespace.told("seasons/s"), namespace.told("gamedates/s-2026-01-02"));
    println!("{}", season.line(&["Ready=False/WarehouseNotFound"]).await);
    println!("{}", date.line(&["Ready=False/SeasonNotFound"]).await);
    namespace.apply(&format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {{name: w, namespace: {name}}}
spec: {{files: {{folder: w}}}}
"
    ));
    println!("{}", season.line(&["Ready=False/"]).await);
    println!("{}", date.line(&["Ready=False/CoverageNotFound", "'t'"]).await);
    let games = namespace.folder().join("w/games");
    fs::create_dir_all(&games).unwrap();
    fs::write(games.join("part.csv"), "day,game\n2026-01-01,a\n2026-01-02,b\n2026-01-03,c\n").unwrap();
    println!("{}", season.line(&["Ready=True/Scheduled"]).await);
    fs::create_dir_all(namespace.folder().join("w/t")).unwrap();
    namespace.apply(&super::harness::coverage(name, "t", 1, 60).replace("mode: Fill", "mode: Observe"));
    let silent = async || date.object().await.filter(|o| o["status"]["conditions"].is_null()).map(|_| ());
    eventually(cluster, "a GameDate that can be obeyed to have no conditions", Duration::from_secs(60), silent).await;
}

#[tokio::test]
async fn a_season_that_is_under_way_has_rows_for_its_dates() {
    let cluster = Cluster::shared_node();
    let namespace = cluster.namespace("underway");
    let _deployed = cluster.deploy(&namespace, 1, &[]);
    let name = &namespace.name;
    #[allow(clippy::disallowed_methods, reason = "a test of the real cluster lives in real time")]
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let (first, last) =
        (today.saturating_sub(jiff::Span::new().days(3)), today.saturating_add(jiff::Span::new().days(40)));
    fs::create_dir_all(namespace.folder().join("w/t")).unwrap();
    namespace.apply(&format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {{name: w, namespace: {name}}}
spec: {{files: {{folder: w}}}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {{name: s, namespace: {name}}}
spec: {{warehouse: w, timeZone: UTC, dates: {{from: '{first}', through: '{last}'}}}}
---
{}",
        super::harness::coverage(name, "t", 1, 60).replace("mode: Fill", "mode: Observe")
    ));
    let row = format!("gamedates/s-{first}");
    let row = namespace.told(&row);
    let told = async || row.object().await.filter(|o| o["status"]["worst"] == "t Missing/NoRows").map(|_| ());
    eventually(cluster, "the row of a date that is due", Duration::from_secs(60), told).await;
    let coverage = namespace.told("tablecoverages/t").object().await.unwrap();
    let states = coverage["status"]["states"].as_array().unwrap();
    assert!(states.iter().all(|state| state["state"] != "Unknown"), "{states:#?}");
    // The first date leaves the season, as when its window moves on. Its GameDate must not stay red forever.
    let second = first.tomorrow().unwrap();
    let later = format!(r#"{{"spec": {{"dates": {{"from": "{second}"}}}}}}"#);
    namespace.kubectl(&["patch", "season", "s", "--type=merge", "-p", &later]);
    let quiet = async || row.object().await.filter(|o| o["status"]["open"] == 0).map(|_| ());
    eventually(cluster, "the row of a date that left its season", Duration::from_secs(60), quiet).await;
}
