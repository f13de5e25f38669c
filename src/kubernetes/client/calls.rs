//! Counts calls on the API server: by verb, kind of resource and status of the answer. No name of an object, no path.

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use http::{Method, Request, Response, Uri};
use tower::{BoxError, Layer, Service};

/// A call that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// As RBAC calls it: `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`.
    pub verb: &'static str,
    /// The plural of the kind, with its subresource: `jobs`, `tablecoverages/status`; `other` beyond what gapless uses.
    pub resource: &'static str,
    /// The status of the answer; `None` when there was none, or the call was not sent.
    pub code: Option<u16>,
}

/// A callback at the end of every call. Cheap to clone.
#[derive(Clone)]
pub struct Calls(Arc<dyn Fn(Call) + Send + Sync>);

impl Calls {
    /// Calls `hear` at the end of every call; it must not block.
    pub fn heard_by(hear: impl Fn(Call) + Send + Sync + 'static) -> Self {
        Self(Arc::new(hear))
    }
}

impl Default for Calls {
    /// Without a callback.
    fn default() -> Self {
        Self::heard_by(|_| {})
    }
}

impl fmt::Debug for Calls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Calls")
    }
}

impl<S> Layer<S> for Calls {
    type Service = Counted<S>;

    fn layer(&self, inner: S) -> Counted<S> {
        Counted { inner, calls: self.clone() }
    }
}

/// A service whose calls are counted.
#[derive(Clone, Debug)]
pub struct Counted<S> {
    inner: S,
    calls: Calls,
}

impl<S, R, B> Service<Request<R>> for Counted<S>
where
    S: Service<Request<R>, Response = Response<B>, Error = BoxError>,
    S::Future: Send + 'static,
{
    type Response = Response<B>;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Response<B>, BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<R>) -> Self::Future {
        let (verb, resource) = named(request.method(), request.uri());
        let calls = self.calls.clone();
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await;
            (calls.0)(Call { verb, resource, code: answer.as_ref().ok().map(|answer| answer.status().as_u16()) });
            answer
        })
    }
}

/// Everything that gapless calls for; the names of metrics are bounded by it.
const RESOURCES: [&str; 20] = [
    "cronjobs",
    "events",
    "gamedates",
    "gamedates/status",
    "jobs",
    "leases",
    "namespaces",
    "pods",
    "propcoverages",
    "propcoverages/status",
    "seasons",
    "seasons/status",
    "sources",
    "sources/status",
    "tablecoverages",
    "tablecoverages/status",
    "version",
    "warehouses",
    "warehouses/status",
    "customresourcedefinitions",
];

fn named(method: &Method, uri: &Uri) -> (&'static str, &'static str) {
    let path: Vec<_> = uri.path().split('/').filter(|part| !part.is_empty()).collect();
    let below_version = match path.as_slice() {
        ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
        rest => rest,
    };
    // `namespaces/NAME` alone is the namespace itself.
    let object = match below_version {
        ["namespaces", _, rest @ ..] if !rest.is_empty() => rest,
        rest => rest,
    };
    let kind = object.first().copied().unwrap_or_default();
    let kind = object.get(2).map_or(kind.to_owned(), |sub| format!("{kind}/{sub}"));
    let resource = RESOURCES.into_iter().find(|resource| *resource == kind).unwrap_or("other");
    let watches = uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "watch=true"));
    let verb = match *method {
        Method::GET if watches => "watch",
        Method::GET if object.len() == 1 && kind != "version" => "list",
        Method::POST => "create",
        Method::PUT => "update",
        Method::PATCH => "patch",
        Method::DELETE => "delete",
        _ => "get",
    };
    (verb, resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_named_as_rbac_names_it() {
        let table = [
            ("GET", "/api/v1/namespaces/nba/pods?labelSelector=a", "list pods"),
            ("GET", "/apis/batch/v1/jobs?watch=true&resourceVersion=1", "watch jobs"),
            ("GET", "/apis/batch/v1/namespaces/nba/cronjobs/load", "get cronjobs"),
            ("GET", "/api/v1/namespaces/nba", "get namespaces"),
            ("GET", "/version", "get version"),
            ("POST", "/apis/batch/v1/namespaces/nba/jobs", "create jobs"),
            ("POST", "/apis/events.k8s.io/v1/namespaces/nba/events?timeout=5000ms", "create events"),
            ("PUT", "/apis/coordination.k8s.io/v1/namespaces/nba/leases/gapless", "update leases"),
            (
                "PATCH",
                "/apis/gapless.dev/v1alpha1/namespaces/nba/tablecoverages/a/status",
                "patch tablecoverages/status",
            ),
            ("DELETE", "/apis/batch/v1/namespaces/nba/jobs/a-l1", "delete jobs"),
            ("GET", "/api/v1/namespaces/nba/secrets/a", "get other"),
            ("GET", "/", "get other"),
        ];
        for (method, uri, expected) in table {
            let (verb, resource) = named(&method.parse().unwrap(), &uri.parse().unwrap());
            assert_eq!(format!("{verb} {resource}"), expected, "{method} {uri}");
        }
    }
}
