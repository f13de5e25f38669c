//! Connections that wait for their next read. They are closed after a minute, and there are never more of them than reads may
//! run at once.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::connect::{Connection, Source};

/// Looking at several tables in a row needs one login, and a server at rest has no connection of gapless.
const IDLE: Duration = Duration::from_secs(60);

/// The connections of a place.
#[derive(Debug)]
pub(super) struct Pool {
    pub source: Source,
    idle: Arc<Mutex<Waiting>>,
}

#[derive(Debug, Default)]
struct Waiting {
    /// The one that has waited for the longest time first.
    all: Vec<(Instant, Connection)>,
    /// Whether a task closes those that have waited for too long.
    watched: bool,
}

impl Pool {
    pub fn new(source: Source) -> Self {
        Self { source, idle: Arc::default() }
    }

    /// The connection that was used last, if the server has not closed it.
    pub fn take(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((_, connection)) = idle.all.pop() {
            if !connection.client.is_closed() {
                return Some(connection);
            }
        }
        None
    }

    /// Keeps a connection for the next read, unless this many wait already.
    pub fn put(&self, connection: Connection, most: usize) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if connection.client.is_closed() || idle.all.len() >= most {
            return;
        }
        idle.all.push((Instant::now(), connection));
        if !std::mem::replace(&mut idle.watched, true) {
            tokio::spawn(watch(self.idle.clone()));
        }
    }
}

/// Closes connections that have waited for too long, until none waits.
async fn watch(idle: Arc<Mutex<Waiting>>) {
    loop {
        let next = {
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            idle.all.retain(|(since, _)| now < *since + IDLE);
            let next = idle.all.first().map(|(since, _)| *since + IDLE - now);
            idle.watched = next.is_some();
            next
        };
        let Some(next) = next else { return };
        sleep(next).await;
    }
}
