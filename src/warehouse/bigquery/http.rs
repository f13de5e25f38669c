//! The calls over HTTP, by the client that Google's crate for credentials brings. Every answer is bounded, in time and in bytes.
//! It follows no redirect, so that a token goes to BigQuery only.

use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Method, Response};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::time::{Instant, timeout_at};

use super::errors::{Failure, Refused};
use super::name::TableName;
use super::rest::{JobName, Replying, Rest, Wanted};
use super::token::Tokens;
use super::wire::{META, Meta};

/// Google's address. Tests and emulators set another one.
const GOOGLE: &str = "https://bigquery.googleapis.com/bigquery/v2";
/// Names an address instead of Google's, for tests and emulators: `http://127.0.0.1:9050/bigquery/v2`.
const ENDPOINT: &str = "GAPLESS_BIGQUERY_ENDPOINT";
const AGENT: &str = concat!("gapless/", env!("CARGO_PKG_VERSION"));

/// To reach the server, name and handshake included.
const CONNECT: Duration = Duration::from_secs(5);
/// For one call, besides what it asks the server to wait.
const CALL: Duration = Duration::from_secs(20);
/// The longest answer. BigQuery itself ends a page at 20 MB.
const MAX_BODY: usize = 32 << 20;

/// All of a name but what never needs an escape.
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// BigQuery, at an address.
#[derive(Debug)]
pub(super) struct Http<T> {
    base: String,
    /// `None`: the machine has no certificates to trust.
    client: Option<Client>,
    tokens: T,
}

/// A call: what follows the base of the address, and its body.
struct Ask<'a> {
    method: Method,
    path: String,
    body: Option<&'a Value>,
    wait: Duration,
}

impl<T: Tokens> Http<T> {
    /// Google's, or the one that the environment names.
    pub fn from_environment(tokens: T) -> Self {
        Self::at(std::env::var(ENDPOINT).unwrap_or_else(|_| GOOGLE.into()), tokens)
    }

    /// At an address that ends in `/bigquery/v2`.
    pub fn at(base: String, tokens: T) -> Self {
        // One TLS stack. If another thread was first, it installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().user_agent(AGENT).connect_timeout(CONNECT);
        let client = client.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never()).build();
        Self { base: base.trim_end_matches('/').into(), client: client.ok(), tokens }
    }

    async fn ask(&self, ask: Ask<'_>, until: Instant) -> Result<Vec<u8>, Refused> {
        match self.once(&ask, until).await {
            Err(refused) if refused.is_stale_token() => {
                self.tokens.forget();
                self.once(&ask, until).await
            }
            answered => answered,
        }
    }

    async fn once(&self, ask: &Ask<'_>, until: Instant) -> Result<Vec<u8>, Refused> {
        let client = self.client.as_ref().ok_or(Failure::NoTrust)?;
        let token = self.tokens.token(until).await?;
        let patience = until.min(Instant::now() + CALL + ask.wait);
        let sent = async {
            let request = client.request(ask.method.clone(), [&*self.base, &*ask.path].concat());
            let request = request.bearer_auth(token.secret());
            let request = match ask.body {
                Some(body) => request.header("content-type", "application/json").body(body.to_string()),
                None => request,
            };
            read(request.send().await.map_err(|_| Failure::Unreachable)?).await
        };
        let silent = || if patience < until { Failure::Unreachable } else { Failure::Late };
        timeout_at(patience, sent).await.unwrap_or_else(|_| Err(silent().into()))
    }

    async fn parsed<A: DeserializeOwned>(&self, ask: Ask<'_>, until: Instant) -> Result<A, Refused> {
        let body = self.ask(ask, until).await?;
        serde_json::from_slice(&body).map_err(|_| Failure::Unreadable.into())
    }
}

/// Reads a whole answer.
async fn read(mut response: Response) -> Result<Vec<u8>, Refused> {
    let (status, wait) = (response.status(), wait_of(&response));
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_BODY => return Err(Failure::TooLong.into()),
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(_) => return Err(Failure::Unreadable.into()),
        }
    }
    if status.is_success() { Ok(body) } else { Err(Refused::answer(status.as_u16(), wait, &body)) }
}

/// The seconds after which the server wants to be asked again.
fn wait_of(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.parse().ok()?;
    Some(Duration::from_secs(seconds))
}

fn get(path: String) -> Ask<'static> {
    Ask { method: Method::GET, path, body: None, wait: Duration::ZERO }
}

fn escaped(name: &str) -> impl std::fmt::Display + '_ {
    utf8_percent_encode(name, NAME)
}

fn path_of(table: &TableName) -> String {
    let TableName { project, dataset, table } = table;
    format!("/projects/{}/datasets/{}/tables/{}", escaped(project), escaped(dataset), escaped(table))
}

/// The parameters of a page.
fn page_of(page: Wanted<'_>) -> String {
    let token = page.token.map(|token| format!("&pageToken={}", escaped(token))).unwrap_or_default();
    format!("maxResults={}{token}", page.rows)
}

fn located(job: &JobName) -> String {
    job.location.as_deref().map(|location| format!("location={}", escaped(location))).unwrap_or_default()
}

impl<T: Tokens> Rest for Http<T> {
    fn table<'a>(&'a self, table: &'a TableName, until: Instant) -> Replying<'a, Meta> {
        let path = format!("{}?fields={}", path_of(table), escaped(META));
        Box::pin(async move { self.parsed::<Meta>(get(path), until).await?.whole() })
    }

    fn rows<'a>(
        &'a self,
        table: &'a TableName,
        columns: &'a str,
        page: Wanted<'a>,
        until: Instant,
    ) -> Replying<'a, Vec<u8>> {
        let path = format!("{}/data?selectedFields={}&{}", path_of(table), escaped(columns), page_of(page));
        Box::pin(self.ask(get(path), until))
    }

    fn insert<'a>(&'a self, project: &'a str, job: &'a Value, until: Instant) -> Replying<'a, super::wire::Job> {
        let path = format!("/projects/{}/jobs", escaped(project));
        Box::pin(self.parsed(Ask { method: Method::POST, body: Some(job), ..get(path) }, until))
    }

    fn results<'a>(&'a self, job: &'a JobName, page: Wanted<'a>, until: Instant) -> Replying<'a, Vec<u8>> {
        let (project, id) = (escaped(&job.project), escaped(&job.id));
        let (page_of, located) = (page_of(page), located(job));
        let path = format!("/projects/{project}/queries/{id}?{page_of}&timeoutMs={}&{located}", page.wait.as_millis());
        Box::pin(self.ask(Ask { wait: page.wait, ..get(path) }, until))
    }

    fn cancel<'a>(&'a self, job: &'a JobName, until: Instant) -> Replying<'a, ()> {
        let path = format!("/projects/{}/jobs/{}/cancel?{}", escaped(&job.project), escaped(&job.id), located(job));
        Box::pin(async move { self.ask(Ask { method: Method::POST, ..get(path) }, until).await.map(|_| ()) })
    }
}
