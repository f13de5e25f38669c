//! What the rest of the process knows of its leadership: one shared value, moved by the lease's loop, asked by the gate
//! before every write. It does not wait for the loop: it compares instants, so a process that was stopped and
//! wakes knows at its first question that its time is over.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Whether this process leads, and until when no other can. Cheap to clone; all clones share one state.
#[derive(Clone, Debug)]
pub struct Leadership(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    standing: watch::Sender<Standing>,
    under_way: watch::Sender<usize>,
}

/// Whether this process leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has not led yet.
    Waiting,
    /// It leads, and no other process does before that instant. Without an instant there is no election.
    Leading(Option<Instant>),
    /// It no longer leads, and will not lead again.
    Ended,
}

impl Default for Leadership {
    fn default() -> Self {
        Self::starting(Standing::Waiting)
    }
}

impl Leadership {
    /// Leads forever: for one process alone, without an election.
    pub fn alone() -> Self {
        Self::starting(Standing::Leading(None))
    }

    fn starting(standing: Standing) -> Self {
        Self(Arc::new(Shared { standing: watch::Sender::new(standing), under_way: watch::Sender::new(0) }))
    }

    /// The present state.
    pub fn standing(&self) -> Standing {
        *self.0.standing.borrow()
    }

    /// Whether no other process can lead before this span has passed.
    pub fn outlasts(&self, span: Duration) -> bool {
        match self.standing() {
            Standing::Leading(until) => until.is_none_or(|until| Instant::now() + span <= until),
            Standing::Waiting | Standing::Ended => false,
        }
    }

    /// Returns when this process leads: true; or when it never will: false.
    pub async fn won(&self) -> bool {
        let mut standing = self.0.standing.subscribe();
        let decided = standing.wait_for(|standing| *standing != Standing::Waiting).await;
        decided.is_ok_and(|standing| matches!(*standing, Standing::Leading(_)))
    }

    /// Returns when this process no longer leads.
    pub async fn ended(&self) {
        let mut standing = self.0.standing.subscribe();
        // The sender lives in `self`: the wait cannot fail.
        let _ = standing.wait_for(|standing| *standing == Standing::Ended).await;
    }

    /// Begins a write that takes at most `span`, if leadership outlasts it.
    pub fn begin(&self, span: Duration) -> Option<UnderWay> {
        // Counted first, checked second: an end of leadership in between waits for this write.
        let under_way = UnderWay::new(self.0.clone());
        self.outlasts(span).then_some(under_way)
    }

    /// Returns when no write is under way.
    pub async fn quiet(&self) {
        let mut under_way = self.0.under_way.subscribe();
        let _ = under_way.wait_for(|writes| *writes == 0).await;
    }

    /// No other process leads before that instant. What has ended stays ended.
    pub(in crate::kubernetes) fn extend(&self, until: Instant) {
        self.0.standing.send_if_modified(|standing| {
            let goes_on = *standing != Standing::Ended;
            if goes_on {
                *standing = Standing::Leading(Some(until));
            }
            goes_on
        });
    }

    /// Ends leadership: no more writes.
    pub(in crate::kubernetes) fn end(&self) {
        self.0.standing.send_replace(Standing::Ended);
    }
}

/// A write that was begun and has not been answered.
#[derive(Debug)]
pub struct UnderWay(Arc<Shared>);

impl UnderWay {
    fn new(shared: Arc<Shared>) -> Self {
        shared.under_way.send_modify(|writes| *writes += 1);
        Self(shared)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.send_modify(|writes| *writes -= 1);
    }
}
