//! Every manifest of `examples/invalid` is refused with the text that stands beside it, and no input makes `check` fall.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::gapless::{Done, Place};

#[test]
fn every_invalid_example_is_refused_with_the_text_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/invalid");
    let mut seen = 0;
    for path in fs::read_dir(&folder)
        .unwrap()
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.extension().is_some_and(|e| e == "yaml"))
    {
        let name = path.file_name().unwrap();
        let output =
            Command::new(env!("CARGO_BIN_EXE_gapless")).args(["check", "-f"]).arg(name).current_dir(&folder).output();
        let done = Done::of(output.unwrap());
        let beside = path.with_extension("expected");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&beside, &done.out).unwrap();
        }
        assert_eq!(done.out, fs::read_to_string(&beside).unwrap(), "{}", path.display());
        assert_eq!(done.code, Some(2), "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 30, "only {seen} examples");
}

#[test]
fn ten_megabytes_and_deep_nesting_are_one_sentence_each() {
    let place = Place::new(&[]);
    place.write("manifests.yaml", &"# long\n".repeat(1_600_000));
    let done = place.run("check", &[], &[]);
    assert!(done.out.contains("must be at most 4 MiB; split it"), "{}", done.out);
    place.write("manifests.yaml", &format!("a: {}1{}", "[".repeat(5_000), "]".repeat(5_000)));
    let done = place.run("check", &[], &[]);
    assert!(done.out.contains("is no readable YAML"), "{}", done.out);
    assert_eq!(done.out.lines().count(), 1, "{}", done.out);
    assert_eq!(done.code, Some(2));
}

#[test]
fn one_bad_object_stalls_only_itself() {
    let good = "
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {name: good}
spec: {season: s, table: t, date: day, unit: {whole: Date}}
";
    let bad = good.replace("name: good", "name: bad").replace("table: t,", "tabel: t,");
    let place = Place::new(&[super::gapless::SEASON, good, &bad]);
    let done = place.run("status", &[], &[]);
    assert!(done.err.contains("unknown field \"spec.tabel\"; did you mean 'table'?"), "{}", done.err);
    assert!(done.out.contains("TableCoverage/good"), "{}", done.out);
    assert!(done.out.lines().any(|l| l.contains("TableCoverage/bad") && l.contains("Refused")), "{}", done.out);
}
