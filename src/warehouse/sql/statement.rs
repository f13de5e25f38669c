//! One statement for some questions: for each date and unit its rows, measures and shares; for each date the rows that repeat
//! a key; and, where any part can hold any date, the rows that have no possible date.

use super::bound::{Answered, Statement};
use super::build::{Build, Source};
use super::dating;
use super::days::{Astray, Days};
use super::measures::{Joins, conditions_of};
use super::schema::Type;
use super::units::Units;
use crate::domain::dates::DateSet;
use crate::domain::probe::{Of, Probe};
use crate::domain::verdict::Unknown;

/// More rows than this are not read: the dates are read in halves, or `spec.unit` is wrong.
pub(super) const MAX_ROWS: usize = 200_000;

/// A statement, and how its rows are read.
pub(super) struct Plan {
    pub statement: Statement,
    pub days: Days,
    /// Columns that name the unit.
    pub units: usize,
    /// For each probe, the index of its first column.
    pub at: Vec<usize>,
    /// The types of the instants that each measure of each probe answers; `None` for counts.
    pub instants: Vec<Vec<Option<Type>>>,
    pub astray: Astray,
    /// The type of the date column.
    pub dated_by: Type,
}

/// Plans one statement for probes that share date, unit, aliases and `before`. There is at least one.
pub(super) fn plan(source: Source<'_>, probes: &[&Probe], astray: Astray) -> Result<Plan, Unknown> {
    let question = &*probes[0].question;
    for probe in probes {
        let filtered = probe.question.filters.iter().map(|filter| filter.column.as_str());
        source.schema.allows(filtered.chain([question.date.column.as_str()]))?;
    }
    let build = &mut Build::new(source);
    let mut dates = DateSet::new();
    probes.iter().for_each(|probe| dates.extend(&probe.dates));
    let days = dating::days(build, &question.date, &dates, astray)?;
    let units = Units::new(build, question)?;
    let wanted =
        probes.iter().map(|probe| build.all_of_table(&probe.question.filters)).collect::<Result<Vec<_>, _>>()?;
    let counted = Counted::new(build, probes, (&days, units.values.len()))?;
    let rows = rows(build, (&days, &units), &wanted)?;
    let others = days.other.is_some();
    let text = format!("WITH r AS (\n{rows}\n)\n{}\nLIMIT {}", counted.sql(build, probes, others), MAX_ROWS + 1);
    let columns = [Answered::Int, Answered::Int]
        .into_iter()
        .chain(units.values.iter().map(|_| Answered::Text))
        .chain((0..counted.width()).map(|_| Answered::Int))
        .chain(others.then_some(Answered::Text))
        .collect();
    let bound = std::mem::take(&mut build.bound);
    let statement = Statement { text, bound, columns, dates: days.ranges.clone() };
    let instants = instants(source, probes)?;
    let dated_by = source.schema.comparable(&question.date.column)?.of;
    Ok(Plan { statement, units: units.values.len(), at: counted.at, instants, astray, dated_by, days })
}

fn instants(source: Source<'_>, probes: &[&Probe]) -> Result<Vec<Vec<Option<Type>>>, Unknown> {
    let of = |of: &Of| match of {
        Of::Newest(column) => Ok(Some(source.schema.comparable(&column.column)?.of)),
        Of::Rows | Of::Distinct(_) => Ok(None),
    };
    probes.iter().map(|probe| probe.question.measures.iter().map(|measure| of(&measure.of)).collect()).collect()
}

/// The rows that some question counts. Where there are several questions, `q0`, `q1`, … say for which.
fn rows(build: &Build<'_>, (days, units): (&Days, &Units), wanted: &[Option<String>]) -> Result<String, Unknown> {
    let mut select = vec![format!("{} AS d", days.sql)];
    select.extend(units.values.iter().enumerate().map(|(n, value)| format!("{value} AS u{n}")));
    select.extend(build.selected()?);
    select.extend(days.other.iter().map(|other| format!("{other} AS w")));
    let all = |filters: &Option<String>| filters.clone().unwrap_or_else(|| "TRUE".into());
    let mut filter = String::new();
    if let [one] = wanted {
        filter.extend(one.iter().map(|one| format!(" AND ({one})")));
    } else {
        select.extend(wanted.iter().enumerate().map(|(n, own)| format!("({}) IS TRUE AS q{n}", all(own))));
        if wanted.iter().all(Option::is_some) {
            let each: Vec<String> = wanted.iter().map(|own| format!("({})", all(own))).collect();
            filter = format!(" AND ({})", each.join(" OR "));
        }
    }
    Ok(format!(
        "  SELECT {}\n  FROM {} AS t{}{}\n  WHERE {}{filter}",
        select.join(",\n    "),
        build.dialect().table(build.source.table),
        units.join,
        days.join,
        days.within,
    ))
}

