//! The verbs against a server that keeps objects in memory, and can be made to refuse.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http::{Method, Request, Response};
use kube::client::Body;

use super::*;
use crate::domain::state::State;

#[derive(Default)]
struct Server {
    objects: BTreeMap<String, Value>,
    /// Answers that are given first, whatever is asked.
    refusals: VecDeque<(Method, u16, &'static str)>,
    writes: Vec<(String, Value)>,
    /// Objects that one page holds.
    page: usize,
}

fn answer(code: u16, body: &Value) -> Response<Body> {
    Response::builder().status(code).body(Body::from(serde_json::to_vec(body).unwrap())).unwrap()
}

fn refusal(code: u16, message: &str) -> Response<Body> {
    let reason = if code == 404 { "NotFound" } else { "Other" };
    let body = json!({"kind": "Status", "status": "Failure", "code": code, "message": message, "reason": reason});
    answer(code, &body)
}

impl Server {
    fn asked(&mut self, method: &Method, path: &str, query: &str, body: &[u8]) -> Response<Body> {
        if let Some((_, code, message)) = self.refusals.pop_front_if(|(m, ..)| m == method) {
            return refusal(code, message);
        }
        let name = path.trim_start_matches("/apis/gapless.dev/v1alpha1/").trim_start_matches("namespaces/sports/");
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        match *method {
            Method::POST => {
                let name = format!("{name}/{}", body["metadata"]["name"].as_str().unwrap());
                self.writes.push((format!("POST {name}"), body.clone()));
                self.objects.insert(name, body.clone());
                answer(201, &body)
            }
            Method::PATCH => {
                self.writes.push((format!("PATCH {name}"), body));
                answer(200, &self.objects[name])
            }
            _ if name.contains('/') => {
                self.objects.get(name).map_or_else(|| refusal(404, "not found"), |object| answer(200, object))
            }
            _ => self.listed(name, query),
        }
    }

    fn listed(&self, plural: &str, query: &str) -> Response<Body> {
        let from: usize =
            query.split('&').find_map(|q| q.strip_prefix("continue=")).map_or(0, |token| token.parse().unwrap());
        let own: Vec<&Value> = self.objects.range(format!("{plural}/")..format!("{plural}0")).map(|(_, o)| o).collect();
        let items: Vec<&Value> = own.iter().copied().skip(from).take(self.page).collect();
        let next = if from + items.len() < own.len() { (from + items.len()).to_string() } else { String::new() };
        answer(200, &json!({"kind": "List", "apiVersion": "v1", "metadata": {"continue": next}, "items": items}))
    }
}

fn cluster(server: &Arc<Mutex<Server>>) -> Cluster {
    let server = server.clone();
    let service = tower::service_fn(move |request: Request<Body>| {
        let server = server.clone();
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect_bytes().await.unwrap();
            let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
            Ok::<_, Infallible>(server.lock().unwrap().asked(&parts.method, path, query, &body))
        }
    });
    Cluster { client: Client::new(service, "sports"), namespace: "sports".into(), server: "https://there:6443".into() }
}

fn coverage(name: &str) -> Value {
    json!({
        "apiVersion": "gapless.dev/v1alpha1", "kind": "TableCoverage",
        "metadata": {"name": name, "namespace": "sports"},
        "spec": {"season": "nba", "table": "boxscores", "fill": {"mode": "Fill", "ladder": []}},
        "status": {"states": [{"state": "Missing", "reason": "NoRows", "count": 30, "dates": "2025-11-01..2025-11-30"}]},
    })
}

fn server() -> Arc<Mutex<Server>> {
    let mut server = Server { page: 2, ..Server::default() };
    for name in ["a", "b", "c", "d", "e"] {
        server.objects.insert(format!("tablecoverages/{name}"), coverage(name));
    }
    Arc::new(Mutex::new(server))
}

fn day(n: i8) -> Date {
    jiff::civil::date(2025, 11, n)
}

async fn view(cluster: &Cluster, name: &str) -> CoverageView {
    let told = overview(&cluster.objects(Some("sports")).await.unwrap(), Timestamp::UNIX_EPOCH).overview;
    told.coverages.into_iter().find(|c| *c.key.name == *name).unwrap()
}

fn retry() -> DateRequest {
    DateRequest::Retry { token: "again".into() }
}

