//! Parses single fields. A problem is recorded with its field, and parsing continues, so that all problems are reported.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;

use crate::api::kinds::*;
use crate::api::manifest::{Document, is_told};
use crate::api::problem::Problem;
use crate::api::schema::*;
use crate::domain::dates::{Date, DateRange, FIRST_DATE, LAST_DATE};
use crate::domain::policy::{Anchor, Grain, Moment, Waiver};
use crate::domain::probe::{Filter as Condition, InstantColumn, Test, UnitForm, Value};
use crate::domain::share::Share;
use crate::domain::span::Span;

/// The fields of one document, and what is wrong with them.
pub(super) struct Fields<'a> {
    document: &'a Document,
    problems: Vec<Problem>,
}

impl<'a> Fields<'a> {
    pub fn new(document: &'a Document) -> Self {
        Self { document, problems: Vec::new() }
    }

    pub fn problem(&mut self, field: &str, message: impl Into<String>) {
        if !is_told(&self.document.told, field) {
            self.problems.push(self.document.problem(field, message));
        }
    }

    /// Hands over the problems; whether there was none, here or before.
    pub fn report(self, problems: &mut Vec<Problem>) -> bool {
        let none = self.problems.is_empty() && self.document.told.is_empty();
        problems.extend(self.problems);
        none
    }

    pub fn date(&mut self, field: &str, text: &DateText) -> Date {
        match text.0.parse::<Date>() {
            Ok(date) if (FIRST_DATE..=LAST_DATE).contains(&date) => return date,
            Ok(_) => self.problem(field, DATE_BOUNDS),
            Err(_) => self.problem(field, format!("'{}' is not a calendar date", text.0)),
        }
        FIRST_DATE
    }

    pub fn range(&mut self, field: &str, from: &DateText, through: &DateText) -> DateRange {
        let (from, through) =
            (self.date(&format!("{field}.from"), from), self.date(&format!("{field}.through"), through));
        DateRange::new(from, through).unwrap_or_else(|| DateRange::day(from))
    }

    pub fn span(&mut self, field: &str, text: &SpanText) -> Span {
        self.span_that(field, text, |_| Ok(()))
    }

    /// A wait or a limit: more than nothing.
    pub fn positive(&mut self, field: &str, text: &SpanText) -> Span {
        let more = |span: &Span| if span.is_positive() { Ok(()) } else { Err("must be greater than zero") };
        self.span_that(field, text, more)
    }

    /// A time that may be nothing.
    pub fn not_negative(&mut self, field: &str, text: &SpanText) -> Span {
        self.span_that(field, text, |span| if span.as_seconds() < 0 { Err("must not be negative") } else { Ok(()) })
    }

    fn span_that(&mut self, field: &str, text: &SpanText, rule: fn(&Span) -> Result<(), &'static str>) -> Span {
        let parsed = text.0.parse().and_then(|span| rule(&span).map(|()| span));
        parsed.unwrap_or_else(|why: &str| {
            self.problem(field, why);
            Span::default()
        })
    }

    pub fn share(&mut self, field: &str, text: &ShareText) -> Share {
        text.0.parse().unwrap_or_else(|why: &str| {
            self.problem(field, why);
            Share::ALL
        })
    }

    pub fn zone(&mut self, field: &str, text: &ZoneText) -> TimeZone {
        TimeZone::get(&text.0).unwrap_or_else(|_| {
            let text = format!("unknown time zone '{}'; must be an IANA name, for example 'America/New_York'", text.0);
            self.problem(field, text);
            TimeZone::UTC
        })
    }

    pub fn moment(&mut self, field: &str, moment: &MomentSpec) -> Moment {
        let offset = self.span(&format!("{field}.offset"), &moment.offset);
        Moment { after: anchor(moment.after), offset }
    }

    /// A column of instants, and the zone of those that name none.
    pub fn instants(&mut self, column: &ColumnText, zone_field: &str, zone: Option<&ZoneText>) -> InstantColumn {
        InstantColumn { column: column.0.clone(), zone: zone.map(|zone| self.zone(zone_field, zone)) }
    }

