//! How people name a coverage.

use crate::engine::overview::CoverageView;

/// What a name that nothing has could have been.
pub(super) fn there_are(coverages: &[CoverageView]) -> String {
    let names: Vec<String> = coverages.iter().map(|c| c.key.to_string()).collect();
    format!("there are: {}", if names.is_empty() { "none".into() } else { names.join(", ") })
}

/// `boxscores`, `tc/boxscores`, `TableCoverage/boxscores`.
pub(super) fn is_named(view: &CoverageView, name: &str) -> bool {
    is_called(&view.key.kind, &view.key.name, name)
}

pub(super) fn is_called(kind: &str, name: &str, wanted: &str) -> bool {
    let Some((wanted_kind, wanted)) = wanted.split_once('/') else { return name == wanted };
    let kinds: &[&str] = match kind {
        "TableCoverage" => &["tc", "tablecoverage", "tablecoverages"],
        "PropCoverage" => &["prop", "pc", "propcoverage", "propcoverages"],
        _ => &[],
    };
    name == wanted && kinds.contains(&wanted_kind.to_lowercase().as_str())
}
