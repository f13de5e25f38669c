//! Statuses as people and scripts meet them, and the page that is made from the reasons.

mod coverage;
pub(crate) mod fixtures;
mod game_date;
mod read;
mod season;
pub(crate) mod source;

#[test]
fn the_page_of_conditions_is_fresh() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/conditions.md");
    let text = super::reasons::page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == text, "docs/conditions.md is stale: run `make update` and commit it");
}
