//! Access tokens, by Google's own crate: application default credentials, workload identity, external accounts and impersonation.
//! That crate keeps a token and refreshes it in time. Here is what it leaves open: a deadline on each fetch, and a fresh start
//! after a failure, so that rotated credentials are read again.

use std::fmt;
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use google_cloud_auth::credentials::{AccessTokenCredentials, Builder};
use google_cloud_auth::errors::CredentialsError;
use tokio::time::{Instant, timeout_at};

use super::errors::{Failure, Refused};
use super::rest::{Replying, repeated_if};

/// What the tokens are good for: `jobs.insert` takes no narrower one.
const SCOPE: &str = "https://www.googleapis.com/auth/bigquery";
/// For one fetch.
const FETCH: Duration = Duration::from_secs(10);

/// A token. It is never printed.
#[derive(Clone)]
pub(super) struct Token(String);

impl Token {
    pub fn secret(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
impl From<&str> for Token {
    fn from(secret: &str) -> Self {
        Self(secret.into())
    }
}

/// Where tokens come from.
pub(super) trait Tokens: fmt::Debug + Send + Sync {
    /// The current one. Comes by `until`, or not at all.
    fn token(&self, until: Instant) -> impl Future<Output = Result<Token, Refused>> + Send;

    /// The server does not accept the current one: the next call fetches another.
    fn forget(&self);
}

/// The credentials of this process.
#[derive(Debug, Default)]
pub(super) struct Credentials(Mutex<Option<AccessTokenCredentials>>);

impl Credentials {
    fn current(&self) -> Result<AccessTokenCredentials, Refused> {
        let mut current = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = &*current {
            return Ok(credentials.clone());
        }
        let built = Builder::default().with_scopes([SCOPE]).build_access_token_credentials();
        let built = built.map_err(|_| Failure::NoCredentials)?;
        Ok(current.insert(built).clone())
    }

    /// One fetch. What failed is forgotten.
    async fn fetch(&self, until: Instant) -> Result<Token, Refused> {
        let credentials = self.current()?;
        // The text of an error can hold what a server answered, so it goes no further.
        let failure = match timeout_at(until, credentials.access_token()).await {
            Ok(Ok(token)) => return Ok(Token(token.token)),
            Ok(Err(error)) if is_unreadable(&error) => Failure::BadToken,
            Ok(Err(error)) if !error.is_transient() => Failure::NoCredentials,
            Ok(Err(_)) | Err(_) => Failure::NoToken,
        };
        self.forget();
        Err(failure.into())
    }
}

/// Whether an answer came that cannot be read: the error's sources are those of the client.
fn is_unreadable(error: &CredentialsError) -> bool {
    let sources = std::iter::successors(std::error::Error::source(error), |source| source.source());
    let mut of_client = sources.filter_map(|source| source.downcast_ref::<reqwest::Error>());
    of_client.any(|error| error.is_decode() || error.is_body())
}

impl Tokens for Credentials {
    /// A fetch that fails in passing is repeated once, like any call. One that took all its time is not.
    async fn token(&self, until: Instant) -> Result<Token, Refused> {
        let until = until.min(Instant::now() + FETCH);
        let passing = |refused: &Refused| matches!(refused.failure, Failure::NoToken | Failure::BadToken);
        let fetch = || -> Replying<'_, Token> { Box::pin(self.fetch(until)) };
        repeated_if(until, passing, fetch).await
    }

    fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}
