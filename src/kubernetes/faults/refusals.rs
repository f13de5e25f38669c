//! Rights that the API server refuses: each is told once, by verb and resource, and again when it was given and taken anew;
//! and that it does not know gapless at all. Most calls are tried again for ever, so that nothing else would tell.

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
    /// The API server does not know who calls.
    unknown: bool,
}

impl Refusals {
    /// A call ended. A Job that is refused is reported with its launch: it may be a quota.
    pub fn heard(&self, verb: &'static str, resource: &'static str, code: Option<u16>) {
        let mut refused = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match code {
            Some(403) if !TOLD_ELSEWHERE.contains(&(verb, resource)) && refused.rights.insert((verb, resource)) => {
                tracing::warn!(
                    "gapless may not {verb} {resource} (403): its rights are not those of docs/rbac.md, or a namespace ends"
                );
            }
            Some(401) if !std::mem::replace(&mut refused.unknown, true) => tracing::warn!(
                "the API server does not know gapless (401): its token has ended; one in a file is read again by itself"
            ),
            Some(200..=299) => {
                refused.rights.remove(&(verb, resource));
                if std::mem::take(&mut refused.unknown) {
                    tracing::info!("the API server knows gapless again");
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
    use crate::kubernetes::serving::logs::tests::logged;

    #[test]
    fn a_right_that_is_lacking_is_told_once_until_it_was_given() {
        let refusals = Refusals::default();
        let hear = |resource, code| refusals.heard("list", resource, Some(code));
        let lines = logged(Format::Text, "info", || {
            [("pods", 403), ("pods", 403), ("jobs", 403), ("pods", 500), ("pods", 200), ("pods", 403)]
                .into_iter()
                .for_each(|(resource, code)| hear(resource, code));
            refusals.heard("create", "jobs", Some(403));
        });
        let told: Vec<&str> =
            lines.lines().filter_map(|l| l.split_once("may not ")?.1.split_once(" (403)")).map(|p| p.0).collect();
        assert_eq!(told, ["list pods", "list jobs", "list pods"]);
    }

    #[test]
    fn a_token_that_has_ended_is_told_once_and_its_end_too() {
        let refusals = Refusals::default();
        let hear = |resource, code| refusals.heard("list", resource, Some(code));
        let lines = logged(Format::Text, "info", || {
            [("pods", 401), ("jobs", 401), ("pods", 500), ("jobs", 200), ("pods", 200), ("pods", 401)]
                .into_iter()
                .for_each(|(resource, code)| hear(resource, code));
        });
        let told: Vec<&str> = lines
            .lines()
            .filter_map(|l| Some(l.split_once("the API server ")?.1.split(['(', ':']).next()?.trim()))
            .collect();
        assert_eq!(told, ["does not know gapless", "knows gapless again", "does not know gapless"]);
    }
}
