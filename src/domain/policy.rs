//! The parsed specs: the values that lowering makes of the resources, independent of their kinds.

mod delivers;
mod orders;
mod reads;
mod source;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use super::dates::{Date, DateRange, Timestamp, shift};
pub use super::names::{Key, Table};
use super::probe::{Question, ScheduleQuestion};
use super::share::Share;
use super::span::Span;
use super::verdict::Flaw;
pub use delivers::Delivers;
pub use orders::{DateOrder, DateOrders, Rerun};
pub use reads::{ReadLimits, Reader};
pub use source::{Budget, Cost, Per, Source};

/// Which dates a season spans.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dates {
    /// From one date through another.
    Closed(DateRange),
    /// From a date to two days after today, without an end.
    Open(Date),
    /// This many days, through two days after today.
    Last(u32),
}

impl Dates {
    /// The season's first date; `None` if only a rolling window defines it.
    pub fn start(self) -> Option<Date> {
        match self {
            Self::Closed(range) => Some(range.from()),
            Self::Open(from) => Some(from),
            Self::Last(_) => None,
        }
    }

    /// The season's last date; `None` if it has no end.
    pub fn end(self) -> Option<Date> {
        match self {
            Self::Closed(range) => Some(range.through()),
            Self::Open(_) | Self::Last(_) => None,
        }
    }

    /// The first of these days, if earlier ones were declared: an open range keeps only the newest.
    pub fn cut<T>(self, days: &BTreeMap<Date, T>, today: Date) -> Option<Date> {
        let asked = match self {
            Self::Closed(range) => range.from(),
            Self::Open(from) => from,
            Self::Last(days) => shift(today, 1_i32.saturating_sub_unsigned(days)),
        };
        days.keys().next().copied().filter(|first| asked < *first)
    }
}

/// A range of dates that a user declares empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Break {
    pub dates: DateRange,
    pub reason: Arc<str>,
}

/// A coverage with an invalid spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stalled {
    pub key: Key,
    /// The uid of its object.
    pub uid: Arc<str>,
    /// Its season's name, if known.
    pub season: Option<Key>,
    /// Why, as a sentence for users.
    pub why: String,
}

/// A season, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Season {
    pub key: Key,
    /// The zone of its dates.
    pub zone: TimeZone,
    pub dates: Dates,
    /// The days of the week that count. Empty: all.
    pub week_days: Vec<Weekday>,
    /// The source of units. Without one, every date expects one unit, the date itself.
    pub schedule: Option<Schedule>,
    /// Dates that are declared empty. A break never hides scheduled units.
    pub breaks: Vec<Break>,
    /// The number of dates with units after each start that are the warm-up.
    pub warm_up_game_days: u32,
    /// Where warm-ups start. Empty: at the season's first date.
    pub warm_up_starts: Vec<Date>,
    /// Whether launches are suspended.
    pub suspend: bool,
    /// The generation of its object, for `observedGeneration`.
    pub generation: i64,
    /// Whether each date that expects something has a GameDate.
    pub creates_game_dates: bool,
}

/// Where a season's units come from.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub table: Table,
    /// What is asked of it.
    pub question: Arc<ScheduleQuestion>,
    /// The maximum age of the schedule for dates that it has not settled yet.
    pub max_age: Option<Span>,
}

/// Which units of the season a coverage expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    /// All that are scheduled.
    Scheduled,
    /// Final units. A unit that is not final is not missing, but the cell is complete only when all are final.
    Final,
}

/// What a unit of a coverage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// A unit of the season.
    Unit,
    /// A unit of the season, its values compared as a set.
    UnitAnyOrder,
    /// Every value of the season's unit columns (a team).
    EachValue,
    /// The date itself.
    Date,
}

/// The number of units that may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tolerance {
    /// The share that must be covered.
    Share(Share),
    /// The number that may be missing.
    Missing(u32),
}

/// When one measure of a unit is good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// At least this many; fewer is [`Flaw::ValuesMissing`].
    AtLeast(u64),
    /// At most this many; more is [`Flaw::Excess`].
    AtMost(u64),
    /// The newest value is at most this much before the unit's start (judged once it has started); else [`Flaw::ValuesMissing`].
    BeforeStart(Span),
    /// The newest value ≤ t is at least t − within, t = min(now, anchor); else [`Flaw::NotFresh`].
    Fresh {
        /// How old it may be.
        within: Span,
        /// Where the judgement freezes.
        until: Anchor,
    },
}

/// One rule on the units of a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Which measure of the question.
    pub measure: usize,
    /// What it must satisfy.
    pub check: Check,
    /// The name of what it counts, for sentences: `rows`, `player_lookup`, `system_id catboost_v9`, `players with
    /// draftkings points`.
    pub what: Arc<str>,
}

/// A limit on a share of the date's rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShareRule {
    pub name: Arc<str>,
    /// The largest share that is allowed.
    pub max: Share,
}

/// What complete means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Criteria {
    /// What a unit is.
    pub grain: Grain,
    /// Which units are expected.
    pub expects: Expects,
    /// How many may be absent.
    pub units: Tolerance,
    /// When a unit is covered: all hold.
    pub rules: Vec<Rule>,
    /// One for each of `Question::shares`.
    pub shares: Vec<ShareRule>,
    /// Whether a unit without a known start makes the date unknown (`snapshots.beforeStart`).
    pub needs_starts: bool,
    /// Whether dates of the warm-up are skipped.
    pub after_warm_up: bool,
}

