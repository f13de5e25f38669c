//! What clears charges, and what an upgrade must not clear.

use crate::api::load::load;

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
"#;

/// Where it changes, every charge of every user is cleared: an upgrade may not do that to a spec that stays the same.
#[test]
fn the_fingerprint_of_a_spec_is_what_older_versions_computed() {
    let loaded = load(&[("m.yaml".into(), MANIFESTS.into())], &|folder| Ok(folder.into()));
    assert_eq!(loaded.problems, []);
    let told: Vec<(&str, u64)> = loaded.coverages.iter().map(|c| (&*c.key.name, c.fill_fingerprint)).collect();
    assert_eq!(told, [("box", 9934776112354876088), ("props", 7555394168251382472)]);
}
