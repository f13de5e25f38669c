//! Two processes over a fake API server, in paused time: the real loop, the real gate, the real client.

use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::{Api, PostParams};
use kube::client::ClientBuilder;
use serde_json::json;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::super::{Election, Ended, Leadership, Standing, Timing, lead};
use super::server::Server;
use crate::domain::dates::Timestamp;
use crate::host::clock::FixedClock;
use crate::kubernetes::faults::tests::was_not_sent;
use crate::kubernetes::leadership::gate::{Gate, Rate};

/// What a person does to the lease.
type ByHand = fn(&mut serde_json::Value);

/// One process: its loop runs as a task, its writes pass its gate.
struct Process {
    leadership: Leadership,
    client: Client,
    stop: Option<oneshot::Sender<()>>,
    run: JoinHandle<Ended>,
}

impl Process {
    /// Its wall clock is stopped and far from the others': nothing may depend on it.
    fn start(server: &Server, name: &'static str, wall: i64) -> Self {
        let leadership = Leadership::default();
        let gate = Gate::new(leadership.clone(), Timing::default().write_deadline(), Rate::default());
        let client = ClientBuilder::new(server.service(name), "nba").with_layer(&gate).build();
        let election = Election {
            leases: Api::<Lease>::namespaced(client.clone(), "nba"),
            namespace: "nba".into(),
            name: "gapless".into(),
            me: name.into(),
            timing: Timing::default(),
            clock: FixedClock(Timestamp::from_second(wall).unwrap()),
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let shared = leadership.clone();
        let run = tokio::spawn(async move {
            let stop = async {
                if stopped.await.is_err() {
                    std::future::pending().await
                }
            };
            lead(election, &shared, stop).await
        });
        Self { leadership, client, stop: Some(stop), run }
    }

    async fn write(&self) -> kube::Result<ConfigMap> {
        write(self.client.clone()).await
    }

    /// The loop ends without a release, as after SIGKILL.
    fn kill(self) {
        self.run.abort();
    }

    async fn stop(mut self) -> Ended {
        self.stop.take().unwrap().send(()).unwrap();
        self.run.await.unwrap()
    }

    fn leads(&self) -> bool {
        matches!(self.leadership.standing(), Standing::Leading(_)) && self.leadership.outlasts(Duration::ZERO)
    }
}

async fn write(client: Client) -> kube::Result<ConfigMap> {
    Api::namespaced(client, "nba").create(&PostParams::default(), &ConfigMap::default()).await
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A leads, B waits, for a while.
async fn pair(server: &Server) -> (Process, Process) {
    let a = Process::start(server, "a", 1_000_000);
    sleep(seconds(1)).await;
    let b = Process::start(server, "b", 9_000_000);
    sleep(seconds(60)).await;
    assert!(a.leads() && !b.leads());
    (a, b)
}

async fn until(deadline: Duration, holds: impl Fn() -> bool) -> Duration {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < deadline, "not within {deadline:?}");
        sleep(Duration::from_millis(10)).await;
    }
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_came_with_the_manifests_is_taken_at_once() {
    let server = Server::default();
    let a = Process::start(&server, "a", 1_000_000);
    sleep(seconds(60)).await;
    assert!(!a.leads(), "there is no lease");
    server.apply();
    until(seconds(3), || a.leads()).await;
    assert!(a.write().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_first_leads_at_once_and_only_it_writes() {
    let server = Server::installed();
    let a = Process::start(&server, "a", 1_000_000);
    until(seconds(1), || a.leads()).await;
    let b = Process::start(&server, "b", 9_000_000);
    sleep(seconds(3600)).await;
    assert!(a.write().await.is_ok());
    assert!(was_not_sent(&b.write().await.expect_err("b does not lead")));
    assert_eq!(server.inside().others, ["a"]);
    let renewals = server.inside().writes.len();
    assert!((1750..=1810).contains(&renewals), "one write each two seconds by the leader, none by others: {renewals}");
    assert!(server.inside().writes.iter().all(|(process, _)| *process == "a"));
}

#[tokio::test(start_paused = true)]
async fn after_a_silent_death_the_other_leads_within_twenty_seconds() {
    for ms in [0, 300, 1_000, 1_990] {
        let server = Server::installed();
        server.inside().slow = Duration::from_millis(100);
        let (a, b) = pair(&server).await;
        sleep(Duration::from_millis(ms)).await;
        a.kill();
        let took = until(seconds(20), || b.leads()).await;
        assert!(took > seconds(13), "not before the promise to the dead one ends: {took:?}");
        assert!(b.write().await.is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn a_released_lease_is_taken_at_once() {
    let server = Server::installed();
    let (a, b) = pair(&server).await;
    let leadership = a.leadership.clone();
    assert_eq!(a.stop().await, Ended::Stopped { released: true });
    assert_eq!(leadership.standing(), Standing::Ended);
    let took = until(seconds(3), || b.leads()).await;
    assert!(took <= Timing::default().retry + Duration::from_millis(50), "at the other's next look: {took:?}");
    assert_eq!(server.inside().lease.as_ref().unwrap()["spec"]["leaseTransitions"], 2);
}

#[tokio::test(start_paused = true)]
async fn the_lease_is_given_back_after_the_last_write_is_answered() {
    let server = Server::installed();
    let (a, _b) = pair(&server).await;
    server.inside().slow = Duration::from_millis(600);
    let write = tokio::spawn(write(a.client.clone()));
    sleep(Duration::from_millis(10)).await;
    let start = Instant::now();
    assert_eq!(a.stop().await, Ended::Stopped { released: true });
    assert!(write.is_finished() && write.await.unwrap().is_ok(), "answered before the release");
    assert!(start.elapsed() < seconds(8));
}

#[tokio::test(start_paused = true)]
async fn a_follower_that_stops_leaves_the_lease_alone() {
    let server = Server::installed();
    let (_a, b) = pair(&server).await;
    server.inside().away = true;
    let start = Instant::now();
    assert_eq!(b.stop().await, Ended::Stopped { released: true });
    assert!(start.elapsed() < seconds(1));
    assert_eq!(server.holder().as_deref(), Some("a"));
}

#[tokio::test(start_paused = true)]
async fn a_leader_without_its_api_server_stops_before_another_can_lead() {
    let server = Server::installed();
    let (a, b) = pair(&server).await;
    server.inside().away = true;
    let start = Instant::now();
    sleep(seconds(7)).await;
    assert!(a.leads(), "an outage of seconds costs nothing");
    let Ended::Lost(why) = a.run.await.unwrap() else { panic!("lost") };
    assert!(start.elapsed() <= seconds(10), "{:?}", start.elapsed());
    assert_eq!(why, "the lease could not be renewed in time: no answer in time");
    assert!(was_not_sent(&write(a.client).await.expect_err("it leads no more")));
    server.inside().away = false;
    until(seconds(20), || b.leads()).await;
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_seconds_costs_nothing() {
    let server = Server::installed();
    let (a, b) = pair(&server).await;
    server.inside().away = true;
    sleep(seconds(4)).await;
    server.inside().away = false;
    sleep(seconds(60)).await;
    assert!(a.leads() && !b.leads());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_of_a_renewal_costs_nothing() {
    let server = Server::installed();
    let (a, b) = pair(&server).await;
    server.inside().loses_answers = true;
    sleep(seconds(3)).await;
    server.inside().loses_answers = false;
    sleep(seconds(60)).await;
    assert!(a.leads() && !b.leads());
}

#[tokio::test(start_paused = true)]
async fn a_process_that_was_stopped_and_wakes_writes_nothing() {
    let server = Server::installed();
    let (a, b) = pair(&server).await;
    // Everything of this process waits while time goes on: neither its loop nor its timers run in between.
    tokio::time::advance(seconds(60)).await;
    let (late, _) = (a.write().await, b.write().await);
    assert!(was_not_sent(&late.expect_err("its first check shows that its time is over")));
    assert!(server.inside().others.is_empty());
    assert!(matches!(a.run.await.unwrap(), Ended::Lost(_)), "and it ends");
}

#[tokio::test(start_paused = true)]
async fn a_holder_that_was_edited_by_hand_never_makes_two_leaders() {
    let edits: [(&str, ByHand); 4] = [
        ("cleared", |lease| lease["spec"]["holderIdentity"] = json!("")),
        ("a third one", |lease| lease["spec"]["holderIdentity"] = json!("c")),
        ("the other one", |lease| lease["spec"]["holderIdentity"] = json!("b")),
        ("shortened", |lease| lease["spec"]["leaseDurationSeconds"] = json!(1)),
    ];
    for (what, edit) in edits {
        let server = Server::installed();
        let (a, b) = pair(&server).await;
        server.edit(edit);
        for _ in 0..3000 {
            sleep(Duration::from_millis(10)).await;
            assert!(!(a.leads() && b.leads()), "two leaders after the holder was {what}");
        }
        assert!(a.leads() || b.leads(), "one leads after the holder was {what}");
        assert_eq!(a.leads(), what == "shortened");
    }
}

#[tokio::test(start_paused = true)]
async fn without_its_lease_a_leader_ends_and_says_what_to_apply() {
    let server = Server::installed();
    let (a, b) = pair(&server).await;
    server.inside().lease = None;
    let Ended::Lost(why) = a.run.await.unwrap() else { panic!("lost") };
    assert_eq!(
        why,
        "the lease could not be renewed in time: there is no Lease `gapless` in namespace `nba`, and without it no replica \
         leads: apply the installation's manifests again (manifests/base/lease.yaml), or run one process alone with \
         --leader-elect false"
    );
    sleep(seconds(60)).await;
    assert!(!b.leads(), "nothing makes another lease");
    server.apply();
    until(seconds(20), || b.leads()).await;
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_was_deleted_and_applied_again_never_makes_two_leaders() {
    let server = Server::installed();
    let (a, b) = pair(&server).await;
    server.apply();
    for _ in 0..3000 {
        sleep(Duration::from_millis(10)).await;
        assert!(!(a.leads() && b.leads()));
    }
    assert!(b.leads());
}

#[tokio::test(start_paused = true)]
async fn what_people_put_on_the_lease_stays() {
    let server = Server::installed();
    let (_a, _b) = pair(&server).await;
    server.edit(|lease| lease["metadata"]["annotations"] = json!({"owner": "data"}));
    sleep(seconds(60)).await;
    assert_eq!(server.inside().lease.as_ref().unwrap()["metadata"]["annotations"]["owner"], "data");
}

#[tokio::test(start_paused = true)]
async fn two_that_start_together_make_one_leader() {
    for slow in [0, 10, 400] {
        let server = Server::installed();
        server.inside().slow = Duration::from_millis(slow);
        let (a, b) = (Process::start(&server, "a", 1), Process::start(&server, "b", 1));
        for _ in 0..3000 {
            sleep(Duration::from_millis(10)).await;
            assert!(!(a.leads() && b.leads()));
        }
        assert!(a.leads() != b.leads());
    }
}
