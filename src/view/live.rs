//! The screen of `gapless local` in a terminal: how far each coverage is, what runs, what comes next and when, and the
//! last events. Redrawn in place; not used outside a terminal.

use std::collections::VecDeque;

use super::log;
use super::names::{counts, relative, share};
use super::palette::{legend, paint, sign};
use super::progress::Progress;
use crate::domain::ledger::Stage;
use crate::domain::state::State;
use crate::engine::overview::{CoverageView, Event, Overview};

/// Events that the screen shows.
const EVENTS: usize = 8;
/// Running Jobs that the screen names.
const RUNNING: usize = 8;
/// Width of the bar where there is room; the letters beside it matter more.
const BAR: usize = 24;
/// A bar that is shorter than this says nothing.
const SHORTEST_BAR: usize = 4;
/// A name is never cut to less than this.
const SHORTEST_NAME: usize = 8;

/// The content of the screen.
#[derive(Debug, Default)]
pub struct Screen {
    lines: usize,
    events: VecDeque<String>,
    notes: Vec<String>,
    progress: Progress,
}

impl Screen {
    /// Lines that stay at the top from now on.
    pub fn note(&mut self, text: &str) {
        self.notes = text.lines().map(String::from).collect();
    }

    /// The text that draws an overview over what was drawn before. A line that the terminal would break, or one more
    /// than it has, and drawing over would miss its mark: what does not fit is cut.
    pub fn draw(&mut self, overview: &Overview, events: &[Event], (width, height): (usize, usize)) -> String {
        self.events.extend(events.iter().map(log::short));
        while self.events.len() > EVENTS {
            self.events.pop_front();
        }
        let mut lines = self.notes.clone();
        lines.extend(self.progress.line(overview));
        lines.extend(coverages(overview, width));
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

/// A line's first columns, its colours whole; what was cut off leaves an ellipsis.
pub(super) fn cut(line: &str, width: usize) -> String {
    let fits = columns(line) <= width;
    let room = if fits { width } else { width.saturating_sub(1) };
    let (mut out, mut column, mut in_escape) = (String::new(), 0, false);
    for c in line.chars() {
        in_escape |= c == '\x1b';
        if in_escape || column < room {
            out.push(c);
        } else if column == room {
            out.push('…');
        }
        column += usize::from(!in_escape);
        in_escape &= c != 'm';
    }
    out
}

/// How wide a line is: its colours take no room.
fn columns(line: &str) -> usize {
    anstream::adapter::strip_str(line).to_string().chars().count()
}

/// A line for each coverage: name, bar, share, letters. In a narrow terminal the bar is dropped first, then the blanks
/// between letters and their numbers, last the end of long names. Open dates are always shown.
fn coverages(overview: &Overview, width: usize) -> Vec<String> {
    let views = &overview.coverages;
    let names = views.iter().map(|c| c.key.name.chars().count()).max().unwrap_or(0);
    let widest = |gaps| views.iter().map(|c| columns(&figures(c, gaps))).max().unwrap_or(0);
    let room = width.saturating_sub(names + 1 + widest(WIDE));
    if room > SHORTEST_BAR {
        return views.iter().map(|c| coverage(c, names, BAR.min(room - 1), WIDE)).collect();
    }
    let names = names.min(width.saturating_sub(1 + widest(TIGHT)).max(SHORTEST_NAME));
    views.iter().map(|c| coverage(c, names, 0, TIGHT)).collect()
}

/// Between a letter and its number, and before the next letter.
type Gaps = (&'static str, &'static str);
const WIDE: Gaps = (" ", "  ");
const TIGHT: Gaps = ("", " ");

fn coverage(view: &CoverageView, names: usize, bar: usize, gaps: Gaps) -> String {
    let name = cut(&view.key.name, names);
    if let Some(why) = &view.stalled {
        return format!("{name:<names$} stalled: {why}");
    }
    let counts = counts(view);
    // Of what can be done: what is not due, and what cannot be judged, is no part of the bar.
    let can = counts.due.saturating_sub(view.count(State::Unknown));
    let filled = (counts.complete * bar).checked_div(can).unwrap_or(0).min(bar);
    let drawn = format!("{}{}", "█".repeat(filled), "░".repeat(bar - filled));
    let drawn = if bar > 0 { paint(&drawn, anstyle::AnsiColor::Green.on_default()) + " " } else { drawn };
    format!("{name:<names$} {drawn}{}", figures(view, gaps))
}

/// The share that is complete, and how many dates are open in which state.
fn figures(view: &CoverageView, (within, between): Gaps) -> String {
    if view.stalled.is_some() {
        return String::new();
    }
    let open =
        State::ALL.iter().map(|s| (sign(*s), view.count(*s), s.is_open())).filter(|(_, n, open)| *open && *n > 0);
    let open = open.map(|((letter, style), n, _)| format!("{between}{}{within}{n}", paint(&letter.to_string(), style)));
    format!("{:>6}{}", share(&counts(view)), open.collect::<String>())
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
                view.key.name, attempt.dates, attempt.launch, attempt.number
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
            format!("  next     {} {} {} {}", view.key.name, cell.date, cell.state().word(), relative(at, overview.now))
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
        let plain = |width| anstream::adapter::strip_str(&cut(&painted, width)).to_string();
        assert_eq!(
            (plain(4), plain(14), plain(15)),
            ("012…".into(), "0123456789 op…".into(), "0123456789 open".into())
        );
        assert!(cut(&painted, 4).ends_with("\x1b[0m"));
    }
}
