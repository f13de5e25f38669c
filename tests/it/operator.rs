//! `gapless operator` from outside: what it refuses before it talks to any API server.

use super::gapless::gapless;

/// A leader has to end before another replica may begin, and no replica respects a Lease for longer than the flags allow.
#[test]
fn timings_of_the_lease_that_could_have_two_leaders_are_refused() {
    let refused = [
        (
            "--lease-duration=5m",
            "--lease-duration 5m: must be whole seconds from 3s to 60s; no replica respects a Lease for longer",
        ),
        ("--lease-duration=61s", "--lease-duration 61s: must be whole seconds from 3s to 60s"),
        ("--lease-duration=3650d", "--lease-duration 3650d: must be whole seconds from 3s to 60s"),
        ("--lease-duration=2s", "--lease-duration 2s: must be whole seconds from 3s to 60s"),
        ("--lease-duration=0s", "--lease-duration 0s: must be whole seconds from 3s to 60s"),
        ("--lease-duration=-15s", "--lease-duration -15s: must not be negative"),
        ("--lease-duration=soon", "--lease-duration soon: must be a duration"),
        (
            "--lease-renew-deadline=15s",
            "--lease-renew-deadline 15s: must be at least 1s less than --lease-duration 15s",
        ),
        ("--lease-renew-deadline=1h", "--lease-renew-deadline 1h: must be at least 1s less than --lease-duration 15s"),
        (
            "--lease-renew-deadline=3s",
            "--lease-retry 2s: must be more than 0s, and at most half of --lease-renew-deadline 3s",
        ),
        ("--lease-retry=6s", "--lease-retry 6s: must be more than 0s, and at most half of --lease-renew-deadline 10s"),
        ("--lease-retry=0s", "--lease-retry 0s: must be more than 0s"),
    ];
    for (flag, sentence) in refused {
        let done = gapless(&["operator", "--identity", "me", "--kubeconfig", "none", flag]);
        assert_eq!(done.code, Some(2), "{flag}: {}", done.err);
        assert!(done.err.contains(sentence), "{flag}: {}", done.err);
        assert_eq!(done.err.lines().count(), 1, "one sentence: {}", done.err);
    }
}

/// The longest that is allowed, and the shortest, pass: what is wrong afterwards is the kubeconfig.
#[test]
fn timings_that_every_replica_respects_are_accepted() {
    let accepted = [
        &["--lease-duration=60s", "--lease-renew-deadline=59s"][..],
        &["--lease-duration=1m", "--lease-renew-deadline=40s", "--lease-retry=20s"],
        &["--lease-duration=3s", "--lease-renew-deadline=2s", "--lease-retry=1s"],
    ];
    for flags in accepted {
        let done = gapless(
            &[&["operator", "--identity", "me", "--kubeconfig", "none", "--listen", "127.0.0.1:0"], flags].concat(),
        );
        assert_ne!(done.code, Some(2), "{flags:?}: {}", done.err);
        assert!(!done.err.contains("--lease-") && done.err.contains("kubeconfig"), "{flags:?}: {}", done.err);
    }
}
