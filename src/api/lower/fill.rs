//! What both kinds of coverage share below their criteria: filling, dates, references, the fill fingerprint.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::fields::Fields;
use super::known::{Home, Known, generation, key, name, place_named, uid};
use crate::api::kinds::*;
use crate::api::manifest::Document;
use crate::api::template::{CronJob, Offer, Refusal};
use crate::domain::dates::Date;
use crate::domain::policy::{
    Anchor, Coverage, Criteria, Delivers, FieldNames, Fill, FillOrder, Fingerprints, Key, Mode, Moment, Repairs, Rung,
    Table,
};
use crate::domain::probe::Question;
use crate::domain::verdict::Flaw;

/// The fields that every coverage has.
pub(super) struct Common<'a> {
    pub kind: &'a str,
    pub names: FieldNames,
    pub warehouse: Option<&'a str>,
    pub table: &'a str,
    pub dates: &'a NarrowDates,
    pub due: &'a MomentSpec,
    pub late: Option<&'a MomentSpec>,
    pub fill: &'a FillSpec,
    pub waivers: &'a [WaiverSpec],
    pub suspend: bool,
}

/// What a coverage asks about a date, and what the answer has to be.
pub(super) struct Demand {
    pub question: Question,
    pub criteria: Criteria,
}

/// What a coverage needs of its season. Where the season is not there, enough to find what else is wrong.
pub(super) struct Frame {
    season: Key,
    home: Home,
    pub zone: TimeZone,
    /// How many columns its units have, where that is known.
    pub units: Option<usize>,
    pub aliases: Arc<BTreeMap<String, String>>,
    /// Its last date, where that is declared.
    last: Option<Date>,
}

/// The season of a coverage; a problem where it is not there.
pub(super) fn frame(document: &Document, season: &str, known: &Known<'_>, fields: &mut Fields<'_>) -> Frame {
    let Some(found) = known.seasons.get(season) else {
        fields.problem("spec.season", format!("SeasonNotFound: there is no valid Season '{season}'"));
        let season = key(document, "Season", season);
        let (home, aliases) = Default::default();
        return Frame { season, home, zone: TimeZone::UTC, units: None, aliases, last: None };
    };
    Frame {
        season: found.season.key.clone(),
        home: found.home.clone(),
        zone: found.season.zone.clone(),
        units: Some(found.season.schedule.as_ref().map_or(0, |s| s.question.unit.len())),
        aliases: found.aliases.clone(),
        last: found.season.dates.end(),
    }
}

pub(super) fn coverage(
    document: &Document,
    common: &Common<'_>,
    frame: Frame,
    demand: Demand,
    known: &Known<'_>,
    fields: &mut Fields<'_>,
) -> Coverage {
    let Demand { question, criteria } = demand;
    let own = common.warehouse.map(|warehouse| place_named(warehouse, "spec.warehouse", known, fields));
    let home = own.unwrap_or(frame.home);
    let unit = common.names.unit;
    home.can_name(unit, &question.unit, fields);
    home.can_date(unit.rsplit_once('.').map_or("spec", |(parent, _)| parent), &question.date, fields);
    let table = home.table("spec.table", common.table, known, fields);
    let declared = Table { place: home.declared, name: table.name.clone() };
    let due = fields.moment("spec.due", common.due);
    let late = common.late.map(|m| fields.moment("spec.late", m));
    let fill = fill(common.fill, known, fields);
    if is_due_too_late(&fill.ladder, due) {
        let message = "every rung delivers a unit only until it starts, but 'spec.due' is after the last start: nothing would be \
                       launched";
        fields.problem("spec.fill.ladder", message);
    }
    let through = common.dates.through.as_ref().map(|d| fields.date("spec.dates.through", d));
    delivers_something(&fill.ladder, through.into_iter().chain(frame.last).min(), fields);
    let fingerprints = Fingerprints::new(&declared, &question, &criteria, &fill.ladder);
    Coverage {
        key: key(document, common.kind, name(document)),
        uid: uid(document),
        generation: generation(document),
        season: frame.season,
        from: common.dates.from.as_ref().map(|d| fields.date("spec.dates.from", d)),
        through,
        question: Arc::new(question),
        criteria,
        names: common.names,
        late: late.unwrap_or(Moment { after: due.after, offset: due.offset.plus_hours(6) }),
        due,
        fill,
        waivers: fields.waivers(common.waivers),
        suspend: common.suspend,
        fingerprints,
        table,
    }
}

