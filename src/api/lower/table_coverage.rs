//! TableCoverage → [`Coverage`].

use super::Known;
use super::fields::{Fields, anchor, filters, value};
use super::fill::{Common, coverage, frame};
use crate::api::kinds::*;
use crate::api::manifest::Document;
use crate::domain::policy::{Check, Coverage, Criteria, Expects, FieldNames, Rule, ShareRule, Tolerance};
use crate::domain::probe::{Measure, Of, Question, Test};
use crate::domain::share::Share;

pub(super) fn lower(document: &Document, spec: &TableCoverageSpec, known: &Known, fields: &mut Fields<'_>) -> Coverage {
    let frame = frame(document, &spec.season.0, known, fields);
    let (unit, grain) = fields.unit("spec.unit", &spec.unit, frame.units);
    let mut asked = Asked::default();
    asked.per_unit(&spec.complete.per_unit);
    if let Some(freshness) = &spec.complete.freshness {
        let within = fields.positive("spec.complete.freshness.within", &freshness.within);
        let until = anchor(freshness.until);
        asked.add(
            Of::Newest(freshness.column.0.as_str().into()),
            Vec::new(),
            Check::Fresh { within, until },
            &freshness.column.0,
        );
    }
    let shares = &spec.complete.shares;
    let question = Question {
        date: fields.date_column("spec", &spec.date, spec.date_as, spec.day_starts.as_ref(), &frame.zone),
        filters: filters(&spec.filters),
        unit,
        aliases: frame.aliases.clone(),
        before: None,
        needed: Vec::new(),
        measures: asked.measures,
        unique: spec.complete.unique.iter().map(|c| c.0.clone()).collect(),
        shares: shares.iter().map(|s| filters(&s.filters)).collect(),
    };
    let share = |(n, s): (usize, &ShareSpec)| ShareRule {
        name: s.name.0.as_str().into(),
        max: fields.share(&format!("spec.complete.shares[{n}].max"), &s.max),
    };
    let shares = shares.iter().enumerate().map(share).collect();
    let criteria = Criteria {
        grain,
        expects: if spec.expects == ExpectsName::Final { Expects::Final } else { Expects::Scheduled },
        units: tolerance(
            spec.complete.units.as_ref().map(|s| fields.share("spec.complete.units", s)),
            spec.complete.missing,
        ),
        rules: asked.rules,
        shares,
        needs_starts: false,
        after_warm_up: spec.after_warm_up,
    };
    let common = Common {
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
    };
    coverage(document, &common, frame, question, criteria, known, fields)
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
                &format!("distinct {column}"),
            );
        }
        for contains in &spec.contains {
            for wanted in contains.values.iter().map(value) {
                let what = format!("rows with {} {}", contains.column.0, shown(&wanted));
                self.add(Of::Rows, vec![(contains.column.0.clone(), wanted)], Check::AtLeast(contains.min_rows), &what);
            }
        }
    }
}

/// A value as a test of equality shows it.
fn shown(value: &crate::domain::probe::Value) -> String {
    match Test::Equals(value.clone()) {
        Test::Equals(crate::domain::probe::Value::Int(n)) => n.to_string(),
        Test::Equals(crate::domain::probe::Value::Text(t)) => t,
        _ => String::new(),
    }
}
