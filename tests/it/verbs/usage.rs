//! Flags, files and folders that are given to the verbs.

use std::fs;
use std::process::Stdio;

use super::{Running, at, local, until};
use crate::gapless::{Done, GOOD, Place, SEASON, filled, gapless};

#[test]
fn wrong_usage_is_status_2_and_one_writer_holds_the_state() {
    assert_eq!(gapless(&["plan"]).code, Some(2));
    assert_eq!(gapless(&["explain", "-f", "examples/minimal", "nothing", "2026-01-01"]).code, Some(2));
    let missing = gapless(&["check", "-f", "no/such/folder"]);
    assert_eq!(missing.err, "gapless: no/such/folder is neither a file nor a folder\n");
    assert_eq!(missing.code, Some(2));
    let here = Place::new(&[SEASON]);
    here.write("state/lock", "");
    let lock = fs::File::open(here.path("state/lock")).unwrap();
    lock.lock().unwrap();
    let second = local(&here);
    assert!(second.err.contains("another gapless process is using"), "{}", second.err);
    assert_eq!(second.code, Some(1), "gapless itself could not");
}

#[test]
fn the_definitions_are_printed_as_they_are_committed() {
    let printed = gapless(&["crds"]).out;
    for kind in ["Warehouse", "Season", "Source", "TableCoverage", "PropCoverage", "GameDate"] {
        assert!(printed.contains(&format!("    kind: {kind}\n")), "{kind}");
    }
}

#[test]
fn the_shipped_examples_are_valid() {
    for example in ["examples/minimal", "examples/nba", "examples/nba-bigquery", "examples/demo", "examples/cluster"] {
        let done = gapless(&["check", "-f", example]);
        assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
    }
}

/// Offline, and without opening the connection.
#[test]
fn check_says_which_connections_a_folder_does_not_have() {
    const DATABASE: &str = "
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {name: w}
spec: {postgres: {connection: main, database: sports}}
";
    let here = Place::new(&[DATABASE]);
    assert_eq!(here.run("check", &[], &[]).code, Some(0), "without the folder it is not known");
    here.write("connections/other/host", "nowhere");
    let folder = here.path("connections");
    let done = here.run("check", &["--connections-dir", folder.to_str().unwrap()], &[]);
    let expected = "spec.postgres.connection: there is no folder 'main' in --connections-dir ";
    assert!(done.code == Some(2) && done.out.contains(expected), "{}{}", done.out, done.err);
    here.write("connections/main/host", "nowhere");
    let done = here.run("check", &["--connections-dir", folder.to_str().unwrap()], &[]);
    assert_eq!(done.code, Some(0), "{}{}", done.out, done.err);
}

/// A kubeconfig of a cluster that does not exist.
const NOWHERE: &str = "
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: k, user: u, namespace: sports}}]
clusters: [{name: k, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: u, user: {token: hidden}}]
";

#[test]
fn without_manifests_the_verbs_ask_a_cluster_and_say_in_a_sentence_when_there_is_none() {
    let here = Place::new(&[SEASON]);
    here.write("kubeconfig", NOWHERE);
    let (config, absent) = (here.path("kubeconfig"), here.path("absent"));
    let rows = [
        (vec!["calendar", "--kubeconfig", absent.to_str().unwrap()], 2, "there is no kubeconfig at "),
        (
            vec!["status", "--kubeconfig", config.to_str().unwrap(), "--context", "d"],
            2,
            "the kubeconfig has no context",
        ),
        (vec!["status", "-A", "--kubeconfig", config.to_str().unwrap()], 1, "the API server at https://127.0.0.1:1"),
        (
            vec!["retry", "--kubeconfig", config.to_str().unwrap(), "tc/t", "2026-01-03"],
            1,
            "the API server at https://127.0.0.1:1",
        ),
        (vec!["plan"], 2, "plan needs manifests: use -f DIR"),
        (
            vec!["calendar", "-f", "examples/minimal", "orderz"],
            2,
            "no coverage or season is called 'orderz'; there are: TableCoverage/orders",
        ),
        (vec!["local"], 2, "this verb needs manifests: use -f DIR"),
    ];
    for (args, code, sentence) in rows {
        let done = gapless(&args);
        assert_eq!(done.code, Some(code), "{args:?}: {}", done.err);
        assert!(done.err.starts_with(&format!("gapless: {sentence}")), "{args:?}: {}", done.err);
        assert!(done.err.lines().count() == 1 && !done.err.contains("hidden"), "{args:?}: {}", done.err);
    }
    let both = gapless(&["status", "-f", "examples/minimal", "-n", "sports"]);
    assert_eq!(both.code, Some(2), "files or a cluster, not both");
}

#[test]
fn under_the_name_of_a_plugin_usage_says_so() {
    use std::os::unix::process::CommandExt;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gapless"));
    let done = Done::of(command.arg0("/bin/kubectl-gapless").args(["calendar", "--help"]).output().unwrap());
    assert!(done.out.contains("Usage: kubectl gapless calendar "), "{}", done.out);
}

