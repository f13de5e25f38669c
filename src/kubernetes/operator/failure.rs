//! Why the operator ends before it is stopped.

use std::fmt;
use std::net::SocketAddr;

use crate::kubernetes::client::ConnectError;

/// Why the operator ends before it is stopped. A restart helps against all but the first two.
#[derive(Debug)]
pub enum Failure {
    /// No usable configuration of a cluster was found.
    Configuration(ConnectError),
    /// The endpoints cannot be served at this address.
    Listen(SocketAddr, std::io::Error),
    /// Leadership was lost, with the reason.
    Leadership(String),
    /// A task panicked that has to run as long as the process.
    Task(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(why) => why.fmt(f),
            Self::Leadership(why) => f.write_str(why),
            Self::Listen(address, why) => write!(f, "--listen {address}: {why}; name an address that is free"),
            Self::Task(name) => {
                write!(f, "{name} stopped unexpectedly; please report the log lines before this one")
            }
        }
    }
}
