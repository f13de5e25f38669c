//! What the endpoints answer, and what a client can do to them: nothing.

use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::pin::Pin;

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tower::ServiceExt;

use super::super::health::WATCH_LIMIT;
use super::connections::{CONNECTIONS, LIFETIME, REQUEST_BYTES};
use super::*;
use crate::domain::dates::{DateSet, Timestamp};
use crate::domain::policy::Key;
use crate::engine::overview::Event;

fn sources() -> Sources {
    Sources { metrics: Metrics::default(), health: Arc::default(), lines_dropped: Arc::default() }
}

async fn ask(router: &Router, method: Method, path: &str) -> (u16, String, Option<String>) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.headers()[CONNECTION], "close", "{path}");
    let kind = response.headers().get(CONTENT_TYPE).map(|v| v.to_str().unwrap().to_string());
    let status = response.status().as_u16();
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    (status, String::from_utf8(body.to_vec()).unwrap(), kind)
}

#[tokio::test]
async fn probes_say_yes_or_what_is_wrong() {
    let sources = sources();
    let router = router(sources.clone());
    let get = |path| ask(&router, Method::GET, path);
    assert_eq!(get("/livez").await.0, 200, "a process that has just started is live");
    let (status, body, _) = get("/readyz").await;
    assert_eq!((status, body.as_str()), (503, "not ready: the first lists are not complete yet\n"));
    sources.health.ready(true);
    assert_eq!(get("/readyz").await.0, 200);
    tokio::time::pause();
    sources.health.watch_ok("Job", Instant::now());
    tokio::time::advance(WATCH_LIMIT + Duration::from_secs(1)).await;
    let (status, body, _) = get("/livez").await;
    assert_eq!(status, 503);
    assert!(body.starts_with("not live: the watch of Job's last answer was "), "{body}");
    assert_eq!(get("/readyz").await.0, 200, "to be ready is another matter");
}

