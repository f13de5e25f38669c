//! Reads: types, bound values, the dialect, one snapshot, bytes.

use super::*;
use crate::warehouse::sql::bound::Scalar;
use crate::warehouse::sql::schema::{Column, Type};

const TYPES: &str = "CREATE TYPE side AS ENUM ('over', 'under'); CREATE DOMAIN team AS varchar(3); CREATE DOMAIN squad AS team;
  CREATE EXTENSION citext;
  CREATE TABLE t(d date, b bool, s int2, i int4, l int8, r real, f float8, n numeric(8,3), x text, v varchar(9), c char(5), u uuid,
    e side, g squad, ci citext, at timestamptz, lo timestamp, j jsonb, y bytea, a text[], tm time)";

#[tokio::test]
async fn columns_have_the_type_below_their_domain() {
    let place = Place::new("types");
    place.sql(TYPES);
    let schema = place.engine.schema(&call(), "t", &columns(), false).await.unwrap();
    let of = |name: &str| schema.columns[name].of;
    for (names, wanted) in [
        (&["d"] as &[&str], Type::Date),
        (&["b"], Type::Bool),
        (&["s", "i", "l"], Type::Int),
        (&["r"], Type::Float32),
        (&["f"], Type::Float),
        (&["n"], Type::Decimal),
        (&["x", "v", "c", "u", "e", "g", "ci"], Type::Text),
        (&["at"], Type::Instant),
        (&["lo"], Type::Local),
        (&["j", "y", "a", "tm"], Type::Other),
    ] {
        assert!(names.iter().all(|name| of(name) == wanted), "{names:?}: {wanted:?}");
    }
    assert_eq!(schema.columns["n"].native, "numeric(8,3)");
    assert_eq!(schema.names.len(), 21);
}

#[tokio::test]
async fn changed_columns_are_asked_for_again() {
    let place = Place::new("retyped");
    place.sql("CREATE TABLE t(d date, n int)");
    let of = async |fresh| place.engine.schema(&call(), "t", &columns(), fresh).await.unwrap().columns["n"].of;
    place.mark("t").await;
    assert_eq!(of(false).await, Type::Int);
    place.sql("ALTER TABLE t ALTER n TYPE text");
    assert_eq!((of(false).await, of(true).await), (Type::Int, Type::Text), "fresh asks the server");
    place.sql("ALTER TABLE t ALTER n TYPE date USING NULL");
    place.mark("t").await;
    assert_eq!(of(false).await, Type::Date, "a look shows that the columns are others");
    let Err(Fault::Changed(why)) = place.run(&[statement("SELECT gone FROM public.t", vec![], &[Answered::Int])]).await
    else {
        panic!("no such column")
    };
    assert!(why.text.contains("42703") && !why.text.contains("gone"), "{why:?}");
    let compared = statement(
        "SELECT 1::int8 FROM public.t WHERE n = $1::int8",
        vec![Bound::One(Scalar::Int(1))],
        &[Answered::Int],
    );
    assert!(matches!(place.run(&[compared]).await, Err(Fault::Changed(_))));
    assert!(matches!(
        place.run(&[statement("SELECT 1::int8 FROM public.u", vec![], &[Answered::Int])]).await,
        Err(Fault::Changed(_))
    ));
}

