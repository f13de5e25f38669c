//! The fill fingerprint, to which charges belong. It hashes an explicit encoding, never a derived text, so that a new
//! field or a new library version clears no charge. Absent values are not encoded: a new optional field changes nothing
//! until it is used. Any other change of the encoding raises [`FORM`].

use alloc::vec::Vec;

use jiff::tz::TimeZone;

use super::mark::{mix, mix_bytes, stable_hash};
use super::policy::{Anchor, Check, Criteria, Expects, Fingerprints, Grain, Repairs, Rung, Table, Tolerance};
use super::probe::{
    DateColumn, DateFormat, DateReading, Filter, InstantColumn, Measure, Of, Question, Test, UnitForm, Value,
};
use super::span::Span;

/// The form of the encoding. A ledger of an earlier form keeps its charges and adopts the current fingerprints.
pub const FORM: u64 = 3;

impl Fingerprints {
    /// Of a coverage with this table, question, criteria and ladder.
    pub fn new(table: &Table, question: &Question, criteria: &Criteria, ladder: &[Rung]) -> Self {
        let mut encoding = Encoding(stable_hash("gapless fill fingerprint"));
        encoding.number("form", FORM);
        encoding.text("place", &table.place).text("table", &table.name);
        encoding.question(question);
        encoding.criteria(criteria);
        let rungs = ladder.iter().map(|rung| (rung.name.clone(), encoding.clone().rung(rung))).collect();
        Self { form: FORM, question: encoding.0, rungs }
    }
}

/// A hash in progress. Every value follows the name of its field.
#[derive(Clone)]
struct Encoding(u64);

impl Encoding {
    fn text(&mut self, field: &str, text: &str) -> &mut Self {
        self.0 = mix_bytes(mix_bytes(self.0, field.as_bytes()), text.as_bytes());
        self
    }

    fn number(&mut self, field: &str, number: u64) -> &mut Self {
        self.0 = mix(mix_bytes(self.0, field.as_bytes()), number);
        self
    }

    fn flag(&mut self, field: &str, is_set: bool) -> &mut Self {
        if is_set { self.number(field, 1) } else { self }
    }

    fn some<T>(&mut self, value: Option<T>, put: impl FnOnce(&mut Self, T)) -> &mut Self {
        if let Some(value) = value {
            put(self, value);
        }
        self
    }

    /// A list with its length, so that the boundary between two lists counts. An empty list is absent.
    fn list<T>(&mut self, field: &str, values: &[T], mut put: impl FnMut(&mut Self, &T)) -> &mut Self {
        if !values.is_empty() {
            self.number(field, values.len() as u64);
            values.iter().for_each(|value| put(self, value));
        }
        self
    }

    fn texts(&mut self, field: &str, texts: &[alloc::string::String]) -> &mut Self {
        self.list(field, texts, |to, text| _ = to.text("item", text))
    }

    fn zone(&mut self, field: &str, zone: &TimeZone) -> &mut Self {
        self.text(field, zone.iana_name().unwrap_or_default())
    }

    fn span(&mut self, field: &str, span: Span) -> &mut Self {
        let (days, seconds) = span.parts();
        self.number(field, i64::from(days).cast_unsigned()).number("seconds", seconds.cast_unsigned())
    }

    fn question(&mut self, question: &Question) {
        // `needed` follows from the kind, not from the spec.
        let Question { date, filters, unit, aliases, before, needed: _, measures, unique, shares } = question;
        self.date(date);
        self.filters("filters", filters);
        self.unit(unit);
        let aliases: Vec<_> = aliases.iter().collect();
        self.list("aliases", &aliases, |to, (from, into)| _ = to.text("from", from).text("into", into));
        self.some(before.as_ref(), |to, column| to.instant("before", column));
        self.list("measures", measures, Self::measure);
        self.texts("unique", unique);
        self.list("shares", shares, |to, filters| to.filters("share", filters));
    }

    fn date(&mut self, column: &DateColumn) {
        // No fact depends on `home`.
        let DateColumn { column, reading, zone, format, home: _ } = column;
        self.text("date", column);
        match reading {
            DateReading::Plain => {}
            DateReading::Date => _ = self.number("as date", 1),
            DateReading::Instant { zone, day_starts } => {
                let seconds = day_starts.duration_since(jiff::civil::Time::midnight()).as_secs();
                self.zone("as instant", zone).number("day starts", seconds.cast_unsigned());
            }
        }
        self.some(zone.as_ref(), |to, zone| _ = to.zone("zone", zone));
        match format {
            None => {}
            Some(DateFormat::Value(pattern)) => _ = self.text("format", pattern),
            Some(DateFormat::Folders(columns, pattern)) => {
                self.texts("folders", columns).text("format", pattern);
            }
        }
    }

