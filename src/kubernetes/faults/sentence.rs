//! What went wrong with a call or a configuration, in one sentence for its reader: bounded, on one line, without token, query
//! or content.

use kube::config::{InClusterError, KubeconfigError};
use kube::{Error, client::AuthError};

/// The longest message, in characters.
const LONGEST: usize = 300;

/// The error in one sentence.
pub fn sentence(error: &Error) -> String {
    let text = match error {
        Error::Api(status) => match (status.code, status.reason.as_str()) {
            (code, "" | "Failed to parse error data") => format!("{} ({code})", status.message),
            (code, reason) => format!("{} ({code} {reason})", status.message),
        },
        // The parser's message could quote a value of the answer.
        Error::SerdeError(error) => {
            format!(
                "the answer cannot be read at line {} column {} ({:?})",
                error.line(),
                error.column(),
                error.classify()
            )
        }
        Error::FromUtf8(_) => "the answer is not text".to_owned(),
        Error::Auth(error) => authorization(error),
        Error::Service(error) => match error.downcast_ref::<AuthError>() {
            Some(error) => authorization(error),
            None => chain(error.as_ref()),
        },
        Error::HyperError(error) => chain(error),
        Error::ReadEvents(error) => chain(error),
        Error::ProxyProtocolDisabled { .. } | Error::ProxyProtocolUnsupported { .. } => {
            "the kubeconfig asks for a proxy; gapless reaches an API server directly".to_owned()
        }
        error => chain(error),
    };
    scrub(&text)
}

/// Never the output of a program: it may be the credential itself.
fn authorization(error: &AuthError) -> String {
    match error {
        AuthError::AuthExecRun { cmd, out } => format!("the kubeconfig's program {cmd:?} failed with {}", out.status),
        AuthError::AuthExecStart(error) => format!("the kubeconfig's program could not be started: {error}"),
        AuthError::AuthExecParse(_) | AuthError::AuthExec(_) | AuthError::ParseTokenKey(_) => {
            "the kubeconfig's program gave no usable credential".to_owned()
        }
        error => error.to_string(),
    }
}

/// A kubeconfig that cannot be used, in one sentence.
pub(in crate::kubernetes) fn kubeconfig(error: &KubeconfigError, contexts: Option<&[String]>) -> String {
    let known =
        contexts.filter(|contexts| !contexts.is_empty()).map_or("none".to_owned(), |contexts| contexts.join(", "));
    let text = match error {
        KubeconfigError::ReadConfig(error, path) if error.kind() == std::io::ErrorKind::NotFound => {
            format!("there is no kubeconfig at {}", path.display())
        }
        KubeconfigError::ReadConfig(error, path) => {
            format!("the kubeconfig {} cannot be read: {error}", path.display())
        }
        KubeconfigError::Parse(_) => "the kubeconfig is not valid YAML of a kubeconfig".to_owned(),
        KubeconfigError::CurrentContextNotSet => {
            format!("the kubeconfig names no current context: give --context, one of: {known}")
        }
        KubeconfigError::LoadContext(name) => format!("the kubeconfig has no context {name:?}; it has: {known}"),
        KubeconfigError::LoadClusterOfContext(name) => {
            format!("the kubeconfig has no cluster {name:?}, which its context names")
        }
        error => chain(error),
    };
    scrub(&text)
}

/// A pod's own configuration that cannot be used, in one sentence.
pub(in crate::kubernetes) fn in_cluster(error: &InClusterError) -> String {
    match error {
        InClusterError::ReadEnvironmentVariable(_) => {
            "no cluster is configured: give --kubeconfig, set KUBECONFIG, or run in a pod with a service account"
                .to_owned()
        }
        error => scrub(&format!("the pod's service account cannot be used: {}", chain(error))),
    }
}

/// An error and its causes, each once.
fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
        next = error.source();
    }
    text
}

/// One line, bounded, without queries, passwords in addresses, or tokens.
pub(in crate::kubernetes) fn scrub(text: &str) -> String {
    let mut words = Vec::new();
    let mut secret = false;
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        words.push(if secret || word.contains("eyJ") { "[hidden]".to_owned() } else { address(word) });
        secret = ["bearer", "basic"].iter().any(|scheme| word.trim_matches('"').eq_ignore_ascii_case(scheme));
    }
    let line = words.join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

fn address(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let rest = rest.split_once('?').map_or(rest, |(path, _)| path);
    let host = rest.find('/').unwrap_or(rest.len());
    let rest = rest[..host].rfind('@').map_or(rest, |at| &rest[at + 1..]);
    format!("{scheme}://{rest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_shows_neither_token_nor_query() {
        let table = [
            ("GET https://10.0.0.1:6443/apis/x?token=abc&watch=true failed", "GET https://10.0.0.1:6443/apis/x failed"),
            ("proxy http://me:secret@proxy.example:3128/ refused", "proxy http://proxy.example:3128/ refused"),
            ("Authorization: Bearer abc.def: no", "Authorization: Bearer [hidden] no"),
            ("token eyJhbGciOi.x.y", "token [hidden]"),
            ("two\nlines\u{1b}[31m", "two lines [31m"),
        ];
        for (text, expected) in table {
            assert_eq!(scrub(text), expected);
        }
        assert_eq!(scrub(&"<html>".repeat(1000)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn a_cause_is_said_once() {
        let inner = std::io::Error::other("connection refused");
        let error = Error::ReadEvents(std::io::Error::other(inner));
        assert_eq!(sentence(&error), "connection refused");
    }

    #[test]
    fn an_answer_that_cannot_be_read_is_not_quoted() {
        let error = serde_json::from_str::<u8>("\"secret\"").expect_err("no number");
        assert_eq!(sentence(&Error::SerdeError(error)), "the answer cannot be read at line 1 column 8 (Data)");
    }

    #[test]
    fn a_program_s_output_is_not_shown() {
        use std::os::unix::process::ExitStatusExt;
        let out = std::process::Output {
            status: std::process::ExitStatus::from_raw(256),
            stdout: b"canary".to_vec(),
            stderr: b"canary".to_vec(),
        };
        let error = Error::Auth(AuthError::AuthExecRun { cmd: "login".into(), out: Box::new(out) });
        assert_eq!(sentence(&error), "the kubeconfig's program \"login\" failed with exit status: 1");
    }
}
