//! The demo's filler: the model of `examples/filler`, compiled into the binary so that a demo needs nothing else.

#[path = "../../examples/filler/filler.rs"]
#[allow(clippy::module_inception, reason = "the model stands in a file of its own")]
mod model;
#[path = "../../examples/filler/provider.rs"]
mod provider;

pub(super) use model::run;
