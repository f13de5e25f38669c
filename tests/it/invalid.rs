//! Every manifest of `examples/invalid` is refused with the text in the file beside it, and no input makes `check`
//! crash.

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

/// A coverage with an unknown field.
fn misspelt(name: &str) -> String {
    format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {{name: {name}}}
spec: {{season: s, tabel: t, table: t, date: day, unit: {{whole: Date}}}}
"
    )
}

/// As kubectl sends it: it converts YAML into JSON, where `1.0` and `1` are the same number.
#[test]
fn a_whole_number_is_an_integer_however_it_is_written() {
    for (number, expected) in [
        ("1.0", None),
        ("1e1", None),
        ("08", Some("put it in quotes if it is a text, otherwise write the number without them")),
        ("1.5", Some("must be of type integer")),
    ] {
        let coverage = misspelt("c").replace("tabel: t, ", &format!("fill: {{datesPerJob: {number}}}, "));
        let done = Place::new(&[super::gapless::SEASON, &coverage]).run("check", &[], &[]);
        let said = done.out.lines().find(|line| line.contains("datesPerJob"));
        assert!(
            said.is_some() == expected.is_some() && said.is_none_or(|line| line.ends_with(expected.unwrap())),
            "{number}: {}{}",
            done.out,
            done.err
        );
        assert_eq!(done.code, Some(if expected.is_some() { 2 } else { 0 }), "{number}: {}{}", done.out, done.err);
    }
}

/// Input of any size and depth: the message, and its number of lines.
#[test]
fn ten_megabytes_deep_nesting_and_sixty_thousand_problems_are_a_few_sentences() {
    let deep = |opening: &str, closing: &str| format!("a: {}1{}", opening.repeat(5_000), closing.repeat(5_000));
    let blocks: String = (0..2_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    let fields: String = (0..60_000).map(|n| format!("field{n}: 1\n")).collect();
    let objects: Vec<String> = (0..5_000).map(|n| misspelt(&format!("c{n}"))).collect();
    let cases = [
        ("# long\n".repeat(1_600_000), "must be at most 4 MiB; split it", 1),
        (deep("[", "]"), "is not valid YAML", 1),
        (deep("{a: ", "}"), "is not valid YAML", 1),
        (blocks, "exceeds the size or nesting limit", 1),
        (misspelt("c") + &fields, "has more problems than 100; these are the first", 101),
        (super::gapless::SEASON.to_string() + "---" + &objects.join("---"), "unknown field \"spec.tabel\"", 5_000),
    ];
    for (text, sentence, lines) in cases {
        let place = Place::new(&[]);
        place.write("manifests.yaml", &text);
        let done = place.run("check", &[], &[]);
        let start: String = done.out.chars().take(500).collect();
        assert!(done.out.contains(sentence), "{sentence}: {start}");
        assert_eq!((done.out.lines().count(), done.code), (lines, Some(2)), "{sentence}: {start}");
    }
}

#[test]
fn a_file_that_is_not_text_does_not_stop_the_others() {
    let place = Place::new(&[super::gapless::SEASON, &misspelt("c")]);
    std::fs::write(place.path("utf16.yaml"), b"kind: x\n\xff\xfek\0").unwrap();
    let done = place.run("check", &[], &[]);
    assert!(done.out.contains("utf16.yaml:2: must be UTF-8 text\n"), "{}{}", done.out, done.err);
    assert!(done.out.contains("unknown field \"spec.tabel\"; did you mean 'table'?"), "{}", done.out);
    assert_eq!(done.code, Some(2));
}

/// References do not leave their namespace. An object without one belongs to the only namespace that is named.
#[test]
fn each_namespace_is_read_by_itself() {
    let named = |text: &str, namespace: &str| text.replace("{name: ", &format!("{{namespace: {namespace}, name: "));
    let (season, coverage) = (super::gapless::SEASON, misspelt("c").replace("tabel: t, ", ""));
    let twice = [named(season, "nba"), named(&coverage, "nba"), named(season, "wnba"), named(&coverage, "wnba")];
    for (manifests, problem) in [
        (twice.to_vec(), "6 objects in 1 file, no problem"),
        (vec![named(season, "nba"), coverage.clone()], "3 objects in 1 file, no problem"),
        (vec![season.to_string(), named(&coverage, "wnba")], "3 objects in 1 file, no problem"),
        (vec![named(season, "nba"), season.to_string(), named(&coverage, "wnba")], "SeasonNotFound"),
    ] {
        let place = Place::new(&manifests.iter().map(String::as_str).collect::<Vec<_>>());
        let done = place.run("check", &[], &[]);
        assert!(done.out.contains(problem), "{manifests:?}: {}", done.out);
    }
    let place = Place::new(&twice.each_ref().map(String::as_str));
    let done = place.run("local", &["--once"], &[]);
    assert!(done.err.contains("these manifests name several: nba, wnba; use -f with one of them"), "{}", done.err);
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

#[test]
fn kustomize_lets_its_own_file_leave_out_what_it_is() {
    let here = Place::new(&[super::gapless::SEASON]);
    for what in ["", "kind: Component\n", "apiVersion: kustomize.config.k8s.io/v1beta1\n"] {
        here.write("kustomization.yaml", &format!("{what}resources: [manifests.yaml]\n"));
        let done = here.run("check", &[], &[]);
        assert!(done.code == Some(0) && done.out.ends_with("no problem\n"), "{what}{}{}", done.out, done.err);
    }
    here.write("other.yaml", "resources: [manifests.yaml]\n");
    assert!(here.run("check", &[], &[]).out.contains("other.yaml:1: must be an object with 'apiVersion' and 'kind'"));
}

/// 128 characters of two bytes each, and a name that breaks a path or a query.
#[test]
fn a_column_has_any_name_that_a_table_gives_it() {
    let filter = format!("where: [{{column: \"FG %\", equals: \"{}\"}}], ", "é".repeat(128));
    let filtered = misspelt("c").replace("tabel: t, ", &filter);
    assert_eq!(Place::new(&[super::gapless::SEASON, &filtered]).run("check", &[], &[]).code, Some(0));
    let coverage = misspelt("c").replace("tabel: t, ", "");
    for name in ["FG %", "../../etc/passwd", "a.b", "1st", "it's `x`", "\u{443}\u{440}\u{430}"] {
        let place = Place::new(&[super::gapless::SEASON, &coverage.replace("date: day", &format!("date: \"{name}\""))]);
        let done = place.run("check", &[], &[]);
        assert_eq!(done.code, Some(0), "{name}: {}{}", done.out, done.err);
        let explained = place.run("explain", &["tc/c", "2026-01-01"], &[]);
        let said = explained.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(&format!("`{name}`")), "{name}: {}{}", explained.out, explained.err);
    }
}

/// A field of a CronJob is read as kubectl sends it, so that its author can predict what the API server sees.
#[test]
fn a_cron_job_is_read_as_kubectl_sends_it() {
    let filled = super::gapless::filled("true", "datesPerJob: 1");
    let octal = filled.replace("terminationGracePeriodSeconds: 1", "terminationGracePeriodSeconds: 010");
    assert_eq!(Place::new(&[super::gapless::SEASON, &octal]).run("check", &[], &[]).code, Some(0));
    let word = filled.replace("command: [sh, -c]", "command: [yes, -c]");
    let done = Place::new(&[super::gapless::SEASON, &word]).run("check", &[], &[]);
    assert!(
        done.out.contains("CronJob/load: spec: is not a valid CronJob spec: invalid type: boolean"),
        "{}",
        done.out
    );
}
