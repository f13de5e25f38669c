//! The statements that each kind of question becomes, per dialect, kept as files: a change of one is seen in review.
//! `UPDATE=1` rewrites them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Mutex;

use jiff::tz::TimeZone;

use super::*;
use crate::domain::mark::{Holds, PartMark, TableMark};
use crate::warehouse::sql::bound::Statement;
use crate::warehouse::sql::dialect::Dialect;
use crate::warehouse::sql::schema::{Column, Schema};
use crate::warehouse::sql::server::{Fault, Rows, Server};
use crate::warehouse::sql::tables::Sql;

/// A server that keeps what it is asked and answers nothing.
struct Recorder {
    dialect: Box<dyn Dialect>,
    shares: bool,
    asked: Arc<Mutex<Vec<String>>>,
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

const COLUMNS: [(&str, Type); 12] = [
    ("game_date", Type::Date),
    ("written", Type::Text),
    ("snapshot_timestamp", Type::Instant),
    ("local_time", Type::Local),
    ("game_id", Type::Text),
    ("away_team", Type::Text),
    ("home_team", Type::Text),
    ("player_lookup", Type::Text),
    ("bookmaker", Type::Text),
    ("points_line", Type::Float),
    ("price", Type::Decimal),
    ("status", Type::Int),
];

impl Server for Recorder {
    fn dialect(&self) -> &dyn Dialect {
        &*self.dialect
    }

    fn shares(&self) -> bool {
        self.shares
    }

    fn advice(&self) -> &'static str {
        ""
    }

    async fn schema(&self, _: &Call, _: &str, _: &BTreeSet<&str>, _: bool) -> Result<Arc<Schema>, Unknown> {
        let column = |(name, of): (&str, Type)| (name.to_string(), Column { of, native: "text".into() });
        Ok(Arc::new(Schema { columns: COLUMNS.map(column).into(), ..Schema::default() }))
    }

    async fn mark(&self, _: &Call, _: &str, _: &DateColumn) -> Result<TableMark, Unknown> {
        Ok(TableMark::default())
    }

    async fn run(&self, _: &Call, _: &str, statements: &[Statement], _: &mut dyn Rows) -> Result<u64, Fault> {
        let mut asked = self.asked.lock().unwrap();
        for Statement { text, bound, .. } in statements {
            let bound: Vec<String> = bound.iter().enumerate().map(|(n, bound)| format!("-- {n}: {bound:?}")).collect();
            asked.push(format!("{text}\n{}\n", bound.join("\n")));
        }
        Ok(0)
    }
}

