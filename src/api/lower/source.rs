//! Source → [`Source`].

use jiff::SignedDuration;

use super::fields::Fields;
use super::known::{Known, generation, key, name, of_kind, uid};
use crate::api::kinds::*;
use crate::api::manifest::Document;
use crate::api::problem::Problem;
use crate::api::schema::SpanText;
use crate::domain::breaker::Trip;
use crate::domain::policy::{Budget, Cost, Per, Source};

pub(super) fn lower(documents: &[Document], known: &mut Known<'_>, problems: &mut Vec<Problem>) {
    for (document, spec) in of_kind::<SourceSpec>(documents, "Source", problems) {
        let mut fields = Fields::new(document);
        let source = source(document, &spec, &mut fields);
        if fields.report(problems) {
            known.sources.insert(name(document).into(), source);
        }
    }
}

fn source(document: &Document, spec: &SourceSpec, fields: &mut Fields<'_>) -> Source {
    let trip = trip(&spec.breaker, fields);
    Source {
        key: key(document, "Source", name(document)),
        uid: uid(document),
        generation: generation(document),
        budget: spec.budget.as_ref().map(|budget| lower_budget(budget, fields)),
        max_jobs: spec.max_concurrent_jobs,
        requests_per_minute: spec.requests_per_minute,
        trip,
        suspend: spec.suspend,
    }
}

fn lower_budget(spec: &BudgetSpec, fields: &mut Fields<'_>) -> Budget {
    let reserve = fields.share("spec.budget.reserve", &spec.reserve).part_of(spec.credits);
    if reserve > 0 && reserve >= spec.credits {
        fields.problem("spec.budget.reserve", "is all of the credits, rounded up: nothing is left for history");
    }
    Budget {
        credits: spec.credits,
        per: match spec.per {
            PerName::Day => Per::Day,
            PerName::Month => Per::Month,
        },
        zone: fields.zone("spec.budget.timeZone", &spec.time_zone),
        reserve,
    }
}

fn trip(spec: &BreakerSpec, fields: &mut Fields<'_>) -> Trip {
    let mut elapsed = |field: &str, text: &SpanText| {
        SignedDuration::from_secs(fields.positive(&format!("spec.breaker.{field}"), text).as_seconds())
    };
    let (open_for, max_open_for) = (elapsed("openFor", &spec.open_for), elapsed("maxOpenFor", &spec.max_open_for));
    if open_for > max_open_for {
        fields.problem("spec.breaker", "'openFor' must be less than or equal to 'maxOpenFor'");
    }
    Trip { failures: spec.failures, open_for, max_open_for }
}

/// What a date costs on a rung that draws on a source.
pub(super) fn cost(rung: &str, spec: &RungSpec, known: &Known<'_>, fields: &mut Fields<'_>) -> Cost {
    let Some(source) = &spec.source else {
        if spec.cost.is_some() {
            fields.problem(&format!("{rung}.cost"), "needs 'source'");
        }
        return Cost::default();
    };
    match known.sources.get(&source.0) {
        None => {
            let text = format!("SourceNotFound: there is no valid Source '{}'", source.0);
            fields.problem(&format!("{rung}.source"), text);
        }
        Some(own) if own.budget.is_some() && spec.cost.is_none() => {
            fields.problem(&format!("{rung}.cost"), format!("is required: Source '{}' has a budget", source.0));
        }
        Some(_) => {}
    }
    let Some(CostSpec { per_date, per_unit }) = spec.cost else { return Cost::default() };
    if per_date.is_none() && per_unit.is_none() {
        fields.problem(&format!("{rung}.cost"), "must have 'perDate' or 'perUnit'");
    }
    Cost { per_date: per_date.unwrap_or(0), per_unit: per_unit.unwrap_or(0) }
}
