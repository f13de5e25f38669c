//! Where time enters: the only file of gapless that reads a clock.

use std::time::Duration;

use jiff::Timestamp;

use crate::engine::ports::Clock;

/// The clock of the machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "time enters here and nowhere else")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn until(&self, at: Timestamp) {
        // The wall clock may jump while this waits: it is asked again every minute.
        loop {
            let left = at.duration_since(self.now());
            if !left.is_positive() {
                return;
            }
            tokio::time::sleep(left.unsigned_abs().clamp(Duration::from_millis(1), Duration::from_secs(60))).await;
        }
    }
}

/// A clock that stands, for verbs that only read (`--now`).
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    /// Time never passes here; what waits for it waits for ever.
    async fn until(&self, at: Timestamp) {
        if at > self.0 {
            std::future::pending::<()>().await;
        }
    }
}

/// The machine's clock, or one that stands.
#[derive(Clone, Copy, Debug)]
pub enum AnyClock {
    /// The machine's.
    System(SystemClock),
    /// One that stands.
    Fixed(FixedClock),
}

impl AnyClock {
    /// A clock that stands at an instant; without one the machine's.
    pub fn new(at: Option<Timestamp>) -> Self {
        at.map_or(Self::System(SystemClock), |at| Self::Fixed(FixedClock(at)))
    }
}

impl Clock for AnyClock {
    fn now(&self) -> Timestamp {
        match self {
            Self::System(clock) => clock.now(),
            Self::Fixed(clock) => clock.now(),
        }
    }

    async fn until(&self, at: Timestamp) {
        match self {
            Self::System(clock) => clock.until(at).await,
            Self::Fixed(clock) => clock.until(at).await,
        }
    }
}
