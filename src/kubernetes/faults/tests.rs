//! What tests of other rooms ask of a failed call.

use kube::Error;

use super::{NoAnswer, NotSent};

/// Whether the gate refused the call: it did not reach the API server.
pub(in crate::kubernetes) fn was_not_sent(error: &Error) -> bool {
    matches!(error, Error::Service(inner) if inner.is::<NotSent>())
}

/// Whether the call was given up without an answer: a write may have taken effect.
pub(in crate::kubernetes) fn had_no_answer(error: &Error) -> bool {
    matches!(error, Error::Service(inner) if inner.is::<NoAnswer>())
}
