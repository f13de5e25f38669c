//! What went wrong with a call on the API server: whether it was sent, what its answer means for a write, the sentence for the
//! person who gets it, and which right is missing. No call is made here.

pub(super) mod answers;
pub(super) mod refusals;
mod sentence;
#[cfg(test)]
pub(super) mod tests;
mod unanswered;

pub use sentence::sentence;
pub(super) use sentence::{in_cluster, kubeconfig, scrub};
pub(super) use unanswered::{NoAnswer, NotSent};