    fn instant(&mut self, field: &str, column: &InstantColumn) {
        let InstantColumn { column, zone } = column;
        self.text(field, column).some(zone.as_ref(), |to, zone| _ = to.zone("zone", zone));
    }

    fn unit(&mut self, unit: &UnitForm) {
        match unit {
            UnitForm::Whole => {}
            UnitForm::Columns { columns, any_order } => {
                self.texts("unit", columns).flag("any order", *any_order);
            }
            UnitForm::Split { column, separator, parts } => {
                self.text("unit of", column).text("separator", separator);
                self.list("parts", parts, |to, part| _ = to.number("part", (*part).into()));
            }
        }
    }

    fn measure(&mut self, measure: &Measure) {
        let Measure { of, only } = measure;
        match of {
            Of::Rows => _ = self.number("rows", 1),
            Of::Distinct(column) => _ = self.text("distinct", column),
            Of::Newest(column) => self.instant("newest", column),
        }
        self.list("only", only, |to, (column, value)| to.text("column", column).value(value));
    }

    fn filters(&mut self, field: &str, filters: &[Filter]) {
        self.list(field, filters, |to, Filter { column, test }| to.text("column", column).test(test));
    }

    fn test(&mut self, test: &Test) {
        match test {
            Test::Equals(value) => self.text("test", "equals").value(value),
            Test::NotEquals(value) => self.text("test", "notEquals").value(value),
            Test::In(values) => _ = self.list("in", values, Self::value),
            Test::NotIn(values) => _ = self.list("notIn", values, Self::value),
            Test::StartsWith(texts) => _ = self.texts("startsWith", texts),
            Test::IsNull(is_null) => _ = self.number("isNull", (*is_null).into()),
            Test::LessThan(value) => self.text("test", "lessThan").value(value),
            Test::AtLeast(value) => self.text("test", "atLeast").value(value),
        }
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Int(number) => _ = self.number("number", number.cast_unsigned()),
            Value::Text(text) => _ = self.text("text", text),
        }
    }

    fn criteria(&mut self, criteria: &Criteria) {
        let Criteria { grain, expects, units, rules, shares, needs_starts, after_warm_up } = criteria;
        self.text("grain", grain_word(*grain)).flag("final", *expects == Expects::Final);
        match units {
            Tolerance::Share(share) => self.number("covered", share.hundredths().into()),
            Tolerance::Missing(most) => self.number("missing", (*most).into()),
        };
        // The names of rules and shares do not affect what they ask.
        self.list("rules", rules, |to, rule| to.number("measure", rule.measure as u64).check(rule.check));
        self.list("limits", shares, |to, rule| _ = to.number("most", rule.max.hundredths().into()));
        self.flag("needs starts", *needs_starts).flag("after warm-up", *after_warm_up);
    }

    fn check(&mut self, check: Check) {
        match check {
            Check::AtLeast(least) => _ = self.number("at least", least),
            Check::AtMost(most) => _ = self.number("at most", most),
            Check::BeforeStart(span) => _ = self.span("before start", span),
            Check::Fresh { within, until } => _ = self.span("fresh", within).text("until", anchor_word(until)),
        }
    }

    /// The fingerprint of a rung, given that of the question. The rung's name is not part of it: the fingerprint is
    /// stored under that name.
    fn rung(mut self, rung: &Rung) -> u64 {
        let Rung {
            name: _,
            cron_job,
            container,
            template: _,
            repairs,
            attempts,
            backoff_initial: _,
            backoff_max: _,
            delivers: _,
            source: _,
            cost: _,
        } = rung;
        self.text("cronJob", cron_job).some(container.as_ref(), |to, name| _ = to.text("container", name));
        let mut words: Vec<&str> = repairs.iter().map(|repairs| repairs_word(*repairs)).collect();
        words.sort_unstable();
        words.dedup();
        self.list("repairs", &words, |to, word| _ = to.text("item", word));
        self.number("attempts", (*attempts).into());
        self.0
    }
}

fn grain_word(grain: Grain) -> &'static str {
    match grain {
        Grain::Unit => "unit",
        Grain::UnitAnyOrder => "unit in any order",
        Grain::EachValue => "each value",
        Grain::Date => "date",
    }
}

fn anchor_word(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::DateStart => "DateStart",
        Anchor::FirstStart => "FirstStart",
        Anchor::LastStart => "LastStart",
        Anchor::DateEnd => "DateEnd",
    }
}

fn repairs_word(repairs: Repairs) -> &'static str {
    match repairs {
        Repairs::NoRows => "NoRows",
        Repairs::Flaw(flaw) => flaw.word(),
    }
}

#[cfg(test)]
mod tests;
