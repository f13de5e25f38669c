//! The engine's own time. It runs with the machine's steady clock and keeps the wall clock's label, so that a wall clock
//! that jumps changes no age and no order. A jump that lasts is followed, and everything that waits moves with it.

use std::time::Duration;

use jiff::SignedDuration;

use crate::domain::dates::Timestamp;

/// A wall clock is corrected by less than this all the time.
const SLEW: SignedDuration = SignedDuration::from_secs(2);
/// A jump that lasts this long is followed.
const PATIENCE: Duration = Duration::from_secs(2 * 60);
/// A jump ahead by more than [`FAR`] makes every date of a season due. It has to last longer.
const LONG_PATIENCE: Duration = Duration::from_secs(60 * 60);
const FAR: SignedDuration = SignedDuration::from_hours(24);

/// What the clocks show at one instant.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    /// The wall clock.
    pub wall: Timestamp,
    /// The steady clock, since some instant in the past.
    pub steady: Duration,
}

/// From what the clocks show to the engine's time.
#[derive(Clone, Debug)]
pub(super) struct Timeline {
    /// The engine's time, and what the steady clock showed then.
    now: Timestamp,
    steady: Duration,
    /// Since when, on the steady clock, the wall clock shows something else.
    jumped: Option<Duration>,
}

impl Timeline {
    pub fn new(shown: Shown) -> Self {
        Self { now: shown.wall, steady: shown.steady, jumped: None }
    }

    /// The present instant; and by how much it has moved, where a jump of the wall clock is followed now.
    pub fn advance(&mut self, shown: Shown) -> (Timestamp, Option<SignedDuration>) {
        let before = self.at(shown.steady);
        let off = shown.wall.duration_since(before);
        let is_followed = if off.abs() <= SLEW {
            self.jumped = None;
            // Time never runs backwards without a word: a clock that is set back a little is waited for.
            (self.now, self.steady) = (shown.wall.max(self.now), shown.steady);
            return (self.now, None);
        } else {
            let since = *self.jumped.get_or_insert(shown.steady);
            let patience = if off > FAR { LONG_PATIENCE } else { PATIENCE };
            shown.steady.saturating_sub(since) >= patience
        };
        if !is_followed {
            (self.now, self.steady) = (before, shown.steady);
            return (before, None);
        }
        *self = Self::new(shown);
        (self.now, Some(off))
    }

    /// The instant at which the steady clock showed this.
    pub fn at(&self, steady: Duration) -> Timestamp {
        let since = SignedDuration::try_from(steady).unwrap_or(SignedDuration::MAX)
            - SignedDuration::try_from(self.steady).unwrap_or(SignedDuration::MAX);
        self.now.saturating_add(since).unwrap_or(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::judge::tests::at;

    /// Reads the clocks each second from one instant on; the wall clock is off by so many seconds.
    fn run(timeline: &mut Timeline, from: u64, seconds: u64, off: i64) -> (Timestamp, Vec<SignedDuration>) {
        let mut jumps = Vec::new();
        let mut now = timeline.now;
        for second in from..from + seconds {
            let wall = at("2025-11-20T12:00:00Z") + SignedDuration::from_secs(second as i64 + off);
            let (next, jump) = timeline.advance(Shown { wall, steady: Duration::from_secs(second) });
            jumps.extend(jump);
            assert!(next >= now || jump.is_some(), "time runs backwards without a word");
            now = next;
        }
        (now, jumps)
    }

    fn started() -> Timeline {
        Timeline::new(Shown { wall: at("2025-11-20T12:00:00Z"), steady: Duration::ZERO })
    }

    #[test]
    fn a_clock_that_is_ten_years_ahead_for_a_minute_changes_nothing() {
        let mut timeline = started();
        assert_eq!(run(&mut timeline, 0, 60, 315_360_000).1, []);
        assert_eq!(run(&mut timeline, 60, 60, 0), (at("2025-11-20T12:01:59Z"), vec![]));
    }

    #[test]
    fn a_clock_that_goes_back_and_stays_is_followed_after_two_minutes() {
        let mut timeline = started();
        assert_eq!(run(&mut timeline, 0, 120, -86_400), (at("2025-11-20T12:01:59Z"), vec![]));
        let (now, jumps) = run(&mut timeline, 120, 10, -86_400);
        assert_eq!((now, jumps), (at("2025-11-19T12:02:09Z"), vec![SignedDuration::from_hours(-24)]));
    }

    #[test]
    fn a_clock_that_jumps_far_ahead_is_followed_after_an_hour() {
        let mut timeline = started();
        assert_eq!(run(&mut timeline, 0, 3_600, 200_000).1, []);
        assert_eq!(run(&mut timeline, 3_600, 10, 200_000).1, [SignedDuration::from_secs(200_000)]);
    }

    #[test]
    fn a_clock_that_is_corrected_little_by_little_is_followed_at_once() {
        let mut timeline = started();
        assert_eq!(run(&mut timeline, 0, 60, 1), (at("2025-11-20T12:01:00Z"), vec![]));
        assert_eq!(run(&mut timeline, 60, 60, -1), (at("2025-11-20T12:01:58Z"), vec![]));
    }
}
