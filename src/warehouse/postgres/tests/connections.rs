//! Connections: logins, certificates, what is said of a server that cannot be reached, and what is kept open.

use super::*;
use crate::domain::verdict::UnknownReason::{ProbeFailed, SchemaMismatch, Unauthorized};

#[tokio::test]
async fn the_session_only_reads_and_has_settings_of_its_own() {
    let place = Place::new("session");
    place.sql("CREATE TABLE t(d date); CREATE FUNCTION public.w() RETURNS int LANGUAGE sql AS 'INSERT INTO public.t VALUES (NULL) RETURNING 1'");
    let settings = "SELECT concat_ws(' ', current_setting('transaction_read_only'), current_setting('transaction_isolation'), \
                    current_setting('TimeZone'), current_setting('application_name'), current_setting('search_path'), \
                    (SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()))";
    let (_, kept) = place.run(&[statement(settings, vec![], &[Answered::Text])]).await.unwrap();
    assert_eq!(kept.only(), "on repeatable read UTC gapless \"\" t");
    let Err(Fault::Unknown(why)) = place.run(&[statement("SELECT public.w()::int8", vec![], &[Answered::Int])]).await
    else {
        panic!("it wrote")
    };
    assert!(
        why.reason == ProbeFailed && why.text.contains("gapless only reads") && why.text.contains("25006"),
        "{why:?}"
    );
    assert!(!format!("{:?} {:?}", place.engine, why).contains("canary"));
}

#[tokio::test]
async fn a_wrong_password_is_told_and_the_corrected_file_is_read_again() {
    let place = Place::new("password");
    place.sql("CREATE TABLE t(d date)");
    place.write("password", "canary-wrong");
    let why = place.refused("t").await;
    assert_eq!(why.reason, Unauthorized);
    assert_eq!(
        why.text,
        "table `t`: connection `stats`: its server refuses the login; correct its files `user` and `password` (SQLSTATE 28P01)"
    );
    place.write("password", server::PASSWORD);
    place.mark("t").await;
}

#[tokio::test]
async fn a_certificate_that_cannot_be_verified_is_refused() {
    let place = Place::new("certificates");
    place.write("ca.crt", &std::fs::read_to_string(place.server.folder.join("server.crt")).unwrap());
    let why = place.refused("t").await;
    assert!(why.reason == Unauthorized && why.text.contains("is not signed by one of its file `ca.crt`"), "{why:?}");
    place.write("ca.crt", "canary");
    let why = place.refused("t").await;
    assert!(why.text.ends_with("its file `ca.crt` (6 bytes) has no certificates in PEM"), "{why:?}");
    place.server.connection(&place.connections.path().join("stats"));
    place.write("host", "127.0.0.1");
    let why = place.refused("t").await;
    assert!(
        why.text.contains("certificate is for another name; use a name of the certificate in its file `host`"),
        "{why:?}"
    );
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_told_without_its_address() {
    let place = Place::new("unreachable");
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    place.write("port", &free.to_string());
    let why = place.refused("t").await;
    assert!(why.reason == ProbeFailed && why.text.contains("no server listens"), "{why:?}");
    place.write("host", "canary-host.invalid");
    let why = place.refused("t").await;
    assert!(why.text.contains("cannot be reached"), "{why:?}");
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    place.write("host", server::HOST);
    place.write("port", &silent.local_addr().unwrap().port().to_string());
    let call = within(Duration::from_secs(1));
    let why = place.engine.mark(&call, "t", &date()).await.unwrap_err();
    assert!(
        why.text.contains("did not answer within 0.7 s") || why.text.contains("did not answer within 0.8 s"),
        "{why:?}"
    );
    std::fs::remove_dir_all(place.connections.path().join("stats")).unwrap();
    let why = place.refused("t").await;
    assert!(why.reason == Unauthorized && why.text.contains("it is not a folder of --connections-dir"), "{why:?}");
    let why = Postgres::new("stats/x", &Roots::default()).mark(&call, "t", &date()).await.unwrap_err();
    assert!(why.text.contains("started without a --connections-dir"), "{why:?}");
}

#[tokio::test]
async fn a_database_or_table_that_does_not_exist_or_may_not_be_read_is_told() {
    let place = Place::new("absent");
    let why = place.refused("nba_raw.props").await;
    assert_eq!(why.reason, SchemaMismatch);
    assert_eq!(
        why.text,
        "table `nba_raw.props`: connection `stats`: its database has no table or view `nba_raw.props`; create it, or correct the \
         name of the table, in which capital letters count"
    );
    place.sql("CREATE SCHEMA hidden; CREATE TABLE hidden.t(d date); REVOKE ALL ON hidden.t FROM PUBLIC");
    place.sql(&format!("REVOKE ALL ON SCHEMA hidden FROM {}", server::READER));
    let Err(Fault::Unknown(why)) =
        place.run(&[statement("SELECT count(*) FROM hidden.t", vec![], &[Answered::Int])]).await
    else {
        panic!("it was read")
    };
    assert!(
        why.reason == Unauthorized && why.text.contains("grant it USAGE on the schema and SELECT on the table"),
        "{why:?}"
    );
    let why = engine(place.connections.path(), "nothing").mark(&call(), "t", &date()).await.unwrap_err();
    assert_eq!(why.reason, SchemaMismatch);
    assert!(why.text.contains("no such database") && why.text.contains("spec.postgres.database"), "{why:?}");
}

#[tokio::test]
async fn a_connection_is_used_again_and_a_lost_one_is_replaced() {
    let place = Place::new("again");
    place.sql("CREATE TABLE t(d date)");
    let pid = [statement("SELECT pg_backend_pid()::int8", vec![], &[Answered::Int])];
    let first = place.run(&pid).await.unwrap().1.only().to_owned();
    assert_eq!(place.run(&pid).await.unwrap().1.only(), first);
    place.sql(&format!("SELECT pg_terminate_backend({first})"));
    let second = place.run(&pid).await.unwrap().1.only().to_owned();
    assert_ne!(second, first);
    place.sql(&format!("SELECT pg_terminate_backend({second})"));
    place.mark("t").await;
}

#[tokio::test]
async fn a_server_without_a_free_connection_is_told() {
    let place = Place::new("crowded");
    place.sql(&format!("CREATE TABLE t(d date); ALTER DATABASE {} CONNECTION LIMIT 0", place.database));
    let why = place.refused("t").await;
    assert!(
        why.reason == ProbeFailed && why.text.contains("has no free connection") && why.text.contains("53300"),
        "{why:?}"
    );
}

/// Several reads at once need several connections; when they are over, no more wait than may run at once, and one read takes
/// one of them.
#[tokio::test]
async fn no_more_connections_wait_than_reads_may_run() {
    let place = Place::new("waiting");
    place.sql("CREATE TABLE t(d date)");
    let nap = [statement("SELECT 1::int8 FROM (SELECT pg_sleep(0.3)) AS x", vec![], &[Answered::Int])];
    let call = Call { limits: ReadLimits { concurrent: 2, ..LIMITS }, ..call() };
    let all = futures::future::join_all((0..4).map(|_| place.run_with(&call, &nap))).await;
    assert!(all.iter().all(Result::is_ok));
    let open = || {
        place.sql("SELECT count(*) FROM pg_stat_activity WHERE usename <> 'postgres' AND datname = current_database()")
    };
    let begun = tokio::time::Instant::now();
    while open() != "2" {
        assert!(begun.elapsed() < Duration::from_secs(10), "{} are open", open());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    place.mark("t").await;
    assert_eq!(open(), "2");
}
