//! Who leads, and so what may be written: the election by a Lease, and the gate that every write of the operator passes.

pub mod gate;
pub mod lease;
