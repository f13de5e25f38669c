//! A PostgreSQL server for tests: made in a temporary folder, with TLS and a reader that may only read. It ends with the
//! process of the tests, however that ends. Tests share one server, each with a database of its own.

#![allow(dead_code, clippy::unwrap_used, reason = "each test binary uses a part; a test that cannot go on has failed")]

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The user that the connections of tests log in as. It may read, and nothing else.
pub const READER: &str = "gapless_reader";
/// Its password, which must not be found in any text.
pub const PASSWORD: &str = "canary-7f3a\"\\'";
/// The name in the server's certificate.
pub const HOST: &str = "localhost";
const READY: Duration = Duration::from_secs(60);

/// A running server.
#[derive(Debug)]
pub struct Server {
    programs: PathBuf,
    /// Holds the data, the socket, the certificates and the log.
    pub folder: PathBuf,
    pub port: u16,
    process: Child,
}

/// The one server that the tests of this process share.
pub fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start("127.0.0.1"))
}

impl Server {
    /// A new server that listens there.
    pub fn start(address: &str) -> Self {
        let (programs, folder) = (programs(), home());
        run(as_server(&programs.join("initdb"))
            .args(["--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8"])
            .args(["--locale=C.UTF-8", "--pgdata"])
            .arg(folder.join("data")));
        let access = "local all postgres trust\nlocal replication postgres trust\nlocal all all scram-sha-256\nhostssl all all all scram-sha-256\n";
        fs::write(folder.join("data/pg_hba.conf"), access).unwrap();
        certificates(&folder);
        let server = Self::serve(programs, folder, address);
        let quoted = PASSWORD.replace('\'', "''");
        server.sql("postgres", &format!("CREATE ROLE {READER} LOGIN PASSWORD '{quoted}'"));
        server
    }

    /// A program of the server's version.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// A standby that follows this server.
    pub fn standby(&self) -> Self {
        let folder = home();
        let mut copy = as_server(&self.programs.join("pg_basebackup"));
        copy.args(["--no-sync", "-R", "-X", "stream", "-c", "fast", "-U", "postgres", "-h"]).arg(&self.folder);
        run(copy.args(["-p", &self.port.to_string(), "-D"]).arg(folder.join("data")));
        certificates(&folder);
        Self::serve(self.programs.clone(), folder, "127.0.0.1")
    }

    fn serve(programs: PathBuf, folder: PathBuf, address: &str) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut serve = as_server(Path::new("sh"));
        serve.args(["-c", include_str!("serve.sh"), "serve.sh"]).arg(&programs).arg(&folder);
        serve.args([&port.to_string(), address]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = serve.spawn().unwrap();
        let server = Self { programs, folder, port, process };
        let begun = Instant::now();
        while !server.psql("postgres", "SELECT 1").is_ok_and(|answer| answer == "1") {
            let log = fs::read_to_string(server.folder.join("log")).unwrap_or_default();
            assert!(begun.elapsed() < READY, "the server does not start: {log}");
            std::thread::sleep(Duration::from_millis(30));
        }
        server
    }

    /// Runs statements as the owner of the server. Its counters show them as soon as this returns.
    pub fn sql(&self, database: &str, statements: &str) -> String {
        self.psql(database, &format!("{statements}\n;SELECT pg_stat_force_next_flush();"))
            .unwrap_or_else(|error| panic!("{error}\n{statements}"))
    }

    fn psql(&self, database: &str, statements: &str) -> Result<String, String> {
        let mut psql = as_server(&self.programs.join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database, "-h"])
            .arg(&self.folder);
        psql.args(["-p", &self.port.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = psql.spawn().unwrap();
        // A server that is not there yet ends psql before it reads.
        _ = child.stdin.take().unwrap().write_all(statements.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    /// A new database, whose tables the reader may read.
    pub fn database(&self, name: &str) {
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        let grants = format!(
            "GRANT USAGE ON SCHEMA public TO {READER}; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {READER};
             ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {READER}"
        );
        self.sql(name, &grants);
    }

    /// Writes the folder of a connection as the reader, over TLS.
    pub fn connection(&self, folder: &Path) {
        fs::create_dir_all(folder).unwrap();
        let ca = fs::read_to_string(self.folder.join("ca.crt")).unwrap();
        let port = self.port.to_string();
        let files = [("host", HOST), ("port", &port), ("user", READER), ("password", PASSWORD), ("ca.crt", &ca)];
        for (name, content) in files {
            fs::write(folder.join(name), format!("{content}\n")).unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        _ = self.process.wait();
    }
}

/// Where the newest version is installed.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let number = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
    let debian = versions.map(|entry| entry.path()).max_by_key(|path| number(path)).map(|path| path.join("bin"));
    let on_path = std::env::var_os("PATH").unwrap_or_default();
    let found = debian.into_iter().chain(std::env::split_paths(&on_path)).find(|bin| bin.join("initdb").exists());
    found.unwrap_or_else(|| {
        panic!("these tests need a PostgreSQL server: install postgresql-15 (make parts does it on Debian)")
    })
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// The server refuses to run as root.
fn as_server(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(program).current_dir("/");
    command
}

/// A folder of the server's user.
fn home() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("gapless-pg").tempdir().unwrap().keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
    own(&folder);
    folder
}

fn own(path: &Path) {
    if is_root() {
        let id = Command::new("id").args(["-u", "postgres"]).output().unwrap().stdout;
        let id =
            String::from_utf8(id).unwrap().trim().parse().expect("the user postgres exists: install postgresql-15");
        chown(path, Some(id), None).unwrap();
    }
}

/// A certificate for [`HOST`], signed by an authority of its own.
fn certificates(folder: &Path) {
    let key = |command: &mut Command, name: &str| {
        command
            .args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout"])
            .arg(folder.join(name));
    };
    let mut ca = Command::new("openssl");
    ca.args(["req", "-x509", "-days", "2", "-subj", "/CN=tests of gapless", "-out"]).arg(folder.join("ca.crt"));
    key(&mut ca, "ca.key");
    run(&mut ca);
    let mut request = Command::new("openssl");
    request.args(["req", "-new", "-subj", "/CN=server", "-out"]).arg(folder.join("server.csr"));
    key(&mut request, "server.key");
    run(&mut request);
    fs::write(folder.join("extensions"), format!("subjectAltName=DNS:{HOST}\nbasicConstraints=CA:FALSE\n")).unwrap();
    let mut sign = Command::new("openssl");
    sign.args(["x509", "-req", "-days", "2", "-CAcreateserial", "-in"]).arg(folder.join("server.csr"));
    for (option, file) in [("-CA", "ca.crt"), ("-CAkey", "ca.key"), ("-extfile", "extensions"), ("-out", "server.crt")]
    {
        sign.arg(option).arg(folder.join(file));
    }
    run(&mut sign);
    fs::set_permissions(folder.join("server.key"), fs::Permissions::from_mode(0o600)).unwrap();
    own(&folder.join("server.key"));
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    let output =
        output.unwrap_or_else(|error| panic!("{command:?}: {error}; install postgresql-15, openssl and util-linux"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
