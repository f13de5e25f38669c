//! How a Job ended, and the result of an attempt.

use super::words::words;

/// Writes the enum and the list of the ends without an exit code from the same variants, so that none is forgotten.
macro_rules! ends {
    ($($(#[doc = $doc:literal])* $variant:ident,)*) => {
        /// How a Job ended.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum End {
            /// Exit with another code than 0.
            Exit(i32),
            $($(#[doc = $doc])* $variant,)*
        }

        impl End {
            /// Those without an exit code of their own.
            pub const PLAIN: [Self; [$(stringify!($variant)),*].len()] = [$(Self::$variant),*];
        }
    };
}

ends! {
    /// Exit 0.
    Succeeded,
    /// Killed at its deadline.
    Deadline,
    /// Killed by a signal, or ended for an unknown reason.
    Killed,
    /// Evicted, preempted, its node lost, or stopped by a person.
    Disrupted,
    /// It disappeared.
    Lost,
    /// It was recorded but never created.
    NeverStarted,
}

words! {
    /// The result of an attempt for one date. The first variant that applies wins.
    pub enum Outcome {
        /// The cell is Complete now and was not before, regardless of the row count.
        Filled,
        /// It succeeded on a date that was Complete and still is.
        Rebuilt,
        /// Covered units fell, or values fell with units unchanged.
        Regressed,
        /// More units or values than before.
        Improved,
        /// Evicted, preempted, node lost, or stopped by a person.
        Disrupted,
        /// Exit 75.
        RateLimited,
        /// Exit 69.
        SourceDown,
        /// Exit 77.
        CredentialsRefused,
        /// Exit 65: the rung is used up for the date.
        Permanent,
        /// Any other failure.
        Failed,
        /// The Job vanished.
        Lost,
        /// The Job was never created.
        NeverStarted,
        /// It succeeded, and nothing changed.
        Ineffective,
    }
}

impl Outcome {
    /// Whether its Job left the date complete.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Filled | Self::Rebuilt)
    }

    /// Whether its Job brought something.
    pub fn helped(self) -> bool {
        self.is_good() || self == Self::Improved
    }

    /// Whether it says anything about the rung: its Job ran, and was not stopped from outside.
    pub fn says_something(self) -> bool {
        !matches!(self, Self::Disrupted | Self::Lost | Self::NeverStarted)
    }

    /// Whether it counts against the rung's attempts.
    pub fn is_charged(self) -> bool {
        matches!(self, Self::Ineffective | Self::Regressed | Self::Failed | Self::Lost)
    }
}
