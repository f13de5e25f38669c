//! TableCoverage → [`Coverage`].

use super::dates::Dating;
use super::fields::{Fields, anchor, filters, value};
use super::fill::{Common, Demand, Frame, coverage, frame};
use super::known::Known;
use crate::api::kinds::*;
use crate::api::manifest::Document;
use crate::api::schema::ColumnText;
use crate::domain::policy::{Check, Coverage, Criteria, Expects, FieldNames, Grain, Rule, ShareRule, Tolerance};
use crate::domain::probe::{Measure, Of, Question, Test};
use crate::domain::share::Share;

pub(super) fn lower(
    document: &Document,
    spec: &TableCoverageSpec,
    known: &Known<'_>,
    fields: &mut Fields<'_>,
) -> Coverage {
    let frame = frame(document, &spec.season.0, known, fields);
    let demand = demand(spec, &frame, fields);
    coverage(document, &common(spec), frame, demand, known, fields)
}

fn demand(spec: &TableCoverageSpec, frame: &Frame, fields: &mut Fields<'_>) -> Demand {
    let (unit, grain) = fields.unit("spec.unit", &spec.unit, frame.units);
    let mut asked = Asked::default();
    asked.per_unit(&spec.complete.per_unit);
    if let Some(freshness) = &spec.complete.freshness {
        asked.freshness(freshness, fields);
    }
    let question = Question {
        date: fields.date_column("spec", &dating(spec), &frame.zone),
        filters: filters(&spec.filters),
        unit,
        aliases: frame.aliases.clone(),
        before: None,
        needed: Vec::new(),
        measures: asked.measures,
        unique: spec.complete.unique.iter().map(|c| c.0.clone()).collect(),
        shares: spec.complete.shares.iter().map(|s| filters(&s.filters)).collect(),
    };
    Demand { question, criteria: criteria(spec, grain, asked.rules, fields) }
}

fn dating(spec: &TableCoverageSpec) -> Dating<'_> {
    Dating {
        column: &spec.date,
        date_as: spec.date_as,
        date_zone: spec.date_zone.as_ref(),
        date_format: spec.date_format.as_ref(),
        day_starts: spec.day_starts.as_ref(),
    }
}

fn criteria(spec: &TableCoverageSpec, grain: Grain, rules: Vec<Rule>, fields: &mut Fields<'_>) -> Criteria {
    let share = |(n, s): (usize, &ShareSpec)| ShareRule {
        name: s.name.0.as_str().into(),
        max: fields.share(&format!("spec.complete.shares[{n}].max"), &s.max),
    };
    let shares = spec.complete.shares.iter().enumerate().map(share).collect();
    Criteria {
        grain,
        expects: if spec.expects == ExpectsName::Final { Expects::Final } else { Expects::Scheduled },
        units: tolerance(
            spec.complete.units.as_ref().map(|s| fields.share("spec.complete.units", s)),
            spec.complete.missing,
        ),
        rules,
        shares,
        needs_starts: false,
        after_warm_up: spec.after_warm_up,
    }
}

fn common(spec: &TableCoverageSpec) -> Common<'_> {
    Common {
        kind: "TableCoverage",
        names: FieldNames { unit: "spec.unit", filters: "spec.where", values: "spec.complete.perUnit.contains" },
        warehouse: spec.warehouse.as_ref().map(|w| w.0.as_str()),
        table: &spec.table.0,
        dates: &spec.dates,
        due: &spec.due,
        late: spec.late.as_ref(),
        fill: &spec.fill,
        waivers: &spec.waivers,
        suspend: spec.suspend,
    }
}

pub(super) fn tolerance(share: Option<Share>, missing: Option<u32>) -> Tolerance {
    missing.map_or_else(|| Tolerance::Share(share.unwrap_or(Share::ALL)), Tolerance::Missing)
}

/// Measures with the rules on them: the same measure is asked once.
#[derive(Default)]
pub(super) struct Asked {
    pub measures: Vec<Measure>,
    pub rules: Vec<Rule>,
}

impl Asked {
    pub fn add(&mut self, of: Of, only: Vec<(String, crate::domain::probe::Value)>, check: Check, what: &str) {
        let measure = Measure { of, only };
        let at = self.measures.iter().position(|m| *m == measure).unwrap_or_else(|| {
            self.measures.push(measure);
            self.measures.len() - 1
        });
        self.rules.push(Rule { measure: at, check, what: what.into() });
    }

    fn freshness(&mut self, spec: &FreshnessSpec, fields: &mut Fields<'_>) {
        let within = fields.positive("spec.complete.freshness.within", &spec.within);
        let until = anchor(spec.until);
        let newest = fields.instants(&spec.column, "spec.complete.freshness.zone", spec.zone.as_ref());
        self.add(Of::Newest(newest), Vec::new(), Check::Fresh { within, until }, &named(&spec.column));
    }

    fn per_unit(&mut self, spec: &PerUnitSpec) {
        if let Some(min) = spec.rows.min {
            self.add(Of::Rows, Vec::new(), Check::AtLeast(min), "rows");
        }
        if let Some(max) = spec.rows.max {
            self.add(Of::Rows, Vec::new(), Check::AtMost(max), "rows");
        }
        for distinct in &spec.distinct {
            let column = &distinct.column.0;
            self.add(
                Of::Distinct(column.clone()),
                Vec::new(),
                Check::AtLeast(distinct.min),
                &format!("distinct {}", named(&distinct.column)),
            );
        }
        for contains in &spec.contains {
            for wanted in contains.values.iter().map(value) {
                let what = format!("rows with {} {}", named(&contains.column), shown(&wanted));
                self.add(Of::Rows, vec![(contains.column.0.clone(), wanted)], Check::AtLeast(contains.min_rows), &what);
            }
        }
    }
}

/// A column in a sentence. A name with other characters is put in back-ticks. A plain word is not, because older versions
/// stored it without them.
fn named(column: &ColumnText) -> String {
    let is_word = column.0.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_word { column.0.clone() } else { format!("`{}`", column.0) }
}

/// A value as a test of equality shows it.
fn shown(value: &crate::domain::probe::Value) -> String {
    match Test::Equals(value.clone()) {
        Test::Equals(crate::domain::probe::Value::Int(n)) => n.to_string(),
        Test::Equals(crate::domain::probe::Value::Text(t)) => t,
        _ => String::new(),
    }
}
