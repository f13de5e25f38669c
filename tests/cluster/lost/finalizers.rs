//! Another controller holds Jobs and pods of gapless with a finalizer. Deleted objects stay; gapless does not contest
//! the finalizer and counts nothing twice.

use super::*;

const HOLD: &str = r#"{"metadata": {"finalizers": ["example.com/hold"]}}"#;
const LET_GO: &str = r#"{"metadata": {"finalizers": null}}"#;

impl World<'_> {
    /// Sets or removes the finalizer of an object, `job/NAME`.
    fn finalize(&self, object: &str, patch: &str) {
        self.kubectl(&["patch", object, "--type=merge", "-p", patch]);
    }

    fn delete(&self, object: &str, cascade: &str) {
        self.kubectl(&["delete", object, "--wait=false", &format!("--cascade={cascade}")]);
    }
}

#[tokio::test]
async fn a_deleted_job_that_a_finalizer_holds_keeps_its_dates_until_it_ends_or_goes_and_is_not_fought() {
    let world = World::new("held", 3, "true");
    let deployed = deploy(&world);
    let told = world.namespace.told("tablecoverages/t");
    let pods = [world.running(1).await, world.running(2).await, world.running(3).await];
    let [runs, queued, ended] = pods.each_ref().map(|pod| format!("job/{}", pod.job));
    let pod = format!("pod/{}", pods[2].name);
    for object in [&runs, &queued, &ended, &pod] {
        world.finalize(object, HOLD);
    }
    // Its pod continues.
    world.delete(&runs, "background");
    // A queue suspends it: it has no pod and, because it is being deleted, never gets one.
    world.kubectl(&["patch", &queued, "-p", r#"{"spec": {"suspend": true}}"#]);
    world.delete(&queued, "background");
    // Its pod has ended, which its Job no longer shows.
    world.delete(&ended, "foreground");
    println!("{}", told.line(&["Running/PodPending 2026-01-02", "example.com/hold"]).await);
    world.outcome(3, "Failed").await;
    world.let_go(1);
    world.let_go(3);
    world.outcome(1, "Filled").await;
    world.outcome(3, "Filled").await;
    told.line(&["Running/PodPending 2026-01-02", "example.com/hold"]).await;
    assert_eq!(world.launches(), [1, 2, 3, 4], "a Job that is there and has not ended is not doubled");
    world.finalize(&queued, LET_GO);
    world.outcome(2, "Lost").await;
    world.let_go(2);
    world.complete(3).await;
    assert_eq!(world.launches(), [1, 2, 3, 4, 5]);
    world.assert_no_overlap();
    let (audit, user) = (world.cluster.audit(Mark::default()), deployed.user());
    let writes = audit.writes(&user).filter(|e| ["jobs", "pods"].contains(&&*e.resource) && e.verb != "create");
    assert_eq!(writes.count(), 0, "gapless does not contest the finalizer");
    for object in [&runs, &ended, &pod] {
        world.finalize(object, LET_GO);
    }
    world.kubectl(&["wait", "--for=delete", &runs, &ended, &pod, "--timeout=60s"]);
}