#[tokio::test]
async fn metrics_are_open_metrics_and_everything_else_is_refused() {
    let sources = sources();
    sources.lines_dropped.store(7, Ordering::Relaxed);
    let router = router(sources);
    let (status, body, kind) = ask(&router, Method::GET, "/metrics").await;
    assert_eq!((status, kind.as_deref()), (200, Some(metrics::CONTENT_TYPE)));
    assert!(body.contains("gapless_log_lines_dropped_total 7\n") && body.ends_with("# EOF\n"), "{body}");
    for (method, path, wanted) in [
        (Method::POST, "/metrics", 405),
        (Method::DELETE, "/livez", 405),
        (Method::GET, "/", 404),
        (Method::GET, "/metrics/x", 404),
    ] {
        assert_eq!(ask(&router, method.clone(), path).await.0, wanted, "{method} {path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_scrapes_makes_one_text_a_second() {
    let sources = sources();
    let router = router(sources.clone());
    let first = ask(&router, Method::GET, "/metrics").await.1;
    for n in 1..1000 {
        sources.lines_dropped.store(n, Ordering::Relaxed);
        assert_eq!(ask(&router, Method::GET, "/metrics").await.1, first);
    }
    tokio::time::advance(KEPT).await;
    let next = ask(&router, Method::GET, "/metrics").await.1;
    assert!(next.contains("gapless_log_lines_dropped_total 999\n"), "{next}");
}

fn started() -> (Server, SocketAddr) {
    let server = Server::start(SocketAddr::from(([127, 0, 0, 1], 0)), sources()).unwrap();
    let address = server.address();
    (server, address)
}

fn stop(server: Server) {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(server.stop());
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Everything that comes until the other side ends, however it ends.
fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

fn say(stream: &mut TcpStream, path: &str) -> String {
    stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: gapless\r\n\r\n").as_bytes()).unwrap();
    rest(stream)
}

fn get(address: SocketAddr, path: &str) -> String {
    say(&mut connect(address), path)
}

#[test]
fn the_oldest_connection_gives_way_to_the_newest() {
    let (server, address) = started();
    let begun = Instant::now();
    let mut idle: Vec<_> = (0..CONNECTIONS).map(|_| connect(address)).collect();
    assert!(get(address, "/livez").starts_with("HTTP/1.1 200"), "idle connections do not block others");
    assert_eq!(rest(&mut idle[0]), "", "the oldest was ended");
    assert!(say(&mut idle[CONNECTIONS - 1], "/readyz").starts_with("HTTP/1.1 503"), "the others are still served");
    assert!(begun.elapsed() < LIFETIME / 2, "it gave way before it was too old: {:?}", begun.elapsed());
    stop(server);
}

#[test]
fn a_request_that_is_too_large_is_cut_off() {
    let (server, address) = started();
    let mut stream = connect(address);
    stream.write_all(b"GET /metrics HTTP/1.1\r\nx: ").unwrap();
    // The other side may end the connection while this is still writing.
    let _ = stream.write_all(&vec![b'x'; REQUEST_BYTES * 4]);
    let _ = stream.write_all(b"\r\n\r\n");
    assert!(!rest(&mut stream).contains("200"));
    assert!(get(address, "/metrics").ends_with("# EOF\n"), "others are served");
    stop(server);
}

/// A text larger than the system's buffers, and more readers than there may be, none of which takes a byte.
#[test]
fn slow_readers_do_not_block_others() {
    let sources = sources();
    for n in 0..3000 {
        let name = format!("coverage-{n}").into();
        let coverage = Key { namespace: "sports".into(), kind: "TableCoverage".into(), name };
        let (dates, message) = (DateSet::new(), String::new());
        sources.metrics.event(&Event { at: Timestamp::UNIX_EPOCH, coverage, reason: "Filled", dates, message });
    }
    let server = Server::start(SocketAddr::from(([127, 0, 0, 1], 0)), sources).unwrap();
    let begun = Instant::now();
    let slow = |_| {
        let mut stream = connect(server.address());
        stream.write_all(b"GET /metrics HTTP/1.1\r\nhost: gapless\r\n\r\n").unwrap();
        stream
    };
    let readers: Vec<_> = (0..CONNECTIONS * 2).map(slow).collect();
    for _ in 0..100 {
        assert!(get(server.address(), "/livez").starts_with("HTTP/1.1 200"));
    }
    assert!(get(server.address(), "/metrics").ends_with("# EOF\n"), "a whole text for who reads it");
    assert!(begun.elapsed() < LIFETIME / 2, "{:?}", begun.elapsed());
    drop(readers);
    stop(server);
}

/// A client that starts a request and never ends it: neither other clients nor the stop wait for it.
#[test]
fn a_slow_client_does_not_block_others() {
    let (server, address) = started();
    let mut slow = connect(address);
    slow.write_all(b"GET /metrics HTTP/1.1\r\n").unwrap();
    assert!(get(address, "/livez").starts_with("HTTP/1.1 200"));
    let begun = Instant::now();
    stop(server);
    assert!(begun.elapsed() < STOP * 3, "{:?}", begun.elapsed());
    assert_eq!(rest(&mut slow), "");
}

/// An accepted connection, its client, and the listener that would end it if it were dropped.
async fn accepted() -> (connections::Connection, TcpStream, Connections) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let client = connect(listener.local_addr().unwrap());
    let mut connections = Connections::new(listener);
    let (connection, _) = axum::serve::Listener::accept(&mut connections).await;
    (connection, client, connections)
}

#[tokio::test(start_paused = true)]
async fn a_client_that_says_nothing_is_ended_after_its_lifetime() {
    let (mut connection, _client, _listener) = accepted().await;
    let begun = tokio::time::Instant::now();
    let mut byte = [0];
    let error = poll_fn(|cx| Pin::new(&mut connection).poll_read(cx, &mut ReadBuf::new(&mut byte))).await.unwrap_err();
    assert_eq!((error.kind(), begun.elapsed()), (ErrorKind::TimedOut, LIFETIME));
}

/// A reader that takes nothing: what is written fills the system's buffers, then waits, then ends.
#[tokio::test(start_paused = true)]
async fn a_client_that_reads_nothing_is_ended_after_its_lifetime() {
    let (mut connection, _client, _listener) = accepted().await;
    let begun = tokio::time::Instant::now();
    let text = vec![b'x'; 1 << 20];
    let error = loop {
        let written = poll_fn(|cx| Pin::new(&mut connection).poll_write(cx, &text)).await;
        if let Err(error) = written {
            break error;
        }
    };
    assert_eq!((error.kind(), begun.elapsed()), (ErrorKind::TimedOut, LIFETIME));
}

/// Started from within a runtime, as the operator does.
#[tokio::test]
async fn an_address_that_is_taken_is_an_error() {
    let (server, address) = started();
    let why = Server::start(address, sources()).err().unwrap();
    assert_eq!(why.kind(), std::io::ErrorKind::AddrInUse);
    server.stop().await;
    assert!(Server::start(address, sources()).is_ok(), "a server that was stopped has left its address");
}
