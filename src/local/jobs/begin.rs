//! How a Job begins: gapless starts its runner, and the runner reports whether the command runs. A command that cannot be
//! started is a fault of the spec, and leaves no Job behind.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::folder::JobFolder;
use crate::host::disk;

/// A runner begins within this time. Otherwise the create is retried.
const START: Duration = Duration::from_secs(10);

/// Whether and when a Job's runner began.
pub(super) enum Begun {
    Before,
    Now,
    NotYet,
    /// Its command cannot be started: why, and whether that lasts until a person changes something.
    Cannot {
        why: String,
        lasts: bool,
    },
}

/// What a runner reports of its command: it runs, or the number and text of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Runs,
    Cannot(i32, String),
}

impl Word {
    pub fn line(&self) -> String {
        match self {
            Self::Runs => "runs".into(),
            Self::Cannot(number, text) => format!("cannot {number} {}", text.replace('\n', " ")),
        }
    }

    fn of(line: &str) -> Option<Self> {
        let line = line.trim_end();
        let Some((number, text)) = line.strip_prefix("cannot ").and_then(|rest| rest.split_once(' ')) else {
            return (line == "runs").then_some(Self::Runs);
        };
        Some(Self::Cannot(number.parse().ok()?, text.into()))
    }
}

/// Starts the runner of a Job, once.
pub(super) fn begin(folder: &JobFolder) -> std::io::Result<Begun> {
    if folder.was_started()? {
        return Ok(Begun::Before);
    }
    let begun = Instant::now();
    let word = spawn(&folder.path)?.recv_timeout(START).ok().flatten();
    if let Some(Word::Cannot(number, text)) = word {
        return Ok(cannot(folder, number, &text));
    }
    // A created Job must be listed, so its runner must have begun before the create is answered.
    let was_started = || folder.was_started().unwrap_or(false);
    while !was_started() && begun.elapsed() < START {
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(if was_started() { Begun::Now } else { Begun::NotYet })
}

/// Nothing ran, so the Job is removed. If its folder cannot be removed, the Job counts as begun, and ended without a start.
fn cannot(folder: &JobFolder, number: i32, text: &str) -> Begun {
    if folder.remove().is_err() {
        return Begun::Now;
    }
    let program = |errno: Errno| errno.raw_os_error() == number;
    let what = match number {
        _ if program(Errno::NOEXEC) => ": it is not a program for this machine",
        _ if program(Errno::NOENT) => ": it, or the interpreter or loader that it names, does not exist",
        _ => "",
    };
    // A shortage, or a program that is being written, is temporary.
    let passes = [0, Errno::TXTBSY.raw_os_error(), Errno::AGAIN.raw_os_error(), Errno::NOMEM.raw_os_error()];
    let passes = passes.contains(&number) || [Errno::MFILE, Errno::NFILE, Errno::IO].into_iter().any(program);
    Begun::Cannot { why: format!("{text}{what}"), lasts: !passes }
}

/// Starts the runner: the same binary with a hidden verb. It has its own session, and gapless does not wait for it. A thread
/// reads its report, and reaps it so that no zombie remains.
fn spawn(folder: &Path) -> std::io::Result<Receiver<Option<Word>>> {
    let program = std::env::current_exe()?;
    let mut command = Command::new(program);
    command.env_remove(disk::DIE_AT_WRITE);
    command.arg("run-job").arg(folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn()?;
    let (tell, word) = channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = child.stdout.take().map(|stdout| BufReader::new(stdout).read_line(&mut line));
        // The caller may have stopped waiting.
        let _ = tell.send(read.and_then(|read| read.ok().and_then(|_| Word::of(&line))));
        child.wait()
    });
    Ok(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_heard_as_it_was_said() {
        for word in [Word::Runs, Word::Cannot(8, "Exec format error (os error 8)".into())] {
            assert_eq!(Word::of(&format!("{}\n", word.line())), Some(word));
        }
        for line in ["", "run", "cannot", "cannot x y"] {
            assert_eq!(Word::of(line), None, "{line}");
        }
    }
}
