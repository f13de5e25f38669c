//! What clears charges, and what an upgrade must not clear.

use crate::api::load::load;
use crate::domain::policy::Coverage;

const MANIFESTS: &str = r#"
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {name: w}
spec: {files: {folder: data}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {name: s}
spec:
  warehouse: w
  timeZone: America/New_York
  dates: {from: "2025-10-21", through: "2025-11-21"}
  schedule: {table: ref.games, date: day, unit: [away, home], startsAt: start}
---
apiVersion: gapless.dev/v1alpha1
kind: PropCoverage
metadata: {name: props}
spec:
  season: s
  table: raw.props
  columns: {date: day, game: {columns: [away, home]}, player: player, bookmaker: book, market: market, line: line, snapshot: seen}
  expect: {markets: [points], playersPerGame: 3, requiredBookmakers: [draftkings], snapshots: {last: 45m}}
  fill: {ladder: [{name: load, jobFrom: {cronJob: load, container: filler}, repairs: [NoRows, UnitsMissing]}]}
---
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {name: box}
spec:
  season: s
  table: raw.box
  date: day
  unit: {columns: [away, home]}
  where: [{column: kind, equals: game}]
  complete: {perUnit: {rows: {min: 20}, contains: [{column: team, values: [a, b]}]}, freshness: {column: seen, within: 2h, until: LastStart}}
  fill: {ladder: [{name: load, jobFrom: {cronJob: load}, attempts: {max: 5}}]}
"#;

/// The fingerprint of each rung, behind its coverage.
fn fingerprints(manifests: &str, root: &str) -> Vec<(String, u64)> {
    let loaded = load(&[("m.yaml".into(), manifests.into())], &|folder: &str| Ok(format!("{root}{folder}")));
    assert_eq!(loaded.problems, []);
    let own = |c: &Coverage| {
        let name = c.key.name.to_string();
        c.fingerprints.rungs.iter().map(|(rung, of)| (format!("{name} {rung}"), *of)).collect::<Vec<_>>()
    };
    loaded.coverages.iter().flat_map(own).collect()
}

/// Where one changes, charges of every user are cleared: an upgrade may not do that to a spec that stays the same.
#[test]
fn the_fingerprints_of_a_spec_stay_the_same_over_upgrades() {
    let golden = [("box load", 6510440451156883137), ("props load", 1329372774032967882)];
    let golden: Vec<_> = golden.iter().map(|(rung, of)| ((*rung).to_string(), *of)).collect();
    assert_eq!(fingerprints(MANIFESTS, ""), golden);
}

#[test]
fn a_folder_that_is_moved_clears_no_charge_and_another_folder_or_table_does() {
    let here = fingerprints(MANIFESTS, "/srv/here/");
    assert_eq!(fingerprints(MANIFESTS, "/srv/there/"), here);
    for (from, to) in [("folder: data", "folder: archive"), ("table: raw.", "table: old.")] {
        let edited = fingerprints(&MANIFESTS.replace(from, to), "/srv/here/");
        assert!(edited.iter().zip(&here).all(|(new, old)| new != old), "{to}");
    }
}
