//! Season → [`Season`].

use std::sync::Arc;

use jiff::civil::Weekday;

use super::dates::Dating;
use super::fields::{Fields, filter, filters};
use super::known::{Known, KnownSeason, generation, key, name, place_named};
use crate::api::kinds::*;
use crate::api::manifest::Document;
use crate::api::schema::{ColumnText, ZoneText};
use crate::domain::dates::DateRange;
use crate::domain::policy::{Break, Dates, Schedule, Season};
use crate::domain::probe::{InstantColumn, ScheduleQuestion};

pub(super) fn lower(document: &Document, spec: &SeasonSpec, known: &Known<'_>, fields: &mut Fields<'_>) -> KnownSeason {
    let zone = fields.zone("spec.timeZone", &spec.time_zone);
    let home = place_named(&spec.warehouse.0, "spec.warehouse", known, fields);
    let aliases = fields.aliases(&spec.aliases);
    let schedule = spec.schedule.as_ref().map(|s| {
        let dating = Dating {
            column: &s.date,
            date_as: s.date_as,
            date_zone: s.date_zone.as_ref(),
            date_format: s.date_format.as_ref(),
            day_starts: None,
        };
        let date = fields.date_column("spec.schedule", &dating, &zone);
        home.can_date("spec.schedule", &date, fields);
        let question = ScheduleQuestion {
            date,
            unit: s.unit.iter().map(|c| c.0.clone()).collect(),
            aliases: aliases.clone(),
            starts_at: instants(("startsAt", s.starts_at.as_ref()), s.starts_at_zone.as_ref(), fields),
            filters: filters(&s.filters),
            void: filters(&s.void),
            is_final: s.is_final.as_ref().map(filter),
            latest_by: s.latest_by.as_ref().map(|l| (l.id.0.clone(), l.order.0.clone())),
            updated_at: instants(("updatedAt", s.updated_at.as_ref()), s.updated_at_zone.as_ref(), fields),
        };
        Schedule {
            table: home.table("spec.schedule.table", &s.table.0, known, fields),
            question: Arc::new(question),
            max_age: s.max_age.as_ref().map(|a| fields.positive("spec.schedule.maxAge", a)),
        }
    });
    let season = Season {
        key: key(document, "Season", name(document)),
        dates: dates(&spec.dates, fields),
        week_days: spec.week_days.iter().map(|d| week_day(*d)).collect(),
        schedule,
        breaks: spec.breaks.iter().enumerate().map(|(n, b)| lower_break(n, b, fields)).collect(),
        warm_up_game_days: spec.warm_up.game_days,
        warm_up_starts: spec
            .warm_up
            .starts
            .iter()
            .enumerate()
            .map(|(n, d)| fields.date(&format!("spec.warmUp.starts[{n}]"), d))
            .collect(),
        suspend: spec.suspend,
        generation: generation(document),
        creates_game_dates: spec.game_dates.create,
        zone,
    };
    KnownSeason { season, home, aliases }
}

/// A column of instants that may be absent; then nothing is in its zone.
fn instants(
    (name, column): (&str, Option<&ColumnText>),
    zone: Option<&ZoneText>,
    fields: &mut Fields<'_>,
) -> Option<InstantColumn> {
    let zone_field = format!("spec.schedule.{name}Zone");
    if column.is_none() && zone.is_some() {
        fields.problem(&zone_field, format!("needs '{name}'"));
    }
    column.map(|column| fields.instants(column, &zone_field, zone))
}

fn dates(spec: &SeasonDates, fields: &mut Fields<'_>) -> Dates {
    match (&spec.from, &spec.through, spec.last_days) {
        (Some(from), Some(through), _) => {
            let range: DateRange = fields.range("spec.dates", from, through);
            if range.days() > 3_660 {
                fields.problem("spec.dates", "must span at most 3660 days; split it into several resources");
            }
            Dates::Closed(range)
        }
        (Some(from), None, _) => Dates::Open(fields.date("spec.dates.from", from)),
        (None, _, days) => Dates::Last(days.unwrap_or(1)),
    }
}

fn lower_break(n: usize, spec: &BreakSpec, fields: &mut Fields<'_>) -> Break {
    let dates = fields.range(&format!("spec.breaks[{n}]"), &spec.from, &spec.through);
    Break { dates, reason: spec.reason.0.as_str().into() }
}

fn week_day(day: WeekDay) -> Weekday {
    match day {
        WeekDay::Monday => Weekday::Monday,
        WeekDay::Tuesday => Weekday::Tuesday,
        WeekDay::Wednesday => Weekday::Wednesday,
        WeekDay::Thursday => Weekday::Thursday,
        WeekDay::Friday => Weekday::Friday,
        WeekDay::Saturday => Weekday::Saturday,
        WeekDay::Sunday => Weekday::Sunday,
    }
}
