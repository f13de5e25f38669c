//! Views: their marks are those of what they read, however deep, or they are blind.

use super::*;
use crate::domain::mark::Blind;

#[tokio::test]
async fn a_view_changes_with_what_it_reads_and_with_its_definition() {
    let place = Place::new("views");
    place.sql(&format!(
        "CREATE SCHEMA hidden; REVOKE ALL ON SCHEMA hidden FROM {};
         CREATE TABLE hidden.base(d date, n int); CREATE TABLE hidden.more(d date) PARTITION BY RANGE (d);
         CREATE TABLE hidden.more_1 PARTITION OF hidden.more DEFAULT; CREATE TABLE hidden.other(d date);
         CREATE VIEW hidden.inner AS SELECT d FROM hidden.base WHERE n IN (SELECT 1 FROM hidden.more) AND date_trunc('day', d) IS NOT NULL;
         CREATE VIEW t AS SELECT d, lower(d::text) AS text FROM hidden.inner",
        server::READER
    ));
    let mut last = place.mark("t").await;
    assert_eq!(last.blind, Blind::Recent);
    for change in [
        "INSERT INTO hidden.base VALUES ('2025-11-14', 1)",
        "INSERT INTO hidden.more VALUES ('2025-11-14')",
        "CREATE OR REPLACE VIEW hidden.inner AS SELECT d FROM hidden.base WHERE n > 1 AND EXISTS (SELECT FROM hidden.more)",
    ] {
        place.sql(change);
        let now = place.mark("t").await;
        assert_ne!(now.whole(), last.whole(), "{change}");
        last = now;
    }
    place.sql("INSERT INTO hidden.other VALUES (NULL)");
    assert_eq!(place.mark("t").await.whole(), last.whole());
}

#[tokio::test]
async fn a_materialized_view_changes_when_it_is_refreshed() {
    let place = Place::new("materialized");
    place.sql("CREATE TABLE base(d date); CREATE MATERIALIZED VIEW t AS SELECT d, now() AS at FROM base");
    let before = place.mark("t").await;
    assert_eq!(before.blind, Blind::Recent, "what it shows is stored");
    place.sql("INSERT INTO base VALUES (NULL)");
    assert_eq!(place.mark("t").await.whole(), before.whole());
    place.sql("REFRESH MATERIALIZED VIEW t");
    assert_ne!(place.mark("t").await.whole(), before.whole());
}

#[tokio::test]
async fn a_view_that_cannot_be_seen_through_is_blind() {
    let place = Place::new("opaque");
    place.sql(
        "CREATE TABLE base(d date); CREATE FUNCTION public.f() RETURNS SETOF base LANGUAGE plpgsql AS 'BEGIN RETURN QUERY SELECT * FROM public.base; END';
         CREATE FUNCTION public.s() RETURNS SETOF base LANGUAGE sql STABLE AS 'SELECT * FROM public.base'; CREATE SEQUENCE q",
    );
    for (name, query) in [
        ("a_function", "SELECT * FROM f()"),
        ("an_inlined_function", "SELECT * FROM s()"),
        ("a_clock", "SELECT d FROM base WHERE d < now()"),
        ("a_date", "SELECT d FROM base WHERE d < CURRENT_DATE"),
        ("a_sample", "SELECT d FROM base TABLESAMPLE system(10)"),
        ("a_sequence", "SELECT NULL::date AS d, last_value FROM q"),
        ("a_catalog", "SELECT NULL::date AS d, relname FROM pg_class"),
        ("a_setting", "SELECT d, current_setting('x.y', true) FROM base"),
        ("chance", "SELECT d, random() FROM base"),
    ] {
        place.sql(&format!("CREATE VIEW {name} AS {query}; CREATE VIEW over_{name} AS SELECT * FROM {name}"));
        for view in [name.to_owned(), format!("over_{name}")] {
            assert_eq!(place.mark(&view).await.blind, Blind::All, "{view}");
        }
    }
    for (name, query) in [
        ("plain", "SELECT d, count(*) FROM base GROUP BY d"),
        ("series", "SELECT d FROM base JOIN generate_series(1, 3) AS n ON true"),
        ("local", "SELECT (d::timestamptz AT TIME ZONE 'America/New_York')::date AS d, to_char(d, 'YYYY') FROM base"),
    ] {
        place.sql(&format!("CREATE VIEW {name} AS {query}"));
        assert_eq!(place.mark(name).await.blind, Blind::Recent, "{name}");
    }
}
