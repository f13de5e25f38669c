//! Measures and shares: what a statement counts for each unit, and the bound rows that it compares with.

use jiff::tz::TimeZone;

use super::bound::Bound;
use super::build::{Build, instants_of};
use super::days::Days;
use super::schema::Type;
use super::times::bound;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::probe::{InstantColumn, Measure, Of, Probe, WHOLE_DATE};
use crate::domain::verdict::Unknown;

/// The joins of the rows that are counted with bound rows.
#[derive(Default)]
pub(super) struct Joins {
    pub sql: String,
    /// The caps of each type of instant that has some already.
    caps: Vec<(Type, Option<TimeZone>)>,
}

impl Joins {
    /// That a row lies strictly before the start of its unit.
    pub fn before(
        &mut self,
        build: &mut Build<'_>,
        probes: &[&Probe],
        days: &Days,
        units: usize,
        column: &InstantColumn,
    ) -> Result<String, Unknown> {
        let of = instants_of(build, column)?;
        let is_named = |key: &str| units > 0 || key == WHOLE_DATE;
        let mut starts: Vec<(Date, &str, Timestamp)> = probes
            .iter()
            .flat_map(|probe| &probe.starts)
            .flat_map(|(date, units)| units.iter().map(|(key, at)| (*date, &**key, *at)))
            .filter(|(_, key, _)| is_named(key))
            .collect();
        starts.sort_unstable();
        starts.dedup();
        let numbers = build.numbers(starts.iter().map(|(date, ..)| days.number(*date)));
        let instants = starts.iter().map(|(.., at)| bound(*at, of, column.zone.as_ref())).collect();
        let mut columns = vec![("d", numbers), ("since", build.bind(Bound::List(of, instants)))];
        let mut on = "s.d = r.d".to_string();
        if units > 0 {
            columns.push(("u", build.texts(starts.iter().map(|(_, key, _)| (*key).to_string()))));
            let values: Vec<String> = (0..units).map(|n| format!("r.u{n}")).collect();
            on.push_str(&format!(" AND s.u = {}", values.join(" || '@' || ")));
        }
        self.sql.push_str(&format!("\nLEFT JOIN {} ON {on}", build.dialect().rows("s", &columns)));
        Ok(format!("{} < s.since", build.counted(&column.column)?))
    }

    /// That an instant is not later than the cap of its date; `None` without caps.
    fn capped(
        &mut self,
        build: &mut Build<'_>,
        probes: &[&Probe],
        days: &Days,
        (column, of): (&InstantColumn, Type),
    ) -> Result<Option<String>, Unknown> {
        let mut caps: Vec<(Date, Timestamp)> =
            probes.iter().flat_map(|probe| &probe.caps).map(|(date, at)| (*date, *at)).collect();
        if caps.is_empty() {
            return Ok(None);
        }
        caps.sort_unstable();
        caps.dedup();
        let kind = (of, column.zone.clone().filter(|_| of == Type::Local));
        let known = self.caps.iter().position(|own| *own == kind);
        let n = known.unwrap_or(self.caps.len());
        if known.is_none() {
            self.caps.push(kind);
            let numbers = build.numbers(caps.iter().map(|(date, _)| days.number(*date)));
            let instants = caps.iter().map(|(_, at)| bound(*at, of, column.zone.as_ref())).collect();
            let columns = [("d", numbers), ("until", build.bind(Bound::List(of, instants)))];
            let table = build.dialect().rows(&format!("k{n}"), &columns);
            self.sql.push_str(&format!("\nLEFT JOIN {table} ON k{n}.d = r.d"));
        }
        let sql = build.counted(&column.column)?;
        Ok(Some(format!("(k{n}.until IS NULL OR {sql} <= k{n}.until)")))
    }

    /// The SQL of a measure over the rows that satisfy `counts`.
    pub fn measure(
        &mut self,
        build: &mut Build<'_>,
        probes: &[&Probe],
        days: &Days,
        (measure, counts): (&Measure, &[String]),
    ) -> Result<String, Unknown> {
        let mut conditions = counts.to_vec();
        for (column, value) in &measure.only {
            conditions.push(build.equals(column, value)?);
        }
        let dialect = build.dialect();
        match &measure.of {
            Of::Rows => Ok(conditions_of(&conditions).map_or("COUNT(*)".into(), |all| dialect.count_if(&all))),
            Of::Distinct(column) => {
                build.type_of(column)?;
                let sql = build.counted(column)?;
                Ok(dialect.distinct_if(conditions_of(&conditions).as_deref(), &sql))
            }
            Of::Newest(column) => {
                let of = instants_of(build, column)?;
                conditions.extend(self.capped(build, probes, days, (column, of))?);
                let sql = build.counted(&column.column)?;
                Ok(dialect.micros(&dialect.max_if(conditions_of(&conditions).as_deref(), &sql)))
            }
        }
    }
}

/// All of some conditions; `None` for none.
pub(super) fn conditions_of(conditions: &[String]) -> Option<String> {
    (!conditions.is_empty()).then(|| conditions.join(" AND "))
}
