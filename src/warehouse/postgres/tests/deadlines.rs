//! Deadlines, and reads whose caller is gone: nothing is left running on the server.

use super::*;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

const SLEEP: &str = "SELECT 1::int8 FROM (SELECT pg_sleep(40)) AS x";

impl Place {
    fn running(&self) -> String {
        self.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'gapless' AND state = 'active' AND datname = current_database()")
    }

    /// Waits for what the server runs for gapless.
    async fn runs(&self, wanted: &str) {
        let begun = Instant::now();
        while self.running() != wanted {
            assert!(begun.elapsed() < Duration::from_secs(10), "still {}", self.running());
            sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test]
async fn a_read_ends_at_its_deadline_by_the_server_itself() {
    let place = Place::new("deadline");
    place.sql("CREATE TABLE t(d date)");
    let asleep = [statement(SLEEP, vec![], &[Answered::Int])];
    let begun = Instant::now();
    let Err(Fault::Unknown(why)) = place.run_with(&within(Duration::from_secs(1)), &asleep).await else {
        panic!("it slept")
    };
    assert!(why.text.contains("57014") && why.text.contains("limits.queryTimeout"), "{why:?}");
    assert!(begun.elapsed() < Duration::from_secs(5));
    assert_eq!(place.running(), "0");
}

#[tokio::test]
async fn a_dropped_read_is_cancelled_and_holds_its_permit_until_then() {
    let place = Place::new("dropped");
    place.sql("CREATE TABLE t(d date)");
    let permits = Arc::new(Semaphore::new(1));
    let permit = permits.clone().try_acquire_owned().unwrap();
    let call = Call { permit: Some(Arc::new(permit)), ..call() };
    let asleep = [statement(SLEEP, vec![], &[Answered::Int])];
    let read = timeout(Duration::from_secs(1), place.run_with(&call, &asleep)).await;
    assert!(read.is_err(), "it slept");
    drop(call);
    assert_eq!(permits.available_permits(), 0, "the server still has the query");
    place.runs("0").await;
    drop(timeout(Duration::from_secs(10), permits.acquire()).await.unwrap().unwrap());
}

#[tokio::test]
async fn a_sink_that_has_enough_ends_the_query() {
    struct Enough;
    impl Rows for Enough {
        fn row(&mut self, _: usize, _: &[Cell<'_>]) -> Result<(), Fault> {
            Err(Fault::TooMany(Unknown::new(crate::domain::verdict::UnknownReason::ProbeBudget, "enough")))
        }
    }
    let place = Place::new("enough");
    place.sql("CREATE TABLE t(d date)");
    let endless = "SELECT generate_series(1, 1000000000)::int8";
    let run = place.engine.run(&call(), "t", &[statement(endless, vec![], &[Answered::Int])], &mut Enough).await;
    assert!(matches!(run, Err(Fault::TooMany(_))), "{run:?}");
    place.runs("0").await;
}

#[tokio::test]
async fn a_backend_that_is_killed_in_mid_read_is_told() {
    let place = Place::new("killed");
    place.sql("CREATE TABLE t(d date)");
    let asleep = [statement(SLEEP, vec![], &[Answered::Int])];
    let kill = async {
        place.runs("1").await;
        place.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'gapless' AND datname = current_database()");
    };
    let (run, ()) = tokio::join!(place.run(&asleep), kill);
    let Err(Fault::Unknown(why)) = run else { panic!("{run:?}") };
    assert!(why.text.contains("the connection was ended there"), "{why:?}");
    assert_discreet(&why.text);
}
