//! Starts the tests' BigQuery, once for a process, and speaks to it. README.md says what it can be told.

#![allow(dead_code, reason = "each test binary uses a part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

/// The process. It ends when its standard input does, that is with this process.
struct Server {
    port: u16,
    _process: Child,
}

static SERVER: OnceLock<Server> = OnceLock::new();
static WORLDS: AtomicU32 = AtomicU32::new(0);

fn server() -> &'static Server {
    SERVER.get_or_init(|| {
        let parts = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bigquery/parts.sh");
        let built = Command::new(parts).stderr(Stdio::inherit()).output().expect("tests/bigquery/parts.sh starts");
        assert!(built.status.success(), "tests/bigquery/parts.sh says above what is missing");
        let program = String::from_utf8(built.stdout).expect("a path");
        let mut child = Command::new(program.trim())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let output = child.stdout.take().expect("its output is piped");
        BufReader::new(output).read_line(&mut line).expect("the server prints its port");
        let port = line.trim().parse().expect("the server prints its port");
        Server { port, _process: child }
    })
}

/// A service of its own: data, jobs, tokens, rights and faults.
pub struct World {
    name: String,
}

impl World {
    /// Starts an empty one.
    pub fn new() -> Self {
        Self { name: format!("w{}", WORLDS.fetch_add(1, Ordering::Relaxed)) }
    }

    /// The address that clients of BigQuery take.
    pub fn endpoint(&self) -> String {
        format!("{}/bigquery/v2", self.address())
    }

    /// The address of the world, below which its token services are.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/{}", server().port, self.name)
    }

    /// Makes a call of the tests.
    pub fn tell(&self, call: &str, object: Value) -> Value {
        let (status, body) = post(&format!("/{}/test/{call}", self.name), &object.to_string());
        assert!(status == 200, "{call}: {status} {body}");
        serde_json::from_str(&body).unwrap_or(Value::Null)
    }

    /// What was called since the last time of asking.
    pub fn calls(&self) -> Vec<Value> {
        self.tell("calls", json!({}))["calls"].as_array().cloned().expect("a list")
    }

    /// The names of the calls since the last time of asking.
    pub fn called(&self) -> Vec<String> {
        let name = |call: &Value| {
            let dry = if call["dryRun"] == true { " (dry)" } else { "" };
            format!("{}{dry}", call["call"].as_str().expect("a name"))
        };
        self.calls().iter().map(name).collect()
    }

    /// The next call of this kind misbehaves.
    pub fn fault(&self, call: &str, fault: &str, more: Value) {
        let mut object = json!({"call": call, "fault": fault});
        object.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
        self.tell("fault", object);
    }
}

fn post(path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", server().port)).expect("the server listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a time limit");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("the server reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer of HTTP");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    (status, body.to_string())
}
