//! The screen of `gapless local` in a terminal: how far each coverage is, what runs, what comes next and when, and the
//! last events. Drawn over itself; where there is no terminal nothing of it is used.

use std::collections::VecDeque;

use super::log;
use super::names::{counts, relative, share};
use super::palette::{legend, paint, sign};
use crate::domain::ledger::Stage;
use crate::domain::state::State;
use crate::engine::overview::{CoverageView, Event, Overview};

/// Events that the screen shows.
const EVENTS: usize = 8;
/// Running Jobs that the screen names.
const RUNNING: usize = 8;
/// Width of the bar; in a narrow terminal the letters beside it matter more.
const BAR: usize = 24;
const NARROW_BAR: usize = 8;
const NARROW: usize = 72;

/// What stands on the screen.
#[derive(Debug, Default)]
pub struct Screen {
    lines: usize,
    events: VecDeque<String>,
}

impl Screen {
    /// The text that draws an overview over what was drawn before. A line that the terminal would break, or one more
    /// than it has, and drawing over would miss its mark: what does not fit is cut.
    pub fn draw(&mut self, overview: &Overview, events: &[Event], (width, height): (usize, usize)) -> String {
        self.events.extend(events.iter().map(log::short));
        while self.events.len() > EVENTS {
            self.events.pop_front();
        }
        let mut lines: Vec<String> = coverages(overview, width);
        lines.extend(open_signs(overview, width));
        lines.push(String::new());
        lines.extend(running(overview));
        lines.push(next(overview));
        lines.push(String::new());
        lines.extend(self.events.iter().cloned());
        lines.truncate(height.saturating_sub(1));
        // Up over the old screen, then each line is cleared to its end before it is written.
        let up = if self.lines > 0 { format!("\x1b[{}A", self.lines) } else { String::new() };
        let extra = self.lines.saturating_sub(lines.len());
        self.lines = lines.len();
        let clear = "\x1b[K\n".repeat(extra);
        let back = if extra > 0 { format!("\x1b[{extra}A") } else { String::new() };
        let text: String = lines.iter().map(|l| format!("{}\x1b[K\n", cut(l, width))).collect();
        up + &text + &clear + &back
    }
}

/// A line's first columns, its colours whole.
fn cut(line: &str, width: usize) -> String {
    let (mut out, mut column, mut in_escape) = (String::new(), 0, false);
    for c in line.chars() {
        in_escape |= c == '\x1b';
        if in_escape || column < width {
            out.push(c);
        }
        column += usize::from(!in_escape);
        in_escape &= c != 'm';
    }
    out
}

fn coverages(overview: &Overview, width: usize) -> Vec<String> {
    let names = overview.coverages.iter().map(|c| c.key.name.chars().count()).max().unwrap_or(0);
    let bar = if width < NARROW { NARROW_BAR } else { BAR };
    overview.coverages.iter().map(|c| coverage(c, names, bar)).collect()
}

fn coverage(view: &CoverageView, names: usize, bar: usize) -> String {
    if let Some(why) = &view.stalled {
        return format!("{:<names$} stalled: {why}", view.key.name);
    }
    let counts = counts(view);
    let filled = (counts.complete * bar).checked_div(counts.expected).unwrap_or(0);
    let bar = format!("{}{}", "█".repeat(filled), "░".repeat(bar - filled));
    let loud = State::ALL.iter().filter(|s| s.is_open()).filter_map(|s| {
        let n = view.count(*s);
        (n > 0).then(|| format!("{} {n}", paint(&sign(*s).0.to_string(), sign(*s).1)))
    });
    let bar = paint(&bar, anstyle::AnsiColor::Green.on_default());
    format!("{:<names$} {bar} {:>6}  {}", view.key.name, share(&counts), loud.collect::<Vec<_>>().join("  "))
}

/// What the letters beside the bars mean; nothing where no date is open.
fn open_signs(overview: &Overview, width: usize) -> Vec<String> {
    let is_shown = |s: &State| s.is_open() && overview.coverages.iter().any(|c| c.stalled.is_none() && c.count(*s) > 0);
    let shown: Vec<State> = State::ALL.into_iter().filter(is_shown).collect();
    if shown.is_empty() { Vec::new() } else { legend(shown, width) }
}

fn running(overview: &Overview) -> Vec<String> {
    let mut lines = Vec::new();
    for view in &overview.coverages {
        for attempt in view.attempts.iter().filter(|a| !matches!(a.stage, Stage::Ended { .. })) {
            let since = relative(attempt.recorded_at, overview.now);
            lines.push(format!(
                "  running  {} {} (launch {}, attempt {}, {since})",
                view.key, attempt.dates, attempt.launch, attempt.number
            ));
        }
    }
    let more = lines.len().saturating_sub(RUNNING);
    lines.truncate(RUNNING);
    lines.extend((more > 0).then(|| format!("  … and {more} more")));
    lines
}

fn next(overview: &Overview) -> String {
    let cells = overview.coverages.iter().flat_map(|v| v.cells.iter().map(move |c| (v, c)));
    let ahead = cells.filter_map(|(v, c)| Some((c.next.filter(|at| *at > overview.now)?, v, c)));
    match ahead.min_by_key(|(at, _, _)| *at) {
        Some((at, view, cell)) => {
            format!("  next     {} {} {} {}", view.key, cell.date, cell.state().word(), relative(at, overview.now))
        }
        None => "  next     when something changes".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_at_the_width_and_its_colours_are_closed() {
        let painted = format!("{} open", paint("0123456789", anstyle::AnsiColor::Green.on_default()));
        let cut = cut(&painted, 4);
        assert_eq!(anstream::adapter::strip_str(&cut).to_string(), "0123");
        assert!(cut.ends_with("\x1b[0m"), "{cut:?}");
    }
}
