//! The gate over a service that only counts, in paused time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::{Request, Response};
use tokio::time::{Instant, advance, sleep};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn};

use super::bucket::Bucket;
use super::{Gate, Gated, NotSent, Rate};
use crate::kubernetes::leadership::lease::Leadership;

/// What reached the other side, and when.
type Sent = Arc<Mutex<Vec<(String, Instant)>>>;

fn other_side(
    sent: &Sent,
) -> impl Service<Request<()>, Response = Response<()>, Error = BoxError, Future: Send> + use<> {
    let sent = sent.clone();
    service_fn(move |request: Request<()>| {
        sent.lock().unwrap().push((format!("{} {}", request.method(), request.uri()), Instant::now()));
        async { Ok(Response::new(())) }
    })
}

const DEADLINE: Duration = Duration::from_secs(5);
const JOBS: &str = "/apis/batch/v1/namespaces/nba/jobs";
const EVENTS: &str = "/apis/events.k8s.io/v1/namespaces/nba/events";
const LEASES: &str = "/apis/coordination.k8s.io/v1/namespaces/nba/leases";

fn request(method: &str, uri: &str) -> Request<()> {
    Request::builder().method(method).uri(uri).body(()).unwrap()
}

fn leading_for(span: Duration) -> Leadership {
    let leadership = Leadership::default();
    leadership.extend(Instant::now() + span);
    leadership
}

async fn send<S>(gated: &mut Gated<S>, method: &str, uri: &str) -> Result<(), bool>
where
    S: Service<Request<()>, Response = Response<()>, Error = BoxError> + Send + 'static,
    S::Future: Send + 'static,
{
    gated.ready().await.unwrap().call(request(method, uri)).await.map(drop).map_err(|error| error.is::<NotSent>())
}

