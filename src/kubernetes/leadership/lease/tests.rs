//! The lease: its rules as tables, every interleaving of a small world, and two processes over a fake API server.

mod election;
mod model;
mod rules;
mod server;