#[tokio::test]
async fn every_bound_value_arrives_as_it_is() {
    let place = Place::new("bound");
    place.sql("CREATE TABLE t(d date)");
    let dialect = place.engine.dialect();
    let at: Timestamp = "2025-11-14T19:00:00.123456Z".parse().unwrap();
    let local = jiff::civil::date(2025, 11, 14).at(19, 0, 0, 0);
    for (value, wanted) in [
        (Scalar::Bool(true), "true"),
        (Scalar::Int(i64::MIN), "-9223372036854775808"),
        (Scalar::Float(0.1), "0.1"),
        (Scalar::Float(1e300), &format!("1{}", "0".repeat(300))),
        (Scalar::Float32(0.1), "0.1"),
        (Scalar::Decimal("-12.50".into()), "-12.5"),
        (Scalar::Text("a'\"\\,{}\u{1f3c0}ö".into()), "a'\"\\,{}\u{1f3c0}ö"),
        (Scalar::Date(jiff::civil::date(2025, 11, 14)), "2025-11-14"),
        (Scalar::Instant(at), &at.as_microsecond().to_string()),
        (Scalar::Local(local), "1763146800000000"),
    ] {
        let one = Bound::One(value.clone());
        let list = Bound::List(value.of(), vec![value.clone(), value.clone()]);
        let (first, second) = (dialect.placeholder(0, &one), dialect.placeholder(1, &list));
        let rows = dialect.rows("b", &[("v", second.clone())]);
        let is_in = dialect.one_of(&first, &second);
        let text = format!(
            "SELECT {}, {} FROM {rows} WHERE {is_in}",
            dialect.text("v", value.of()),
            dialect.text(&first, value.of())
        );
        let (_, kept) =
            place.run(&[statement(&text, vec![one, list], &[Answered::Text, Answered::Text])]).await.unwrap();
        assert_eq!(kept.0, vec![(0, vec![wanted.to_owned(); 2]); 2], "{text}");
    }
    let zero = statement("SELECT $1::text", vec![Bound::One(Scalar::Text("\0".into()))], &[Answered::Text]);
    assert!(place.run(&[zero]).await.unwrap_err().unknown().text.contains("zero byte"));
}

/// The text of one expression over the row that is stored.
async fn shown(place: &Place, sql: &str) -> String {
    let text = format!("SELECT ({sql})::text FROM public.t");
    place.run(&[statement(&text, vec![], &[Answered::Text])]).await.unwrap().1.only().to_owned()
}

#[tokio::test]
async fn values_compare_by_code_point_and_what_is_no_number_is_null() {
    let place = Place::new("values");
    place.sql(TYPES);
    place.sql(
        "INSERT INTO t(d, b, i, r, f, n, x, c, e, g, ci, at, lo) VALUES
         ('infinity', true, 7, 'NaN', 'NaN', 'NaN', 'a', 'BOS', 'under', 'BOS', 'Bos', 'infinity', '-infinity')",
    );
    let schema = place.engine.schema(&call(), "t", &columns(), false).await.unwrap();
    let dialect = place.engine.dialect();
    let value = |name: &str| dialect.value(&format!("t.{}", dialect.name(name)), &schema.columns[name]);
    for (sql, wanted) in [
        (format!("{} < 'B'", value("x")), "false"),
        (format!("{} = 'BOS'", value("c")), "true"),
        (format!("{} = 'bos'", value("ci")), "false"),
        (format!("{} > 'over'", value("e")), "true"),
        (format!("{} = 'BOS'", value("g")), "true"),
        (format!("({} IS NULL AND {} IS NULL AND {} IS NULL)", value("r"), value("f"), value("n")), "true"),
        (dialect.day(&value("d")), "2147483647"),
        (dialect.micros(&value("at")), &Timestamp::MAX.as_microsecond().to_string()),
        (dialect.micros(&value("lo")), &Timestamp::MIN.as_microsecond().to_string()),
        (dialect.micros("timestamptz '20000-01-01'"), &Timestamp::MAX.as_microsecond().to_string()),
        (dialect.micros("timestamptz '2025-11-14 19:00:00.123456+00'"), "1763146800123456"),
        (dialect.text("1.50::numeric", Type::Decimal), "1.5"),
        (dialect.text(&value("i"), Type::Int), "7"),
        (dialect.split("'20260115_ATL_POR'::text", "'_'", 3), "POR"),
        (format!("{} IS NULL", dialect.split("'20260115_ATL'::text", "'_'", 3)), "true"),
        (dialect.starts_with_any("'points_over'::text", "ARRAY['points']"), "true"),
        (
            dialect.bucket("timestamptz '2025-11-14'", "ARRAY[timestamptz '2025-11-13', '2025-11-14', '2025-11-15']"),
            "2",
        ),
    ] {
        assert_eq!(shown(&place, &sql).await, wanted, "{sql}");
    }
    let all = [
        dialect.count_if("i = 7"),
        dialect.distinct_if(None, "i"),
        dialect.distinct_if(Some("i = 8"), "i"),
        dialect.whole(&format!("SUM({})", dialect.max_if(Some("i = 7"), "i")).replace("SUM(MAX(i)", "(MAX(i)")),
    ];
    let text = format!("SELECT {} FROM {}", all.join(", "), dialect.table("t"));
    let (_, kept) = place.run(&[statement(&text, vec![], &[Answered::Int; 4])]).await.unwrap();
    assert_eq!(kept.0[0].1, ["1", "1", "0", "7"]);
    let typed = Column { of: Type::Text, native: "character(5)".into() };
    assert_eq!(dialect.value("t.\"c\"", &typed), "(t.\"c\"::text COLLATE \"C\")");
}

