//! From the engine's view to the status on the wire, and back.
