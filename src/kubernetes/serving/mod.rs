//! What others see of this process: its log, its health and its metrics. It reads, and it never calls the API server.

pub(super) mod health;
pub(super) mod heard;
pub mod logs;
pub(super) mod observed;
pub(super) mod serve;
