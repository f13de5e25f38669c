//! The text of one coverage.

use super::Given;
use super::bounds::{Bounds, bounds};
use super::dating::How;
use super::keys::{Repeat, key, repeats};
use super::matching::Match;
use super::profile::Profile;
use super::season::{Season, how};
use super::text::{self, comment, count, counted, examples, list, name, scalar};
use crate::domain::dates::{Date, shift};
use crate::warehouse::files::sample::Sampled;

/// A coverage may begin or end this many days apart from its season without a word.
const SLACK: i32 = 10;

/// Rows that belong together: a date, or a unit of a date.
struct Groups {
    rows: Vec<Vec<usize>>,
    dates: Vec<Date>,
    /// How one is called.
    called: &'static str,
}

impl Groups {
    fn new(profile: &Profile<'_>, season: &Season, matched: Option<&Match>) -> Self {
        let in_season = |date: &Date| season.week.has(*date);
        let (called, all): (_, Vec<(Date, Vec<usize>)>) = match matched {
            Some(matched) => {
                let called =
                    if matches!(matched.form, super::matching::Form::EachOf(_)) { "side of a game" } else { "game" };
                (called, matched.groups.iter().map(|((date, _), rows)| (*date, rows.clone())).collect())
            }
            None => ("date", profile.by_date.iter().map(|(date, rows)| (*date, rows.clone())).collect()),
        };
        let kept: Vec<(Date, Vec<usize>)> = all.into_iter().filter(|(date, _)| in_season(date)).collect();
        let (dates, rows) = kept.into_iter().unzip();
        Self { rows, dates, called }
    }

    fn plural(&self) -> String {
        match self.called {
            "side of a game" => "sides of games".into(),
            called => format!("{called}s"),
        }
    }
}

/// Its file: the name and the text.
pub(super) fn page(profile: &Profile<'_>, season: &Season, matched: Option<&Match>, given: &Given) -> (String, String) {
    let name = name(profile.table.name.rsplit('.').next().unwrap_or_default());
    let groups = Groups::new(profile, season, matched);
    let mut out = comment(0, &intro(profile, matched));
    out += &format!(
        "apiVersion: gapless.dev/v1alpha1\nkind: TableCoverage\nmetadata: {{name: {name}}}\nspec:\n  season: {}\n  table: {}\n",
        season.name, profile.table.name
    );
    out += &narrowed(profile, season, given);
    out += &date(profile);
    out += &unit(matched);
    out += &complete(profile, &groups, matched);
    out += &due(profile, season, given);
    (format!("{name}.yaml"), out)
}

fn intro(profile: &Profile<'_>, matched: Option<&Match>) -> String {
    let sample = &profile.table.sample;
    let part = if sample.is_whole { "" } else { ", a part of the table" };
    let mut text = format!(
        "From {}: {} on {}",
        counted(sample.files.len(), "files"),
        counted(sample.rows, "rows"),
        counted(profile.by_date.len(), "dates")
    );
    if let (Some(first), Some(last)) = (profile.first(), profile.last()) {
        text += &format!(", {first} to {last}{part}.");
    }
    if profile.undated() > 0 {
        text += &format!(" Without a date, and so counted for none: {}.", counted(profile.undated(), "rows"));
    }
    if !sample.unread.is_empty() {
        let names: Vec<String> = sample.unread.iter().map(|(name, why)| format!("`{name}` {why}")).collect();
        text += &format!(" Not read: {}.", examples(&names));
    }
    if let Some(missing) = matched.map(|m| m.missing).filter(|n| *n > 0) {
        text += &format!(" Scheduled between these dates, but without a row: {}.", counted(missing, "games"));
    }
    if let Some(strangers) = matched.map(|m| m.strangers).filter(|n| *n > 0) {
        text += &format!(" Of no scheduled game: {}.", counted(strangers, "rows"));
    }
    text
}

fn narrowed(profile: &Profile<'_>, season: &Season, given: &Given) -> String {
    let (Some(first), Some(last)) = (profile.first(), profile.last()) else { return String::new() };
    let mut out = String::new();
    let end = season.through.unwrap_or(given.today).min(given.today);
    if last < shift(end, -SLACK) {
        out += &comment(2, &format!("It has no rows after {last}: if it is not loaded any more, add `through`."));
    }
    if first > season.from {
        out += &comment(2, "The season begins earlier than this table.");
        out += &format!("  dates: {{from: \"{first}\"}}\n");
    }
    out
}

fn date(profile: &Profile<'_>) -> String {
    let dated = &profile.dated;
    let mut remark = dated.remark.clone();
    if let Some(first) = remark.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let mut out =
        if dated.how == How::Plain && !remark.contains(';') { String::new() } else { comment(2, &(remark + ".")) };
    out += &format!("  date: {}\n", scalar(&dated.column));
    out + &how(&dated.how, 2)
}

