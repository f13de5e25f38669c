//! Marks: what moves them, what does not, and what they are blind for.

use super::*;
use crate::domain::dates::Date;
use crate::domain::mark::{Blind, Holds};

impl Place {
    /// Whether a change moves the mark.
    async fn moves(&self, change: &str) -> bool {
        let before = self.mark("t").await.whole();
        self.sql(change);
        self.mark("t").await.whole() != before
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[tokio::test]
async fn every_change_of_a_table_moves_its_mark_and_a_look_does_not() {
    let place = Place::new("changes");
    place.sql("CREATE TABLE t(d date, n int); CREATE TABLE other(d date)");
    let mark = place.mark("t").await;
    assert_eq!((mark.parts.len(), mark.parts[0].holds, mark.blind), (1, Holds::Any, Blind::Recent));
    assert_eq!((mark.lag, mark.modified), (Span::seconds(60), None));
    assert!(!place.moves("SELECT * FROM t").await);
    assert!(!place.moves("INSERT INTO other VALUES ('2025-11-14')").await);
    assert!(!place.moves("VACUUM ANALYZE t").await);
    for change in [
        "INSERT INTO t VALUES ('2025-11-14', 1)",
        "UPDATE t SET n = 2",
        "DELETE FROM t",
        "TRUNCATE t",
        "BEGIN; CREATE TABLE u(d date, n int); ALTER TABLE t RENAME TO old; ALTER TABLE u RENAME TO t; COMMIT",
        "ALTER TABLE t ALTER n TYPE int8",
        "ALTER TABLE t ADD more int",
        "SELECT pg_stat_reset()",
    ] {
        assert!(place.moves(change).await, "{change}");
    }
}

#[tokio::test]
async fn a_table_has_one_name_however_it_is_written_and_one_on_its_server() {
    let place = Place::new("names");
    place.sql("CREATE TABLE t(d date)");
    let names = place.mark("t").await.names;
    assert_eq!(names, place.mark("public.t").await.names);
    assert_eq!((&*names[0].place, &*names[0].name), ("postgres:stats/names", "public.t"));
    assert!(names[1].place.starts_with("postgres-server:"));
    place.server.connection(&place.connections.path().join("again"));
    let roots = Roots { connections: Some(Arc::from(place.connections.path())), ..Roots::default() };
    let other = Postgres::new("again/names", &roots).mark(&call(), "t", &date()).await.unwrap().names;
    assert!(other[0] != names[0] && other[1] == names[1], "{other:?}");
}

#[tokio::test]
async fn partitions_are_parts_that_hold_their_dates() {
    let place = Place::new("partitions");
    place.sql(
        "CREATE TABLE t(d date, n int) PARTITION BY RANGE (d);
         CREATE TABLE t_10 PARTITION OF t FOR VALUES FROM ('2025-10-01') TO ('2025-11-01');
         CREATE TABLE t_11 PARTITION OF t FOR VALUES FROM ('2025-11-01') TO ('2025-12-01') PARTITION BY LIST (n);
         CREATE TABLE t_11_1 PARTITION OF t_11 FOR VALUES IN (1);
         CREATE TABLE t_11_2 PARTITION OF t_11 DEFAULT",
    );
    let mark = place.mark("t").await;
    let held: Vec<Holds> = mark.parts.iter().map(|part| part.holds).collect();
    let november = Holds::Dates(range("2025-11-01", "2025-11-30"));
    assert_eq!(held, [Holds::Dates(range("2025-10-01", "2025-10-31")), november, november]);
    place.sql("INSERT INTO t VALUES ('2025-11-14', 7)");
    let (before, after) = (mark.dates(), place.mark("t").await.dates());
    assert_eq!(before.of(day("2025-10-14")), after.of(day("2025-10-14")));
    assert_ne!(before.of(day("2025-11-14")), after.of(day("2025-11-14")));
    place.sql("CREATE TABLE t_rest PARTITION OF t DEFAULT");
    assert_eq!(place.mark("t").await.parts.last().unwrap().holds, Holds::Any);
    let other = place.engine.mark(&call(), "t", &DateColumn::new("n", DateReading::Plain)).await.unwrap();
    assert!(other.parts.iter().all(|part| part.holds == Holds::Any), "the question dates rows by another column");
    assert_eq!(other.blind, Blind::Recent);
}

#[tokio::test]
async fn a_partition_of_null_holds_no_date_and_children_without_bounds_hold_any() {
    let place = Place::new("nulls");
    place.sql(
        "CREATE TABLE t(d date) PARTITION BY LIST (d); CREATE TABLE t_a PARTITION OF t FOR VALUES IN ('2025-11-14');
         CREATE TABLE t_0 PARTITION OF t FOR VALUES IN (NULL); CREATE TABLE up(d date); CREATE TABLE down() INHERITS (up)",
    );
    let held: Vec<Holds> = place.mark("t").await.parts.iter().map(|part| part.holds).collect();
    assert_eq!(held, [Holds::Dates(range("2025-11-14", "2025-11-14")), Holds::Nothing]);
    let before = place.mark("up").await;
    assert_eq!(before.parts.len(), 2);
    place.sql("INSERT INTO down VALUES ('2025-11-14')");
    assert_ne!(before.whole(), place.mark("up").await.whole());
}

#[tokio::test]
async fn a_table_whose_rows_come_without_a_trace_is_blind() {
    let place = Place::new("blind");
    place.sql(
        "CREATE TABLE t(d date); CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw;
         CREATE FOREIGN TABLE f(d date) SERVER files OPTIONS (filename '/dev/null');
         CREATE TABLE p(d date) PARTITION BY LIST (d); CREATE FOREIGN TABLE p_f PARTITION OF p DEFAULT SERVER files OPTIONS (filename '/dev/null');
         CREATE TABLE secured(d date); ALTER TABLE secured ENABLE ROW LEVEL SECURITY",
    );
    for (table, blind) in [("t", Blind::Recent), ("f", Blind::All), ("p", Blind::All), ("secured", Blind::All)] {
        assert_eq!(place.mark(table).await.blind, blind, "{table}");
    }
    place.sql("ALTER DATABASE blind SET track_counts = off");
    assert_eq!(place.mark("t").await.blind, Blind::All);
}

#[tokio::test]
async fn a_standby_is_blind_and_has_the_tables_of_its_server() {
    let place = Place::new("standby");
    place.sql("CREATE TABLE t(d date); INSERT INTO t VALUES ('2025-11-14')");
    let standby = place.server.standby();
    let connections = tempfile::tempdir().unwrap();
    standby.connection(&connections.path().join("stats"));
    let mark = engine(connections.path(), "standby").mark(&call(), "t", &date()).await.unwrap();
    assert_eq!(mark.blind, Blind::All, "its counters do not move while rows arrive");
    let own = place.mark("t").await;
    assert_eq!(mark.names[1], own.names[1], "it has the same tables");
    assert_ne!(mark.whole(), own.whole(), "it was started at another time");
}
