//! The log of the operator: one line for each decision that changed something, on standard error, as JSON or for people.
//! Logging never waits: lines go into a bounded queue, and those that do not fit are counted and dropped. Text of
//! resources and servers cannot forge lines or steer a terminal: control characters are written as escapes.

mod text;

use std::any::Any;
use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;

use clap::ValueEnum;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::FormatTime;

use crate::engine::overview::Event;
use crate::engine::ports::Clock;
use crate::host::clock::SystemClock;

/// Lines that wait for a slow reader.
const QUEUE: usize = 4096;
/// The longest that the queue is written out at the end: a stuck reader does not keep the process alive.
const LAST_FLUSH: Duration = Duration::from_secs(1);

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// One JSON object a line.
    Json,
    /// For people.
    Text,
}

impl Format {
    /// Text in a terminal, JSON elsewhere.
    pub fn of_stderr() -> Self {
        if io::stderr().is_terminal() { Self::Text } else { Self::Json }
    }
}

/// Why there is no log.
#[derive(Debug)]
pub enum LogError {
    /// This text says no levels.
    Level(String, Box<ParseError>),
    /// The thread that writes cannot be started.
    Thread(io::Error),
    /// A process has one log.
    Twice,
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level, why) => write!(
                f,
                "--log-level {level}: {why}; name a level such as info, or targets such as gapless=debug,kube=warn"
            ),
            Self::Thread(error) => write!(f, "the log cannot be started: {error}"),
            Self::Twice => f.write_str("the log was started twice"),
        }
    }
}

/// The running log. Dropping it writes out what still waits, for a second at most.
#[derive(Debug)]
pub struct Logs {
    queue: Queue,
}

impl Logs {
    /// Starts the log of this process, once. The filter is `info`, or as of tracing: `gapless=debug,kube=warn`.
    pub fn start(format: Format, filter: &str) -> Result<Self, LogError> {
        let queue = Queue::start(io::stderr(), QUEUE)?;
        let subscriber = subscriber(format, filter, queue.clone())?;
        tracing::subscriber::set_global_default(subscriber).map_err(|_| LogError::Twice)?;
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            tracing::error!(place, "panicked{}", constant(info.payload()));
        }));
        Ok(Self { queue })
    }

    /// Lines that were dropped so far, for the metrics.
    pub fn dropped(&self) -> Arc<AtomicU64> {
        self.queue.dropped.clone()
    }
}

impl Drop for Logs {
    fn drop(&mut self) {
        self.queue.flush(LAST_FLUSH);
    }
}

/// What a panic says, where it is a text of the program. One that was made at run time may hold anything, a row's
/// content too, and is left out: the place is enough.
fn constant(payload: &(dyn Any + Send)) -> String {
    payload.downcast_ref::<&'static str>().map(|text| format!(": {text}")).unwrap_or_default()
}

/// The line of an event. What needs attention is a warning.
pub fn event(event: &Event) {
    let (namespace, kind, name) = (&*event.coverage.namespace, &*event.coverage.kind, &*event.coverage.name);
    let (reason, dates, message) = (event.reason, event.dates.to_string(), event.message.as_str());
    if is_warning(reason) {
        tracing::warn!(namespace, kind, name, reason, dates, "{message}");
    } else {
        tracing::info!(namespace, kind, name, reason, dates, "{message}");
    }
}

/// Whether an event of this reason needs attention.
pub fn is_warning(reason: &str) -> bool {
    WARNINGS.contains(&reason)
}

/// Reasons of events that need attention.
const WARNINGS: [&str; 15] = [
    "AttemptHistoryRebuilt",
    "BreakerOpened",
    "BudgetSpent",
    "CredentialsRefused",
    "Exhausted",
    "LaunchRefused",
    "LostForGood",
    "NoRung",
    "Pressing",
    "Regressed",
    "Revoked",
    "ScheduleSuspect",
    "StrayJob",
    "SuspectProbe",
    "Unknown",
];

/// `watching/mirror.rs` logs a failing watch once. The library logs each try, which is off unless the filter names its target.
const SILENT: &str = "kube_runtime::watcher=off";

fn subscriber(format: Format, filter: &str, queue: Queue) -> Result<Box<dyn Subscriber + Send + Sync>, LogError> {
    let filter = EnvFilter::try_new(format!("{SILENT},{filter}"))
        .map_err(|why| LogError::Level(filter.into(), Box::new(why)))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_timer(Now).with_ansi(false).with_writer(queue);
    Ok(match format {
        Format::Json => Box::new(builder.json().flatten_event(true).with_current_span(false).finish()),
        Format::Text => Box::new(builder.event_format(text::Text).finish()),
    })
}

/// The time of a line.
struct Now;

impl FormatTime for Now {
    fn format_time(&self, to: &mut Writer<'_>) -> fmt::Result {
        write!(to, "{:.3}", SystemClock.now())
    }
}

enum Entry {
    Line(Vec<u8>),
    /// Everything before this is written.
    Flush(Sender<()>),
}

/// Lines on their way to a sink that may be slow. A clone writes into the same queue.
#[derive(Clone, Debug)]
struct Queue {
    entries: SyncSender<Entry>,
    dropped: Arc<AtomicU64>,
}

impl Queue {
    fn start(sink: impl Write + Send + 'static, size: usize) -> Result<Self, LogError> {
        let (entries, taken) = sync_channel(size);
        let thread = std::thread::Builder::new().name("log".into()).spawn(move || drain(&taken, sink));
        thread.map_err(LogError::Thread)?;
        Ok(Self { entries, dropped: Arc::default() })
    }

    fn flush(&self, limit: Duration) {
        let (done, wait) = channel();
        // A full queue has a stuck reader: do not wait for it.
        if self.entries.try_send(Entry::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(limit);
        }
    }
}

fn drain(entries: &Receiver<Entry>, mut sink: impl Write) {
    for entry in entries {
        match entry {
            // A closed sink takes no more lines, and there is no other place for them.
            Entry::Line(line) => _ = sink.write_all(&line),
            Entry::Flush(done) => {
                let _ = sink.flush();
                let _ = done.send(());
            }
        }
    }
}

impl<'a> MakeWriter<'a> for Queue {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line { queue: self, bytes: Vec::new() }
    }
}

/// One line; it goes into the queue whole.
struct Line<'a> {
    queue: &'a Queue,
    bytes: Vec<u8>,
}

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line<'_> {
    fn drop(&mut self) {
        let line = Entry::Line(clean(&self.bytes).into_bytes());
        if self.queue.entries.try_send(line).is_err() {
            self.queue.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// A line without control characters but the one that ends it. JSON has escaped its own below U+0020; what is left are
/// the terminal's eight-bit ones.
fn clean(line: &[u8]) -> String {
    let text = String::from_utf8_lossy(line);
    let text = text.strip_suffix('\n').unwrap_or(&text);
    let mut out = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c.is_control() { out += &format!("\\u{:04x}", c as u32) } else { out.push(c) }
    }
    out.push('\n');
    out
}

#[cfg(test)]
pub(in crate::kubernetes) mod tests;
