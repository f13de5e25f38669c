//! The gaps: which table loses what on which dates, and how its provider behaves then. A seed chooses the dates.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::behave::Behaviour;
use super::rows::{Game, Table};

/// What is wrong with a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    WholeDate,
    SomeGames,
    FewPlayers,
    OneBookmaker,
    Duplicates,
    PlaceholderLines,
    LinesAfterStart,
}

impl Kind {
    pub fn sentence(self) -> &'static str {
        match self {
            Self::WholeDate => "no row at all",
            Self::SomeGames => "some games are missing",
            Self::FewPlayers => "too few players in a game",
            Self::OneBookmaker => "one bookmaker is missing",
            Self::Duplicates => "rows stand twice",
            Self::PlaceholderLines => "placeholder lines of 20.0",
            Self::LinesAfterStart => "lines only after the start",
        }
    }

    /// Whether a date can lack that: of one game there are no two halves.
    fn fits(self, games: &[Game]) -> bool {
        self != Self::SomeGames || games.len() > 1
    }

    /// What the table holds of the date.
    pub fn apply(self, table: Table, games: &[Game]) -> Option<String> {
        let rows = |games: &[Game]| -> Vec<String> { games.iter().flat_map(|g| table.rows(g)).collect() };
        let all = rows(games);
        let left: Vec<String> = match self {
            Self::WholeDate => return None,
            Self::SomeGames => rows(&games[..games.len() / 2]),
            Self::FewPlayers => all[..all.len() - table.rows(&games[games.len() - 1]).len() + 4].to_vec(),
            Self::OneBookmaker => all.into_iter().filter(|r| !r.contains(",fanduel,")).collect(),
            Self::Duplicates => all.iter().chain(&all[..7]).cloned().collect(),
            Self::PlaceholderLines => all.into_iter().map(|r| r.replace(",8.5,", ",20.0,")).collect(),
            Self::LinesAfterStart => {
                let late = |g: &Game| Game {
                    start: g.start.checked_add(jiff::SignedDuration::from_hours(5)).unwrap_or(g.start),
                    ..g.clone()
                };
                rows(&games.iter().map(late).collect::<Vec<_>>())
            }
        };
        Some(table.header().to_string() + &left.concat())
    }
}

#[derive(Clone, Debug)]
pub(super) struct Gap {
    pub table: Table,
    pub date: Date,
    pub kind: Kind,
    pub behaviour: Behaviour,
}

/// What is punched where: the table, what is wrong, how its provider behaves, and on how many dates.
const PUNCHES: [(Table, Kind, Behaviour, usize); 18] = [
    (Table::Boxscores, Kind::WholeDate, Behaviour::Good, 4),
    (Table::Boxscores, Kind::FewPlayers, Behaviour::Good, 2),
    (Table::Boxscores, Kind::SomeGames, Behaviour::Crash, 1),
    (Table::Boxscores, Kind::Duplicates, Behaviour::Good, 1),
    (Table::Gamebook, Kind::SomeGames, Behaviour::Partial, 2),
    (Table::Gamebook, Kind::WholeDate, Behaviour::Slow, 2),
    (Table::Gamebook, Kind::Duplicates, Behaviour::Good, 1),
    (Table::Summary, Kind::WholeDate, Behaviour::Empty, 2),
    (Table::Summary, Kind::SomeGames, Behaviour::Good, 3),
    (Table::Lines, Kind::OneBookmaker, Behaviour::Good, 2),
    (Table::Lines, Kind::PlaceholderLines, Behaviour::Good, 2),
    (Table::Lines, Kind::LinesAfterStart, Behaviour::Good, 2),
    (Table::Lines, Kind::WholeDate, Behaviour::Gone, 1),
    (Table::Predictions, Kind::Duplicates, Behaviour::Good, 1),
    (Table::Predictions, Kind::SomeGames, Behaviour::Limited, 2),
    (Table::Grading, Kind::WholeDate, Behaviour::Limited, 2),
    (Table::Grading, Kind::FewPlayers, Behaviour::Good, 3),
    (Table::Grading, Kind::WholeDate, Behaviour::Slow, 2),
];

/// Consecutive days on which no lines were scraped.
const RUN: (i8, i8) = (14, 20);

/// Every gap of a seed. No date is punched twice in a table.
pub(super) fn gaps(seed: u64, games: &BTreeMap<Date, Vec<Game>>) -> Vec<Gap> {
    let dates: Vec<Date> = games.keys().copied().collect();
    let run = (RUN.0..=RUN.1).map(|d| jiff::civil::date(2024, 11, d));
    let lost = |date| Gap { table: Table::Lines, date, kind: Kind::WholeDate, behaviour: Behaviour::Good };
    let mut gaps: Vec<Gap> = run.map(lost).collect();
    let mut state = seed;
    for (table, kind, behaviour, count) in PUNCHES {
        for _ in 0..count {
            let is_free = |date: &&Date| !gaps.iter().any(|g| g.table == table && g.date == **date);
            let at = loop {
                let at = usize::try_from(next(&mut state) % dates.len() as u64).unwrap_or(0);
                if is_free(&&dates[at]) {
                    break at;
                }
            };
            let mut from_there = dates[at..].iter().chain(&dates[..at]);
            let date = from_there.find(|date| is_free(date) && kind.fits(&games[*date]));
            gaps.extend(date.map(|date| Gap { table, date: *date, kind, behaviour }));
        }
    }
    gaps
}

/// splitmix64: the same seed gives the same demo on every machine.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    crate::domain::mark::mix(0, *state)
}
