//! Puts the token of a file on every call. The kubelet rotates it by writing another one in its place: it is read again each
//! minute, and with the next call after the API server rejected it. So an expired token costs the calls until the file holds a
//! new one, and no restart.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::future::BoxFuture;
use http::header::AUTHORIZATION;
use http::{HeaderValue, Request, Response, StatusCode};
use kube::Config;
use tokio::time::Instant;
use tower::{BoxError, Layer, Service};

use super::error::{ConnectError, TokenError};

/// The kubelet replaces a token long before it ends: an hour's one with twelve minutes left.
const EVERY: Duration = Duration::from_secs(60);

/// A file with a token. Cheap to clone; all clones share what was read.
#[derive(Clone, Debug)]
pub(super) struct TokenFile {
    path: PathBuf,
    read: Arc<Mutex<Read>>,
}

/// What was read last.
#[derive(Clone, Debug)]
struct Read {
    header: HeaderValue,
    /// When it is read again.
    until: Instant,
}

impl TokenFile {
    /// Takes the file out of a configuration, if it is how the caller authenticates.
    ///
    /// # Errors
    /// No token can be read.
    pub(super) fn of(config: &mut Config) -> Result<Option<Self>, ConnectError> {
        let auth = &mut config.auth_info;
        if auth.token.is_some() || auth.username.is_some() || auth.auth_provider.is_some() || auth.exec.is_some() {
            return Ok(None);
        }
        let Some(path) = auth.token_file.take().map(PathBuf::from) else { return Ok(None) };
        let header = match header(&path) {
            Ok(header) => header,
            Err(why) => return Err(ConnectError::Token(path, why)),
        };
        let read = Read { header, until: Instant::now() + EVERY };
        Ok(Some(Self { path, read: Arc::new(Mutex::new(read)) }))
    }

    fn locked<R>(&self, with: impl FnOnce(&mut Read) -> R) -> R {
        with(&mut self.read.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The token of the file. If it cannot be read, the last one stays in use: it may still be valid.
    fn header(&self) -> HeaderValue {
        self.locked(|read| {
            if read.until <= Instant::now() {
                read.until = Instant::now() + EVERY;
                read.header = header(&self.path).unwrap_or_else(|_| read.header.clone());
            }
            read.header.clone()
        })
    }

    /// The API server rejected this token. Another one may have been read meanwhile.
    fn rejected(&self, header: &HeaderValue) {
        self.locked(|read| {
            if read.header == header {
                read.until = Instant::now();
            }
        });
    }
}

fn header(path: &PathBuf) -> Result<HeaderValue, TokenError> {
    let text = std::fs::read_to_string(path).map_err(TokenError::Read)?;
    let token = Some(text.trim()).filter(|token| !token.is_empty()).ok_or(TokenError::Empty)?;
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| TokenError::Malformed)?;
    header.set_sensitive(true);
    Ok(header)
}

impl<S> Layer<S> for TokenFile {
    type Service = Authorized<S>;

    fn layer(&self, inner: S) -> Authorized<S> {
        Authorized { inner, token: self.clone() }
    }
}

/// A service whose calls carry the token.
#[derive(Clone, Debug)]
pub(super) struct Authorized<S> {
    inner: S,
    token: TokenFile,
}

impl<S, R, B> Service<Request<R>> for Authorized<S>
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

    fn call(&mut self, mut request: Request<R>) -> Self::Future {
        let (token, header) = (self.token.clone(), self.token.header());
        request.headers_mut().insert(AUTHORIZATION, header.clone());
        let answer = self.inner.call(request);
        Box::pin(async move {
            let answer = answer.await?;
            if answer.status() == StatusCode::UNAUTHORIZED {
                token.rejected(&header);
            }
            Ok(answer)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use axum::body::Body;
    use kube::client::ClientBuilder;
    use tokio::time::advance;
    use tower::service_fn;

    use super::*;

    fn configured(path: &Path) -> Config {
        let mut config = Config::new("https://10.0.0.1".parse().unwrap());
        config.auth_info.token_file = Some(path.display().to_string());
        config
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_read_each_minute_and_at_once_when_it_was_not_known() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let put = |token: &str| std::fs::write(&path, token).unwrap();
        put("one\n");
        let mut config = configured(&path);
        let token = TokenFile::of(&mut config).unwrap().unwrap();
        assert_eq!(config.auth_info.token_file, None, "kube's own layer adds nothing");
        let known = Arc::new(Mutex::new(vec!["one"]));
        let knows = known.clone();
        let server = service_fn(move |request: Request<kube::client::Body>| {
            let said = request.headers()[AUTHORIZATION].to_str().unwrap().replace("Bearer ", "");
            let code = if knows.lock().unwrap().contains(&&*said) { 200 } else { 401 };
            let answer = Response::builder().status(code).header("said", said).body(Body::empty());
            async { Ok::<_, BoxError>(answer.unwrap()) }
        });
        let client = ClientBuilder::new(server, "nba").with_layer(&token).build();
        let call = async || {
            let answer = client.send(Request::new(kube::client::Body::empty())).await.unwrap();
            format!("{} {}", answer.headers()["said"].to_str().unwrap(), answer.status().as_u16())
        };
        assert_eq!(call().await, "one 200");
        put("two");
        assert_eq!(call().await, "one 200", "it is good, and not read at each call");
        *known.lock().unwrap() = vec!["one", "two"];
        advance(EVERY).await;
        assert_eq!(call().await, "two 200");
        *known.lock().unwrap() = vec!["three"];
        assert_eq!(call().await, "two 401");
        assert_eq!(call().await, "two 401", "nothing else is there yet");
        put("");
        assert_eq!(call().await, "two 401", "half a file is none");
        put("three");
        assert_eq!(call().await, "three 200");
    }

    #[tokio::test]
    async fn a_token_file_without_a_token_is_an_error_and_one_that_is_not_needed_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let found = |config: &mut Config| TokenFile::of(config).map(|file| file.is_some()).map_err(|e| e.to_string());
        let name = path.display();
        assert!(
            found(&mut configured(&path)).unwrap_err().starts_with(&format!("the token file {name} cannot be read"))
        );
        std::fs::write(&path, "\n").unwrap();
        assert_eq!(found(&mut configured(&path)), Err(format!("the token file {name} is empty")));
        let mut other = configured(&path);
        other.auth_info.token = Some("inline".to_owned().into());
        assert_eq!((found(&mut other), other.auth_info.token_file.is_some()), (Ok(false), true));
    }
}
