//! What others see of this process: its log, its health and its metrics. It reads, and it never calls the API server.

pub mod health;
pub mod logs;
pub mod observed;
pub mod serve;
