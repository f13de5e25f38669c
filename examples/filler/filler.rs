//! A model filler. Copy this structure in any language:
//!
//! 1. Read the contract, and report everything that is wrong with it at once.
//! 2. Ask the provider for each date, and distinguish "not available" (65), "later" (75) and "down" (69).
//! 3. Write a temporary file, sync it, and rename it over the date's only file. A reader sees either the old or the new
//!    date, and running twice leaves the same bytes as running once.
//! 4. Report in one line, without secrets, also in the termination message.
//!
//! It never reports that a date is complete: gapless reads the table again and decides.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::provider::{Answer, Provider};

/// The dates will never be available from this source.
const NOT_AVAILABLE: i32 = 65;
/// The provider asks for a later retry.
const LATER: i32 = 75;
/// Any other failure.
const FAILED: i32 = 1;

/// The request from gapless.
struct Contract {
    dates: Vec<String>,
    termination_log: Option<PathBuf>,
}

impl Contract {
    fn read() -> Result<Self, String> {
        let mut problems = Vec::new();
        let dates: Vec<String> =
            std::env::var("GAPLESS_DATES").unwrap_or_default().split(',').map(String::from).collect();
        for date in &dates {
            let plain = date.len() == 10
                && date.bytes().enumerate().all(|(n, b)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() });
            if !plain {
                problems.push(format!("GAPLESS_DATES: '{date}' is not a date YYYY-MM-DD"));
            }
        }
        if !problems.is_empty() {
            return Err(problems.join("; "));
        }
        Ok(Self { dates, termination_log: std::env::var_os("GAPLESS_TERMINATION_LOG").map(PathBuf::from) })
    }
}

/// Runs the filler; returns its exit code.
pub fn run(args: &[String]) -> i32 {
    let contract = match Contract::read() {
        Ok(contract) => contract,
        Err(problems) => {
            eprintln!("{problems}");
            return FAILED;
        }
    };
    let [provider, warehouse, table] = args else {
        eprintln!("usage: filler PROVIDER WAREHOUSE TABLE");
        return FAILED;
    };
    let provider = Provider::new(Path::new(provider), table);
    let folder = Path::new(warehouse).join(table.replace('.', "/"));
    let (mut rows, mut worst, mut said) = (0, 0, Vec::new());
    for date in &contract.dates {
        match fill(&provider, &folder, date) {
            Ok(count) => rows += count,
            Err((code, why)) => {
                worst = worst.max(code);
                said.push(format!("{date}: {why}"));
            }
        }
    }
    let message =
        if said.is_empty() { format!("{rows} rows for {}", contract.dates.join(", ")) } else { said.join("; ") };
    println!("{message}");
    if let Some(log) = &contract.termination_log {
        let _ = fs::write(log, &message);
    }
    worst
}

/// Fills one date and returns its number of rows.
fn fill(provider: &Provider, folder: &Path, date: &str) -> Result<usize, (i32, String)> {
    let text = match provider.ask(date) {
        Answer::Rows(text) => text,
        Answer::Nothing => return Ok(0),
        Answer::Later => return Err((LATER, "the provider limits its rate; later".into())),
        Answer::Never => return Err((NOT_AVAILABLE, "the provider has nothing for this date".into())),
    };
    let partition = folder.join(format!("game_date={date}"));
    replace(&partition, &text, provider.breaks(date)).map_err(|e| (FAILED, format!("cannot be written: {e}")))?;
    Ok(text.lines().count().saturating_sub(1))
}

/// Replaces the date's only file. gapless skips names that begin with an underscore, so it never reads half a file.
fn replace(partition: &Path, text: &str, breaks: bool) -> std::io::Result<()> {
    fs::create_dir_all(partition)?;
    let aside = partition.join("_part.csv");
    let mut file = File::create(&aside)?;
    if breaks {
        // Simulates a power cut in the middle of a write.
        file.write_all(&text.as_bytes()[..text.len() / 2])?;
        std::process::abort();
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&aside, partition.join("part.csv"))
}
