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

fn fingerprints(manifests: &str, root: &str, of: fn(&Coverage) -> u64) -> Vec<(String, u64)> {
    let loaded = load(&[("m.yaml".into(), manifests.into())], &|folder| Ok(format!("{root}{folder}")));
    assert_eq!(loaded.problems, []);
    loaded.coverages.iter().map(|c| (c.key.name.to_string(), of(c))).collect()
}

fn named(values: [(&str, u64); 2]) -> Vec<(String, u64)> {
    values.map(|(name, value)| (name.to_string(), value)).into()
}

/// Where it changes, every charge of every user is cleared: an upgrade may not do that to a spec that stays the same.
#[test]
fn the_fingerprint_of_a_spec_is_what_older_versions_computed() {
    let before = fingerprints(MANIFESTS, "", |c| c.fill_fingerprint_before);
    assert_eq!(before, named([("box", 9934776112354876088), ("props", 7555394168251382472)]), "before the form 2");
    let now = fingerprints(MANIFESTS, "", |c| c.fill_fingerprint);
    assert_eq!(now, named([("box", 9508388722649712195), ("props", 10334711923850785031)]));
}

#[test]
fn a_folder_that_is_moved_clears_no_charge_and_another_folder_or_table_does() {
    let of = |manifests: &str, root| fingerprints(manifests, root, |c| c.fill_fingerprint);
    let here = of(MANIFESTS, "/srv/here/");
    assert_eq!(of(MANIFESTS, "/srv/there/"), here);
    for (from, to) in [("folder: data", "folder: archive"), ("table: raw.", "table: old.")] {
        let edited = of(&MANIFESTS.replace(from, to), "/srv/here/");
        assert!(edited.iter().zip(&here).all(|(new, old)| new != old), "{to}");
    }
}