#[tokio::test]
async fn all_statements_of_a_run_see_one_state() {
    struct Writes<'a>(&'a Place, Kept);
    impl Rows for Writes<'_> {
        fn row(&mut self, statement: usize, cells: &[Cell<'_>]) -> Result<(), Fault> {
            self.0.sql("INSERT INTO t VALUES ('2025-11-14')");
            self.1.row(statement, cells)
        }
    }
    let place = Place::new("snapshot");
    place.sql("CREATE TABLE t(d date)");
    let count = statement("SELECT count(*) FROM public.t", vec![], &[Answered::Int]);
    let mut rows = Writes(&place, Kept::default());
    place.engine.run(&call(), "t", &[count.clone(), count], &mut rows).await.unwrap();
    assert_eq!(rows.1.0, [(0, vec!["0".to_owned()]), (1, vec!["0".to_owned()])]);
}

#[tokio::test]
async fn the_bytes_of_the_parts_that_are_read_are_taken_before() {
    let place = Place::new("bytes");
    place.sql(
        "CREATE TABLE t(d date) PARTITION BY RANGE (d);
         CREATE TABLE t_10 PARTITION OF t FOR VALUES FROM ('2025-10-01') TO ('2025-11-01');
         CREATE TABLE t_11 PARTITION OF t FOR VALUES FROM ('2025-11-01') TO ('2025-12-01');
         INSERT INTO t SELECT date '2025-10-01' + n % 61 FROM generate_series(1, 3000) AS n",
    );
    let size = |table: &str| place.sql(&format!("SELECT pg_table_size('{table}')")).parse::<u64>().unwrap();
    let (october, november) = (size("t_10"), size("t_11"));
    let count = statement("SELECT count(*) FROM public.t", vec![], &[Answered::Int]);
    assert_eq!(place.run(std::slice::from_ref(&count)).await.unwrap().0, october + november, "before any look");
    place.mark("t").await;
    let some = Statement { dates: vec![range("2025-11-03", "2025-11-04")], ..count.clone() };
    let limited = Call { budget: Arc::new(Budget::new(november, 3 * november)), ..call() };
    assert_eq!(place.run_with(&limited, std::slice::from_ref(&some)).await.unwrap().0, november);
    let Err(Fault::TooMuch(why)) = place.run_with(&limited, std::slice::from_ref(&count)).await else {
        panic!("too much")
    };
    assert!(why.why.text.contains("limits.maxBytesPerQuery"), "{why:?}");
    let twice = [some.clone(), some.clone()];
    assert_eq!(place.run_with(&limited, &twice).await.unwrap().0, 2 * november);
    let Err(Fault::TooMuch(why)) = place.run_with(&limited, &[some]).await else { panic!("the day has no more") };
    assert!(why.of_day && !why.divisible && why.why.text.contains("left today"), "{why:?}");
}