/// A kind of question, and whether the table is in one part.
type Case = (&'static str, bool, Vec<Probe>);

fn game(change: impl FnOnce(&mut Question)) -> Probe {
    let mut probe = ask(|q| {
        q.date = DateColumn::new("game_date", DateReading::Plain);
        q.unit = UnitForm::Columns { columns: vec!["away_team".into(), "home_team".into()], any_order: false };
        q.aliases = Arc::new(BTreeMap::from([("PHO".into(), "PHX".into())]));
        change(q);
    });
    probe.starts.insert(date("2025-11-14"), BTreeMap::from([("BOS@MIA".into(), at("2025-11-15T00:30:00Z"))]));
    probe
}

fn prop(bookmaker: &str) -> Probe {
    game(|q| {
        q.filters = vec![filter("bookmaker", Test::In(vec![text(bookmaker)]))];
        q.before = Some("snapshot_timestamp".into());
        q.needed = vec!["points_line".into()];
        q.measures =
            vec![measure(Of::Distinct("player_lookup".into())), measure(Of::Newest("snapshot_timestamp".into()))];
        q.unique = vec!["player_lookup".into(), "bookmaker".into(), "points_line".into()];
        q.shares = vec![vec![filter("points_line", Test::Equals(text("20.0")))]];
    })
}

fn cases() -> Vec<Case> {
    let new_york = TimeZone::get("America/New_York").unwrap();
    let instant = DateReading::Instant { zone: new_york.clone(), day_starts: jiff::civil::time(6, 0, 0, 0) };
    let mut capped = game(|q| {
        q.unit = UnitForm::Split { column: "game_id".into(), separator: "_".into(), parts: vec![2, 3] };
        q.measures = vec![measure(Of::Newest("snapshot_timestamp".into()))];
    });
    capped.caps.insert(date("2025-11-14"), at("2025-11-15T00:30:00Z"));
    let every = [
        Test::Equals(Value::Int(3)),
        Test::NotEquals(text("2.5")),
        Test::In(vec![Value::Int(1), text("2.5")]),
        Test::NotIn(vec![Value::Int(1)]),
        Test::IsNull(true),
        Test::LessThan(Value::Int(9)),
        Test::AtLeast(Value::Int(0)),
        Test::StartsWith(vec!["1".into()]),
    ];
    let dated = |column: &str, reading: DateReading| ask(|q| q.date = DateColumn::new(column, reading));
    let scattered =
        |probe: Probe| Probe { dates: ["2025-11-01", "2025-11-14"].map(date).into_iter().collect(), ..probe };
    vec![
        ("prop", true, vec![prop("draftkings")]),
        ("shared", false, vec![prop("draftkings"), prop("fanduel")]),
        ("capped", false, vec![capped]),
        (
            "any-order",
            false,
            vec![game(|q| {
                q.unit = UnitForm::Columns { columns: vec!["away_team".into(), "home_team".into()], any_order: true }
            })],
        ),
        ("whole", true, vec![scattered(ask(|q| q.date = DateColumn::new("game_date", DateReading::Plain)))]),
        ("instant", true, vec![dated("snapshot_timestamp", instant.clone())]),
        ("utc-date", false, vec![dated("snapshot_timestamp", DateReading::Date)]),
        (
            "local",
            false,
            vec![ask(|q| q.date = DateColumn { zone: Some(new_york), ..DateColumn::new("local_time", instant) })],
        ),
        ("written", true, vec![dated("written", DateReading::Plain)]),
        (
            "filters",
            false,
            vec![ask(|q| {
                q.date = DateColumn::new("game_date", DateReading::Plain);
                q.filters = every.into_iter().map(|test| filter("status", test)).collect();
            })],
        ),
    ]
}

fn statements(dialect: Box<dyn Dialect>, shares: bool, (name, flat, probes): &Case) -> String {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let tables = Sql::new(Recorder { dialect, shares, asked: asked.clone() });
    let holds = if *flat {
        Holds::Any
    } else {
        Holds::Dates(crate::domain::dates::DateRange::new(date("2025-10-01"), date("2025-12-31")).unwrap())
    };
    let seen = TableMark { parts: vec![PartMark { holds, hash: 1 }], ..TableMark::default() };
    let answer = RUNTIME.block_on(tables.probe(call(), "nba_raw.props", Arc::new(seen), Arc::new(probes.clone())));
    let failed = answer.unwrap().readings.into_iter().find_map(Result::err);
    assert_eq!(failed.map(|why| why.text), None, "{name}");
    asked.lock().unwrap().join("\n")
}

#[test]
fn statements_are_those_that_are_kept() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/warehouse/contract/golden");
    for case in cases() {
        for (dialect, shares, suffix) in [
            (Box::new(crate::warehouse::bigquery::dialect("project-1")) as Box<dyn Dialect>, true, "bigquery"),
            (Box::new(crate::warehouse::postgres::DIALECT), false, "postgres"),
        ] {
            let file = folder.join(format!("{}.{suffix}.sql", case.0));
            let own = statements(dialect, shares, &case);
            if std::env::var_os("UPDATE").is_some() {
                std::fs::create_dir_all(&folder).unwrap();
                std::fs::write(&file, &own).unwrap();
            }
            let kept = std::fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(own, kept, "{} is not what is sent; UPDATE=1 rewrites it", file.display());
        }
    }
}
