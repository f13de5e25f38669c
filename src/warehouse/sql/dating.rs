//! How a column dates rows: by dates, by instants, or by written dates. No zone name reaches a server: the days of instants are
//! bound boundaries, so its zone data cannot differ from gapless's.

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::bound::{Bound, Scalar};
use super::build::Build;
use super::days::{Astray, Days, NULL, OUT_OF_RANGE, any};
use super::schema::{Type, mismatch};
use super::times::bound;
use super::written;
use crate::domain::dates::{Date, DateRange, DateSet, FIRST_DATE, LAST_DATE, next_day, previous_day};
use crate::domain::probe::{DateColumn, DateReading};
use crate::domain::verdict::Unknown;
use crate::warehouse::value::datum::Datum;
use crate::warehouse::value::instant::beginning;

/// At most this many ranges of dates in a statement; dates between them are read and dropped.
const MAX_RANGES: usize = 8;

/// The days of some dates, by a column.
pub(super) fn days(build: &mut Build<'_>, column: &DateColumn, dates: &DateSet, astray: Astray) -> Result<Days, Unknown> {
    let of = build.type_of(&column.column)?;
    let ranges = coarse(dates);
    let sql = build.value(&column.column)?;
    match (of, &column.reading) {
        (Type::Date, DateReading::Plain | DateReading::Date) => Ok(of_dates(build, &sql, ranges, astray)),
        (Type::Text | Type::Int, _) => written::days(build, column, &sql, ranges, astray),
        (Type::Instant | Type::Local, DateReading::Date) => {
            let (zone, utc) = (column.zone.as_ref(), TimeZone::UTC);
            let zone = if of == Type::Local { Some(zone.unwrap_or(&utc)) } else { None };
            Ok(of_instants(build, (&sql, of, zone), (&utc, Time::midnight()), ranges, astray))
        }
        (Type::Instant, DateReading::Instant { zone, day_starts }) => {
            Ok(of_instants(build, (&sql, of, None), (zone, *day_starts), ranges, astray))
        }
        (Type::Local, DateReading::Instant { zone, day_starts }) if column.zone.is_some() => {
            Ok(of_instants(build, (&sql, of, column.zone.as_ref()), (zone, *day_starts), ranges, astray))
        }
        _ => Err(refused(column, of, dates.first().unwrap_or(FIRST_DATE))),
    }
}

/// Why a column cannot date rows, with both readings of an example where there are two.
fn refused(column: &DateColumn, of: Type, date: Date) -> Unknown {
    let example = beginning(next_day(date), &TimeZone::UTC, Time::constant(1, 30, 0, 0)).as_nanosecond();
    let datum = match of {
        Type::Instant => Datum::Instant(example),
        Type::Local => Datum::Local(example),
        Type::Date => Datum::Date(date),
        Type::Bool => Datum::Bool(true),
        Type::Decimal => Datum::Decimal(0, 0),
        _ => Datum::Float(0),
    };
    let why = datum.date(column).err().unwrap_or_default().replace("its value", "a value such as");
    mismatch(format!("date column `{}` {why}", column.column))
}

/// A few ranges that hold all of the dates.
fn coarse(dates: &DateSet) -> Vec<DateRange> {
    let mut ranges = dates.ranges().to_vec();
    while ranges.len() > MAX_RANGES {
        let gap = |n: &usize| (ranges[n + 1].from() - ranges[*n].through()).get_days();
        let Some(n) = (0..ranges.len() - 1).min_by_key(gap) else { break };
        let joined = DateRange::new(ranges[n].from(), ranges[n + 1].through());
        ranges.splice(n..n + 2, joined);
    }
    ranges
}

fn of_dates(build: &mut Build<'_>, sql: &str, ranges: Vec<DateRange>, astray: Astray) -> Days {
    let mut bind = |date| build.bind(Bound::One(Scalar::Date(date)));
    let mut within: Vec<String> = ranges
        .iter()
        .map(|range| format!("{sql} BETWEEN {} AND {}", bind(range.from()), bind(range.through())))
        .collect();
    let number = build.dialect().day(sql);
    let (first, last) = match astray {
        Astray::All(_) => {
            let mut bind = |date| build.bind(Bound::One(Scalar::Date(date)));
            (bind(FIRST_DATE), bind(LAST_DATE))
        }
        _ => Default::default(),
    };
    let number = match astray {
        Astray::None => number,
        Astray::Nulls(_) => {
            within.push(format!("{sql} IS NULL"));
            format!("CASE WHEN {sql} IS NULL THEN {NULL} ELSE {number} END")
        }
        Astray::All(_) => {
            within.push(format!("{sql} IS NULL OR {sql} < {first} OR {sql} > {last}"));
            format!(
                "CASE WHEN {sql} IS NULL THEN {NULL} WHEN {sql} BETWEEN {first} AND {last} THEN {number} ELSE {OUT_OF_RANGE} END"
            )
        }
    };
    Days::from_epoch(number, any(within), ranges)
}

/// Days that begin at a time in a zone. The column holds instants, or times that are read in a zone.
fn of_instants(
    build: &mut Build<'_>,
    (sql, of, zone): (&str, Type, Option<&TimeZone>),
    (day_zone, day_starts): (&TimeZone, Time),
    ranges: Vec<DateRange>,
    astray: Astray,
) -> Days {
    let start = |date| bound(beginning(date, day_zone, day_starts), of, zone);
    let hull = ranges.first().zip(ranges.last()).map(|(first, last)| (first.from(), last.through()));
    let (from, through) = hull.unwrap_or((FIRST_DATE, FIRST_DATE));
    let dates = DateRange::new(from, next_day(through)).into_iter().flat_map(|all| all.iter());
    let boundaries = build.bind(Bound::List(of, dates.map(start).collect()));
    let mut between = |from, after| {
        let (from, after) = (build.bind(Bound::One(start(from))), build.bind(Bound::One(start(after))));
        (format!("{sql} >= {from} AND {sql} < {after}"), from, after)
    };
    let mut within: Vec<String> =
        ranges.iter().map(|range| between(range.from(), next_day(range.through())).0).collect();
    let possible = matches!(astray, Astray::All(_)).then(|| between(FIRST_DATE, next_day(LAST_DATE)));
    let bucket = build.dialect().bucket(sql, &boundaries);
    let number = match (astray, possible) {
        (Astray::Nulls(_), _) => {
            within.push(format!("{sql} IS NULL"));
            format!("CASE WHEN {sql} IS NULL THEN {NULL} ELSE {bucket} END")
        }
        (Astray::All(_), Some((possible, first, after))) => {
            within.push(format!("{sql} IS NULL OR {sql} < {first} OR {sql} >= {after}"));
            format!("CASE WHEN {sql} IS NULL THEN {NULL} WHEN {possible} THEN {bucket} ELSE {OUT_OF_RANGE} END")
        }
        _ => bucket,
    };
    Days::since(previous_day(from), number, any(within), ranges)
}
