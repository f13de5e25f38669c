//! Which seasons the tables need, and their text.

use super::Given;
use super::dating::How;
use super::games::Schedule;
use super::matching::Match;
use super::profile::Profile;
use super::text::{comment, count, list, name, scalar, value};
use super::week::{Week, month_day};
use super::zone::of_rows;
use crate::domain::dates::{Date, shift};

/// A table whose newest row is older is not loaded any more.
const RECENT: i32 = 10;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Season {
    pub name: String,
    pub from: Date,
    /// `None`: it goes on.
    pub through: Option<Date>,
    pub week: Week,
    pub is_scheduled: bool,
    /// The zone that the data proves, and how.
    pub zone: Option<(String, String)>,
}

/// The seasons of these tables: that of the schedule, and one for each pattern of days.
pub(super) fn seasons(
    profiles: &[Profile<'_>],
    matched: &[Option<Match>],
    schedule: Option<&Schedule>,
    given: &Given,
) -> Vec<Season> {
    let mut seasons: Vec<Season> = schedule.and_then(|s| scheduled(s, matched)).into_iter().collect();
    for (profile, matched) in profiles.iter().zip(matched) {
        let (Some(from), Some(last)) = (profile.first(), profile.last()) else { continue };
        let is_other = schedule.is_some_and(|s| s.table == profile.table.name || is_on_its_days(profile, s));
        if is_other || matched.is_some() || profile.week == Week::Irregular {
            continue;
        }
        let through = (last < shift(given.today, -RECENT)).then_some(last);
        let same = |season: &&mut Season| {
            !season.is_scheduled && season.week == profile.week && season.through.is_some() == through.is_some()
        };
        if let Some(season) = seasons.iter_mut().find(same) {
            season.from = season.from.min(from);
            season.through = season.through.max(through);
            season.zone = season.zone.take().or_else(|| of_rows(profile, given));
            continue;
        }
        let end = through.map(|last| format!("-to-{}", last.strftime("%Y-%m"))).unwrap_or_default();
        let name = format!("{}{end}", profile.week.season());
        let (week, zone) = (profile.week.clone(), of_rows(profile, given));
        seasons.push(Season { name, from, through, week, is_scheduled: false, zone });
    }
    seasons
}

/// A season begins where the tables begin: what was scheduled before did not count.
fn scheduled(schedule: &Schedule, matched: &[Option<Match>]) -> Option<Season> {
    let begin = matched.iter().flatten().filter_map(Match::first).min();
    let from = schedule.first()?.max(begin.unwrap_or(Date::MIN));
    let through = schedule.last()?;
    let years = if from.year() == through.year() { String::new() } else { through.strftime("-%y").to_string() };
    let name = format!("season-{}{years}", from.year());
    let zone = schedule.zone.clone();
    Some(Season { name, from, through: Some(through), week: Week::Daily, is_scheduled: true, zone })
}

/// A table that has rows on the schedule's days only.
fn is_on_its_days(profile: &Profile<'_>, schedule: &Schedule) -> bool {
    let own = profile.by_date.keys().filter(|date| schedule.units.contains_key(date)).count();
    own * 20 >= profile.by_date.len() * 19
}

/// The season of a table, or why it has none.
pub(super) fn of<'s>(
    profile: &Profile<'_>,
    seasons: &'s [Season],
    matched: Option<&Match>,
    schedule: Option<&Schedule>,
    today: Date,
) -> Result<&'s Season, String> {
    let has_days = matched.is_some() || schedule.is_some_and(|schedule| is_on_its_days(profile, schedule));
    if let Some(season) = seasons.iter().find(|season| season.is_scheduled && has_days) {
        return Ok(season);
    }
    let is_over = profile.last().is_some_and(|last| last < shift(today, -RECENT));
    let fits =
        |season: &&Season| !season.is_scheduled && season.week == profile.week && season.through.is_some() == is_over;
    seasons.iter().find(fits).ok_or_else(|| irregular(profile))
}

fn irregular(profile: &Profile<'_>) -> String {
    let dates = profile.by_date.keys().copied().collect();
    if let Some(day) = month_day(&dates) {
        return format!(
            "it has rows on day {day} of each month, and a Season cannot name days of a month: see docs/layouts.md"
        );
    }
    let (first, last) = (profile.first().unwrap_or(Date::MIN), profile.last().unwrap_or(Date::MIN));
    format!(
        "it has rows on {} dates from {first} to {last} without a pattern, and no table is a schedule that says which are missing",
        dates.len()
    )
}

/// The Warehouse and the seasons as one file.
pub(super) fn page(seasons: &[Season], schedule: Option<&Schedule>, given: &Given) -> String {
    let warehouse = name(given.folder.rsplit('/').next().unwrap_or_default());
    let mut page = comment(
        0,
        "A draft by `gapless init`. Each comment says what was seen in the data, or what the data does not say.",
    );
    page += &format!(
        "apiVersion: gapless.dev/v1alpha1\nkind: Warehouse\nmetadata: {{name: {warehouse}}}\nspec:\n  files: {{folder: {}}}\n",
        scalar(&given.folder)
    );
    for season in seasons {
        page += "---\n";
        page += &match schedule.filter(|_| season.is_scheduled) {
            Some(schedule) => of_games(season, schedule, &warehouse, given),
            None => of_days(season, &warehouse, given),
        };
    }
    page
}