#[test]
fn a_manifest_that_is_corrected_while_gapless_watches_is_used_at_once() {
    let refused = filled("exit 1", "datesPerJob: 5").replace("table: t", "tabel: t");
    let here = Place::new(&[SEASON, &refused]);
    let _watching = Running(here.command("local", &["--slow-start", "0s"]).stdout(Stdio::null()).spawn().unwrap());
    until(|| here.path("state/lock").exists());
    here.write("manifests.yaml", &[SEASON, &filled("echo first >> runs", "datesPerJob: 5")].join("---\n"));
    until(|| here.runs().contains(&"first".into()));
    // It is tried on one date first, even if the old template has used up all attempts, and then on the others.
    here.write("manifests.yaml", &[SEASON, &filled(GOOD, "datesPerJob: 5")].join("---\n"));
    until(|| ["2026-01-03", "2026-01-04", "2026-01-05"].iter().all(|d| here.runs().contains(&d.to_string())));
}

#[test]
fn manifests_may_lie_in_several_folders_and_files() {
    let here = Place::new(&[SEASON]);
    here.write("more/coverage.yaml", &filled(GOOD, "datesPerJob: 1"));
    fs::remove_file(here.path("manifests.yaml")).unwrap();
    here.write("season/season.yaml", SEASON);
    let (season, more) = (here.path("season"), here.path("more/coverage.yaml"));
    let root = here.folder.path().to_str().unwrap();
    let args =
        ["plan", "-f", season.to_str().unwrap(), "-f", more.to_str().unwrap(), "--files-root", root, "-o", "json"];
    let plan = gapless(&args);
    let json: serde_json::Value = serde_json::from_str(&plan.out).unwrap();
    assert_eq!(json["coverages"][0]["counts"]["Missing"], 3, "{}{}", plan.out, plan.err);
    assert_eq!(json["launches"].as_array().map(Vec::len), Some(3));
    let twice = at(&here, "check", "more", &["-f", "season", "-f", "./more/coverage.yaml", "-f", "more/../more"]);
    assert!(
        twice.out.ends_with("4 objects in 2 files, no problem\n"),
        "each once, whatever it is called: {}",
        twice.out
    );
    let alone = gapless(&["check", "-f", more.to_str().unwrap()]);
    assert!(alone.out.contains("SeasonNotFound"), "{}", alone.out);
}

#[test]
fn a_bare_file_name_is_the_same_as_one_in_the_present_folder() {
    for file in ["manifests.yaml", "./manifests.yaml"] {
        let here = Place::new(&[SEASON, &filled(GOOD, "datesPerJob: 5")]);
        let done = at(&here, "local", file, &["--once", "--slow-start", "0s"]);
        assert_eq!((done.code, here.runs().len()), (Some(0), 3), "{file}: {}{}", done.out, done.err);
    }
}

#[test]
fn a_manifest_that_is_not_yaml_is_also_the_last_message() {
    let here = Place::new(&["apiVersion: gapless.dev/v1alpha1\nkind: Season\nspec:\n  suspend: a: b\n"]);
    let done = local(&here);
    let last: Vec<&str> = done.out.lines().rev().take(2).collect();
    assert!(last[0].starts_with("Refused   1 problem of the manifests"), "{}", done.out);
    assert_eq!(last[1], "Remains   unknown: no coverage could be read");
    assert_eq!(done.code, Some(2));
}

#[test]
fn an_empty_folder_is_an_error() {
    let here = Place::new(&[]);
    fs::remove_file(here.path("manifests.yaml")).unwrap();
    let check = here.run("check", &[], &[]);
    assert!(
        check.err.starts_with("gapless: there is no manifest in ")
            && check.err.ends_with(": no file ends in .yaml or .yml\n"),
        "{}",
        check.err
    );
    assert_eq!(check.code, Some(2));
    for (verb, args) in [("plan", &[][..]), ("local", &["--once"])] {
        let other = here.run(verb, args, &[]);
        assert!(other.err.contains("there is no manifest in "), "{}", other.err);
        assert_eq!(other.code, Some(2), "a wrong path is not success");
    }
}

#[test]
fn shells_and_man_get_what_the_help_says() {
    for (shell, mark) in
        [("bash", "complete -F _gapless"), ("zsh", "#compdef gapless"), ("fish", "complete -c gapless")]
    {
        let done = gapless(&["completions", shell]);
        assert!(
            done.code == Some(0) && done.out.contains(mark) && done.out.contains("unwaive"),
            "{shell}: {}",
            done.err
        );
        assert!(!done.out.contains("run-job"), "hidden verbs stay hidden");
    }
    let page = gapless(&["man"]);
    assert!(
        page.code == Some(0) && page.out.starts_with(".ie") && page.out.contains("Exit status: 0 every"),
        "{}",
        page.out
    );
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(gapless(&["man", "--out", folder.path().to_str().unwrap()]).code, Some(0));
    let explain = fs::read_to_string(folder.path().join("gapless-explain.1")).unwrap();
    assert!(explain.contains("yesterday"), "{explain}");
    assert_eq!(gapless(&["completions", "tcsh"]).code, Some(2));
}

#[test]
fn an_interrupted_demo_cleans_up() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gapless"));
    let command = command.arg("demo").env("TMPDIR", folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut demo = Running(command.spawn().unwrap());
    let started = || {
        let demos = folder.path().read_dir().unwrap().flatten().map(|entry| entry.path().join("state/jobs"));
        demos.filter_map(|jobs| jobs.read_dir().ok()).flatten().flatten().any(|job| job.path().join("started").exists())
    };
    until(started);
    let id = demo.0.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(demo.0.wait().unwrap().code(), Some(130));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0, "nothing is left, and no Job writes into it again");
}