/// A fixed point of a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Anchor {
    /// Local midnight at which the date begins.
    DateStart,
    /// When the first unit starts.
    FirstStart,
    /// When the last unit starts.
    LastStart,
    /// The next local midnight.
    DateEnd,
}

/// An instant relative to a date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    pub after: Anchor,
    /// The offset from it.
    pub offset: Span,
}

/// Whether gaps are only reported, or filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Observe,
    Fill,
}

/// The order in which dates are filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FillOrder {
    /// The newest date first.
    NewestFirst,
    /// The oldest date first.
    OldestFirst,
    /// A date starts only when every expected date before it is Complete, Waived or Unrecoverable.
    Sequential,
}

/// What a rung can repair: a date without rows, or a flaw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Repairs {
    /// [`super::verdict::Verdict::Missing`].
    NoRows,
    Flaw(Flaw),
}

/// One way to fill a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    pub name: Arc<str>,
    /// The CronJob whose template makes the Job.
    pub cron_job: Arc<str>,
    /// The container that fills; `None` if there is only one.
    pub container: Option<Arc<str>>,
    /// Changes whenever its job template changes; `None` if unknown.
    pub template: Option<u64>,
    /// What it can repair.
    pub repairs: Vec<Repairs>,
    /// The number of charged failures that uses it up.
    pub attempts: u8,
    /// The first wait after a charged failure.
    pub backoff_initial: Span,
    /// The longest wait.
    pub backoff_max: Span,
    /// Which dates it can still deliver.
    pub delivers: Delivers,
    /// The source that its Jobs draw on, in the namespace of the coverage.
    pub source: Option<Arc<str>>,
    /// What a date costs there.
    pub cost: Cost,
}

/// How gaps are filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fill {
    /// Whether gaps are only reported, or filled.
    pub mode: Mode,
    /// The rungs, in the order in which they are tried.
    pub ladder: Vec<Rung>,
    /// The maximum number of dates per Job.
    pub dates_per_job: u32,
    /// The maximum number of live Jobs of the coverage.
    pub max_concurrent_jobs: u32,
    pub order: FillOrder,
    /// The maximum run time of a Job.
    pub deadline: Span,
    /// The time from a Job's end to the read that decides its outcome.
    pub settle: Span,
}

/// Dates that a person waived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiver {
    pub dates: DateRange,
    pub reason: String,
    /// The last date, in the season's zone, on which it holds; `None` if it does not expire.
    pub expires: Option<Date>,
}

/// The spec fields that sentences ask a person to correct. They differ by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldNames {
    /// How a row names its unit.
    pub unit: &'static str,
    /// Which rows are the coverage's.
    pub filters: &'static str,
    /// Which values a unit must have.
    pub values: &'static str,
}

/// The fingerprints to which the charges of a ledger or a coverage belong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fingerprints {
    /// The form of the encoding; 0 if a version before form 3 wrote the ledger, or if nothing is known yet.
    pub form: u64,
    /// The fingerprint of the question and the criteria.
    pub question: u64,
    /// The same, combined with each rung.
    pub rungs: BTreeMap<Arc<str>, u64>,
}

/// A coverage, parsed.
#[derive(Clone, Debug, PartialEq)]
pub struct Coverage {
    pub key: Key,
    /// The uid of its object. A new object of the same name is a new coverage.
    pub uid: Arc<str>,
    /// The generation of its object, for `observedGeneration`.
    pub generation: i64,
    /// The season's name.
    pub season: Key,
    /// The table that is read and filled.
    pub table: Table,
    /// Narrows the season's dates.
    pub from: Option<Date>,
    /// Narrows the season's dates.
    pub through: Option<Date>,
    /// What is asked.
    pub question: Arc<Question>,
    /// What complete means.
    pub criteria: Criteria,
    /// The spec fields behind the question and the criteria.
    pub names: FieldNames,
    /// When gapless may act.
    pub due: Moment,
    /// When a cell that is still incomplete becomes late.
    pub late: Moment,
    /// How gaps are filled.
    pub fill: Fill,
    /// Dates that a person waived, in this spec or in GameDates.
    pub waivers: Vec<Waiver>,
    /// Whether launches are suspended.
    pub suspend: bool,
    /// The fill fingerprint. A change clears backoff and exhaustion.
    pub fingerprints: Fingerprints,
}

/// The local date of an instant.
pub fn local_date(at: Timestamp, zone: &TimeZone) -> Date {
    at.to_zoned(zone.clone()).date()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_range_is_cut_where_it_asks_for_dates_before_those_that_are_watched() {
        let today = date(2026, 1, 10);
        let days = |from: Date| BTreeMap::from([(from, ()), (shift(from, 1), ())]);
        let first = date(2026, 1, 9);
        for (dates, cut) in [
            (Dates::Open(date(2026, 1, 8)), Some(first)),
            (Dates::Open(first), None),
            (Dates::Last(3), Some(first)),
            (Dates::Last(2), None),
            (Dates::Last(u32::MAX), Some(first)),
            (Dates::Closed(DateRange::day(first)), None),
        ] {
            assert_eq!(dates.cut(&days(first), today), cut, "{dates:?}");
        }
        assert_eq!(Dates::Open(date(2027, 1, 1)).cut(&BTreeMap::<Date, ()>::new(), today), None, "it did not begin");
    }
}
