//! Connections to the server of a place: the login from its folder, TLS with a verified name, the version.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::task::AbortHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_postgres::config::SslMode;
use tokio_postgres::{CancelToken, Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::errors;
use super::folder::{self, Login};
use super::refused::Refused;

/// A server that has not answered by then does not answer. Shorter if the read has less time left.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long a request to cancel may take.
const CANCEL: Duration = Duration::from_secs(5);
/// Earlier versions count an instant in floats.
const OLDEST: u32 = 14;

/// Where a place is: a folder of the connections folder, and a database.
#[derive(Debug)]
pub(super) struct Source {
    pub connection: String,
    database: String,
    folder: Option<PathBuf>,
}

impl Source {
    /// The source of a place `CONNECTION/DATABASE`.
    pub fn new(place: &str, connections: Option<&Path>) -> Self {
        let (connection, database) = place.split_once('/').unwrap_or((place, ""));
        let is_name = !connection.is_empty() && !connection.starts_with('.') && !connection.contains('\0');
        let folder = connections.filter(|_| is_name).map(|all| all.join(connection));
        Self { connection: connection.into(), database: database.into(), folder }
    }

    /// Reads the folder, off the threads that wait for servers: a volume may hang.
    async fn login(&self) -> Result<Login, Refused> {
        let Some(folder) = self.folder.clone() else {
            let why =
                "gapless was started without a --connections-dir, the folder that holds a folder for each connection";
            return Err(Refused::folder(why.into()));
        };
        let read = tokio::task::spawn_blocking(move || {
            if !folder.is_dir() {
                return Err(
                    "it is not a folder of --connections-dir; create it, or correct spec.postgres.connection".into()
                );
            }
            folder::read(&folder).map_err(|why| format!("its file {why}"))
        });
        let read = read.await.unwrap_or_else(|_| Err("reading its files failed".into()));
        read.map_err(Refused::folder)
    }

    /// A new connection. If the login is refused, the folder is read again: the password may just have been replaced.
    pub async fn connect(&self, deadline: Instant) -> Result<Connection, Refused> {
        let login = self.login().await?;
        match self.attempt(&login, deadline).await {
            Err(refused) if refused.is_login => match self.login().await? {
                now if now == login => Err(refused),
                now => self.attempt(&now, deadline).await,
            },
            result => result,
        }
    }

    async fn attempt(&self, login: &Login, deadline: Instant) -> Result<Connection, Refused> {
        let tls = tls(login).map_err(|why| Refused::folder(format!("its file {why}")))?;
        let now = Instant::now();
        // Time must be left to say that the server did not answer.
        let until = now + PATIENCE.min(deadline.saturating_duration_since(now) * 3 / 4);
        let Ok(connected) = timeout_at(until, self.config(login).connect(tls.clone())).await else {
            return Err(Refused::silent(until - now));
        };
        let (client, connection) = connected.map_err(|error| errors::of_connecting(&error))?;
        supported(connection.parameter("server_version"))?;
        let cancel = client.cancel_token();
        // Ends when the client is dropped, or when the server closes the connection.
        let task = tokio::spawn(async move { _ = connection.await }).abort_handle();
        Ok(Connection { client, cancel, tls, task })
    }

    fn config(&self, login: &Login) -> Config {
        let mut config = Config::new();
        config.host(&login.host).port(login.port).user(&login.user).dbname(&self.database);
        config.ssl_mode(if login.is_local() { SslMode::Disable } else { SslMode::Require });
        config.keepalives_idle(Duration::from_secs(60));
        if let Some(password) = &login.password {
            config.password(password);
        }
        config
    }
}

/// One TLS stack with the connection's own roots, and no others. The name of the server is verified.
fn tls(login: &Login) -> Result<MakeRustlsConnect, String> {
    let mut roots = RootCertStore::empty();
    if let Some(pem) = login.ca.as_ref().filter(|_| !login.is_local()) {
        let wrong = || format!("`ca.crt` ({} bytes) has no certificates in PEM", pem.len());
        for certificate in CertificateDer::pem_slice_iter(pem) {
            roots.add(certificate.map_err(|_| wrong())?).map_err(|_| wrong())?;
        }
        if roots.is_empty() {
            return Err(wrong());
        }
        if ServerName::try_from(login.host.as_str()).is_err() {
            return Err("`host` is neither a name nor an address, nor the folder of a socket".into());
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let versions = versions.map_err(|_| "`ca.crt` cannot be used: this build has no TLS".to_owned())?;
    Ok(MakeRustlsConnect::new(versions.with_root_certificates(roots).with_no_client_auth()))
}

fn supported(version: Option<&str>) -> Result<(), Refused> {
    let digits = |text: &str| text.split(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse::<u32>().ok());
    match version.and_then(digits) {
        Some(major) if major >= OLDEST => Ok(()),
        Some(major) => Err(Refused::server(format!("its server has version {major}; gapless needs {OLDEST} or later"))),
        None => {
            Err(Refused::server("its server does not tell its version; gapless needs PostgreSQL 14 or later".into()))
        }
    }
}

/// A connection. Dropping it closes it, once the server has answered what was sent.
pub(super) struct Connection {
    pub client: Client,
    cancel: CancelToken,
    tls: MakeRustlsConnect,
    task: AbortHandle,
}

impl Connection {
    /// Ends what the server is doing for this connection, and closes it. A dropped connection alone keeps the server busy
    /// until the query ends.
    pub async fn cancel(self) {
        _ = timeout(CANCEL, self.cancel.cancel_query(self.tls.clone())).await;
        self.task.abort();
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connection")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_older_than_14_are_refused() {
        for version in ["14.2", "15.18 (Debian 15.18-0+deb12u1)", "18beta1"] {
            assert!(supported(Some(version)).is_ok(), "{version}");
        }
        for (version, told) in
            [(Some("13.9"), "has version 13"), (Some("8.0.2"), "has version 8"), (None, "does not tell")]
        {
            assert!(supported(version).unwrap_err().why.contains(told), "{version:?}");
        }
    }

    #[test]
    fn a_connection_is_one_folder() {
        let all = Path::new("/etc/connections");
        assert_eq!(Source::new("nba/stats/x", Some(all)).folder.as_deref(), Some(Path::new("/etc/connections/nba")));
        for place in ["../x", "./x", "/x", ""] {
            assert_eq!(Source::new(place, Some(all)).folder, None, "{place}");
        }
    }
}
