//! A real API server accepts the definitions, and refuses `examples/invalid` with the same messages as `gapless check`.

use std::fs;
use std::path::{Path, PathBuf};

use super::harness::{Cluster, Refused};

/// What the API server cannot know, and only `gapless check` and the operator's conditions report. The server must
/// accept these files. Once it refuses one, remove it from this list.
const ONLY_CHECK: [(&str, &str); 18] = [
    ("alias-bomb", "reads a file; the server reads one object"),
    ("backoff-contradicts", "compares two durations, whose days no rule of the server can read"),
    ("cron-jobs", "is about kinds that are not ours"),
    ("duplicate-name", "is about two objects of one file; the server sees a change of the first"),
    ("fill-not-allowed", "follows a reference"),
    ("no-container", "follows a reference"),
    ("no-such-container", "follows a reference"),
    ("one-project", "compares two objects"),
    ("reserved-environment", "follows a reference"),
    ("season-not-found", "follows a reference"),
    ("source-not-found", "follows a reference"),
    ("sql-names", "knows the engine of a Warehouse, which a reference names"),
    ("template-not-found", "follows a reference"),
    ("unknown-zone", "knows the time zones"),
    ("warehouse-not-found", "follows a reference"),
    ("which-container", "follows a reference"),
    ("yaml-leading-zeros", "reads a file; the server has read the number already"),
    ("yaml-separator", "reads a file; the server reads one object"),
];

/// The server's own message, for input that fails before a rule of ours can apply.
const OWN_WORDS: [(&str, &str); 8] = [
    ("not-a-number", "unsupported value: NaN"),
    ("broken-yaml", "did not find expected ',' or ']'"),
    ("duplicate-key", "key \"files\" already set in map"),
    ("list", "404 page not found"),
    ("namespaces", "the namespace of the provided object does not match"),
    ("metadata", "of type string"),
    ("steering-characters", "unknown field"),
    ("unknown-kind", "404 page not found"),
];

fn examples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/invalid");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    paths.sort();
    assert!(paths.len() >= 30);
    paths
}

/// Posts every object of gapless's group as a dry run, and returns all refusals in one text.
async fn refusals(cluster: &Cluster, yaml: &str) -> String {
    let mut said = String::new();
    for document in yaml.split("---\n").filter(|document| document.contains("apiVersion: gapless.dev/")) {
        let kind = document.lines().find_map(|line| line.strip_prefix("kind: ")).unwrap_or_default();
        let plural = format!("{}s", kind.trim_start_matches('[').to_lowercase());
        let path = format!("/apis/gapless.dev/v1alpha1/namespaces/default/{plural}");
        if let Err(Refused { code, message }) = cluster.try_out(&path, document).await {
            assert!([400, 404, 422].contains(&code), "{code}: {message}");
            said += &message;
            said += "\n";
        }
    }
    said
}

/// Sentences that only `gapless check` reports, in files whose other problems the server refuses.
const ONLY_CHECK_SAYS: [(&str, &str); 27] = [
    ("CoverageNotFound", "follows a reference"),
    ("CronJob '", "follows a reference"),
    ("SeasonNotFound", "follows a reference"),
    ("SourceNotFound", "follows a reference"),
    ("UnknownDate", "follows a reference"),
    ("WarehouseNotFound", "follows a reference"),
    ("must be a duration such as", "adds up a duration"),
    ("is not valid YAML", "reads a file; the server reads one object"),
    ("must not be negative", "adds up a duration"),
    ("must be greater than zero", "adds up a duration"),
    ("needs 'spec.columns.market'", "compares two parts of a spec that no rule of the server reaches"),
    ("no kind '", "knows the served versions; the server's path does, before any rule"),
    ("the season has no schedule", "follows a reference"),
    (" to kubectl", "reads a file; the server has read the word already"),
    ("must name the year in four digits", "tries a format on dates"),
    ("must name each folder", "takes a format apart"),
    ("its first folder is", "takes a format apart"),
    ("must not be used with 'dateAs: Instant'", "compares two parts of a spec in a separate sentence"),
    ("needs 'dateAs'", "compares two parts of a spec in a separate sentence"),
    ("needs 'startsAt'", "compares two parts of a spec in a separate sentence"),
    ("of the same folder; must be the same in both", "compares two objects"),
    ("unknown time zone", "knows the time zones"),
    ("the last date of the coverage", "follows a reference"),
    ("of the credits, rounded up", "computes a share"),
    ("'openFor' must be", "compares two durations, whose days no rule of the server can read"),
    ("'spec.due' is after the last start", "adds up a duration"),
    ("has a control character", "looks at the names of a map, which no pattern reaches"),
];

