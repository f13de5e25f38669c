//! The folder of the demo: manifests, six tables with gaps, a provider that has what they lack.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use jiff::civil::Date;

use super::Remaining;
use super::behave::Behaviour;
use super::punch::{Gap, Kind, gaps};
use super::rows::{Game, SCHEDULE_TABLE, Table, games, schedule};
use crate::domain::dates::DateRange;

const MANIFESTS: [(&str, &str); 3] = [
    ("season.yaml", include_str!("../../../examples/demo/season.yaml")),
    ("coverages.yaml", include_str!("../../../examples/demo/coverages.yaml")),
    ("fillers.yaml", include_str!("../../../examples/demo/fillers.yaml")),
];
/// Where the tables are, below the folder.
pub(super) const WAREHOUSE: &str = "warehouse";
/// When the schedule's scraper stopped: the dates of the last week are not settled by then.
const STOPPED: &str = "2025-06-16T04:00:00Z";
/// The first date that a schedule of that age says nothing of (`maxAge` 24h; 48 h after a date's end settle it).
const FIRST_STALE: Date = jiff::civil::date(2025, 6, 14);
const LAST: Date = jiff::civil::date(2025, 6, 22);
/// Charlotte at Los Angeles, moved from 9 January to 19 February 2025 because of the fires: game, old date, old tip-off.
const MOVED: (&str, &str, &str) = ("0022400524", "2025-01-09", "2025-01-10T03:30:00Z");

/// What was made.
pub(super) struct DemoSeason {
    pub gaps: Vec<Gap>,
    /// The dates that must remain, and why.
    pub impossible: Remaining,
}

impl DemoSeason {
    /// Builds the demo below a folder.
    pub fn build(folder: &Path, seed: u64) -> io::Result<Self> {
        let games = games();
        let fresh = games.range(..FIRST_STALE).map(|(date, games)| (*date, games.clone())).collect();
        let gaps = gaps(seed, &fresh);
        fs::create_dir_all(folder)?;
        for (name, text) in MANIFESTS {
            fs::write(folder.join(name), text)?;
        }
        let (moved, old_date, old_start) = MOVED;
        let text = schedule(STOPPED, moved, old_date, old_start);
        write(&folder.join(WAREHOUSE).join(SCHEDULE_TABLE.replace('.', "/")), "2024-25.csv", &text)?;
        for table in Table::ALL {
            tables(folder, table, &games, &gaps)?;
        }
        provider(folder, &games, &gaps)?;
        let impossible = impossible(&gaps);
        Ok(Self { gaps, impossible })
    }

    /// What is wrong, for the person who watches.
    pub fn tell(&self) -> String {
        let mut kinds: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        self.gaps.iter().for_each(|g| *kinds.entry((g.table.coverage(), g.kind.sentence())).or_default() += 1);
        let lines = kinds.iter().map(|((coverage, what), n)| format!("  {coverage:<22}{n:>3} × {what}\n"));
        let head = "The real NBA season 2024-25: 1,321 games on 214 dates, six tables. Deliberate gaps:\n";
        let tail = "  schedule                a game moved to another date; no update for the last week\n\n";
        head.to_string() + &lines.collect::<String>() + tail
    }
}

fn tables(folder: &Path, table: Table, games: &BTreeMap<Date, Vec<Game>>, gaps: &[Gap]) -> io::Result<()> {
    let target = folder.join(WAREHOUSE).join(table.name().replace('.', "/"));
    for (date, games) in games {
        let gap = gaps.iter().find(|g| g.table == table && g.date == *date);
        let text = gap.map_or_else(|| Some(table.day(games)), |g| g.kind.apply(table, games));
        if let Some(text) = text {
            write(&target.join(format!("game_date={date}")), "part.csv", &text)?;
        }
    }
    Ok(())
}

fn provider(folder: &Path, games: &BTreeMap<Date, Vec<Game>>, gaps: &[Gap]) -> io::Result<()> {
    let provider = folder.join("provider");
    let mut behaviours = String::new();
    for gap in gaps {
        let Some(games) = games.get(&gap.date) else { continue };
        write(&provider.join(gap.table.name()), &format!("{}.csv", gap.date), &gap.table.day(games))?;
        behaviours += &format!("{} {} {}\n", gap.table.name(), gap.date, gap.behaviour.word());
    }
    write(&provider, "behaviour", &behaviours)
}

/// Dates that cannot be filled: one that the provider never has, duplicates that no rung repairs, and the last week.
fn impossible(gaps: &[Gap]) -> Remaining {
    let mut out = Remaining::new();
    let mut remains = |coverage: &str, state: &str, date| {
        out.entry((coverage.to_string(), state.to_string())).or_default().insert(date);
    };
    for gap in gaps {
        if gap.behaviour == Behaviour::Gone {
            remains(gap.table.coverage(), "Exhausted/Permanent", gap.date);
        }
        if gap.table == Table::Gamebook && gap.kind == Kind::Duplicates {
            remains(gap.table.coverage(), "Unrecoverable/NoRung", gap.date);
        }
    }
    for date in DateRange::new(FIRST_STALE, LAST).iter().flat_map(DateRange::iter) {
        Table::ALL.iter().for_each(|t| remains(t.coverage(), "Unknown/ScheduleStale", date));
    }
    out
}

fn write(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::write(folder.join(name), text)
}