fn unit(matched: Option<&Match>) -> String {
    let unit = matched.map_or_else(|| "{whole: Date}".into(), |matched| matched.form.yaml());
    format!("  unit: {unit}\n")
}

fn complete(profile: &Profile<'_>, groups: &Groups, matched: Option<&Match>) -> String {
    let unit = matched.map(|matched| matched.form.columns()).unwrap_or_default();
    let key = key(profile).map(|key| key.within(&unit));
    let counts: Vec<u64> = groups.rows.iter().map(|rows| rows.len() as u64).collect();
    let is_name = |column: &Sampled| {
        let in_key = key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
        let is_fixed = matched.is_some_and(|matched| matched.form.fixes(&column.name));
        !is_fixed && (in_key || column.in_folders || matched.is_some())
    };
    let found = repeats(profile, &groups.rows, is_name);
    let mut out = String::from("  complete:\n    perUnit:\n");
    let bounds = bounds(&counts);
    // One row per unit has no second one that could repeat it.
    let key = key.filter(|_| bounds.as_ref().is_none_or(|bounds| bounds.max != Some(1)));
    if let Some(bounds) = bounds {
        out += &rows(&bounds, groups, key.is_some() && found.iter().any(|repeat| repeat.implies(&bounds)));
    }
    let (contains, distinct): (Vec<&Repeat>, Vec<&Repeat>) =
        found.iter().partition(|repeat| matches!(repeat, Repeat::Contains { .. }));
    for (field, repeats) in [("contains", contains), ("distinct", distinct)] {
        if !repeats.is_empty() {
            out += &format!("      {field}:\n");
            repeats.iter().for_each(|repeat| out += &repeated(repeat, groups));
        }
    }
    if let Some(key) = key {
        if key.surplus > 0 {
            let surplus = counted(key.surplus, "rows");
            out += &comment(4, &format!("A row is identified by these, but for {surplus} too many: see the calendar."));
        }
        out += &format!("    unique: {}\n", list(key.columns.iter().map(String::as_str), scalar));
    }
    out
}

/// What was seen, and bounds unless the values and the key say as much.
fn rows(bounds: &Bounds, groups: &Groups, are_implied: bool) -> String {
    let rows = if bounds.seen == "1" { "row" } else { "rows" };
    let mut text = format!("Seen: {} {rows} per {}", bounds.seen, groups.called);
    if !bounds.outside.is_empty() {
        let one = |at: &usize| format!("{} ({})", groups.dates[*at], count(groups.rows[*at].len() as u64));
        let outside: Vec<String> = bounds.outside.iter().map(one).collect();
        text += &format!(", but for {}", examples(&outside));
    }
    if are_implied {
        return comment(6, &(text + "."));
    }
    let max = bounds.max.map(|max| format!(", max: {max}")).unwrap_or_default();
    if bounds.max.is_none() {
        text += "; it varies too much for an upper bound";
    }
    comment(6, &(text + ".")) + &format!("      rows: {{min: {}{max}}}\n", bounds.min)
}

fn repeated(repeat: &Repeat, groups: &Groups) -> String {
    match repeat {
        Repeat::Contains { column, values, min_rows, seldom, whole } => {
            let (whole, all) = (count(*whole as u64), count(groups.rows.len() as u64));
            let mut remark = format!("All of these are in {whole} of {all} {}", groups.plural());
            if !seldom.is_empty() {
                remark += &format!("; left out, as they are seldom there: {}", examples(seldom));
            }
            let of = text::values(values);
            let least = if *min_rows > 1 { format!(", minRows: {min_rows}") } else { String::new() };
            comment(8, &(remark + ".")) + &format!("        - {{column: {}, values: {of}{least}}}\n", scalar(column))
        }
        Repeat::Distinct { column, min } => format!("        - {{column: {}, min: {min}}}\n", scalar(column)),
    }
}

fn due(profile: &Profile<'_>, season: &Season, given: &Given) -> String {
    let anchor = if season.is_scheduled { "LastStart" } else { "DateEnd" };
    let after = if season.is_scheduled { "the last game of the date starts" } else { "the date has ended" };
    let mut text = format!("Not in the data: when a date is loaded. It is expected six hours after {after}.");
    if let Some(last) = profile.last().filter(|last| season.through.is_none() && *last < shift(given.today, -1)) {
        text += &format!(" The newest date with rows is {last}.");
    }
    comment(2, &text) + &format!("  due: {{after: {anchor}, offset: 6h}}\n")
}
