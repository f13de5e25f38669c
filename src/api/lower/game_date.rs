//! GameDates → what people want of single dates: orders per season, waivers per coverage.

use std::collections::BTreeMap;

use super::fields::Fields;
use super::known::{Known, key, of_kind};
use crate::api::kinds::*;
use crate::api::manifest::{Document, is_told};
use crate::api::problem::Problem;
use crate::domain::dates::{Date, DateRange};
use crate::domain::policy::{Coverage, DateOrder, DateOrders, Dates, Key, Rerun, Season, Waiver};

/// The orders of every GameDate; its waivers are added to the coverages. If it names a coverage that does not exist, it still applies to the others:
/// coverages are added and removed, and the rest of the request remains valid.
pub(super) fn lower(
    documents: &[Document],
    known: &Known<'_>,
    coverages: &mut [Coverage],
    problems: &mut Vec<Problem>,
) -> BTreeMap<Key, DateOrders> {
    let mut orders: BTreeMap<Key, DateOrders> = BTreeMap::new();
    for (document, spec) in of_kind::<GameDateSpec>(documents, "GameDate", problems) {
        let mut fields = Fields::new(document);
        let date = fields.date("spec.date", &spec.date);
        match known.seasons.get(&spec.season.0) {
            None => {
                fields.problem("spec.season", format!("SeasonNotFound: there is no valid Season '{}'", spec.season.0))
            }
            // An invalid date was reported already.
            Some(found) if date.to_string() == spec.date.0 => {
                outside(&found.season, date).into_iter().for_each(|why| fields.problem("spec.date", why));
            }
            Some(_) => {}
        }
        let waivers = waivers(document, &spec, date, &mut fields);
        let valid = fields.report(problems);
        if known.seasons.contains_key(&spec.season.0) {
            references(document, &spec, coverages, problems);
        }
        if !valid {
            continue;
        }
        for (key, waiver) in waivers {
            let of = |c: &&mut Coverage| c.key == key && *c.season.name == *spec.season.0;
            coverages.iter_mut().filter(of).for_each(|c| c.waivers.push(waiver.clone()));
        }
        let named = spec.rerun.coverages.iter().map(|c| key(document, &c.kind.0, &c.name.0)).collect();
        let rerun = (!spec.rerun.token.0.is_empty())
            .then(|| Rerun { token: spec.rerun.token.0.as_str().into(), coverages: named });
        let season = key(document, "Season", &spec.season.0);
        orders.entry(season).or_default().insert(date, DateOrder { priority: spec.priority, rerun });
    }
    orders
}

fn waivers(document: &Document, spec: &GameDateSpec, date: Date, fields: &mut Fields<'_>) -> Vec<(Key, Waiver)> {
    let waiver = |(n, w): (usize, &WaivedSpec)| {
        let expires = w.expires.as_ref().map(|d| fields.date(&format!("spec.waived[{n}].expires"), d));
        let waiver = Waiver { dates: DateRange::day(date), reason: w.reason.0.clone(), expires };
        (key(document, &w.kind.0, &w.name.0), waiver)
    };
    spec.waived.iter().enumerate().map(waiver).collect()
}

/// Why a date can be no date of a season, whatever its schedule says.
fn outside(season: &Season, date: Date) -> Option<String> {
    let name = &season.key.name;
    let (inside, span) = match season.dates {
        Dates::Closed(range) => (range.contains(date), format!("{}..{}", range.from(), range.through())),
        Dates::Open(from) => (from <= date, format!("from {from} on")),
        Dates::Last(_) => (true, String::new()),
    };
    if !inside {
        return Some(format!("UnknownDate: {date} is not one of the dates of Season '{name}' ({span})"));
    }
    let day = date.weekday();
    let off = !season.week_days.is_empty() && !season.week_days.contains(&day);
    off.then(|| format!("UnknownDate: {date} is a {day:?}, and Season '{name}' excludes it in 'weekDays'"))
}

/// Coverages that are named and are not there.
fn references(document: &Document, spec: &GameDateSpec, coverages: &[Coverage], problems: &mut Vec<Problem>) {
    let mut fields = Fields::new(document);
    let waived = spec.waived.iter().enumerate().map(|(n, w)| (format!("spec.waived[{n}]"), &w.kind.0, &w.name.0));
    let rerun = spec.rerun.coverages.iter().enumerate();
    let rerun = rerun.map(|(n, c)| (format!("spec.rerun.coverages[{n}]"), &c.kind.0, &c.name.0));
    for (item, kind, name) in waived.chain(rerun) {
        let wanted = key(document, kind, name);
        let known = coverages.iter().any(|c| c.key == wanted && *c.season.name == *spec.season.0);
        if !known && !is_told(&document.told, &format!("{item}.kind")) {
            let season = &spec.season.0;
            let text = format!("CoverageNotFound: there is no valid {kind} '{name}' of Season '{season}'");
            fields.problem(&format!("{item}.name"), text);
        }
    }
    fields.report(problems);
}
