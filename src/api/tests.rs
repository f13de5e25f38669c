//! No manifest makes gapless fall: what it cannot obey it refuses with a file, a line and a sentence.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::manifest::{Document, read};
use super::{Loaded, load, load_documents};
use crate::domain::schedule::calendar;
use crate::domain::verdict::{Unknown, UnknownReason};

/// A season with everything, two coverages, a CronJob.
const GOOD: [&str; 5] = [
    include_str!("../../examples/demo/season.yaml"),
    include_str!("../../examples/demo/coverages.yaml"),
    include_str!("../../examples/demo/fillers.yaml"),
    include_str!("../../examples/nba/season.yaml"),
    include_str!("../../examples/nba/predictions.yaml"),
];

/// Every problem is one line of text, and what was accepted can be asked for its dates.
fn check(loaded: &Loaded) -> Result<(), TestCaseError> {
    for problem in &loaded.problems {
        prop_assert!(
            problem.line > 0 && !problem.message.is_empty() && !problem.to_string().contains('\n'),
            "{problem}"
        );
    }
    let unread = Unknown::new(UnknownReason::NotProbed, "not read yet");
    for season in &loaded.seasons {
        for now in ["0001-01-01T00:00:00Z", "2025-11-14T12:00:00Z", "9999-12-30T00:00:00Z"] {
            let _ = calendar(season, Err(&unread), now.parse().unwrap());
        }
    }
    Ok(())
}

fn at_home(folder: &str) -> Result<String, String> {
    Ok(folder.into())
}

/// Texts that YAML or a reader of it could stumble over.
fn soup() -> impl Strategy<Value = String> {
    let words = [
        "---\n",
        "\n",
        ": ",
        "- ",
        "[",
        "]",
        "{",
        "}",
        "&a ",
        "*a",
        "!!int ",
        "|\n",
        "\"",
        "'",
        "#",
        "\t",
        "\u{202e}",
        "~",
        "<<: ",
        "0x1f",
        "1e999",
        ".nan",
        "2025-02-30",
        "\0",
        "spec:",
        "metadata:",
        "  ",
        "apiVersion: gapless.dev/v1alpha1\n",
        "kind: Season\n",
    ];
    prop::collection::vec(prop_oneof![prop::sample::select(words.to_vec()).prop_map(String::from), ".{0,6}"], 0..40)
        .prop_map(|words| words.concat())
}

/// What may stand where a value stood.
fn odd() -> impl Strategy<Value = Value> {
    let texts = [
        "",
        "é",
        "9999-12-31",
        "0001-01-01",
        "-999999999d",
        "99999999h",
        "100%",
        "0.01%",
        "999999999Ti",
        "Etc/GMT-14",
        "\u{0}",
    ];
    prop_oneof![
        prop::sample::select(texts.to_vec()).prop_map(Value::from),
        prop::sample::select(vec![json!(null), json!([]), json!({}), json!(true), json!(1e300), json!([[]])]),
        any::<i64>().prop_map(Value::from),
        (1..9000usize).prop_map(|n| "x".repeat(n).into()),
    ]
}

/// Every value below, by its pointer.
fn pointers(value: &Value, at: &str, into: &mut Vec<String>) {
    into.push(at.into());
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(n, v)| pointers(v, &format!("{at}/{n}"), into)),
        Value::Object(fields) => {
            fields.iter().for_each(|(k, v)| pointers(v, &format!("{at}/{}", k.replace('/', "~1")), into))
        }
        _ => {}
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(
        good in prop::sample::select(GOOD.to_vec()), soup in soup(), at in any::<prop::sample::Index>(), cut in 0..200usize,
    ) {
        let edge = |at: usize| (at..=good.len()).find(|n| good.is_char_boundary(*n)).unwrap_or(good.len());
        let (from, to) = (edge(at.index(good.len())), edge((at.index(good.len()) + cut).min(good.len())));
        for text in [soup.clone(), format!("{}{soup}{}", &good[..from], &good[to..])] {
            check(&load(&[("manifests.yaml".into(), text.into())], &at_home))?;
        }
    }

    #[test]
    fn no_value_makes_it_panic(
        good in prop::sample::select(GOOD.to_vec()),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), odd()), 1..4),
    ) {
        let texts = GOOD.iter().filter(|text| **text != good).chain([&good]);
        let mut documents: Vec<Document> = texts.flat_map(|text| read("m.yaml", text.as_bytes(), &mut Vec::new())).collect();
        let last = documents.len() - read("m.yaml", good.as_bytes(), &mut Vec::new()).len();
        for (which, place, value) in edits {
            let document = which.get_mut(&mut documents[last..]);
            let mut all = Vec::new();
            pointers(&document.value, "", &mut all);
            document.value.pointer_mut(&all[place.index(all.len())]).into_iter().for_each(|slot| *slot = value.clone());
        }
        check(&load_documents(documents, &at_home, Default::default()))?;
    }
}
