//! What went wrong with a call on the API server: whether it was sent, what its answer means for a write, the sentence for the
//! person who gets it, and which right is missing. No call is made here.

pub mod answers;
pub mod refusals;
mod sentence;
mod unanswered;

pub use sentence::sentence;
pub(super) use sentence::{in_cluster, kubeconfig, scrub};
pub use unanswered::{NoAnswer, NotSent, had_no_answer, was_not_sent};
