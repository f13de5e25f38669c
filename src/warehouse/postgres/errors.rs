//! What an error of the server means for a read, and what to do about it. The texts are our own: a server's messages can
//! contain values, hosts and names of users.

use tokio_postgres::Error;

use super::refused::Refused;
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::warehouse::sql::server::Fault;

/// Why there is no connection, for a table.
pub(super) fn refused(connection: &str, table: &str, refused: Refused) -> Unknown {
    said(connection, table, refused.reason, &refused.why)
}

/// A failed question to the catalog.
pub(super) fn unknown(connection: &str, table: &str, error: &Error) -> Unknown {
    fault(connection, table, error).unknown()
}

/// A failed statement.
pub(super) fn fault(connection: &str, table: &str, error: &Error) -> Fault {
    let Some(code) = error.code() else {
        return said(connection, table, UnknownReason::ProbeFailed, without_code(error)).into();
    };
    let Meaning { reason, why, changed } = meaning(code.code());
    let unknown = said(connection, table, reason, &format!("{why} ({})", named(code.code())));
    // A value that the statement cannot take lasts until the data or the question changes.
    let unknown = if code.code().starts_with("22") { unknown.lasting() } else { unknown };
    if changed { Fault::Changed(unknown) } else { Fault::Unknown(unknown) }
}

/// Whether the connection is gone, so that another one may succeed.
pub(super) fn is_lost(error: &Error) -> bool {
    match error.code() {
        Some(code) => code.code().starts_with("08") || code.code().starts_with("57P"),
        None => error.is_closed() || io_error(error).is_some(),
    }
}

/// A failed attempt to connect.
pub(super) fn of_connecting(error: &Error) -> Refused {
    if let Some(code) = error.code() {
        let Meaning { reason, why, .. } = meaning(code.code());
        return Refused {
            why: format!("{why} ({})", named(code.code())),
            reason,
            is_login: code.code().starts_with("28"),
        };
    }
    if let Some(tls) = io_error(error).and_then(|e| e.get_ref()?.downcast_ref::<rustls::Error>()) {
        return Refused { reason: UnknownReason::Unauthorized, ..Refused::server(of_tls(tls).into()) };
    }
    Refused::server(without_code(error).into())
}

/// The text of a failure that is not the server's answer.
fn without_code(error: &Error) -> &'static str {
    use std::io::ErrorKind;
    if error.is_closed() {
        return "its server closed the connection; it is asked again soon";
    }
    match io_error(error).map(std::io::Error::kind) {
        Some(ErrorKind::ConnectionRefused | ErrorKind::NotFound) => {
            "no server listens where its files `host` and `port` say; see whether it runs"
        }
        Some(ErrorKind::PermissionDenied) => {
            "the socket of its server may not be opened by the user that gapless runs as"
        }
        Some(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::UnexpectedEof) => {
            "its server broke the connection off; it is asked again soon"
        }
        Some(_) => {
            "its server cannot be reached; see whether its file `host` names one that this machine can resolve and reach"
        }
        // The other errors are of the driver's own making, and their texts are constant.
        None => match error.to_string() {
            text if text.contains("TLS") => {
                "its server does not speak TLS, which gapless requires but over a socket; set `ssl = on` on the server"
            }
            text if text.contains("authentication") || text.contains("configuration") => {
                "its server asks for a way to log in that gapless does not have; use scram-sha-256 with the file `password`"
            }
            _ => "its server, or something in between, does not speak PostgreSQL's protocol as gapless expects it",
        },
    }
}

fn io_error(error: &Error) -> Option<&std::io::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

fn of_tls(error: &rustls::Error) -> &'static str {
    use rustls::CertificateError as Bad;
    let rustls::Error::InvalidCertificate(bad) = error else {
        return "its server and gapless agree on no way to speak TLS; versions 1.2 and 1.3 are supported";
    };
    match bad {
        Bad::UnknownIssuer | Bad::BadSignature => {
            "its server's certificate is not signed by one of its file `ca.crt`; put the server's authority there"
        }
        Bad::NotValidForName | Bad::NotValidForNameContext { .. } => {
            "its server's certificate is for another name; use a name of the certificate in its file `host`"
        }
        Bad::Expired | Bad::ExpiredContext { .. } => "its server's certificate has expired; renew it on the server",
        Bad::NotValidYet | Bad::NotValidYetContext { .. } => {
            "its server's certificate is not valid yet; check the clocks of the server and of this machine"
        }
        Bad::Revoked => "its server's certificate has been revoked; renew it on the server",
        _ => "its server's certificate cannot be verified; it must be of version 3, with the server's name",
    }
}

struct Meaning {
    reason: UnknownReason,
    why: &'static str,
    /// Whether the columns may have changed since they were asked for.
    changed: bool,
}

