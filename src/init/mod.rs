//! From tables that nothing is known of to manifests that an expert would begin with. Pure: samples in, texts out; it reads no
//! file. What the data does not say becomes a comment, never a guess without one.

mod bounds;
mod coverage;
mod dating;
mod games;
mod keys;
mod matching;
mod profile;
mod season;
mod text;
mod week;
mod zone;

use jiff::tz::TimeZone;

use crate::domain::dates::Date;
use crate::warehouse::files::sample::Sample;

use games::Schedule;
use matching::Match;
use profile::Profile;
use season::Season;

/// A table with some of its rows.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name, as a coverage has it.
    pub name: String,
    /// Its rows.
    pub sample: Sample,
}

/// What the caller knows.
#[derive(Clone, Debug)]
pub struct Given {
    /// The Warehouse's `files.folder`.
    pub folder: String,
    /// The zone of the dates, and whether the user named it.
    pub zone: (String, bool),
    /// The current date.
    pub today: Date,
}

impl Given {
    /// The zone of the dates, until starts prove another one.
    fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone.0).unwrap_or(TimeZone::UTC)
    }
}

/// The proposed manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Proposal {
    /// Each file: its name and its text.
    pub files: Vec<(String, String)>,
    /// Tables that no coverage is proposed for, each with the reason.
    pub passed: Vec<(String, String)>,
    /// What the data does not say, and what to look at.
    pub notes: Vec<String>,
    /// The last date that is worth showing.
    pub newest: Option<Date>,
}

/// Proposes manifests for these tables.
pub fn propose(tables: &[Table], given: &Given) -> Proposal {
    let (mut profiles, mut passed) = profiles(tables, &given.time_zone());
    let mut schedule = Schedule::among(&profiles, given);
    let proved = schedule.as_ref().and_then(|s| s.zone.clone()).filter(|(zone, _)| *zone != given.zone.0);
    if let Some(zone) = proved.and_then(|(zone, _)| TimeZone::get(&zone).ok()) {
        (profiles, passed) = self::profiles(tables, &zone);
        schedule = Schedule::among(&profiles, given);
    }
    let schedule = schedule.as_ref();
    let is_schedule = |profile: &Profile<'_>| schedule.is_some_and(|s| s.table == profile.table.name);
    let of = |profile: &Profile<'_>| schedule.filter(|_| !is_schedule(profile)).and_then(|s| Match::of(profile, s));
    let matched: Vec<Option<Match>> = profiles.iter().map(of).collect();
    let seasons = season::seasons(&profiles, &matched, schedule, given);
    let mut files = vec![("season.yaml".to_string(), season::page(&seasons, schedule, given))];
    for (profile, matched) in profiles.iter().zip(&matched).filter(|(profile, _)| !is_schedule(profile)) {
        match season::of(profile, &seasons, matched.as_ref(), schedule, given.today) {
            Ok(season) => files.push(coverage::page(profile, season, matched.as_ref(), given)),
            Err(why) => passed.push((profile.table.name.clone(), why)),
        }
    }
    if files.len() < 2 {
        files.clear();
    }
    let newest = profiles.iter().filter(|p| !is_schedule(p)).filter_map(Profile::last).max();
    Proposal { notes: notes(&profiles, &matched, (schedule, &seasons), given), files, passed, newest }
}

type Passed = Vec<(String, String)>;

fn profiles<'a>(tables: &'a [Table], zone: &TimeZone) -> (Vec<Profile<'a>>, Passed) {
    let (mut profiles, mut passed) = (Vec::new(), Passed::new());
    for table in tables {
        match Profile::new(table, zone) {
            Ok(profile) => profiles.push(profile),
            Err(why) => passed.push((table.name.clone(), why)),
        }
    }
    (profiles, passed)
}

/// What the data does not say.
fn notes(
    profiles: &[Profile<'_>],
    matched: &[Option<Match>],
    (schedule, seasons): (Option<&Schedule>, &[Season]),
    given: &Given,
) -> Vec<String> {
    let part: Vec<&str> = profiles.iter().filter(|p| !p.table.sample.is_whole).map(|p| p.table.name.as_str()).collect();
    let mut notes = Vec::new();
    if !part.is_empty() {
        notes.push(format!("Only a part of {} was read: its numbers are estimates.", part.join(", ")));
    }
    if !given.zone.1 && seasons.iter().any(|season| season.zone.is_none()) {
        notes.push(format!("The time zone: {} is assumed; say another with --zone.", given.zone.0));
    }
    if seasons.iter().any(|season| season.zone.as_ref().is_some_and(|(_, why)| why.contains("as in"))) {
        notes.push("The time zone: several fit, see season.yaml; say another with --zone.".into());
    }
    notes.push("When a date is loaded: correct `due` where six hours are wrong.".into());
    notes.push("How a gap is filled: until `fill` says so, gapless only reports.".into());
    let matched: Vec<&Match> = matched.iter().flatten().collect();
    notes.extend(schedule.into_iter().flat_map(|schedule| schedule.notes(&matched)));
    notes
}

#[cfg(test)]
mod tests;
