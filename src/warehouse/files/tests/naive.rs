//! A second, simple implementation: rows in a list, sets in maps. The kernel must agree exactly.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use jiff::civil::Date;
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;

use super::super::Files;
use super::super::scan::Limits;
use crate::domain::dates::{DateSet, Timestamp, shift};
use crate::domain::probe::*;

/// A row of the random table.
#[derive(Clone, Debug)]
struct Row {
    date: Option<u8>,
    away: Option<u8>,
    home: Option<u8>,
    player: Option<u8>,
    book: u8,
    line: Option<u8>,
    seen: Option<u8>,
}

const TEAMS: [&str; 4] = ["BOS", "NYK", "PHO", "LAL"];
const BOOKS: [&str; 3] = ["draftkings", "fanduel", "betmgm"];

/// From this number on, days are those of [`STRANGE`].
const STRANGE_FROM: u8 = 100;

fn first() -> Date {
    jiff::civil::date(2025, 11, 10)
}

/// Impossible dates: a zero time, the end of all times, one outside every calendar.
const STRANGE: [i32; 4] = [-719_162, 84_006, 2_932_896, i32::MAX];

/// The days since 1970.
fn count(n: u8) -> i32 {
    let strange = usize::from(n).checked_sub(STRANGE_FROM.into()).map(|n| STRANGE[n]);
    strange.unwrap_or_else(|| (first() - jiff::civil::date(1970, 1, 1)).get_days() + i32::from(n))
}

fn day(n: u8) -> Date {
    shift(jiff::civil::date(1970, 1, 1), count(n))
}

fn instant(n: u8) -> Timestamp {
    "2025-11-12T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_mins(i64::from(n) * 7)
}

fn team(n: u8) -> &'static str {
    TEAMS[usize::from(n) % 4]
}

fn any_row() -> impl Strategy<Value = Row> {
    let opt = |n: u8| proptest::option::weighted(0.9, 0..n);
    let date = proptest::option::weighted(0.9, prop_oneof![9 => 0..6u8, 1 => STRANGE_FROM..STRANGE_FROM + 4]);
    (date, opt(4), opt(4), opt(5), 0..3u8, opt(4), opt(9))
        .prop_map(|(date, away, home, player, book, line, seen)| Row { date, away, home, player, book, line, seen })
}

/// How the rows are stored.
#[derive(Clone, Copy, Debug)]
enum Layout {
    Csv,
    Parquet,
    PartitionedCsv,
    PartitionedParquet,
}

fn write(folder: &Path, rows: &[Row], layout: Layout) {
    let partitioned = matches!(layout, Layout::PartitionedCsv | Layout::PartitionedParquet);
    let mut groups: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
    for (n, row) in rows.iter().enumerate() {
        let partition = row.date.map_or("__HIVE_DEFAULT_PARTITION__".to_string(), |d| day(d).to_string());
        let name = if partitioned { format!("day={partition}/part-{}", n % 2) } else { format!("part-{}", n % 3) };
        groups.entry(name).or_default().push(row);
    }
    for (name, rows) in groups {
        let csv = matches!(layout, Layout::Csv | Layout::PartitionedCsv);
        let path = folder.join(format!("{name}.{}", if csv { "csv" } else { "parquet" }));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if csv { write_csv(&path, &rows, partitioned) } else { write_parquet(&path, &rows, partitioned) }
    }
}

fn write_csv(path: &Path, rows: &[&Row], partitioned: bool) {
    let mut text = String::from(if partitioned {
        "away,home,player,book,line,seen\n"
    } else {
        "day,away,home,player,book,line,seen\n"
    });
    for r in rows {
        if !partitioned {
            text += &r.date.map_or(String::new(), |d| day(d).to_string());
            text.push(',');
        }
        let name = |t: Option<u8>| t.map_or("", team);
        let player = r.player.map_or(String::new(), |p| format!("p{p}"));
        let line = r.line.map_or(String::new(), |l| format!("{}.5", l));
        let seen = r.seen.map_or(String::new(), |s| instant(s).to_string());
        text += &format!("{},{},{player},{},{line},{seen}\n", name(r.away), name(r.home), BOOKS[usize::from(r.book)]);
    }
    fs::write(path, text).unwrap();
}

