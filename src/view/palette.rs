//! A letter and a colour per state: never a colour alone. Done states are calm, open ones are loud.

use std::fmt::Write;

use anstyle::{AnsiColor, Color, Effects, Style};

use crate::domain::state::State;

/// Between two signs of a legend.
const GAP: usize = 3;

/// How a state is drawn.
pub fn sign(state: State) -> (char, Style) {
    let plain = |color: AnsiColor| Style::new().fg_color(Some(Color::Ansi(color)));
    let loud = |color: AnsiColor| plain(AnsiColor::Black).bg_color(Some(Color::Ansi(color))).effects(Effects::BOLD);
    match state {
        State::NotExpected => ('·', plain(AnsiColor::BrightBlack)),
        State::Complete => ('c', plain(AnsiColor::Green)),
        State::Waived => ('w', plain(AnsiColor::Cyan)),
        State::NotDue => ('n', plain(AnsiColor::Blue)),
        State::Running => ('R', loud(AnsiColor::Cyan)),
        State::Verifying => ('V', loud(AnsiColor::Cyan)),
        State::Waiting => ('W', loud(AnsiColor::Yellow)),
        State::Blocked => ('B', loud(AnsiColor::Yellow)),
        State::Unknown => ('?', loud(AnsiColor::Magenta)),
        State::Partial => ('P', loud(AnsiColor::Yellow)),
        State::Missing => ('M', loud(AnsiColor::Red)),
        State::Exhausted => ('X', loud(AnsiColor::Red)),
        State::Unrecoverable => ('U', loud(AnsiColor::Red)),
    }
}

/// A text in a style. Whether colours reach a terminal is decided where it is printed.
pub fn paint(text: &str, style: Style) -> String {
    format!("{}{text}{}", style.render(), style.render_reset())
}

/// What the signs mean: only those of states that occur, in as many lines as the width asks for.
pub fn legend(states: impl IntoIterator<Item = State>, width: usize) -> Vec<String> {
    let (mut lines, mut column) = (vec![String::new()], 0);
    for state in states {
        let (letter, style) = sign(state);
        let told = 2 + state.word().len();
        if column > 0 && column + GAP + told > width {
            lines.push(String::new());
            column = 0;
        }
        let gap = if column > 0 { GAP } else { 0 };
        if let Some(line) = lines.last_mut() {
            let _ = write!(line, "{:gap$}{} {}", "", paint(&letter.to_string(), style), state.word());
        }
        column += gap + told;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_legend_is_broken_between_signs_where_the_terminal_is_narrow() {
        let plain = |width| -> Vec<String> {
            let lines = legend(State::ALL, width);
            lines.iter().map(|l| anstream::adapter::strip_str(l).to_string()).collect()
        };
        assert!(plain(40).iter().all(|line| line.len() <= 40), "{:?}", plain(40));
        assert_eq!(plain(40).join("   "), plain(1000).join("   "));
        assert_eq!(plain(1000).len(), 1);
    }

    #[test]
    fn every_state_has_a_letter_of_its_own() {
        let letters: std::collections::BTreeSet<char> = State::ALL.iter().map(|s| sign(*s).0).collect();
        assert_eq!(letters.len(), State::ALL.len());
    }
}
