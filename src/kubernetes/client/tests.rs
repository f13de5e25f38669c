//! The layers below kube's client over services that misbehave, and configurations that are wrong.

use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Client;
use kube::api::{Api, ListParams, PostParams, WatchParams};
use kube::client::ClientBuilder;
use tokio::time::{Instant, advance};
use tower::{BoxError, service_fn};

use super::deadline::Deadlines;
use super::{Call, Calls, ConnectOptions, connect, watching};
use crate::kubernetes::faults::sentence;
use crate::kubernetes::faults::tests::had_no_answer;
use crate::kubernetes::leadership::gate::{Gate, Rate};
use crate::kubernetes::leadership::lease::Leadership;

const LIMITS: Deadlines = Deadlines { read: Duration::from_secs(15), write: Duration::from_secs(5) };

type Asked = Request<kube::client::Body>;

/// A client whose server answers like that.
fn client<F>(answer: impl Fn(Asked) -> F + Send + 'static) -> Client
where
    F: Future<Output = Result<Response<Body>, BoxError>> + Send + 'static,
{
    ClientBuilder::new(service_fn(answer), "nba").with_layer(&LIMITS).build()
}

fn jobs(client: Client) -> Api<Job> {
    Api::namespaced(client, "nba")
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_never_answered_ends_at_its_deadline() {
    let api = jobs(client(|_| std::future::pending()));
    let start = Instant::now();
    let error = api.list(&ListParams::default()).await.expect_err("no answer");
    assert_eq!(
        (sentence(&error).as_str(), start.elapsed().as_secs()),
        ("the API server did not answer within 15s", 15)
    );
    assert!(had_no_answer(&error));
    let start = Instant::now();
    let error = api.create(&PostParams::default(), &Job::default()).await.expect_err("no answer");
    assert_eq!((sentence(&error).as_str(), start.elapsed().as_secs()), ("the API server did not answer within 5s", 5));
}

/// A body that begins and does not end.
fn endless() -> Body {
    use futures::{StreamExt, stream};
    let first = stream::iter([Ok::<_, BoxError>("{\"items\":[")]);
    Body::from_stream(first.chain(stream::pending()))
}

#[tokio::test(start_paused = true)]
async fn a_list_is_bounded_whole_and_a_watch_streams_on() {
    let api = jobs(client(|_| async { Ok(Response::new(endless())) }));
    let start = Instant::now();
    assert!(had_no_answer(&api.list(&ListParams::default()).await.expect_err("never whole")));
    assert_eq!(start.elapsed().as_secs(), 15);
    let watch = api.watch(&WatchParams::default(), "0").await;
    assert!(watch.is_ok(), "its head is an answer");
    // What a watch is refused with is bounded as any answer is.
    let api = jobs(client(|_| async { Ok(Response::builder().status(403).body(endless()).unwrap()) }));
    assert!(had_no_answer(&api.watch(&WatchParams::default(), "0").await.err().expect("never whole")));
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_dies_silently_is_restarted_within_a_minute() {
    use futures::StreamExt;
    use kube::runtime::watcher;
    let watches = Arc::new(Mutex::new(Vec::new()));
    let seen = watches.clone();
    let api = jobs(client(move |request| {
        let watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
        let body = if watch {
            seen.lock().unwrap().push((Instant::now(), request.uri().query().unwrap().contains("timeoutSeconds=50")));
            Body::from_stream(futures::stream::pending::<Result<String, BoxError>>())
        } else {
            Body::from("{\"metadata\":{\"resourceVersion\":\"1\"},\"items\":[]}")
        };
        async { Ok(Response::new(body)) }
    }));
    let watch = watcher(api, watching()).for_each(|_| async {});
    let _ = tokio::time::timeout(Duration::from_secs(200), watch).await;
    let watches = watches.lock().unwrap();
    assert!(watches.len() >= 3 && watches.iter().all(|(_, bounded)| *bounded));
    for pair in watches.windows(2) {
        assert!(pair[1].0 - pair[0].0 <= Duration::from_secs(60), "{:?}", pair[1].0 - pair[0].0);
    }
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    use futures::stream;
    let api = jobs(client(|_| async {
        let mebibyte = vec![b' '; 1 << 20];
        Ok(Response::new(Body::from_stream(stream::repeat_with(move || Ok::<_, BoxError>(mebibyte.clone())))))
    }));
    let error = api.list(&ListParams::default()).await.expect_err("too long");
    assert_eq!(sentence(&error), "length limit exceeded");
}

#[tokio::test]
async fn odd_answers_are_errors_in_one_sentence() {
    let html = "<html>\n<body>Bad gateway</body></html>";
    let table = [
        (502, html, "<html> <body>Bad gateway</body></html> (502)"),
        (200, html, "the answer cannot be read at line 1 column 1 (Syntax)"),
        (200, "{\"metadata\": {}, \"items\": [", "the answer cannot be read at line 1 column 27 (Eof)"),
        (301, "", "the answer cannot be read at line 1 column 0 (Eof)"),
        (
            403,
            r#"{"kind":"Status","status":"Failure","message":"jobs.batch is forbidden: User \"x\" cannot list resource \"jobs\"","reason":"Forbidden","code":403}"#,
            r#"jobs.batch is forbidden: User "x" cannot list resource "jobs" (403 Forbidden)"#,
        ),
    ];
    for (code, body, expected) in table {
        let answer = move |_| async move { Ok(Response::builder().status(code).body(Body::from(body)).unwrap()) };
        let error = jobs(client(answer)).list(&ListParams::default()).await.expect_err("odd");
        assert_eq!(sentence(&error), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_prepared_before_a_stop_is_not_sent_after_it() {
    let sent = Arc::new(Mutex::new(0));
    let seen = sent.clone();
    // Between the gate and the wire a connection is made: a second, in which the process is stopped for a minute.
    let slow_to_connect = service_fn(move |_: Asked| {
        let seen = seen.clone();
        async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            *seen.lock().unwrap() += 1;
            Ok::<_, BoxError>(Response::new(Body::from("{}")))
        }
    });
    let gate = Gate::new(Leadership::alone(), LIMITS.write, Rate::default());
    let client = ClientBuilder::new(slow_to_connect, "nba").with_layer(&LIMITS).with_layer(&gate).build();
    let write = async |client: Client| {
        Api::<ConfigMap>::namespaced(client, "nba").create(&PostParams::default(), &ConfigMap::default()).await
    };
    let call = tokio::spawn(write(client.clone()));
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    advance(Duration::from_secs(60)).await;
    assert!(had_no_answer(&call.await.unwrap().expect_err("too late")));
    assert_eq!(*sent.lock().unwrap(), 0);
    assert!(write(client).await.is_ok());
    assert_eq!(*sent.lock().unwrap(), 1);
}

#[tokio::test]
async fn the_api_server_gets_the_deadline_of_a_write() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let api = jobs(client(move |request| {
        seen.lock().unwrap().push(request.uri().to_string());
        async { Ok(Response::new(Body::from("{\"metadata\":{},\"items\":[]}"))) }
    }));
    api.create(&PostParams { dry_run: true, field_manager: None }, &Job::default()).await.unwrap();
    api.create(&PostParams::default(), &Job::default()).await.unwrap();
    api.list(&ListParams::default()).await.unwrap();
    let base = "/apis/batch/v1/namespaces/nba/jobs?";
    let expected = [format!("{base}&dryRun=All&timeout=5000ms"), format!("{base}&timeout=5000ms"), base.to_owned()];
    assert_eq!(*asked.lock().unwrap(), expected);
}

#[tokio::test]
async fn every_call_is_counted_with_its_answer_or_without() {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hear = heard.clone();
    let calls = Calls::heard_by(move |call| hear.lock().unwrap().push(call));
    let conflict = service_fn(|_: Asked| async {
        Ok::<_, BoxError>(Response::builder().status(409).body(Body::empty()).unwrap())
    });
    let gate = Gate::new(Leadership::default(), LIMITS.write, Rate::default());
    let open = ClientBuilder::new(conflict, "nba").with_layer(&LIMITS).with_layer(&calls).build();
    let shut = ClientBuilder::new(conflict, "nba").with_layer(&LIMITS).with_layer(&gate).with_layer(&calls).build();
    for client in [open, shut] {
        jobs(client).create(&PostParams::default(), &Job::default()).await.expect_err("refused");
    }
    let call = |code| Call { verb: "create", resource: "jobs", code };
    assert_eq!(*heard.lock().unwrap(), [call(Some(409)), call(None)]);
}

const KUBECONFIG: &str = "apiVersion: v1
kind: Config
clusters: [{name: one, cluster: {server: 'https://10.0.0.1:6443'}}, {name: far, cluster: {server: 'https://10.0.0.2', proxy-url: 'http://me:canary@proxy:3128'}}]
contexts: [{name: home, context: {cluster: one, user: me, namespace: nba}}, {name: away, context: {cluster: gone, user: me}}, {name: far, context: {cluster: far, user: me}}]
users: [{name: me, user: {token: canary}}]
";

#[tokio::test]
async fn a_kubeconfig_that_cannot_be_used_is_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(text.as_bytes()).unwrap();
        path
    };
    let good = file("good", KUBECONFIG);
    let absent = folder.path().join("absent");
    let table = [
        (
            good.clone(),
            None,
            "the kubeconfig names no current context: give --context, one of: home, away, far".to_owned(),
        ),
        (good.clone(), Some("work"), "the kubeconfig has no context \"work\"; it has: home, away, far".to_owned()),
        (good.clone(), Some("away"), "the kubeconfig has no cluster \"gone\", which its context names".to_owned()),
        (
            good.clone(),
            Some("far"),
            "the kubeconfig asks for a proxy; gapless reaches an API server directly".to_owned(),
        ),
        (absent.clone(), None, format!("there is no kubeconfig at {}", absent.display())),
        (file("bad", "users: [{token: canary"), None, "the kubeconfig is not valid YAML of a kubeconfig".to_owned()),
        (
            folder.path().to_owned(),
            None,
            format!("the kubeconfig {} cannot be read: Is a directory (os error 21)", folder.path().display()),
        ),
    ];
    for (kubeconfig, context, expected) in table {
        let options = ConnectOptions {
            kubeconfig: Some(kubeconfig),
            context: context.map(str::to_owned),
            ..ConnectOptions::default()
        };
        assert_eq!(connect(&options).await.err().map(|why| why.to_string()), Some(expected));
    }
    let options = ConnectOptions { kubeconfig: Some(good), context: Some("home".into()), ..ConnectOptions::default() };
    let connected = connect(&options).await.unwrap();
    assert_eq!((connected.namespace.as_str(), connected.server.as_str()), ("nba", "https://10.0.0.1:6443/"));
}

#[tokio::test]
async fn a_server_that_cannot_be_reached_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = KUBECONFIG.replace("https://10.0.0.1:6443", &format!("http://{closed}"));
    std::fs::write(&path, text).unwrap();
    let options = ConnectOptions { kubeconfig: Some(path), context: Some("home".into()), ..ConnectOptions::default() };
    let connected = connect(&options).await.unwrap();
    assert_eq!(connected.server, format!("http://{closed}/"));
    let why = sentence(&connected.client.apiserver_version().await.unwrap_err());
    assert!(why.contains("refused") && !why.contains("canary"), "{why}");
}

#[tokio::test]
async fn every_call_says_who_calls() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let head = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 4096];
        let read = std::io::Read::read(&mut stream, &mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..read]).to_lowercase()
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config");
    std::fs::write(&path, KUBECONFIG.replace("https://10.0.0.1:6443", &format!("http://{address}"))).unwrap();
    let options = ConnectOptions { kubeconfig: Some(path), context: Some("home".into()), ..ConnectOptions::default() };
    let connected = connect(&options).await.unwrap();
    connected.client.apiserver_version().await.expect_err("the connection is closed");
    let head = head.join().unwrap();
    assert!(head.contains(&format!("user-agent: gapless/{}\r\n", env!("CARGO_PKG_VERSION"))), "{head}");
}
