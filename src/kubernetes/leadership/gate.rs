//! The gate before every write: a layer of kube's client that lets a POST, PUT, PATCH or DELETE through only if leadership
//! outlasts the write's deadline, within the agreed rate and concurrency. It waits, and refuses; it never drops and never
//! repeats.
//!
//! What was handed to a connection cannot be called back, and a network may deliver late: so every write also carries a
//! resourceVersion, a uid or a name that makes it harmless then.
//!
//! Three kinds of requests:
//! - **Reads** pass.
//! - **The lease's own writes** pass: they are how leadership is won, kept and given back, and their uid and
//!   resourceVersion guard them better than any clock.
//! - **All other writes** need leadership. Events too, though they decide nothing: a process that was stopped and wakes
//!   writes *nothing*. But they wait in a separate bucket, so that no create of a Job waits behind a hundred of them.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::{Method, Request};
use tokio::sync::Mutex;
use tower::{BoxError, Layer, Service, ServiceExt};

use super::lease::Leadership;
use crate::kubernetes::faults::NotSent;
use bucket::Bucket;

pub use bucket::Rate;

mod bucket;
#[cfg(test)]
mod tests;

/// What every write must pass. Cheap to clone; all clones share their buckets.
#[derive(Clone, Debug)]
pub struct Gate {
    leadership: Leadership,
    deadline: Duration,
    writes: Bucket,
    events: Bucket,
}

impl Gate {
    /// A gate for writes that end within `deadline`: see [`super::lease::Timing::write_deadline`].
    pub fn new(leadership: Leadership, deadline: Duration, rate: Rate) -> Self {
        Self { leadership, deadline, writes: Bucket::new(rate), events: Bucket::new(rate) }
    }

    /// How long a write may take.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// The bucket in which this request waits; none when it needs no leadership.
    fn bucket<B>(&self, request: &Request<B>) -> Option<&Bucket> {
        let path = request.uri().path();
        match () {
            () if !is_write(request.method()) || path.starts_with("/apis/coordination.k8s.io/") => None,
            () if path.starts_with("/apis/events.k8s.io/") => Some(&self.events),
            () => Some(&self.writes),
        }
    }
}

/// Whether a request can change anything.
pub(in crate::kubernetes) fn is_write(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

impl<S> Layer<S> for Gate {
    type Service = Gated<S>;

    fn layer(&self, inner: S) -> Gated<S> {
        Gated { inner: Arc::new(Mutex::new(inner)), gate: self.clone() }
    }
}

/// A service behind the gate.
#[derive(Debug)]
pub struct Gated<S> {
    // A write waits for its turn after `call` has returned, and the service behind the gate is handed the request only then.
    inner: Arc<Mutex<S>>,
    gate: Gate,
}

impl<S, B> Service<Request<B>> for Gated<S>
where
    S: Service<Request<B>, Error = BoxError> + Send + 'static,
    S::Future: Send + 'static,
    B: Send + 'static,
{
    type Response = S::Response;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<S::Response, BoxError>>;

    /// Always ready: waiting here would hold up the reads behind a write.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (inner, gate) = (self.inner.clone(), self.gate.clone());
        Box::pin(async move {
            let bucket = gate.bucket(&request);
            let _turn = match bucket {
                Some(bucket) => {
                    // A process that does not lead is refused now, not after the queue.
                    drop(gate.leadership.begin(gate.deadline).ok_or(NotSent)?);
                    bucket.turn().await
                }
                None => None,
            };
            let mut inner = inner.lock_owned().await;
            inner.ready().await?;
            // There is no await between this check and the request. Below, the deadline is checked again before each step, so
            // that nothing leaves after it.
            let _under_way = match bucket {
                Some(_) => Some(gate.leadership.begin(gate.deadline).ok_or(NotSent)?),
                None => None,
            };
            let answer = inner.call(request);
            drop(inner);
            answer.await
        })
    }
}