fn head(season: &Season, warehouse: &str) -> String {
    format!(
        "apiVersion: gapless.dev/v1alpha1\nkind: Season\nmetadata: {{name: {}}}\nspec:\n  warehouse: {warehouse}\n",
        season.name
    )
}

fn dates(season: &Season) -> String {
    match season.through {
        Some(through) => format!("  dates: {{from: \"{}\", through: \"{through}\"}}\n", season.from),
        None => format!("  dates: {{from: \"{}\"}}\n", season.from),
    }
}

fn zone(season: &Season, given: &Given) -> String {
    let (zone, why) = match &season.zone {
        Some((zone, why)) => (zone, comment(2, why)),
        None if given.zone.1 => (&given.zone.0, String::new()),
        None => (&given.zone.0, comment(2, "Not in the data: the zone in which a date begins and ends.")),
    };
    format!("{why}  timeZone: {zone}\n")
}

fn of_days(season: &Season, warehouse: &str, given: &Given) -> String {
    let days = season.week.names();
    let which = match days.as_slice() {
        [] => "Every day,".to_string(),
        [day] => format!("Every {day},"),
        [first, .., last] if season.week.season() == "business-days" => format!("{first} to {last}"),
        days => days.join(", "),
    };
    let end = match season.through {
        Some(_) => ", to the newest: if the tables are still loaded, remove `through`.",
        None => ". There is no end: each new date is expected once it is over.",
    };
    let mut out = comment(0, &format!("{which} from the first date that has rows{end}")) + &head(season, warehouse);
    out += &zone(season, given);
    out += &dates(season);
    if !days.is_empty() {
        out += &comment(2, "Holidays are not in the data: declare them under `breaks`.");
        out += &format!("  weekDays: {}\n", list(days, str::to_string));
    }
    out
}

fn of_games(season: &Season, schedule: &Schedule, warehouse: &str, given: &Given) -> String {
    let intro = format!(
        "`{}` has one row per game: {} games on {} dates. It says which dates are expected, and which games on each.",
        schedule.table,
        count(schedule.count() as u64),
        count(schedule.units.len() as u64)
    );
    let mut out = comment(0, &intro) + &head(season, warehouse);
    out += &zone(season, given);
    if let Some(first) = schedule.first().filter(|first| *first < season.from) {
        let why = format!("The schedule begins on {first}, but no other table has rows before {}.", season.from);
        out += &comment(2, &why);
    }
    out += &dates(season);
    out + &fields(schedule, schedule.zone.as_ref().map_or(&given.zone.0, |(zone, _)| zone))
}

/// `spec.schedule`.
fn fields(schedule: &Schedule, zone: &str) -> String {
    let mut out = format!("  schedule:\n    table: {}\n    date: {}\n", schedule.table, scalar(&schedule.dated.column));
    out += &how(&schedule.dated.how, 4);
    out += &format!("    unit: {}\n", list(schedule.unit.iter().map(String::as_str), scalar));
    if let Some((column, zoneless)) = &schedule.starts {
        out += &format!("    startsAt: {}\n", scalar(column));
        if *zoneless {
            out += &comment(4, "Its times name no zone; they are taken for times of the season's zone.");
            out += &format!("    startsAtZone: {zone}\n");
        }
    }
    if let Some((column, values)) = &schedule.void {
        let of = super::text::values(values);
        out += &format!("    void: [{{column: {}, in: {of}}}]\n", scalar(column));
    }
    if let (Some(id), Some((order, false))) = (&schedule.id, &schedule.updated) {
        out += &comment(4, "A game that is moved keeps its id: its newest row counts.");
        out += &format!("    latestBy: {{id: {}, order: {}}}\n", scalar(id), scalar(order));
    }
    match (&schedule.is_final, &schedule.states) {
        (Some((column, word)), _) => {
            out += &format!("    final: {{column: {}, equals: {}}}\n", scalar(column), value(word));
        }
        (None, Some((column, values))) => {
            let seen = values.join(", ");
            let text = format!(
                "Not in the data: which of {seen} in `{column}` marks a game as played (`final`) or not played (`void`)."
            );
            out += &comment(4, &text);
        }
        (None, None) => {}
    }
    if let Some((column, zoneless)) = &schedule.updated {
        out += &format!("    updatedAt: {}\n", scalar(column));
        out += &if *zoneless { format!("    updatedAtZone: {zone}\n") } else { String::new() };
    }
    out + &comment(
        4,
        "Not in the data: how old the schedule may be before its future dates count as unknown (`maxAge: 24h`).",
    )
}

/// The fields beside `date` that say how it is read.
pub(super) fn how(how: &How, indent: usize) -> String {
    let begin = " ".repeat(indent);
    match how {
        How::Plain => String::new(),
        How::Calendar => format!("{begin}dateAs: Date\n"),
        How::Instant => format!("{begin}dateAs: Instant\n"),
        How::Format(format) => format!("{begin}dateFormat: \"{format}\"\n"),
    }
}
