//! No manifest makes the reader fall, whatever a person or a program has done to it.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::domain::schedule::calendar;
use crate::domain::verdict::{Unknown, UnknownReason};

/// At each of these times a valid season has dates.
const INSTANTS: [&str; 3] = ["0001-01-01T00:00:00Z", "2025-11-14T12:00:00Z", "9999-12-30T00:00:00Z"];
const SEEDS: [&str; 3] = [
    include_str!("../../../examples/demo/season.yaml"),
    include_str!("../../../examples/demo/coverages.yaml"),
    include_str!("../../../examples/demo/fillers.yaml"),
];

/// Values that users have written.
const ODD: [&str; 28] = [
    "",
    "~",
    "no",
    "[]",
    "{}",
    "- x",
    "-1",
    "08",
    "1e30",
    ".nan",
    "99999999999999999999",
    "\"\\0\\e[31m\"",
    "\u{202e}\u{7f}",
    "2023-02-29",
    "0000-00-00",
    "9999-12-31",
    "-0s",
    "999999999d999999999h",
    "100%",
    "&a [*a]",
    "*a",
    "<<: *a",
    "!!binary aGk=",
    "../../etc/passwd",
    "Mars/Olympus",
    "|",
    "'",
    "{name: x, name: y}",
];

#[derive(Clone, Debug)]
enum Edit {
    Drop,
    Double,
    Indent,
    Value(&'static str),
    Raw(Vec<u8>),
}

fn edits() -> impl Strategy<Value = Vec<(Index, Edit)>> {
    let edit = prop_oneof![
        Just(Edit::Drop),
        Just(Edit::Double),
        Just(Edit::Indent),
        select(&ODD[..]).prop_map(Edit::Value),
        select(&ODD[..]).prop_map(Edit::Value),
        prop::collection::vec(any::<u8>(), 0..20).prop_map(Edit::Raw),
    ];
    prop::collection::vec((any::<Index>(), edit), 0..6)
}

fn spoilt(edits: &[(Index, Edit)]) -> Vec<u8> {
    let text = SEEDS.join("---\n");
    let mut lines: Vec<Vec<u8>> = text.lines().map(|l| l.as_bytes().to_vec()).collect();
    for (at, edit) in edits {
        let at = at.index(lines.len());
        match edit {
            Edit::Drop => lines[at].clear(),
            Edit::Double => lines.insert(at, lines[at].clone()),
            Edit::Indent => lines[at].insert(0, b' '),
            Edit::Value(odd) => {
                let key = lines[at].iter().position(|b| *b == b':').map_or(0, |colon| colon + 1);
                lines[at].truncate(key);
                lines[at].extend(format!(" {odd}").bytes());
            }
            Edit::Raw(bytes) => lines[at].extend(bytes),
        }
    }
    lines.join(&b'\n')
}

fn read_all(bytes: &[u8], known: Valid) -> Loaded {
    load_again(&[("m.yaml".into(), bytes.to_vec())], &|folder: &str| Ok(folder.into()), known)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_manifest_makes_the_reader_fall(edits in edits()) {
        let bytes = spoilt(&edits);
        let loaded = read_all(&bytes, Valid::new());
        prop_assert!(!edits.is_empty() || loaded.problems.is_empty(), "{:?}", loaded.problems);
        let lines = bytes.iter().filter(|b| **b == b'\n').count() + 1;
        for problem in &loaded.problems {
            prop_assert!((1..=lines).contains(&problem.line), "{} of {lines} lines", problem);
            prop_assert!(!problem.message.is_empty() && !problem.to_string().contains(char::is_control), "{:?}", problem);
        }
        prop_assert!(loaded.problems.is_sorted());
        for document in &loaded.documents {
            let text = |pointer: &str| document.value.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let (kind, name) = (text("/kind"), text("/metadata/name"));
            if matches!(kind, "TableCoverage" | "PropCoverage") && !name.is_empty() {
                let is = |key: &Key| *key.kind == *kind && *key.name == *name && *key.namespace == *namespace(document);
                let obeyed = loaded.coverages.iter().filter(|c| is(&c.key)).count();
                let stalled = loaded.stalled.iter().any(|stalled| is(&stalled.key));
                prop_assert!(obeyed <= 1 && (obeyed == 1) != stalled, "{kind}/{name} is obeyed, or stalled and says why");
            }
        }
        let unread = Unknown::new(UnknownReason::NotProbed, "not read yet");
        for (season, now) in loaded.seasons.iter().flat_map(|season| INSTANTS.map(|now| (season, now))) {
            calendar(season, Err(&unread), now.parse().unwrap());
        }
        let again = read_all(&bytes, loaded.valid.clone());
        prop_assert_eq!(&again.problems, &loaded.problems, "what was found valid is found valid again");
        prop_assert_eq!(again.coverages, loaded.coverages);
        prop_assert_eq!(again.valid, loaded.valid);
    }
}

fn namespace(document: &Document) -> &str {
    document.value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or(NAMESPACE)
}