fn write_parquet(path: &Path, rows: &[&Row], partitioned: bool) {
    let days: Date32Array = rows.iter().map(|r| r.date.map(count)).collect();
    let text = |f: &dyn Fn(&Row) -> Option<String>| -> ArrayRef {
        Arc::new(rows.iter().map(|r| f(r)).collect::<StringArray>())
    };
    let lines: Float64Array = rows.iter().map(|r| r.line.map(|l| f64::from(l) + 0.5)).collect();
    let seen: TimestampMicrosecondArray = rows.iter().map(|r| r.seen.map(|s| instant(s).as_microsecond())).collect();
    let mut columns: Vec<(&str, ArrayRef, bool)> = vec![
        ("away", text(&|r| r.away.map(|t| team(t).into())), true),
        ("home", text(&|r| r.home.map(|t| team(t).into())), true),
        ("player", text(&|r| r.player.map(|p| format!("p{p}"))), true),
        ("book", text(&|r| Some(BOOKS[usize::from(r.book)].into())), true),
        ("line", Arc::new(lines), true),
        ("seen", Arc::new(seen.with_timezone("UTC")), true),
    ];
    if !partitioned {
        columns.push(("day", Arc::new(days), true));
    }
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let properties =
        parquet::file::properties::WriterProperties::builder().set_max_row_group_row_count(Some(7)).build();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

fn filter(column: &str, test: Test) -> Filter {
    Filter { column: column.into(), test }
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let book = |n: u8| Value::Text(BOOKS[usize::from(n)].into());
    prop_oneof![
        (0..3u8).prop_map(move |n| filter("book", Test::Equals(book(n)))),
        (0..3u8).prop_map(move |n| filter("book", Test::NotIn(vec![book(n)]))),
        (0..4u8).prop_map(|n| filter("line", Test::AtLeast(Value::Text(format!("{n}.5"))))),
        (0..4u8).prop_map(|n| filter("line", Test::LessThan(Value::Int(n.into())))),
        any::<bool>().prop_map(|b| filter("player", Test::IsNull(b))),
        (0..5u8).prop_map(|n| filter("player", Test::StartsWith(vec![format!("p{n}"), "x".into()]))),
    ]
}

fn any_question() -> impl Strategy<Value = Question> {
    let unit = prop_oneof![
        Just(UnitForm::Whole),
        any::<bool>()
            .prop_map(|any_order| UnitForm::Columns { columns: vec!["away".into(), "home".into()], any_order }),
        Just(UnitForm::Columns { columns: vec!["home".into()], any_order: false }),
    ];
    let filters = proptest::collection::vec(any_filter(), 0..2);
    let shares = proptest::collection::vec(proptest::collection::vec(any_filter(), 1..2), 0..2);
    (unit, filters, shares, any::<bool>(), 0..3usize).prop_map(|(unit, filters, shares, before, keys)| Question {
        date: DateColumn::new("day", DateReading::Plain),
        filters,
        unit,
        aliases: Arc::new([("PHO".to_string(), "PHX".to_string())].into()),
        before: before.then(|| "seen".into()),
        needed: Vec::new(),
        measures: vec![
            Measure { of: Of::Rows, only: vec![] },
            Measure { of: Of::Distinct("player".into()), only: vec![("book".into(), Value::Text("fanduel".into()))] },
            Measure { of: Of::Distinct("line".into()), only: vec![] },
            Measure { of: Of::Newest("seen".into()), only: vec![] },
        ],
        unique: [
            vec![],
            vec!["player".into(), "book".into()],
            ["away", "home", "player", "book", "line", "seen"].map(String::from).to_vec(),
        ][keys]
            .clone(),
        shares,
    })
}

fn satisfies(row: &Row, filter: &Filter) -> bool {
    let text: Option<String> = match filter.column.as_str() {
        "book" => Some(BOOKS[usize::from(row.book)].into()),
        "player" => row.player.map(|p| format!("p{p}")),
        _ => row.line.map(|l| format!("{l}.5")),
    };
    let number = |v: &Value| match v {
        Value::Int(n) => *n as f64,
        Value::Text(t) => t.parse().unwrap(),
    };
    let is = |v: &Value| matches!(v, Value::Text(t) if Some(t) == text.as_ref());
    match (&filter.test, &text) {
        (Test::IsNull(wanted), _) => text.is_none() == *wanted,
        (_, None) => false,
        (Test::Equals(v), _) => is(v),
        (Test::NotIn(vs), _) => !vs.iter().any(is),
        (Test::AtLeast(v), Some(t)) => t.parse::<f64>().unwrap() >= number(v),
        (Test::LessThan(v), Some(t)) => t.parse::<f64>().unwrap() < number(v),
        (Test::StartsWith(heads), Some(t)) => heads.iter().any(|h| t.starts_with(h)),
        _ => unreachable!("not generated"),
    }
}

fn unit_of(row: &Row, form: &UnitForm) -> Option<UnitKey> {
    let name = |t: Option<u8>| t.map(|t| if team(t) == "PHO" { "PHX" } else { team(t) });
    match form {
        UnitForm::Whole => Some(WHOLE_DATE.into()),
        UnitForm::Columns { columns, .. } if columns.len() == 1 => unit_key([name(row.home)?]),
        UnitForm::Columns { any_order, .. } => {
            let mut values = [name(row.away)?, name(row.home)?];
            if *any_order {
                values.sort_unstable();
            }
            unit_key(values)
        }
        UnitForm::Split { .. } => None,
    }
}

fn naive(rows: &[Row], probe: &Probe) -> Reading {
    let q = &probe.question;
    let kept: Vec<&Row> = rows.iter().filter(|r| q.filters.iter().all(|f| satisfies(r, f))).collect();
    let mut reading = Reading::default();
    for date in probe.dates.iter() {
        let rows: Vec<&&Row> = kept.iter().filter(|r| r.date.map(day) == Some(date)).collect();
        let mut facts = DateFacts { rows: rows.len() as u64, ..DateFacts::default() };
        facts.shares = q
            .shares
            .iter()
            .map(|fs| rows.iter().filter(|r| fs.iter().all(|f| satisfies(r, f))).count() as u64)
            .collect();
        if !q.unique.is_empty() {
            let key = |r: &Row| {
                format!(
                    "{:?}",
                    q.unique
                        .iter()
                        .map(|c| match c.as_str() {
                            "away" => format!("{:?}", r.away.map(team)),
                            "home" => format!("{:?}", r.home.map(team)),
                            "player" => format!("{:?}", r.player),
                            "book" => format!("{:?}", r.book),
                            "line" => format!("{:?}", r.line),
                            _ => format!("{:?}", r.seen),
                        })
                        .collect::<Vec<_>>()
                )
            };
            facts.surplus = facts.rows - rows.iter().map(|r| key(r)).collect::<BTreeSet<_>>().len() as u64;
        }
        let mut units: BTreeMap<UnitKey, Vec<&Row>> = BTreeMap::new();
        for row in rows {
            match unit_of(row, &q.unit) {
                Some(unit) => units.entry(unit).or_default().push(row),
                None => facts.blank += 1,
            }
        }
        let mut all = Vec::new();
        for (unit, rows) in units {
            let start = probe.starts.get(&date).and_then(|u| u.get(&unit)).copied();
            let counts =
                |r: &&&Row| q.before.is_none() || r.seen.map(instant).zip(start).is_some_and(|(at, start)| at < start);
            let rows_before: Vec<&&Row> = rows.iter().filter(counts).collect();
            let players = rows_before.iter().filter(|r| r.book == 1).filter_map(|r| r.player).collect::<BTreeSet<_>>();
            let lines = rows_before.iter().filter_map(|r| r.line).collect::<BTreeSet<_>>();
            let newest = rows_before.iter().filter_map(|r| r.seen).map(instant);
            let newest = newest.filter(|at| probe.caps.get(&date).is_none_or(|cap| at <= cap)).max();
            let count = |n: usize| Measured::Count(n as u64);
            let measures =
                vec![count(rows_before.len()), count(players.len()), count(lines.len()), Measured::Newest(newest)];
            all.push((unit, UnitFacts { rows: rows.len() as u64, measures: measures.into() }));
        }
        facts.units = all.into_iter().collect();
        reading.dates.insert(date, Ok(facts));
    }
    reading
}

/// Rows that count for no date, in any part.
fn undated(rows: &[Row], question: &Question) -> Undated {
    let dates = rows.iter().filter(|r| question.filters.iter().all(|f| satisfies(r, f))).map(|r| r.date);
    let (nulls, strange): (Vec<_>, Vec<_>) =
        dates.filter(|d| d.is_none_or(|d| d >= STRANGE_FROM)).partition(Option::is_none);
    Undated { nulls: nulls.len() as u64, out_of_range: strange.len() as u64 }
}

fn probe(question: Question, dates: &[u8], cap: Option<u8>) -> Probe {
    let dates: DateSet = dates.iter().map(|n| day(*n)).collect();
    let units = TEAMS.iter().flat_map(|a| TEAMS.iter().map(move |b| unit_key([*a, *b]).unwrap()));
    let units: Vec<UnitKey> =
        units.chain([WHOLE_DATE.into(), "BOS".into(), "PHX".into(), "PHX@BOS".into(), "BOS@PHX".into()]).collect();
    let starts =
        dates.iter().map(|d| (d, units.iter().enumerate().map(|(n, u)| (u.clone(), instant(n as u8 % 9))).collect()));
    let caps = cap.into_iter().flat_map(|c| dates.iter().map(move |d| (d, instant(c)))).collect();
    Probe { question: Arc::new(question), starts: starts.collect(), caps, dates }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(120))]

    #[test]
    fn the_kernel_agrees_with_the_naive_reading(
        rows in proptest::collection::vec(any_row(), 0..60),
        layout in prop_oneof![Just(Layout::Csv), Just(Layout::Parquet), Just(Layout::PartitionedCsv), Just(Layout::PartitionedParquet)],
        first in any_question(),
        second in any_question(),
        cap in proptest::option::of(0..9u8),
        cramped in any::<bool>(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("raw/props")).unwrap();
        write(&folder.path().join("raw/props"), &rows, layout);
        let probes = [probe(first, &[0, 1, 2, 3], cap), probe(second, &[2, 3, 5], None)];
        let mut files = Files::new(folder.path().into());
        if cramped {
            // Four bits of a key make most rows suspects, and few rows fit: every way of comparing keys is used.
            files.limits = Limits { open_rows: 8, suspect_rows: 5, key_mask: 0xf };
        }
        let answer = files.probe("raw.props", None, &probes, instant(0)).unwrap();
        for (probe, reading) in probes.iter().zip(answer.readings) {
            let (reading, expected) = (reading.unwrap(), naive(&rows, probe));
            // A read for few dates skips row groups, with their undated rows.
            let counted = undated(&rows, &probe.question);
            prop_assert_eq!(Undated::sum(reading.undated.values()).widest(counted), counted);
            for (date, facts) in expected.dates {
                let own = DateFacts { instead: None, ..reading.dates[&date].clone().unwrap() };
                prop_assert_eq!(own, facts.unwrap(), "on {}", date);
            }
        }
    }

    #[test]
    fn a_read_of_all_dates_counts_every_row_that_no_date_has(
        rows in proptest::collection::vec(any_row(), 0..60),
        layout in prop_oneof![Just(Layout::Csv), Just(Layout::Parquet), Just(Layout::PartitionedCsv), Just(Layout::PartitionedParquet)],
        question in any_question(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("raw/props")).unwrap();
        write(&folder.path().join("raw/props"), &rows, layout);
        let probes = [probe(question, &[0, 1, 2, 3, 4, 5], None)];
        let answer = Files::new(folder.path().into()).probe("raw.props", None, &probes, instant(0)).unwrap();
        let counted = Undated::sum(answer.readings[0].as_ref().unwrap().undated.values());
        prop_assert_eq!(counted, undated(&rows, &probes[0].question));
        let parts = answer.mark.parts.iter().map(|p| p.hash).collect::<BTreeSet<_>>();
        prop_assert!(answer.readings[0].as_ref().unwrap().undated.keys().all(|part| parts.contains(part)));
    }

    #[test]
    fn no_damage_makes_it_panic(
        rows in proptest::collection::vec(any_row(), 1..30),
        parquet in any::<bool>(),
        at in 0..4000usize,
        byte in any::<u8>(),
        cut in proptest::option::of(0..4000usize),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("t");
        fs::create_dir_all(&table).unwrap();
        write(&table, &rows, if parquet { Layout::Parquet } else { Layout::Csv });
        for part in fs::read_dir(&table).unwrap().flatten() {
            let mut bytes = fs::read(part.path()).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(cut.unwrap_or(usize::MAX));
            fs::write(part.path(), bytes).unwrap();
        }
        let mut question = probe_question();
        question.before = None;
        let _ = Files::new(folder.path().into()).probe("t", None, &[probe(question, &[0, 1, 2], None)], instant(0));
    }
}

fn probe_question() -> Question {
    Question {
        date: DateColumn::new("day", DateReading::Plain),
        filters: vec![],
        unit: UnitForm::Columns { columns: vec!["away".into(), "home".into()], any_order: false },
        aliases: Arc::default(),
        before: None,
        needed: Vec::new(),
        measures: vec![Measure { of: Of::Distinct("player".into()), only: vec![] }],
        unique: vec!["player".into()],
        shares: vec![],
    }
}
