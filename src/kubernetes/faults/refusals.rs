//! Rights that the API server refuses: each is logged once, by verb and resource, and once more when it was granted and removed
//! again; likewise a token that the API server rejects. Most calls are retried forever, so nothing else would show it.

use std::collections::BTreeSet;
use std::sync::Mutex;

/// Rights whose lack is reported by the caller that needs them.
const TOLD_ELSEWHERE: [(&str, &str); 1] = [("create", "jobs")];

/// What is refused now.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<Refused>);

#[derive(Debug, Default)]
struct Refused {
    rights: BTreeSet<(&'static str, &'static str)>,
    /// The API server rejects the token.
    unknown: bool,
}

impl Refusals {
    /// A call ended. A Job that is refused is reported with its launch: it may be a quota.
    pub fn heard(&self, verb: &'static str, resource: &'static str, code: Option<u16>) {
        let mut refused = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match code {
            Some(403) if !TOLD_ELSEWHERE.contains(&(verb, resource)) && refused.rights.insert((verb, resource)) => {
                tracing::warn!(
                    "forbidden (403): gapless cannot {verb} {resource}; compare its RBAC with docs/rbac.md, unless a namespace is being deleted"
                );
            }
            Some(401) if !std::mem::replace(&mut refused.unknown, true) => tracing::warn!(
                "unauthorized (401): the API server rejects the token of gapless, which may have expired; a token file is read again"
            ),
            Some(200..=299) => {
                refused.rights.remove(&(verb, resource));
                if std::mem::take(&mut refused.unknown) {
                    tracing::info!("authorized again: the API server accepts the token of gapless");
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kubernetes::serving::logs::Format;
    use crate::kubernetes::serving::logs::tests::logged as log_of;

    #[test]
    fn a_missing_right_is_logged_once_until_it_is_granted() {
        let refusals = Refusals::default();
        let hear = |resource, code| refusals.heard("list", resource, Some(code));
        let lines = log_of(Format::Text, "info", || {
            [("pods", 403), ("pods", 403), ("jobs", 403), ("pods", 500), ("pods", 200), ("pods", 403)]
                .into_iter()
                .for_each(|(resource, code)| hear(resource, code));
            refusals.heard("create", "jobs", Some(403));
        });
        let logged: Vec<&str> =
            lines.lines().filter_map(|l| l.split_once("gapless cannot ")?.1.split_once(';')).map(|p| p.0).collect();
        assert_eq!(logged, ["list pods", "list jobs", "list pods"]);
    }

    #[test]
    fn a_rejected_token_is_logged_once_and_so_is_its_recovery() {
        let refusals = Refusals::default();
        let hear = |resource, code| refusals.heard("list", resource, Some(code));
        let lines = log_of(Format::Text, "info", || {
            [("pods", 401), ("jobs", 401), ("pods", 500), ("jobs", 200), ("pods", 200), ("pods", 401)]
                .into_iter()
                .for_each(|(resource, code)| hear(resource, code));
        });
        let logged: Vec<&str> = lines
            .lines()
            .filter_map(|l| Some(l.split_once("the API server ")?.1.split(" the token").next()?.trim()))
            .collect();
        assert_eq!(logged, ["rejects", "accepts", "rejects"]);
    }
}
