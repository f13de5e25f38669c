//! Where time enters: the only file of gapless that reads a clock.

use std::time::Duration;

use jiff::Timestamp;

use crate::engine::ports::Clock;

#[cfg(target_os = "linux")]
const STEADY: rustix::time::ClockId = rustix::time::ClockId::Boottime;
#[cfg(not(target_os = "linux"))]
const STEADY: rustix::time::ClockId = rustix::time::ClockId::Monotonic;

#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl SystemClock {
    /// What the machine's wall clock shows.
    #[expect(clippy::disallowed_methods, reason = "time enters here and nowhere else")]
    pub fn wall() -> Timestamp {
        Timestamp::now()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Self::wall()
    }

    /// On Linux it includes the time that a machine sleeps, so that waking up is not a jump.
    fn steady(&self) -> Duration {
        let at = rustix::time::clock_gettime(STEADY);
        Duration::new(at.tv_sec.unsigned_abs(), u32::try_from(at.tv_nsec).unwrap_or_default())
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// A clock that never moves, for verbs that only read (`--now`).
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }

    fn steady(&self) -> Duration {
        Duration::ZERO
    }

    /// Time never passes here, so this never returns.
    async fn sleep(&self, _: Duration) {
        std::future::pending::<()>().await;
    }
}

/// The machine's clock, or a fixed one.
#[derive(Clone, Copy, Debug)]
pub enum AnyClock {
    System(SystemClock),
    Fixed(FixedClock),
}

impl AnyClock {
    /// A clock fixed at an instant, or the machine's clock.
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

    fn steady(&self) -> Duration {
        match self {
            Self::System(clock) => clock.steady(),
            Self::Fixed(clock) => clock.steady(),
        }
    }

    async fn sleep(&self, time: Duration) {
        match self {
            Self::System(clock) => clock.sleep(time).await,
            Self::Fixed(clock) => clock.sleep(time).await,
        }
    }
}
