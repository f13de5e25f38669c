//! When a schedule or a table is looked at next: at its cadence, sooner after a look that failed.

use crate::domain::dates::Timestamp;
use crate::domain::mark::Again;
use crate::domain::span::Span;

/// When something is looked at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Look {
    pub next: Timestamp,
    /// The last mark wants no look before this instant, whatever waits for one.
    pub not_before: Timestamp,
    pub busy: bool,
    pub failures: u32,
    /// When the last look that succeeded was asked for.
    pub last: Option<Timestamp>,
}

impl Look {
    pub fn new(now: Timestamp) -> Self {
        Self { next: now, not_before: Timestamp::MIN, busy: false, failures: 0, last: None }
    }

    pub fn is_due(&self, now: Timestamp) -> bool {
        !self.busy && self.due_at() <= now
    }

    /// When the next look is due.
    pub fn due_at(&self) -> Timestamp {
        self.next.max(self.not_before)
    }

    /// A mark came in, which may want no other look for a while.
    pub fn heed(&mut self, again: Again, now: Timestamp) {
        self.not_before = if let Again::NotBefore(span) = again { span.elapsed_after(now) } else { Timestamp::MIN };
    }

    /// Its table was looked at, even if that failed.
    pub fn is_seen(&self) -> bool {
        !self.busy && (self.last.is_some() || self.failures > 0)
    }

    /// A look is sent.
    pub fn begin(&mut self) {
        self.busy = true;
        self.next = Timestamp::MAX;
    }

    /// A look ended well; the next is due then, or earlier if that was asked for meanwhile.
    pub fn ended(&mut self, asked_at: Timestamp, next: Timestamp) {
        *self = Self { next: self.next.min(next), busy: false, failures: 0, last: Some(asked_at), ..*self };
    }

    /// A look ended well but for a part of what it read, which may be read the next time. That is soon for a few times.
    pub fn ended_in_part(&mut self, asked_at: Timestamp, next: Timestamp, now: Timestamp) {
        let failures = self.failures + 1;
        let soon = if failures < FAILED_LOOKS { look_again(now, failures) } else { next };
        *self = Self { next: self.next.min(soon).min(next), busy: false, failures, last: Some(asked_at), ..*self };
    }

    /// Whether another look may do better than the last one: it failed, and not too often yet.
    pub fn is_hopeful(&self) -> bool {
        (1..FAILED_LOOKS).contains(&self.failures)
    }

    /// A look failed.
    pub fn failed(&mut self, now: Timestamp) {
        self.busy = false;
        self.failures += 1;
        self.next = look_again(now, self.failures);
    }

    pub fn clock_moved(&mut self, moved: impl Fn(&mut Timestamp)) {
        moved(&mut self.next);
        moved(&mut self.not_before);
        self.last.iter_mut().for_each(moved);
    }

    /// Looks again at an instant, or earlier when that was planned already.
    pub fn no_later_than(&mut self, at: Timestamp) {
        self.next = self.next.min(at);
    }

    /// The world around it was edited. A look that failed may do better now, also one that was not to be tried for a while.
    pub fn edited(&mut self, now: Timestamp) {
        self.next = self.next.min(now);
        if self.failures > 0 {
            self.not_before = Timestamp::MIN;
        }
    }
}

/// After this many failures in a row a look is not waited for.
const FAILED_LOOKS: u32 = 3;

/// After a failed look: 2 s, 4 s … up to five minutes.
pub(super) fn look_again(now: Timestamp, failures: u32) -> Timestamp {
    later(now, (1_i64 << failures.min(8)).min(300) * 1000)
}

/// When a table is looked at again after a look that saw such a mark: at its cadence, or sooner where a part may still be
/// written.
pub(super) fn next_look(again: Again, cadence: Span, now: Timestamp) -> Timestamp {
    let next = cadence.elapsed_after(now);
    if let Again::Within(span) = again { next.min(span.elapsed_after(now)) } else { next }
}

pub(super) fn later(at: Timestamp, millis: i64) -> Timestamp {
    at.checked_add(jiff::SignedDuration::from_millis(millis)).unwrap_or(Timestamp::MAX)
}