fn fill(spec: &FillSpec, known: &Known<'_>, fields: &mut Fields<'_>) -> Fill {
    let ladder = spec.ladder.iter().enumerate().map(|(n, r)| rung(n, r, spec.mode, known, fields)).collect();
    Fill {
        mode: if spec.mode == FillMode::Fill { Mode::Fill } else { Mode::Observe },
        ladder,
        dates_per_job: spec.dates_per_job,
        max_concurrent_jobs: spec.max_concurrent_jobs,
        order: match spec.order {
            FillOrderName::NewestFirst => FillOrder::NewestFirst,
            FillOrderName::OldestFirst => FillOrder::OldestFirst,
            FillOrderName::Sequential => FillOrder::Sequential,
        },
        deadline: fields.positive("spec.fill.deadline", &spec.deadline),
        settle: fields.not_negative("spec.fill.settle", &spec.settle),
    }
}

fn rung(n: usize, spec: &RungSpec, mode: FillMode, known: &Known<'_>, fields: &mut Fields<'_>) -> Rung {
    let field = format!("spec.fill.ladder[{n}]");
    let initial = fields.positive(&format!("{field}.attempts.backoff.initial"), &spec.attempts.backoff.initial);
    let max = fields.positive(&format!("{field}.attempts.backoff.max"), &spec.attempts.backoff.max);
    if initial.as_seconds() > max.as_seconds() {
        fields.problem(&format!("{field}.attempts.backoff"), "'initial' must be less than or equal to 'max'");
    }
    let from = &spec.job_from;
    if mode == FillMode::Fill {
        match known.cron_jobs.get(from.cron_job.0.as_str()) {
            Some(cron_job) => template(&format!("{field}.jobFrom"), cron_job, &from.container, fields),
            None => {
                let refusal = Refusal::not_found(&from.cron_job.0);
                fields.problem(&format!("{field}.jobFrom.{}", refusal.field()), refusal.to_string());
            }
        }
    }
    Rung {
        name: spec.name.0.as_str().into(),
        cron_job: from.cron_job.0.as_str().into(),
        container: (!from.container.is_empty()).then(|| from.container.as_str().into()),
        template: known.cron_jobs.get(from.cron_job.0.as_str()).map(|cron_job| cron_job.template),
        repairs: spec.repairs.iter().map(|r| repairs(*r)).collect(),
        attempts: spec.attempts.max,
        backoff_initial: initial,
        backoff_max: max,
        delivers: delivers(&field, spec.delivers.as_ref(), fields),
        source: spec.source.as_ref().map(|source| source.0.as_str().into()),
        cost: super::source::cost(&field, spec, known, fields),
    }
}

fn delivers(rung: &str, spec: Option<&DeliversSpec>, fields: &mut Fields<'_>) -> Delivers {
    let Some(DeliversSpec { since, max_age, until }) = spec else { return Delivers::default() };
    Delivers {
        since: since.as_ref().map(|date| fields.date(&format!("{rung}.delivers.since"), date)),
        max_age: max_age.as_ref().map(|age| fields.positive(&format!("{rung}.delivers.maxAge"), age)),
        until_start: until.is_some(),
    }
}

/// A rung whose first date lies after the last one of the coverage is never used.
fn delivers_something(ladder: &[Rung], last: Option<Date>, fields: &mut Fields<'_>) {
    for (n, since) in ladder.iter().enumerate().filter_map(|(n, rung)| Some((n, rung.delivers.since?))) {
        if let Some(last) = last.filter(|last| since > *last) {
            let text = format!("is after {last}, the last date of the coverage: the rung would never be used");
            fields.problem(&format!("spec.fill.ladder[{n}].delivers.since"), text);
        }
    }
}

/// Whether every rung stops to deliver before the date is due.
fn is_due_too_late(ladder: &[Rung], due: Moment) -> bool {
    let is_after_start = matches!(due.after, Anchor::LastStart | Anchor::DateEnd) && due.offset.as_seconds() >= 0;
    !ladder.is_empty() && ladder.iter().all(|rung| rung.delivers.until_start) && is_after_start
}

/// Whether a Job can be made from a CronJob.
fn template(field: &str, cron_job: &CronJob, container: &str, fields: &mut Fields<'_>) {
    let wanted = (!container.is_empty()).then_some(container);
    for refusal in Offer::of(cron_job).filler(wanted).err().into_iter().flatten() {
        fields.problem(&format!("{field}.{}", refusal.field()), refusal.to_string());
    }
}

fn repairs(name: RepairName) -> Repairs {
    match name {
        RepairName::NoRows => Repairs::NoRows,
        RepairName::UnitsMissing => Repairs::Flaw(Flaw::UnitsMissing),
        RepairName::ValuesMissing => Repairs::Flaw(Flaw::ValuesMissing),
        RepairName::NotFresh => Repairs::Flaw(Flaw::NotFresh),
        RepairName::Duplicated => Repairs::Flaw(Flaw::Duplicated),
        RepairName::Excess => Repairs::Flaw(Flaw::Excess),
        RepairName::ShareExceeded => Repairs::Flaw(Flaw::ShareExceeded),
    }
}

#[cfg(test)]
mod tests;
