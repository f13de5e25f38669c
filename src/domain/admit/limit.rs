//! Which limit leaves a want without a slot.

use alloc::format;
use alloc::string::{String, ToString};

use crate::domain::ledger::MAX_UNSETTLED;

/// A limit that is reached. The cell is only told that it lacks a slot: which limit it lacks one by changes with each Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Live Jobs of its coverage.
    Coverage(u32),
    /// Attempts of its coverage that are not settled.
    Unsettled,
    /// Live Jobs of all coverages.
    Operator(u32),
    /// Slow start lets no more through yet.
    SlowStart,
}

impl Limit {
    /// What holds, and by which field or flag.
    pub fn sentence(self) -> String {
        match self {
            Self::Coverage(most) => {
                format!("its coverage has at most {most} live at once (spec.fill.maxConcurrentJobs)")
            }
            Self::Unsettled => format!("{MAX_UNSETTLED} attempts of its coverage are not settled yet"),
            Self::Operator(most) => format!("all coverages together have at most {most} live at once (--max-jobs)"),
            Self::SlowStart => "after a start few are launched at first (--slow-start)".to_string(),
        }
    }
}
