use super::*;

const HEAD: &str = "\
<!-- Generated from the schema, which is generated from src/api/kinds/; edit the comments there and regenerate with `make update`. -->
# Every field

`gapless fields tc.spec.complete` prints one of these in a terminal, and `kubectl explain` reads the same texts in a cluster.
Examples come from manifests that tests run.
";

fn reference() -> String {
    let mut out = HEAD.to_string();
    for field in all() {
        if field.of == "kind" {
            let short = field.form.unwrap_or_default();
            out += &format!("\n## {}\n\n{} ({short})\n\n", field.path, field.meaning);
            out += "| field | meaning | type | default | example | since |\n|---|---|---|---|---|---|\n";
            continue;
        }
        let code =
            |text: Option<String>| text.map(|text| format!("`{}`", text.replace('|', "\\|"))).unwrap_or_default();
        let required = if field.is_required { ", required" } else { "" };
        let form = field.form.map(|form| format!(", {form}")).unwrap_or_default();
        let path = field.path.split_once('.').map_or("", |(_, path)| path);
        out += &format!(
            "| `{path}` | {} | {}{form}{required} | {} | {} | {} |\n",
            field.meaning.replace('|', "\\|"),
            field.of,
            code(field.default),
            code(field.example),
            field.since
        );
    }
    out
}

#[test]
fn the_page_of_the_fields_is_fresh() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/fields.md");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&file, reference()).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == reference(), "docs/fields.md is stale: run `make update` and commit it");
}

#[test]
fn every_field_has_a_meaning() {
    let silent: Vec<String> = all().into_iter().filter(|f| f.meaning.is_empty()).map(|f| f.path).collect();
    assert!(silent.is_empty(), "describe these fields: {silent:?}");
}

#[test]
fn a_field_is_found_by_the_short_name_of_its_kind_and_with_or_without_spec() {
    for asked in ["tc.spec.complete.perUnit.rows", "TableCoverage.complete.perUnit.rows", "tc.complete.perunit.rows"] {
        let text = described(asked).unwrap();
        assert!(text.starts_with("TableCoverage.spec.complete.perUnit.rows  (object)"), "{text}");
        assert!(text.contains("  min  "), "{text}");
    }
    assert!(described("tc.fill.ladder.attempts.max").unwrap().contains("default  5"));
    assert!(described("sn").unwrap().contains("timeZone"));
}

#[test]
fn an_unknown_field_is_answered_with_the_nearest() {
    for (asked, nearest) in [
        ("tc.spec.completed", "TableCoverage.spec.complete"),
        ("tc.rows", "TableCoverage.spec.complete.perUnit.rows"),
        ("sn.timezon", "Season.spec.timeZone"),
        ("tablecoverag.spec.due", "TableCoverage.spec.due"),
    ] {
        let why = described(asked).unwrap_err();
        assert_eq!(why, format!("there is no field '{asked}'; did you mean `{nearest}`?"));
    }
}

#[test]
fn a_field_that_came_later_exists() {
    let all: Vec<String> = all().into_iter().map(|field| field.path).collect();
    LATER.iter().for_each(|(path, _)| assert!(all.iter().any(|own| own == path), "{path}"));
}