/// Our sentence in the possible words of the server's library, one of which must occur. It says `should` where our
/// offline check says `must`, and names only the broken bound.
fn words(sentence: &str) -> Vec<String> {
    let within = |from: &str, to: &str| Some(sentence.strip_prefix(from)?.strip_suffix(to)?.to_string());
    if let Some((least, most)) =
        sentence.strip_prefix("must be greater than or equal to ").and_then(|s| s.split_once(" and "))
    {
        return vec![format!("should be greater than or equal to {least}"), format!("should be {most}")];
    }
    if let Some(n) = within("must be at most ", " characters") {
        return vec![format!("may not be more than {n} bytes")];
    }
    if let Some(n) = within("must be at least ", " characters") {
        return vec![format!("should be at least {n} chars long")];
    }
    if let Some(n) = within("must have at most ", " items") {
        return vec![format!("must have at most {n} item")];
    }
    match sentence {
        "must be of type integer or string" => vec!["must be of type integer,string".into()],
        // It treats a null as absent, and names the fields of an object in place of a text. A larger number is a float
        // to it.
        _ if sentence.starts_with("must be a whole number from") => vec!["must be of type integer,string".into()],
        _ if sentence.starts_with("must be of type") => {
            vec![sentence.into(), "Required value".into(), "unknown field".into()]
        }
        "Required value" => vec![sentence.into(), "unknown field".into()],
        _ if sentence.starts_with("must be one of") => vec!["Unsupported value".into()],
        _ if sentence.starts_with("Duplicate value") => vec!["Duplicate value".into()],
        _ if sentence.starts_with("must match") || sentence.starts_with("must have at least") => {
            vec![sentence.replacen("must", "should", 1)]
        }
        _ => vec![sentence.into()],
    }
}

/// A line of our output: the field's path, and the server's message about it.
fn in_its_words(line: &str) -> (String, Vec<String>) {
    let problem = line.splitn(4, ": ").collect::<Vec<_>>();
    let (field, sentence) = match problem.as_slice() {
        [_, _, field, sentence] if field.starts_with("spec") || sentence.starts_with("unknown field") => {
            (field.to_string(), sentence.to_string())
        }
        [_, _, rest @ ..] => (String::new(), rest.join(": ")),
        _ => panic!("no problem: {line}"),
    };
    let sentence = sentence.split("; did you mean").next().unwrap_or_default();
    let sentence = sentence.split(", for example").next().unwrap_or_default();
    // An unknown field is reported without the required one that it replaces.
    let field = if sentence == "Required value" { field.rsplit_once('.').map_or("", |(f, _)| f).into() } else { field };
    (field, words(sentence))
}

#[tokio::test]
async fn every_invalid_example_is_refused_by_the_api_server_in_the_words_of_check() {
    let cluster = Cluster::shared();
    cluster.install_definitions();
    let mut wrong = Vec::new();
    for path in examples() {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let said = refusals(cluster, &fs::read_to_string(&path).unwrap()).await;
        let expected = fs::read_to_string(path.with_extension("expected")).unwrap();
        if let Some((_, words)) = OWN_WORDS.iter().find(|(example, _)| *example == name) {
            if !said.contains(words) {
                wrong.push(format!("{name}: no '{words}' in: {said}"));
            }
        } else if let Some((_, why)) = ONLY_CHECK.iter().find(|(example, _)| *example == name) {
            if !said.is_empty() {
                wrong.push(format!("{name}: refused, though only `check` {why}: {said}"));
            }
        } else {
            let theirs = |line: &&str| !ONLY_CHECK_SAYS.iter().any(|(sentence, _)| line.contains(sentence));
            let lines = expected.lines().filter(theirs).map(|line| (line, in_its_words(line)));
            let unsaid =
                lines.filter(|(_, (field, parts))| !(said.contains(field) && parts.iter().any(|p| said.contains(p))));
            wrong.extend(unsaid.map(|(line, _)| format!("{line}\n    but: {said}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_valid_example_is_accepted() {
    let cluster = Cluster::shared();
    cluster.install_definitions();
    for folder in ["minimal", "nba", "demo"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(folder);
        for path in fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path()) {
            if path.extension().is_some_and(|e| e == "yaml") {
                let said = refusals(cluster, &fs::read_to_string(&path).unwrap()).await;
                assert!(said.is_empty(), "{}: {said}", path.display());
            }
        }
    }
}

/// `kubectl wait` reads the status, which is empty before the operator sees the object.
#[tokio::test]
async fn an_object_that_was_not_checked_yet_says_so() {
    let cluster = Cluster::shared();
    cluster.install_definitions();
    let namespace = cluster.namespace("unseen");
    cluster.apply(&format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {{name: w, namespace: {name}}}
spec: {{files: {{folder: w}}}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {{name: s, namespace: {name}}}
spec: {{warehouse: w, timeZone: UTC, dates: {{from: \"2026-01-01\", through: \"2026-01-02\"}}, aliases: {{PHO: PHX}}}}
---
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {{name: t, namespace: {name}}}
spec: {{season: s, table: t, date: day, unit: {{whole: Date}}}}
---
apiVersion: gapless.dev/v1alpha1
kind: Source
metadata: {{name: odds, namespace: {name}}}
spec: {{}}
---
apiVersion: gapless.dev/v1alpha1
kind: PropCoverage
metadata: {{name: p, namespace: {name}}}
spec:
  season: s
  table: props
  columns: {{date: day, game: {{whole: Date}}, player: p, bookmaker: b, line: l, snapshot: t}}
---
apiVersion: gapless.dev/v1alpha1
kind: GameDate
metadata: {{name: s-2026-01-01, namespace: {name}}}
spec: {{season: s, date: \"2026-01-01\"}}
",
        name = namespace.name
    ));
    for object in
        ["warehouses/w", "seasons/s", "sources/odds", "tablecoverages/t", "propcoverages/p", "gamedates/s-2026-01-01"]
    {
        let path = format!("/apis/gapless.dev/v1alpha1/namespaces/{}/{object}", namespace.name);
        let status = cluster.get(&path).await.unwrap()["status"].clone();
        assert_eq!(
            (&status["observedGeneration"], status.get("conditions")),
            (&(-1).into(), None),
            "{object}: {status}"
        );
    }
}
