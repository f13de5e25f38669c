//! Every call on the API server ends: its answer is there, whole and bounded, within the deadline, or it failed. Only what
//! streams by nature (a watch, a log that is followed) goes on after the head of its answer; a watch has its own clock,
//! see [`super::watching`].

use std::future::poll_fn;
use std::pin::pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body as Answer, HttpBody, to_bytes};
use futures::future::BoxFuture;
use http::{Request, Response, Uri};
use tokio::time::Instant;
use tower::{BoxError, Layer, Service};

use crate::kubernetes::faults::NoAnswer;
use crate::kubernetes::leadership::gate::is_write;

/// The longest answer. Lists are requested in pages that stay far below.
const LONGEST_ANSWER: usize = 64 << 20;

/// How long a call may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deadlines {
    pub(super) read: Duration,
    pub(super) write: Duration,
}

impl<S> Layer<S> for Deadlines {
    type Service = Deadlined<S>;

    fn layer(&self, inner: S) -> Deadlined<S> {
        Deadlined { inner, deadlines: *self }
    }
}

/// A service whose every call ends.
#[derive(Clone, Debug)]
pub(super) struct Deadlined<S> {
    inner: S,
    deadlines: Deadlines,
}

impl<S, R, B> Service<Request<R>> for Deadlined<S>
where
    S: Service<Request<R>, Response = Response<B>, Error = BoxError>,
    S::Future: Send + 'static,
    B: HttpBody<Data = axum::body::Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Answer>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<Answer>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<R>) -> Self::Future {
        let writes = is_write(request.method());
        let span = if writes { self.deadlines.write } else { self.deadlines.read };
        let streams = !writes && is_stream(request.uri());
        if writes {
            *request.uri_mut() = bounded(request.uri(), span);
        }
        let deadline = Instant::now() + span;
        let answer = self.inner.call(request);
        let whole = async move {
            let answer = answer.await?.map(Answer::new);
            if streams && answer.status().is_success() { Ok(answer) } else { collected(answer).await }
        };
        Box::pin(async move { within(deadline, whole).await.ok_or(NoAnswer { after: span })? })
    }
}

async fn collected(answer: Response<Answer>) -> Result<Response<Answer>, BoxError> {
    let (head, body) = answer.into_parts();
    let bytes = to_bytes(body, LONGEST_ANSWER).await?;
    Ok(Response::from_parts(head, Answer::from(bytes)))
}

/// The future's output, or `None` after the deadline. The clock is checked before each step: a process that was stopped and
/// wakes finds both ready, and must not send what it had only prepared.
async fn within<F: Future>(deadline: Instant, call: F) -> Option<F::Output> {
    let mut call = pin!(call);
    let mut alarm = pin!(tokio::time::sleep_until(deadline));
    poll_fn(|cx| {
        if Instant::now() >= deadline || alarm.as_mut().poll(cx).is_ready() {
            return Poll::Ready(None);
        }
        call.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Whether the answer is a stream.
fn is_stream(uri: &Uri) -> bool {
    let flag = |pair: &str| matches!(pair, "watch=true" | "watch=1" | "follow=true" | "follow=1");
    uri.query().is_some_and(|query| query.split('&').any(flag))
}

/// The same request with a timeout for the API server: what it has begun does not take effect long after this process has
/// stopped waiting for it.
fn bounded(uri: &Uri, span: Duration) -> Uri {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let sign = if path.contains('?') { '&' } else { '?' };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = format!("{path}{sign}timeout={}ms", span.as_millis()).parse().ok();
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}
