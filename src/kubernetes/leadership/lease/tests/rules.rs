//! The rules as tables.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::super::candidate::{Candidate, Lost};
use super::super::decide::{BadTiming, LONGEST, Record, Seen, Step, Timing, decide};

const ME: &str = "a";
const MINE: i64 = 1_000;
const THEIRS: i64 = 2_000;

fn at(microsecond: i64) -> Timestamp {
    Timestamp::from_microsecond(microsecond).unwrap()
}

fn record(holder: &str, renewed: i64, duration: u64) -> Record {
    Record {
        uid: "u".into(),
        version: "7".into(),
        holder: Some(holder).filter(|holder| !holder.is_empty()).map(str::to_owned),
        renewed: Some(at(renewed)).filter(|_| renewed != 0),
        duration: Duration::from_secs(duration),
    }
}

/// A lease (holder, stamp, duration), for how long it was seen unchanged, and how long ago we renewed it, in tenths of seconds.
type Row = (Option<(&'static str, i64, u64)>, u64, Option<u64>, &'static str);

#[test]
fn the_next_step_follows_from_what_was_seen() {
    let table: [Row; 18] = [
        // There is none, and never was.
        (None, 0, None, "Absent"),
        // Ours.
        (Some((ME, MINE, 15)), 0, None, "Renew"), // the answer of the take was lost
        (Some((ME, MINE, 15)), 19, Some(19), "Hold"),
        (Some((ME, MINE, 15)), 20, Some(20), "Renew"),
        (None, 0, Some(20), "Absent"), // deleted under us
        // Our name, edited in by hand: we never wrote this.
        (Some((ME, THEIRS, 15)), 0, None, "Follow"),
        (Some((ME, THEIRS, 15)), 154, None, "Take"),
        // Theirs.
        (Some(("b", THEIRS, 15)), 0, None, "Follow"),
        (Some(("b", THEIRS, 15)), 153, None, "Follow"), // a fiftieth more than promised
        (Some(("b", THEIRS, 15)), 154, None, "Take"),
        (Some(("b", THEIRS, 1)), 100, None, "Follow"), // shortened by hand: no less than we would promise
        (Some(("b", THEIRS, 30)), 154, None, "Follow"), // another release with other flags: as promised
        (Some(("b", THEIRS, 30)), 307, None, "Take"),
        (Some(("b", THEIRS, 31_536_000)), 613, None, "Take"), // no candidate waits for a year
        // Without a holder.
        (Some(("", 0, 15)), 0, None, "Take"),          // released
        (Some(("", THEIRS, 15)), 100, None, "Follow"), // cleared by hand: who held it may not know
        (Some(("", THEIRS, 1)), 100, None, "Follow"),
        (Some(("", THEIRS, 15)), 154, None, "Take"),
    ];
    let now = Instant::now() + Duration::from_secs(3600);
    let ago = |tenths: u64| now - Duration::from_millis(tenths * 100);
    for (lease, unchanged, renewed, expected) in table {
        let lease = lease.map(|(holder, stamp, duration)| record(holder, stamp, duration));
        let wrote = Some((at(MINE), at(MINE)));
        let seen = Seen { lease, since: ago(unchanged), promised: None, renewed: renewed.map(ago), wrote };
        let step = decide(&seen, &Timing::default(), now, ME);
        let version = Some("7".to_owned());
        let (word, guard) = match step {
            Step::Absent => ("Absent", None),
            Step::Take(guard) => ("Take", Some(guard)),
            Step::Renew(guard) => ("Renew", Some(guard)),
            Step::Hold => ("Hold", None),
            Step::Follow => ("Follow", None),
        };
        assert_eq!(word, expected, "{seen:?}");
        assert!(guard.is_none() || guard == version, "guarded by the version that was seen");
    }
}

#[test]
fn a_lease_that_was_deleted_and_applied_again_is_not_taken_before_it_would_have_run_out() {
    let now = Instant::now() + Duration::from_secs(3600);
    let new = || Some(Record { uid: "v".into(), ..record("", 0, 0) });
    for before in [record("b", THEIRS, 15), record("", 0, 15)] {
        let mut candidate = Candidate::new(ME, Timing::default(), now);
        candidate.read(Some(before), now);
        candidate.read(None, now);
        assert_eq!(candidate.next(now + Duration::from_secs(3600)), Ok(Step::Absent));
        candidate.read(new(), now);
        assert_eq!(
            candidate.next(now + Duration::from_secs(15)),
            Ok(Step::Follow),
            "held, or released and taken unseen"
        );
        assert_eq!(candidate.expires(), Some(now + Duration::from_millis(15_301)));
        assert_eq!(candidate.next(now + Duration::from_millis(15_301)), Ok(Step::Take("7".into())));
    }
    let mut candidate = Candidate::new(ME, Timing::default(), now);
    candidate.read(new(), now);
    assert_eq!(candidate.next(now), Ok(Step::Take("7".into())), "a new installation does not wait");
    candidate.read(Some(record("b", THEIRS, 15)), now);
    candidate.read(Some(record("", 0, 0)), now);
    assert_eq!(candidate.next(now), Ok(Step::Follow), "a spec that was removed by hand is not given back");
    candidate.read(Some(record("", 0, 15)), now);
    assert_eq!(candidate.next(now), Ok(Step::Take("7".into())), "given back");
}

#[test]
fn the_longest_duration_that_a_flag_allows_is_respected() {
    let longest = Timing { duration: LONGEST, ..Timing::default() };
    assert_eq!(longest.check(), Ok(()));
    assert!(Timing::default().patience(LONGEST) > LONGEST);
    let beyond = Timing { duration: LONGEST + Duration::from_secs(1), ..Timing::default() };
    assert_eq!(beyond.check(), Err(BadTiming::Duration));
}

#[test]
fn any_change_restarts_the_wait() {
    let start = Instant::now() + Duration::from_secs(3600);
    let mut candidate = Candidate::new(ME, Timing::default(), start);
    candidate.read(Some(record("b", THEIRS, 15)), start);
    let later = start + Duration::from_secs(14);
    // The holder's wall clock is stopped: only the version shows that it renewed.
    candidate.read(Some(Record { version: "8".into(), ..record("b", THEIRS, 15) }), later);
    assert_eq!(candidate.next(start + Duration::from_secs(20)), Ok(Step::Follow));
    candidate.read(Some(Record { version: "8".into(), ..record("b", THEIRS, 15) }), start + Duration::from_secs(21));
    assert_eq!(candidate.next(later + Duration::from_secs(16)), Ok(Step::Take("8".into())));
}

#[test]
fn a_leader_knows_why_it_no_longer_leads() {
    let start = Instant::now() + Duration::from_secs(3600);
    let leader = || {
        let mut candidate = Candidate::new(ME, Timing::default(), start);
        let stamp = candidate.stamp(at(MINE));
        let lease = Record { renewed: Some(stamp), ..record(ME, MINE, 15) };
        candidate.acknowledged(lease, start, start + Duration::from_secs(1));
        candidate
    };
    let candidate = leader();
    assert_eq!(candidate.leads_until(), Some(start + Duration::from_secs(15)), "counted from the sending");
    assert!(candidate.next(start + Duration::from_millis(9_999)).is_ok());
    assert_eq!(candidate.next(start + Duration::from_secs(10)), Err(Lost::NotRenewed));
    for (holder, why) in [("b", Some("b".to_owned())), ("", None)] {
        let mut candidate = leader();
        candidate.read(Some(Record { version: "9".into(), ..record(holder, THEIRS, 15) }), start);
        assert_eq!(candidate.next(start), Err(Lost::Taken(why)));
    }
}

#[test]
fn stamps_differ_even_when_the_clock_stops_or_goes_back() {
    let mut candidate = Candidate::new(ME, Timing::default(), Instant::now());
    let stamps = [5_000, 5_000, 4_000, 6_000].map(|wall| candidate.stamp(at(wall)).as_microsecond());
    assert_eq!(stamps, [5_000, 5_001, 5_002, 6_000]);
}

#[test]
fn a_timing_that_cannot_be_kept_is_refused() {
    let timing = |duration, renew, retry| Timing {
        duration: Duration::from_millis(duration),
        renew_deadline: Duration::from_millis(renew),
        retry: Duration::from_millis(retry),
    };
    let table = [
        (timing(15_000, 10_000, 2_000), Ok(())),
        (timing(60_000, 40_000, 5_000), Ok(())),
        (timing(3_000, 2_000, 1_000), Ok(())),
        (timing(90_000, 40_000, 5_000), Err(BadTiming::Duration)),
        (timing(u64::MAX, 40_000, 5_000), Err(BadTiming::Duration)),
        (timing(2_000, 1_000, 100), Err(BadTiming::Duration)),
        (timing(15_500, 10_000, 2_000), Err(BadTiming::Duration)),
        (timing(15_000, 15_000, 2_000), Err(BadTiming::RenewDeadline)),
        (timing(15_000, u64::MAX, 2_000), Err(BadTiming::RenewDeadline)),
        (timing(15_000, 10_000, 6_000), Err(BadTiming::Retry)),
        (timing(15_000, 10_000, u64::MAX), Err(BadTiming::Retry)),
        (timing(15_000, 10_000, 0), Err(BadTiming::Retry)),
    ];
    for (timing, expected) in table {
        assert_eq!(timing.check(), expected, "{timing:?}");
    }
    assert_eq!(Timing::default().write_deadline(), Duration::from_secs(5));
}
