//! Why the lease could not be read, written or given back.

use std::fmt;

use tokio::time::error::Elapsed;

use crate::kubernetes::faults::sentence;

/// Why a step of the election failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// The Lease does not exist.
    Absent { name: String, namespace: String },
    /// The API server did not answer within the deadline.
    NoAnswer,
    /// The call failed, with the sentence about it.
    Failed(String),
    /// A write of this process has no answer yet, so the lease cannot be given back.
    WriteUnderWay,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent { name, namespace } => write!(
                f,
                "there is no Lease `{name}` in namespace `{namespace}`, and without it no replica leads: apply the installation's \
                 manifests again (manifests/base/lease.yaml), or run one process alone with --leader-elect false"
            ),
            Self::NoAnswer => f.write_str("no answer in time"),
            Self::Failed(sentence) => f.write_str(sentence),
            Self::WriteUnderWay => f.write_str("a write is still under way"),
        }
    }
}

impl From<kube::Error> for Trouble {
    fn from(error: kube::Error) -> Self {
        Self::Failed(sentence(&error))
    }
}

impl From<Elapsed> for Trouble {
    fn from(_: Elapsed) -> Self {
        Self::NoAnswer
    }
}
