//! The folder of a connection: one small file for each value, as a mounted Secret has them. Errors tell a file's name and
//! length, never what is in it.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// No host, port, user or password is longer.
const MOST: u64 = 4 << 10;
/// Bundles of a cloud's certificates are about 200 KiB.
const MOST_OF_CA: u64 = 1 << 20;

/// How to log in.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Login {
    /// A name or address; or a folder with the server's socket, which begins with `/`.
    pub host: String,
    pub port: u16,
    pub user: String,
    /// A server may trust the user of a socket.
    pub password: Option<Vec<u8>>,
    /// Certificates in PEM. Not needed for a socket.
    pub ca: Option<Vec<u8>>,
}

impl Login {
    /// Whether the server is reached by a socket of this machine.
    pub fn is_local(&self) -> bool {
        self.host.starts_with('/')
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Login")
    }
}

/// Reads the folder. The error says what is wrong with which file.
pub(super) fn read(folder: &Path) -> Result<Login, String> {
    let host = required(folder, "host", MOST).and_then(|bytes| text("host", bytes))?;
    let user = required(folder, "user", MOST).and_then(|bytes| text("user", bytes))?;
    let port = required(folder, "port", MOST)?;
    let number = std::str::from_utf8(&port).ok().and_then(|port| port.parse().ok()).filter(|port| *port > 0);
    let port = number.ok_or_else(|| format!("`port` ({} bytes) is not a number from 1 to 65535", port.len()))?;
    let (password, ca) = (optional(folder, "password", MOST)?, optional(folder, "ca.crt", MOST_OF_CA)?);
    let password = password.map(secret).transpose()?;
    let login = Login { host, port, user, password, ca };
    if !login.is_local() {
        let missing = [("password", login.password.is_none()), ("ca.crt", login.ca.is_none())];
        if let Some((name, _)) = missing.iter().find(|(_, is_missing)| *is_missing) {
            return Err(absent(name));
        }
    }
    Ok(login)
}

fn absent(name: &str) -> String {
    format!("`{name}` does not exist")
}

fn required(folder: &Path, name: &str, most: u64) -> Result<Vec<u8>, String> {
    optional(folder, name, most)?.ok_or_else(|| absent(name))
}

/// The content of a file without the newline that editors and `echo` put at its end.
fn optional(folder: &Path, name: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
    let Some(mut bytes) = content(folder, name, most)? else { return Ok(None) };
    let length = bytes.len();
    if length as u64 > most {
        return Err(format!("`{name}` has more than {most} bytes"));
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        bytes.pop_if(|last| *last == b'\r');
    }
    match () {
        () if bytes.is_empty() => Err(format!("`{name}` is empty ({length} bytes)")),
        () if bytes.contains(&0) => Err(format!("`{name}` ({length} bytes) has a zero byte")),
        () => Ok(Some(bytes)),
    }
}

/// The first bytes of a file, one more than allowed. Does not wait for the writer of a pipe.
fn content(folder: &Path, name: &str, most: u64) -> Result<Option<Vec<u8>>, String> {
    let flags = (OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = match OpenOptions::new().read(true).custom_flags(flags).open(folder.join(name)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("`{name}` cannot be opened: {}", error.kind())),
    };
    if !file.metadata().is_ok_and(|metadata| metadata.is_file()) {
        return Err(format!("`{name}` is not a file"));
    }
    let mut bytes = Vec::new();
    let read = file.take(most + 1).read_to_end(&mut bytes);
    read.map_err(|error| format!("`{name}` cannot be read: {}", error.kind()))?;
    Ok(Some(bytes))
}

/// A password may have blanks. A line break in it is a mistake of the tool that wrote the file.
fn secret(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if std::str::from_utf8(&bytes).is_ok_and(|text| !text.contains(char::is_control)) {
        return Ok(bytes);
    }
    Err(format!(
        "`password` ({} bytes without the newline at its end) has line breaks or bytes that are not text",
        bytes.len()
    ))
}

