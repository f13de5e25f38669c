//! A fake API server that holds one lease: read, replace with uid and resourceVersion, as the real one does it, a
//! PUT that makes what is not there included. It can be cut off, be slow, lose answers, and counts what it was asked.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use http::{Method, Request, Response, StatusCode};
use k8s_openapi::api::coordination::v1::Lease;
use serde_json::{Value, json};
use tower::{BoxError, ServiceExt, service_fn};

/// The server's state, shared with the test.
#[derive(Clone, Default)]
pub(super) struct Server(Arc<Mutex<Inside>>);

#[derive(Default)]
pub(super) struct Inside {
    /// The lease as JSON.
    pub(super) lease: Option<Value>,
    /// resourceVersions given so far.
    pub(super) versions: u64,
    /// No answer comes, and nothing takes effect.
    pub(super) away: bool,
    /// Writes take effect, and their answers do not come.
    pub(super) loses_answers: bool,
    /// How long each call takes to arrive.
    pub(super) slow: Duration,
    /// Every write that took effect: by whom, and the lease's holder then.
    pub(super) writes: Vec<(&'static str, Option<String>)>,
    /// Every other write: what the gate let through.
    pub(super) others: Vec<&'static str>,
}

impl Server {
    /// With the lease as the manifests bring it: without a spec.
    pub(super) fn installed() -> Self {
        let server = Self::default();
        server.apply();
        server
    }

    /// The manifests are applied where there is no lease.
    pub(super) fn apply(&self) {
        let mut inside = self.inside();
        let version = inside.next_version();
        let metadata = json!({"name": "gapless", "uid": format!("uid-{version}"), "resourceVersion": version});
        inside.lease = Some(json!({"metadata": metadata}));
    }

    pub(super) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap()
    }

    pub(super) fn holder(&self) -> Option<String> {
        let inside = self.inside();
        let holder = inside.lease.as_ref()?["spec"]["holderIdentity"].as_str();
        holder.map(str::to_owned)
    }

    /// A person edits the lease.
    pub(super) fn edit(&self, edit: impl FnOnce(&mut Value)) {
        let mut inside = self.inside();
        let version = inside.next_version();
        let lease = inside.lease.as_mut().expect("there is a lease to edit");
        edit(lease);
        lease["metadata"]["resourceVersion"] = json!(version);
    }

    /// The service that one process talks to.
    pub(super) fn service(
        &self,
        process: &'static str,
    ) -> impl tower::Service<Request<kube::client::Body>, Response = Response<Body>, Error = BoxError, Future: Send>
    + Clone
    + use<> {
        let server = self.clone();
        service_fn(move |request| server.clone().answer(process, request))
    }

    async fn answer(
        self,
        process: &'static str,
        request: Request<kube::client::Body>,
    ) -> Result<Response<Body>, BoxError> {
        let (head, body) = request.into_parts();
        let body = to_bytes(Body::new(body), 1 << 20).await?;
        let slow = self.inside().slow;
        tokio::time::sleep(slow).await;
        if self.inside().away {
            return std::future::pending().await;
        }
        let reads = head.method == Method::GET;
        let answer = self.inside().act(process, &head.method, head.uri.path(), &body);
        if self.inside().loses_answers && !reads {
            return std::future::pending().await;
        }
        tokio::time::sleep(slow).await;
        Ok(answer)
    }
}

impl Inside {
    fn next_version(&mut self) -> String {
        self.versions += 1;
        self.versions.to_string()
    }

    fn act(&mut self, process: &'static str, method: &Method, path: &str, body: &[u8]) -> Response<Body> {
        if !path.contains("/leases") {
            self.others.push(process);
            return answer(StatusCode::CREATED, &serde_json::from_slice(body).unwrap());
        }
        match (method.as_str(), self.lease.clone()) {
            ("GET", Some(lease)) => answer(StatusCode::OK, &lease),
            ("GET", None) => status(StatusCode::NOT_FOUND, "NotFound"),
            // The rights of the installation hold no `create`: nothing may depend on it.
            ("POST", _) => panic!("{process} tried to create a lease"),
            ("PUT", old) if !guards_hold(old.as_ref(), body) => status(StatusCode::CONFLICT, "Conflict"),
            ("PUT", _) => self.keep(process, body),
            _ => status(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
        }
    }

    fn keep(&mut self, process: &'static str, body: &[u8]) -> Response<Body> {
        let typed: Lease = serde_json::from_slice(body).unwrap();
        let mut lease: Value = serde_json::from_slice(body).unwrap();
        let version = self.next_version();
        if typed.metadata.uid.is_none() {
            lease["metadata"]["uid"] = json!(format!("uid-{version}"));
        }
        lease["metadata"]["resourceVersion"] = json!(version);
        self.writes.push((process, typed.spec.and_then(|spec| spec.holder_identity)));
        self.lease = Some(lease.clone());
        answer(StatusCode::OK, &lease)
    }
}

fn guards_hold(old: Option<&Value>, body: &[u8]) -> bool {
    let new: Value = serde_json::from_slice(body).unwrap();
    let same = |field: &str| {
        let wanted = &new["metadata"][field];
        wanted.is_null() || old.is_some_and(|old| old["metadata"][field] == *wanted)
    };
    // A version without an object guards nothing: the real server creates the missing lease.
    same("uid") && (old.is_none() || same("resourceVersion"))
}

fn answer(code: StatusCode, value: &Value) -> Response<Body> {
    Response::builder().status(code).body(Body::from(value.to_string())).unwrap()
}

fn status(code: StatusCode, reason: &str) -> Response<Body> {
    let body = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": reason, "reason": reason, "code": code.as_u16()});
    answer(code, &body)
}

#[tokio::test]
async fn the_fake_guards_as_the_real_one_does() {
    let server = Server::default();
    let service = server.service("test");
    let put = async |uid: Option<&str>, version: Option<&str>| {
        let body = json!({"metadata": {"name": "gapless", "uid": uid, "resourceVersion": version}, "spec": {}});
        let request = Request::put("/apis/coordination.k8s.io/v1/namespaces/nba/leases/gapless");
        let request = request.body(kube::client::Body::from(body.to_string().into_bytes())).unwrap();
        service.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(put(Some("u"), Some("1")).await, 409, "a uid of nothing");
    assert_eq!(put(None, Some("1")).await, 200, "a PUT makes what is not there");
    assert_eq!(put(None, Some("7")).await, 409, "another version");
    assert_eq!(put(Some("uid-1"), Some("1")).await, 200);
    assert_eq!(server.holder(), None);
}