#[tokio::test]
async fn every_page_is_read() {
    let server = server();
    let cluster = cluster(&server);
    let told = overview(&cluster.objects(Some("sports")).await.unwrap(), Timestamp::UNIX_EPOCH).overview;
    let names: Vec<&str> = told.coverages.iter().map(|c| &*c.key.name).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e"]);
    assert!(told.coverages.iter().all(|c| c.count(State::Missing) == 30));
}

#[tokio::test]
async fn a_request_makes_the_game_date_that_is_absent() {
    let server = server();
    let cluster = cluster(&server);
    let written = cluster.write(&view(&cluster, "a").await, day(14), &retry()).await.unwrap();
    assert_eq!(written, ("nba-2025-11-14".to_string(), "created"));
    let writes = std::mem::take(&mut server.lock().unwrap().writes);
    let [(call, body)] = &writes[..] else { panic!("{writes:?}") };
    assert_eq!(call, "POST gamedates/nba-2025-11-14");
    assert_eq!((&body["metadata"]["namespace"], &body["spec"]["date"]), (&json!("sports"), &json!("2025-11-14")));
    let rerun = json!({"token": "again", "coverages": [{"kind": "TableCoverage", "name": "a"}]});
    assert_eq!(body["spec"]["rerun"], rerun);
}

#[tokio::test]
async fn a_request_is_added_to_the_game_date_as_it_was_read_and_touches_nothing_else() {
    let server = server();
    let object = json!({
        "apiVersion": "gapless.dev/v1alpha1", "kind": "GameDate",
        "metadata": {"name": "nba-2025-11-14", "namespace": "sports", "resourceVersion": "7"},
        "spec": {"season": "nba", "date": "2025-11-14", "priority": 5, "rerun": {"token": "", "coverages": []},
                 "waived": [{"kind": "TableCoverage", "name": "b", "reason": "gone"}], "newer": true},
    });
    server.lock().unwrap().objects.insert("gamedates/nba-2025-11-14".into(), object);
    server.lock().unwrap().refusals.push_back((Method::PATCH, 409, "the object has been modified"));
    let cluster = cluster(&server);
    let request = DateRequest::Waive { reason: "no source".into(), expires: Some(day(30)) };
    let written = cluster.write(&view(&cluster, "a").await, day(14), &request).await.unwrap();
    assert_eq!(written.1, "patched");
    let writes = std::mem::take(&mut server.lock().unwrap().writes);
    let waived = json!([
        {"kind": "TableCoverage", "name": "b", "reason": "gone"},
        {"kind": "TableCoverage", "name": "a", "reason": "no source", "expires": "2025-11-30"},
    ]);
    let patch = json!({"metadata": {"resourceVersion": "7"}, "spec": {"waived": waived}});
    assert_eq!(writes, [("PATCH gamedates/nba-2025-11-14".to_string(), patch)], "read again after the conflict");
}

#[tokio::test]
async fn refusals_are_sentences() {
    let said = |stop: Stop| format!("{stop:?}");
    let rows = [
        (Method::GET, 404, "does not know"),
        (Method::GET, 403, "you may not list"),
        (Method::GET, 401, "does not accept your credentials"),
        (Method::POST, 422, "refuses to write gamedate nba-2025-11-14: why"),
        (Method::POST, 403, "you may not write gamedate nba-2025-11-14: why"),
    ];
    for (method, code, sentence) in rows {
        let server = server();
        let cluster = cluster(&server);
        let a = view(&cluster, "a").await;
        server.lock().unwrap().refusals.push_back((method.clone(), code, "why"));
        let stop = if method == Method::GET {
            cluster.objects(None).await.map(|_| ()).unwrap_err()
        } else {
            cluster.write(&a, day(14), &retry()).await.map(|_| ()).unwrap_err()
        };
        let exit = if code == 422 { "BadInput" } else { "Failed" };
        let told = said(stop);
        assert!(told.contains(sentence) && told.contains(exit), "{code}: {told}");
    }
}

#[tokio::test]
async fn a_date_that_the_coverage_does_not_have_is_refused() {
    let server = server();
    let cluster = cluster(&server);
    let a = view(&cluster, "a").await;
    let dates = |n| [n].into_iter().collect::<DateSet>();
    assert!(within(&a, &dates(day(30))).is_ok());
    let told = format!("{:?}", within(&a, &dates(jiff::civil::date(2025, 12, 1))).unwrap_err());
    assert!(told.contains("TableCoverage/a has no date 2025-12-01: it spans 2025-11-01..2025-11-30"), "{told}");
}