/// What is counted of the rows.
struct Counted {
    /// The figures of each probe: rows, measures, shares.
    figures: Vec<Vec<String>>,
    joins: Joins,
    /// The columns of the key of each probe.
    keys: Vec<Vec<String>>,
    units: usize,
    at: Vec<usize>,
}

impl Counted {
    fn new(build: &mut Build<'_>, probes: &[&Probe], (days, units): (&Days, usize)) -> Result<Self, Unknown> {
        let mut joins = Joins::default();
        let before = probes[0].question.before.as_ref();
        let before = before.map(|column| joins.before(build, probes, days, units, column)).transpose()?;
        let (mut figures, mut keys, mut at) = (Vec::new(), Vec::new(), Vec::new());
        let mut width = 2 + units;
        for (n, probe) in probes.iter().enumerate() {
            let question = &probe.question;
            let own: Vec<String> = (probes.len() > 1).then(|| format!("r.q{n}")).into_iter().collect();
            let mut counts = own.clone();
            counts.extend(before.clone());
            for column in &question.needed {
                counts.push(format!("{} IS NOT NULL", build.counted(column)?));
            }
            let rows = conditions_of(&own).map_or("COUNT(*)".into(), |own| build.dialect().count_if(&own));
            let mut all = vec![rows];
            for measure in &question.measures {
                all.push(joins.measure(build, probes, days, (measure, &counts))?);
            }
            for share in &question.shares {
                let conditions: Vec<String> = own.iter().cloned().chain(build.all_of_counted(share)?).collect();
                all.push(conditions_of(&conditions).map_or("COUNT(*)".into(), |all| build.dialect().count_if(&all)));
            }
            let key = |column: &String| {
                build.type_of(column)?;
                build.counted(column)
            };
            keys.push(question.unique.iter().map(key).collect::<Result<Vec<_>, _>>()?);
            at.push(width);
            width += all.len();
            figures.push(all);
        }
        Ok(Self { figures, joins, keys, units, at })
    }

    fn width(&self) -> usize {
        self.figures.iter().map(Vec::len).sum()
    }

    /// The counts by date and unit; then for each key the rows beyond the first, by date; then the written dates that are not
    /// asked for, each with its rows.
    fn sql(&self, build: &Build<'_>, probes: &[&Probe], others: bool) -> String {
        let units: Vec<String> = (0..self.units).map(|n| format!(", r.u{n}")).collect();
        let units = units.concat();
        let names = self.figures.iter().enumerate().flat_map(|(n, own)| {
            own.iter().enumerate().map(move |(k, figure)| format!(",\n  {figure} AS f{n}_{k}"))
        });
        let whole = |n: i64| build.dialect().whole(&n.to_string());
        let own = |n: usize| if probes.len() > 1 { format!("r.q{n}") } else { "TRUE".into() };
        let last = if others { ", NULL" } else { "" };
        let mut sql = format!(
            "SELECT {} AS part, r.d AS d{units}{}{}\nFROM r{}\nGROUP BY r.d{units}",
            whole(0),
            names.collect::<String>(),
            if others { ", NULL AS w" } else { "" },
            self.joins.sql
        );
        for (n, key) in (0..).zip(&self.keys).filter(|(_, key)| !key.is_empty()) {
            let before = self.at[n] - 2;
            let after = self.width() + self.units - before - 1;
            let key = key.join(", ");
            sql.push_str(&format!(
                "\nUNION ALL\nSELECT {}, x.d{}, {}{}{last}\nFROM (SELECT r.d, COUNT(*) AS n FROM r WHERE {} GROUP BY r.d, {key} HAVING \
                 COUNT(*) > 1) AS x\nGROUP BY x.d",
                whole(n as i64 + 1),
                ", NULL".repeat(before),
                build.dialect().whole("SUM(x.n - 1)"),
                ", NULL".repeat(after),
                own(n),
            ));
        }
        for n in (0..probes.len()).filter(|_| others) {
            sql.push_str(&format!(
                "\nUNION ALL\nSELECT {}, COUNT(*){}, r.w\nFROM r\nWHERE r.w IS NOT NULL AND {}\nGROUP BY r.w",
                whole(-1 - n as i64),
                ", NULL".repeat(self.units + self.width()),
                own(n),
            ));
        }
        sql
    }
}