    pub fn waivers(&mut self, specs: &[WaiverSpec]) -> Vec<Waiver> {
        let lower = |(n, w): (usize, &WaiverSpec)| {
            let field = format!("spec.waivers[{n}]");
            let dates = self.range(&field, &w.from, &w.through);
            let expires = w.expires.as_ref().map(|d| self.date(&format!("{field}.expires"), d));
            Waiver { dates, reason: w.reason.0.clone(), expires }
        };
        specs.iter().enumerate().map(lower).collect()
    }

    /// Values that a schedule and its tables call differently. No pattern of the schema reaches the names of a map.
    pub fn aliases(&mut self, aliases: &BTreeMap<String, String>) -> Arc<BTreeMap<String, String>> {
        if let Some(name) = aliases.keys().find(|name| name.chars().any(char::is_control)) {
            self.problem("spec.aliases", format!("the name '{name}' has a control character; remove it"));
        }
        Arc::new(aliases.clone())
    }

    /// What a unit of a table is, and which of the season's units it means; of how many columns, where that is known.
    pub fn unit(&mut self, field: &str, unit: &UnitSpec, season_columns: Option<usize>) -> (UnitForm, Grain) {
        let (form, grain, count) = if let Some(split) = &unit.split {
            let form = UnitForm::Split {
                column: split.column.0.clone(),
                separator: split.separator.0.clone(),
                parts: split.parts.clone(),
            };
            (form, Grain::Unit, split.parts.len())
        } else if let Some(columns) = &unit.columns {
            let any_order = unit.any_order == Some(true);
            let form = UnitForm::Columns { columns: columns.iter().map(|c| c.0.clone()).collect(), any_order };
            (form, if any_order { Grain::UnitAnyOrder } else { Grain::Unit }, columns.len())
        } else if let Some(column) = &unit.each_of {
            return (UnitForm::Columns { columns: vec![column.0.clone()], any_order: false }, Grain::EachValue);
        } else {
            return (UnitForm::Whole, Grain::Date);
        };
        match season_columns {
            Some(0) => self
                .problem(field, "the season has no schedule, so its unit is the date itself; must be '{whole: Date}'"),
            Some(of) if count != of => {
                self.problem(field, format!("must name as many values as the season's unit has: {of}, not {count}"));
            }
            _ => {}
        }
        (form, grain)
    }
}

pub(super) fn anchor(name: AnchorName) -> Anchor {
    match name {
        AnchorName::DateStart => Anchor::DateStart,
        AnchorName::FirstStart => Anchor::FirstStart,
        AnchorName::LastStart => Anchor::LastStart,
        AnchorName::DateEnd => Anchor::DateEnd,
    }
}

pub(super) fn value(value: &IntOrText) -> Value {
    match value {
        IntOrText::Int(n) => Value::Int(*n),
        IntOrText::Text(t) => Value::Text(t.clone()),
    }
}

pub(super) fn filters(specs: &[Filter]) -> Vec<Condition> {
    specs.iter().map(filter).collect()
}

/// The schema lets exactly one test through.
pub(super) fn filter(spec: &Filter) -> Condition {
    let one = |v: &IntOrText| value(v);
    let many = |v: &[IntOrText]| v.iter().map(value).collect();
    let tests = [
        spec.equals.as_ref().map(|v| Test::Equals(one(v))),
        spec.not_equals.as_ref().map(|v| Test::NotEquals(one(v))),
        spec.any_of.as_ref().map(|v| Test::In(many(v))),
        spec.not_in.as_ref().map(|v| Test::NotIn(many(v))),
        spec.starts_with.as_ref().map(|v| Test::StartsWith(v.iter().map(|t| t.0.clone()).collect())),
        spec.less_than.as_ref().map(|v| Test::LessThan(one(v))),
        spec.at_least.as_ref().map(|v| Test::AtLeast(one(v))),
    ];
    let test = tests.into_iter().flatten().next().unwrap_or(Test::IsNull(spec.is_null.unwrap_or(true)));
    Condition { column: spec.column.0.clone(), test }
}

/// Bytes, as the pattern of the schema has them; more than there can be is all there can be.
pub(super) fn bytes(text: &BytesText) -> u64 {
    const UNITS: [(&str, u32); 4] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40)];
    let unit = UNITS.iter().find_map(|(unit, shift)| Some((text.0.strip_suffix(unit)?, *shift)));
    let (number, shift) = unit.unwrap_or((&text.0, 0));
    number.parse::<u64>().ok().and_then(|n| n.checked_mul(1 << shift)).unwrap_or(u64::MAX)
}