fn text(name: &str, bytes: Vec<u8>) -> Result<String, String> {
    let length = bytes.len();
    let plain = |text: &String| !text.contains(char::is_control) && text.trim() == text;
    let text = String::from_utf8(bytes).ok().filter(plain);
    text.ok_or_else(|| format!("`{name}` ({length} bytes) has blanks, line breaks or bytes that are not text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let all: [(&str, &[u8]); 5] =
            [("host", b"db"), ("port", b"5432"), ("user", b"reader"), ("password", b"canary"), ("ca.crt", b"pem")];
        for (name, content) in all.iter().chain(files) {
            std::fs::write(folder.path().join(name), content).unwrap();
        }
        folder
    }

    #[test]
    fn a_newline_at_the_end_does_not_count() {
        let plain = read(folder(&[]).path()).unwrap();
        let lines: [(&str, &[u8]); 3] = [("host", b"db\n"), ("port", b"5432\r\n"), ("password", b"canary\n")];
        assert!(read(folder(&lines).path()).unwrap() == plain);
        let blanks = read(folder(&[("password", b" can ary \n")]).path()).unwrap();
        assert_eq!(blanks.password.as_deref(), Some(&b" can ary "[..]), "blanks belong to the value");
    }

    #[test]
    fn a_wrong_file_is_told_by_its_name_and_length() {
        let long = [b'x'; 5000];
        let huge = vec![b'x'; (1 << 20) + 1];
        let broken = "`password` (7 bytes without the newline at its end) has line breaks or bytes that are not text";
        let wrong: [(&str, &[u8], &str); 12] = [
            ("password", b"canary\n\n", broken),
            ("password", b"can\nary", broken),
            ("password", b"canary\xff\n", broken),
            ("host", b"", "`host` is empty (0 bytes)"),
            ("host", b"\n", "`host` is empty (1 bytes)"),
            ("user", &long, "`user` has more than 4096 bytes"),
            ("ca.crt", &huge, "`ca.crt` has more than 1048576 bytes"),
            ("password", b"canary\0", "`password` (7 bytes) has a zero byte"),
            ("port", b"0", "`port` (1 bytes) is not a number from 1 to 65535"),
            ("port", b"70000", "`port` (5 bytes) is not a number from 1 to 65535"),
            ("host", b"db canary\ndb", "`host` (12 bytes) has blanks, line breaks or bytes that are not text"),
            ("user", b"\xff", "`user` (1 bytes) has blanks, line breaks or bytes that are not text"),
        ];
        for (name, content, told) in wrong {
            assert_eq!(read(folder(&[(name, content)]).path()).unwrap_err(), told);
        }
    }

    #[test]
    fn a_missing_file_is_told_and_a_socket_needs_neither_password_nor_certificate() {
        for name in ["host", "port", "user", "password", "ca.crt"] {
            let folder = folder(&[]);
            std::fs::remove_file(folder.path().join(name)).unwrap();
            assert_eq!(read(folder.path()).unwrap_err(), format!("`{name}` does not exist"));
        }
        let folder = folder(&[("host", b"/run/postgresql")]);
        for name in ["password", "ca.crt"] {
            std::fs::remove_file(folder.path().join(name)).unwrap();
        }
        assert!(read(folder.path()).unwrap().is_local());
    }

    #[test]
    fn a_pipe_or_an_endless_file_does_not_block() {
        let folder = folder(&[]);
        std::fs::remove_file(folder.path().join("password")).unwrap();
        let (password, mode) = (folder.path().join("password"), rustix::fs::Mode::RWXU);
        rustix::fs::mknodat(rustix::fs::CWD, &password, rustix::fs::FileType::Fifo, mode, 0).unwrap();
        assert_eq!(read(folder.path()).unwrap_err(), "`password` is not a file");
        std::fs::remove_file(folder.path().join("host")).unwrap();
        std::os::unix::fs::symlink("/dev/zero", folder.path().join("host")).unwrap();
        assert_eq!(read(folder.path()).unwrap_err(), "`host` is not a file");
    }

    #[test]
    fn a_login_is_never_printed() {
        assert_eq!(format!("{:?}", read(folder(&[]).path()).unwrap()), "Login");
    }
}