/// The table of codes: what they mean for a read. The longest matching beginning counts, so the order matters.
const CODES: [(&str, UnknownReason, &str); 30] = {
    use UnknownReason::{ProbeBudget, ProbeFailed, SchemaMismatch, Unauthorized};
    [
        ("28P01", Unauthorized, "its server refuses the login; correct its files `user` and `password`"),
        (
            "28",
            Unauthorized,
            "its server refuses the login; see its files `user` and `password`, and pg_hba.conf on the server",
        ),
        ("3D000", SchemaMismatch, "its server has no such database; create it, or correct spec.postgres.database"),
        (
            "42501",
            Unauthorized,
            "its user may not read the table; grant it USAGE on the schema and SELECT on the table",
        ),
        ("42P01", SchemaMismatch, "the table does not exist; create it, or correct the name of the table"),
        ("42703", SchemaMismatch, "a column does not exist any more; the columns are asked for again"),
        ("42883", SchemaMismatch, "a column has another type than before; the columns are asked for again"),
        ("42804", SchemaMismatch, "a column has another type than before; the columns are asked for again"),
        ("42846", SchemaMismatch, "a column has another type than before; the columns are asked for again"),
        (
            "0A000",
            ProbeFailed,
            "its server cannot do what the read needs, or the table changed in the meantime; it is asked again soon",
        ),
        ("22", ProbeFailed, "a value cannot be computed; if the table is a view, correct the view"),
        (
            "25006",
            ProbeFailed,
            "the table writes when it is read, and gapless only reads; name a table or view without such a function",
        ),
        ("25P03", ProbeFailed, "its server ended the read, which had been idle for too long; it is asked again soon"),
        ("40", ProbeFailed, "its server ended the read in favour of others, as a standby does; it is asked again soon"),
        (
            "53300",
            ProbeFailed,
            "its server has no free connection; raise max_connections there, or lower limits.maxConcurrentQueries",
        ),
        ("53100", ProbeFailed, "its server's disk is full"),
        ("53200", ProbeFailed, "its server is out of memory"),
        ("53", ProbeFailed, "its server lacks resources"),
        ("54", ProbeBudget, "the read exceeds a limit of its server; narrow spec.dates, or list fewer values"),
        ("55P03", ProbeFailed, "the table is locked"),
        (
            "57014",
            ProbeFailed,
            "its server ended the read, at limits.queryTimeout of the Warehouse or because it was cancelled; raise it, or narrow spec.dates",
        ),
        ("57P01", ProbeFailed, "its server is shut down, or the connection was ended there; it is asked again soon"),
        ("57P02", ProbeFailed, "its server restarts after a crash; it is asked again soon"),
        ("57P03", ProbeFailed, "its server is starting or stopping; it is asked again soon"),
        ("57", ProbeFailed, "its server was told to end the read; it is asked again soon"),
        ("58", ProbeFailed, "its server has a fault in its system; see its log"),
        ("08P01", ProbeFailed, "its server, or a pooler in between, refuses how gapless connects; see its log"),
        ("08", ProbeFailed, "the connection to its server is lost; it is asked again soon"),
        ("XX001", ProbeFailed, "its server found corrupted data; see its log"),
        ("", ProbeFailed, "its server refuses the read; see its log"),
    ]
};

fn meaning(code: &str) -> Meaning {
    let found = CODES.iter().find(|(begin, ..)| code.starts_with(begin));
    let (reason, why) = found.map_or((UnknownReason::ProbeFailed, "its server refuses the read"), |(_, r, w)| (*r, *w));
    let changed = ["42P01", "42703", "42883", "42804", "42846", "0A000"].contains(&code);
    Meaning { reason, why, changed }
}

/// The code, if it is one: a server could send anything.
fn named(code: &str) -> String {
    let is_code = code.len() == 5 && code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    if is_code { format!("SQLSTATE {code}") } else { "without a SQLSTATE".into() }
}

/// One sentence: the table, the connection, why.
pub(super) fn said(connection: &str, table: &str, reason: UnknownReason, why: &str) -> Unknown {
    Unknown::new(reason, format!("table `{table}`: connection `{connection}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_meaning_and_the_special_one_comes_first() {
        for (n, (begin, _, why)) in CODES.iter().enumerate() {
            assert!(!CODES[..n].iter().any(|(earlier, ..)| begin.starts_with(earlier)), "{begin} is never reached");
            assert!(!why.is_empty() && !why.ends_with('.'));
        }
        assert_eq!(meaning("28P01").reason, UnknownReason::Unauthorized);
        assert_eq!(meaning("99999").reason, UnknownReason::ProbeFailed);
        assert!(meaning("42703").changed && !meaning("42501").changed);
    }

    #[test]
    fn only_a_code_is_shown() {
        assert_eq!(named("42P01"), "SQLSTATE 42P01");
        assert_eq!(named("canary"), "without a SQLSTATE");
        assert_eq!(named("a;b.c"), "without a SQLSTATE");
    }
}
