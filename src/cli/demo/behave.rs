//! How the demo's provider behaves for a date.

/// What asking for a date is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// It answers.
    Good,
    /// It takes its time.
    Slow,
    /// The first answer holds half of the games.
    Partial,
    /// The first answer is "all well", and nothing.
    Empty,
    /// The first two answers are "later".
    Limited,
    /// It never has that date.
    Gone,
    /// The filler dies in the middle of its first write.
    Crash,
}

impl Behaviour {
    /// Its word in the provider's file.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Slow => "slow",
            Self::Partial => "partial",
            Self::Empty => "empty",
            Self::Limited => "limited",
            Self::Gone => "gone",
            Self::Crash => "crash",
        }
    }
}
