//! The limits that leave a want without a slot.

use alloc::format;
use alloc::string::{String, ToString};

use crate::domain::ledger::MAX_UNSETTLED;

/// A limit that is reached. It is shown in plans but not in the cell's message, because it changes with each Job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Limit {
    /// Live Jobs of its coverage.
    Coverage(u32),
    /// Attempts of its coverage that are not settled.
    Unsettled,
    /// Live Jobs of all coverages.
    Operator(u32),
    /// Jobs on its rung failed, and the table was not read since.
    Unproven,
    /// Live Jobs that draw on its source.
    Source(u32),
    /// The requests per minute of its source are all told to live Jobs.
    Requests,
    /// Slow start admits no more for now.
    SlowStart,
}

impl Limit {
    /// The limit, with the field or flag that sets it.
    pub fn sentence(self) -> String {
        match self {
            Self::Coverage(most) => {
                format!("its coverage runs at most {most} at once (spec.fill.maxConcurrentJobs)")
            }
            Self::Unsettled => format!("{MAX_UNSETTLED} attempts of its coverage are not settled yet"),
            Self::Operator(most) => format!("all coverages together run at most {most} at once (--max-jobs)"),
            Self::Unproven => "Jobs on its rung failed; the table is read before more of them start".to_string(),
            Self::Source(most) => format!("its source runs at most {most} at once (Source, spec.maxConcurrentJobs)"),
            Self::Requests => {
                "live Jobs use all requests per minute of its source (Source, spec.requestsPerMinute)".to_string()
            }
            Self::SlowStart => "launches increase step by step after a start (--slow-start)".to_string(),
        }
    }
}