#[tokio::test(start_paused = true)]
async fn a_write_needs_leadership_that_outlasts_its_deadline() {
    let table = [
        ("GET", JOBS, [true, true, true, true]),
        ("POST", LEASES, [true, true, true, true]),
        ("PUT", LEASES, [true, true, true, true]),
        ("POST", JOBS, [false, true, false, false]),
        ("PUT", JOBS, [false, true, false, false]),
        ("PATCH", JOBS, [false, true, false, false]),
        ("DELETE", JOBS, [false, true, false, false]),
        ("POST", EVENTS, [false, true, false, false]),
    ];
    for (method, uri, passes) in table {
        let ended = leading_for(Duration::from_secs(15));
        ended.end();
        let leaderships =
            [Leadership::default(), leading_for(DEADLINE), leading_for(DEADLINE - Duration::from_millis(1)), ended];
        for (leadership, passes) in leaderships.into_iter().zip(passes) {
            let sent = Sent::default();
            let gate = Gate::new(leadership.clone(), DEADLINE, Rate::default());
            let answer = send(&mut gate.layer(other_side(&sent)), method, uri).await;
            assert_eq!(answer, if passes { Ok(()) } else { Err(true) }, "{method} {uri} {:?}", leadership.standing());
            assert_eq!(sent.lock().unwrap().len(), usize::from(passes));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_write_that_wakes_late_is_not_sent() {
    let sent = Sent::default();
    let leadership = leading_for(Duration::from_secs(15));
    let gate = Gate::new(leadership.clone(), DEADLINE, Rate { per_second: 1, burst: 1 });
    let mut gated = gate.layer(other_side(&sent));
    assert_eq!(send(&mut gated, "POST", JOBS).await, Ok(()));
    // The second waits for its turn, a second away; meanwhile the process is stopped, and the lease is not renewed.
    let waiting = tokio::spawn(gated.ready().await.unwrap().call(request("POST", JOBS)));
    tokio::task::yield_now().await;
    advance(Duration::from_secs(60)).await;
    assert!(waiting.await.unwrap().expect_err("refused").is::<NotSent>());
    assert_eq!(sent.lock().unwrap().len(), 1);
    // After a renewal, it asks again.
    leadership.extend(Instant::now() + Duration::from_secs(15));
    assert_eq!(send(&mut gated, "POST", JOBS).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_hundred_creates_go_at_once_and_the_next_wait_their_turn() {
    let sent = Sent::default();
    let gate = Gate::new(Leadership::alone(), DEADLINE, Rate::default());
    let start = Instant::now();
    let calls = (0..300).map(|n| {
        let mut gated = gate.layer(other_side(&sent));
        tokio::spawn(async move { send(&mut gated, "POST", &format!("/{n}")).await })
    });
    for call in calls.collect::<Vec<_>>() {
        assert_eq!(call.await.unwrap(), Ok(()), "nothing is dropped");
    }
    let sent = sent.lock().unwrap();
    let order: Vec<_> = sent.iter().map(|(what, _)| what.clone()).collect();
    assert_eq!(order, (0..300).map(|n| format!("POST /{n}")).collect::<Vec<_>>(), "nothing overtakes");
    let within = |span| sent.iter().filter(|(_, at)| *at - start <= span).count();
    assert_eq!(within(Duration::ZERO), 100);
    assert!((149..=151).contains(&within(Duration::from_secs(1))), "{}", within(Duration::from_secs(1)));
    assert_eq!(within(Duration::from_millis(4_010)), 300);
}

#[tokio::test(start_paused = true)]
async fn of_a_hundred_creates_eight_are_under_way_at_a_time_and_reads_pass_by() {
    let slow = || {
        service_fn(|_: Request<()>| async {
            sleep(Duration::from_secs(1)).await;
            Ok::<_, BoxError>(Response::new(()))
        })
    };
    let gate = Gate::new(Leadership::alone(), DEADLINE, Rate::default());
    let start = Instant::now();
    let create = |_| {
        let mut gated = gate.layer(slow());
        tokio::spawn(async move {
            send(&mut gated, "POST", JOBS).await.unwrap();
            start.elapsed().as_secs()
        })
    };
    let creates: Vec<_> = (0..100).map(create).collect();
    tokio::task::yield_now().await;
    assert_eq!(send(&mut gate.layer(slow()), "GET", JOBS).await, Ok(()));
    assert_eq!(start.elapsed().as_secs(), 1);
    for (n, create) in creates.into_iter().enumerate() {
        assert_eq!(create.await.unwrap(), n as u64 / 8 + 1, "create {n}");
    }
}

#[tokio::test(start_paused = true)]
async fn neither_reads_nor_creates_stand_behind_events() {
    let sent = Sent::default();
    let gate = Gate::new(Leadership::alone(), DEADLINE, Rate { per_second: 1, burst: 1 });
    let mut gated = gate.layer(other_side(&sent));
    for _ in 0..50 {
        tokio::spawn(gated.ready().await.unwrap().call(request("POST", EVENTS)));
    }
    let start = Instant::now();
    for (method, uri) in [("POST", JOBS), ("GET", JOBS), ("PUT", LEASES)] {
        assert_eq!(send(&mut gated, method, uri).await, Ok(()));
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_bucket_fills_up_again_and_no_further() {
    let bucket = Bucket::new(Rate { per_second: 10, burst: 5 });
    let spent = async |turns: u32| {
        let start = Instant::now();
        for _ in 0..turns {
            bucket.turn().await;
        }
        start.elapsed()
    };
    assert_eq!(spent(5).await, Duration::ZERO);
    assert!(spent(1).await >= Duration::from_millis(100));
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(spent(5).await, Duration::ZERO);
    assert!(spent(5).await >= Duration::from_millis(500), "an hour's rest is worth one burst");
}

#[tokio::test(start_paused = true)]
async fn leadership_knows_what_is_under_way() {
    let leadership = leading_for(Duration::from_secs(15));
    let slow = service_fn(|_: Request<()>| async {
        sleep(Duration::from_secs(3)).await;
        Ok::<_, BoxError>(Response::new(()))
    });
    let mut gated = Gate::new(leadership.clone(), DEADLINE, Rate::default()).layer(slow);
    tokio::spawn(gated.ready().await.unwrap().call(request("POST", JOBS)));
    tokio::task::yield_now().await;
    leadership.end();
    let start = Instant::now();
    leadership.quiet().await;
    assert_eq!(start.elapsed().as_secs(), 3);
    leadership.extend(Instant::now() + Duration::from_secs(15));
    assert!(!leadership.outlasts(Duration::ZERO), "what has ended stays ended");
}
