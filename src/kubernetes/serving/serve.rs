//! `/livez`, `/readyz` and `/metrics`, on a separate thread: a busy engine does not delay them, and ten thousand scrapes do not
//! disturb the engine. They only read. Of a table or a resource, no answer holds more than names.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONNECTION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::health::Health;
use crate::engine::ports::Clock;
use crate::host::clock::SystemClock;
use crate::view::metrics::{self, Metrics};

mod connections;

use connections::Connections;

/// How long a text of metrics is reused: a flood of scrapes costs one text a second.
const KEPT: Duration = Duration::from_secs(1);
/// How long answers under way may take at a stop.
const STOP: Duration = Duration::from_secs(2);

/// What the endpoints read.
#[derive(Clone, Debug)]
pub struct Sources {
    pub metrics: Metrics,
    pub health: Arc<Health>,
    /// Log lines that a full queue dropped.
    pub lines_dropped: Arc<AtomicU64>,
}

/// A text of metrics and when it was made.
type Kept = Arc<Mutex<Option<(Instant, Bytes)>>>;

#[derive(Clone)]
struct Shared {
    sources: Sources,
    kept: Kept,
}

/// The endpoints as a service.
pub fn router(sources: Sources) -> Router {
    let routes = Router::new()
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/metrics", get(scrape))
        .with_state(Shared { sources, kept: Kept::default() });
    // One request per connection: then the limits of a connection are those of a request.
    routes.layer(axum::middleware::map_response(|mut response: Response| async {
        response.headers_mut().insert(CONNECTION, axum::http::HeaderValue::from_static("close"));
        response
    }))
}

/// 200 while nothing is too old ([`super::health`] says what that is); else 503 and what it is.
async fn livez(State(shared): State<Shared>) -> Response {
    let complaints = shared.sources.health.complaints(Instant::now());
    if complaints.is_empty() {
        return "live\n".into_response();
    }
    let why = format!("not live: {}", complaints.join("; "));
    // The kubelet restarts this process and does not keep the answer.
    tracing::error!("{why}");
    (StatusCode::SERVICE_UNAVAILABLE, why + "\n").into_response()
}

async fn readyz(State(shared): State<Shared>) -> Response {
    if shared.sources.health.is_ready() {
        return "ready\n".into_response();
    }
    (StatusCode::SERVICE_UNAVAILABLE, "not ready: the first lists are not complete yet\n").into_response()
}

async fn scrape(State(shared): State<Shared>) -> Response {
    ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], shared.text()).into_response()
}

impl Shared {
    /// The text of metrics, one for all that ask within a second: slow readers share its bytes.
    fn text(&self) -> Bytes {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, text)) = kept.as_ref().filter(|(made, _)| made.elapsed() < KEPT) {
            return text.clone();
        }
        let now = SystemClock.now();
        let pulse = self.sources.health.pulse(Instant::now(), self.sources.lines_dropped.load(Ordering::Relaxed));
        let text = Bytes::from(self.sources.metrics.render(now, pulse));
        *kept = Some((Instant::now(), text.clone()));
        text
    }
}

/// The running endpoints. They end when this is stopped or dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens, and answers from its own thread.
    ///
    /// # Errors
    /// What the system says of this address.
    pub fn start(listen: SocketAddr, sources: Sources) -> io::Result<Self> {
        let listener = std::net::TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let serve = move || runtime.block_on(serve(listener, router(sources), stopped));
        let thread = std::thread::Builder::new().name("http".into()).spawn(serve)?;
        Ok(Self { address, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets answers under way end, two seconds at most.
    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // The thread ends within its limit; a panic of it no longer matters.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

async fn serve(listener: std::net::TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = TcpListener::from_std(listener) else {
        tracing::error!("the endpoints cannot be served: the runtime refused the listener");
        return;
    };
    let (stopping, stop) = oneshot::channel::<()>();
    let server = axum::serve(Connections::new(listener), router).with_graceful_shutdown(async move {
        let _ = stop.await;
    });
    let limit = async move {
        // A handle that is dropped stops it as one that says so.
        let _ = stopped.await;
        drop(stopping);
        tokio::time::sleep(STOP).await;
    };
    tokio::select! {
        _ = server.into_future() => {}
        () = limit => {}
    }
}

#[cfg(test)]
mod tests;
