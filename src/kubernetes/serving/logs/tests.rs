//! What the log says, and that a log without a reader does not block.

use std::sync::Mutex;
use std::sync::mpsc::sync_channel;

use super::*;
use crate::domain::dates::DateSet;
use crate::domain::judge::tests::{at, day};
use crate::domain::policy::Key;

/// A sink that can be read.
#[derive(Clone, Default)]
struct Sink(Arc<Mutex<Vec<u8>>>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while `said` runs.
pub(in crate::kubernetes) fn logged(format: Format, filter: &str, said: impl FnOnce()) -> String {
    let sink = Sink::default();
    let queue = Queue::start(sink.clone(), 16).unwrap();
    tracing::subscriber::with_default(subscriber(format, filter, queue.clone()).unwrap(), said);
    queue.flush(Duration::from_secs(10));
    let bytes = sink.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

fn filled(message: &str) -> Event {
    let mut dates = DateSet::new();
    ["2025-11-13", "2025-11-14"].iter().for_each(|d| dates.insert(day(d)));
    let coverage = Key { namespace: "sports".into(), kind: "TableCoverage".into(), name: "boxscores".into() };
    Event { at: at("2025-11-15T12:00:00Z"), coverage, reason: "Filled", dates, message: message.into() }
}

#[test]
fn an_event_is_one_line_of_fields() {
    let line = logged(Format::Json, "info", || event(&filled("launch 7 on rung reload")));
    let value: serde_json::Value = serde_json::from_str(&line).unwrap();
    let fields = [
        ("level", "INFO"),
        ("namespace", "sports"),
        ("kind", "TableCoverage"),
        ("name", "boxscores"),
        ("reason", "Filled"),
        ("dates", "2025-11-13..2025-11-14"),
        ("message", "launch 7 on rung reload"),
    ];
    for (field, wanted) in fields {
        assert_eq!(value[field], wanted, "{field} in {line}");
    }
    assert!(value["timestamp"].as_str().is_some_and(|t| t.ends_with('Z')), "{line}");
    assert_eq!(line.lines().count(), 1, "{line}");
    let line = logged(Format::Text, "info", || event(&filled("launch 7 on rung reload")));
    let (_, said) = line.split_once(' ').unwrap();
    let wanted = "INFO  sports/TableCoverage/boxscores Filled 2025-11-13..2025-11-14: launch 7 on rung reload\n";
    assert_eq!(said, wanted, "for people: of what, why, when, then the sentence");
    let line = logged(Format::Text, "info", || tracing::info!(identity = "gapless-1", "leading"));
    assert!(line.ends_with("INFO  leading identity=gapless-1\n"), "{line}");
}

#[test]
fn what_wants_a_person_is_a_warning() {
    let level = |reason: &'static str| {
        let line = logged(Format::Json, "info", || event(&Event { reason, ..filled("") }));
        serde_json::from_str::<serde_json::Value>(&line).unwrap()["level"].clone()
    };
    assert_eq!(level("Exhausted"), "WARN");
    assert_eq!(level("JobLaunched"), "INFO");
}

/// A termination message, a server's sentence or a name may hold anything.
#[test]
fn a_text_can_neither_forge_a_line_nor_steer_a_terminal() {
    let evil = "\u{1b}[2Jgone\nINFO forged\r\u{9b}31m\u{7f}";
    for format in [Format::Json, Format::Text] {
        let line = logged(format, "info", || event(&filled(evil)));
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(!line.trim_end_matches('\n').chars().any(char::is_control), "{line:?}");
        assert!(line.contains("forged"), "{line}");
    }
    let line = logged(Format::Json, "info", || event(&filled(evil)));
    assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap()["message"], evil, "JSON keeps what was said");
}

#[test]
fn the_filter_decides_and_a_wrong_one_is_an_error() {
    assert_eq!(logged(Format::Json, "warn", || event(&filled("quiet"))), "");
    let watch = || tracing::warn!(target: "kube_runtime::watcher", "already logged once by us");
    assert_eq!(logged(Format::Json, "info", watch), "");
    assert!(logged(Format::Json, "info,kube_runtime::watcher=warn", watch).contains("logged once"));
    let (queue, _entries) = queue_without_reader(1);
    let why = subscriber(Format::Json, "gapless=loud", queue).err().unwrap().to_string();
    assert!(why.starts_with("--log-level gapless=loud: ") && why.contains("such as info"), "{why}");
}

fn queue_without_reader(size: usize) -> (Queue, Receiver<Entry>) {
    let (entries, taken) = sync_channel(size);
    (Queue { entries, dropped: Arc::default() }, taken)
}

/// Without a reader the third and later lines are dropped and counted at once, and the process still ends.
#[test]
fn a_blocked_sink_does_not_block_the_process() {
    let (queue, entries) = queue_without_reader(2);
    tracing::subscriber::with_default(subscriber(Format::Json, "info", queue.clone()).unwrap(), || {
        (0..100).for_each(|_| event(&filled("")));
    });
    assert_eq!(queue.dropped.load(Ordering::Relaxed), 98);
    queue.flush(Duration::from_secs(3600));
    drop(entries);
    queue.flush(Duration::from_secs(3600));
}

#[test]
fn a_panic_shows_its_place_and_no_content() {
    assert_eq!(constant(&"a date has two states"), ": a date has two states");
    assert_eq!(constant(&format!("row {}", 7)), "");
}
