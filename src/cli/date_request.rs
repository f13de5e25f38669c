//! What people want of one date, written into its GameDate. What others wanted of the date stays.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;

use super::exit::Stop;
use crate::api::kinds::{CoverageRef, GameDateSpec, RerunSpec, WaivedSpec};
use crate::api::schema::{DateText, KindText, NameText, ReasonText, TokenText};
use crate::domain::assess::{Wait, asked_for};
use crate::domain::dates::DateSet;
use crate::domain::policy::{Key, Mode};

/// What is requested of a coverage on a date.
#[derive(Clone, Debug)]
pub(super) enum DateRequest {
    /// Once more, from the first rung.
    Retry { token: String },
    Waive {
        /// The reason for the waiver.
        reason: String,
        /// The last date on which the waiver applies.
        expires: Option<Date>,
    },
    /// The waiver is taken back.
    Unwaive,
}

impl DateRequest {
    /// Refuses requests that would have no effect: a rerun without a token, or of a coverage that only observes,
    /// and a waiver that has expired. `today` is that of the season.
    pub(super) fn fits(&self, coverage: &Key, mode: Mode, today: Date) -> Result<(), Stop> {
        let why = match self {
            Self::Retry { token } if token.trim().is_empty() => {
                "--token must not be empty: omit it, and gapless generates one".into()
            }
            Self::Retry { .. } if mode == Mode::Observe => format!("{coverage}: {}", Wait::Observed.sentence()),
            Self::Waive { expires: Some(last), .. } if *last < today => {
                format!("--expires {last} is in the past: the waiver would never apply; today is {today} in its season")
            }
            Self::Retry { .. } | Self::Waive { .. } | Self::Unwaive => return Ok(()),
        };
        Err(Stop::bad_input(why))
    }

    /// Whether a GameDate already says what is requested, so that it is not written.
    pub(super) fn is_moot(&self, spec: &GameDateSpec, coverage: &Key) -> bool {
        let is_own = |w: &WaivedSpec| (&*w.kind.0, &*w.name.0) == (&*coverage.kind, &*coverage.name);
        matches!(self, Self::Unwaive) && !spec.waived.iter().any(is_own)
    }

    /// Says of which dates there is nothing to take back; an error if that is all of them.
    pub(super) fn refuse_moot(coverage: &Key, moot: &DateSet, dates: &DateSet) -> Result<(), Stop> {
        if moot.is_empty() {
            return Ok(());
        }
        let text = format!(
            "{moot}: no GameDate waives {coverage}; a waiver in the coverage's own spec.waivers is taken back there"
        );
        if moot == dates {
            return Err(Stop::bad_input(text));
        }
        anstream::eprintln!("{text}");
        Ok(())
    }

    /// A token that was spent on every date runs nothing. Where it was spent on some, the others still run.
    pub(super) fn refuse_spent(&self, dates: &DateSet, is_spent: impl Fn(Date, &Arc<str>) -> bool) -> Result<(), Stop> {
        let Self::Retry { token } = self else { return Ok(()) };
        let shared: Arc<str> = token.as_str().into();
        let spent: DateSet = dates.iter().filter(|date| is_spent(*date, &shared)).collect();
        if spent.is_empty() {
            return Ok(());
        }
        let text = format!("{spent}: token '{token}' was used before, and runs nothing again; give another --token");
        if spent == *dates {
            return Err(Stop::bad_input(text));
        }
        anstream::eprintln!("{text} for them");
        Ok(())
    }

    /// Tells what reruns that were just asked for wait for, where that is more than a slot: else a person sees nothing happen.
    pub(super) fn tell(&self, waits: impl Iterator<Item = (Date, Vec<Wait>)>) {
        let Self::Retry { token } = self else { return };
        let mut alike: BTreeMap<Vec<Wait>, DateSet> = BTreeMap::new();
        waits.filter(|(_, waits)| !waits.is_empty()).for_each(|(date, w)| alike.entry(w).or_default().insert(date));
        for (waits, dates) in alike {
            anstream::eprintln!("{dates}: {}", asked_for(token, &waits));
        }
    }

    /// Adds the request to what is wanted of the date already. A token in `spent` has done its work.
    pub(super) fn add(&self, spec: &mut GameDateSpec, coverage: &Key, spent: &[TokenText]) {
        let (kind, name) = (KindText(coverage.kind.to_string()), NameText(coverage.name.to_string()));
        match self {
            Self::Retry { token } => rerun(&mut spec.rerun, CoverageRef { kind, name }, token, spent),
            Self::Waive { reason, expires } => {
                spec.waived.retain(|w| (&w.kind, &w.name) != (&kind, &name));
                let expires = expires.map(|date| DateText(date.to_string()));
                spec.waived.push(WaivedSpec { kind, name, reason: ReasonText(reason.clone()), expires });
            }
            Self::Unwaive => spec.waived.retain(|w| (&w.kind, &w.name) != (&kind, &name)),
        }
    }
}

/// A new token reruns every coverage listed beside it, so the coverages of a used token are removed. Those of an unused token
/// stay, and run under the new token. The same token again adds one more coverage to the request. An empty list means all
/// coverages.
fn rerun(rerun: &mut RerunSpec, coverage: CoverageRef, token: &str, spent: &[TokenText]) {
    let is_pending = !rerun.token.0.is_empty() && (rerun.token.0 == token || !spent.contains(&rerun.token));
    let all = is_pending && rerun.coverages.is_empty();
    if !is_pending {
        rerun.coverages.clear();
    }
    if !all && !rerun.coverages.contains(&coverage) {
        rerun.coverages.push(coverage);
    }
    rerun.token = TokenText(token.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    const TODAY: Date = jiff::civil::date(2025, 11, 14);

    fn key(name: &str) -> Key {
        Key { namespace: "n".into(), kind: "TableCoverage".into(), name: name.into() }
    }

    fn spec() -> GameDateSpec {
        serde_json::from_value(serde_json::json!({"season": "nba", "date": "2025-11-14"})).unwrap()
    }

    fn told(spec: &GameDateSpec) -> String {
        let names: Vec<&str> = spec.rerun.coverages.iter().map(|c| &*c.name.0).collect();
        format!("{} {}", spec.rerun.token.0, names.join(","))
    }

    #[test]
    fn a_new_token_keeps_requests_that_are_pending_and_drops_those_that_are_done() {
        let retry = |token: &str| DateRequest::Retry { token: token.into() };
        let mut spec = spec();
        retry("one").add(&mut spec, &key("a"), &[]);
        retry("two").add(&mut spec, &key("b"), &[]);
        assert_eq!(told(&spec), "two a,b");
        retry("three").add(&mut spec, &key("c"), &[TokenText("two".into())]);
        assert_eq!(told(&spec), "three c");
        retry("three").add(&mut spec, &key("b"), &[TokenText("three".into())]);
        assert_eq!(told(&spec), "three c,b", "the same request for one more");
        spec.rerun.coverages.clear();
        retry("four").add(&mut spec, &key("d"), &[]);
        assert_eq!(told(&spec), "four ", "all of them are wanted already");
    }

    #[test]
    fn a_coverage_that_only_observes_is_waived_but_never_retried() {
        let (retry, waive) =
            (DateRequest::Retry { token: "one".into() }, DateRequest::Waive { reason: "lost".into(), expires: None });
        let told = format!("{:?}", retry.fits(&key("a"), Mode::Observe, TODAY).unwrap_err());
        assert!(
            told.contains("TableCoverage/a: the coverage only observes") && told.contains("spec.fill.mode"),
            "{told}"
        );
        assert!(retry.fits(&key("a"), Mode::Fill, TODAY).is_ok());
        assert!(waive.fits(&key("a"), Mode::Observe, TODAY).is_ok());
    }

    #[test]
    fn what_would_never_be_done_is_refused() {
        let refusal =
            |request: DateRequest| request.fits(&key("a"), Mode::Fill, TODAY).err().map(|stop| format!("{stop:?}"));
        for token in ["", " "] {
            assert!(refusal(DateRequest::Retry { token: token.into() }).unwrap().contains("--token must not be empty"));
        }
        let waive = |expires| DateRequest::Waive { reason: "lost".into(), expires: Some(expires) };
        assert!(refusal(waive(TODAY.yesterday().unwrap())).unwrap().contains("--expires 2025-11-13 is in the past"));
        assert_eq!(refusal(waive(TODAY)), None, "it holds through its last date");
    }

    #[test]
    fn a_token_that_was_used_on_every_date_is_refused() {
        let retry = DateRequest::Retry { token: "one".into() };
        let dates: DateSet = [TODAY, TODAY.tomorrow().unwrap()].into_iter().collect();
        let told = format!("{:?}", retry.refuse_spent(&dates, |_, token| **token == *"one").unwrap_err());
        assert!(told.contains("2025-11-14..2025-11-15: token 'one' was used before"), "{told}");
        assert!(retry.refuse_spent(&dates, |date, _| date == TODAY).is_ok(), "the other date runs");
        assert!(retry.refuse_spent(&dates, |_, _| false).is_ok());
    }

    #[test]
    fn a_waiver_is_taken_back_and_those_of_other_coverages_stay() {
        let waive = DateRequest::Waive { reason: "lost".into(), expires: None };
        let mut spec = spec();
        assert!(DateRequest::Unwaive.is_moot(&spec, &key("a")) && !waive.is_moot(&spec, &key("a")));
        waive.add(&mut spec, &key("a"), &[]);
        waive.add(&mut spec, &key("b"), &[]);
        assert!(!DateRequest::Unwaive.is_moot(&spec, &key("a")));
        DateRequest::Unwaive.add(&mut spec, &key("a"), &[]);
        assert_eq!(spec.waived.iter().map(|w| &*w.name.0).collect::<Vec<_>>(), ["b"]);
        let (both, one): (DateSet, DateSet) =
            ([TODAY, TODAY.tomorrow().unwrap()].into_iter().collect(), [TODAY].into_iter().collect());
        assert!(DateRequest::refuse_moot(&key("a"), &one, &both).is_ok());
        let told = format!("{:?}", DateRequest::refuse_moot(&key("a"), &both, &both).unwrap_err());
        assert!(told.contains("no GameDate waives TableCoverage/a") && told.contains("spec.waivers"), "{told}");
    }

    #[test]
    fn a_waiver_replaces_the_one_of_the_same_coverage() {
        let waive = |reason: &str| DateRequest::Waive { reason: reason.into(), expires: None };
        let mut spec = spec();
        waive("first").add(&mut spec, &key("a"), &[]);
        waive("other").add(&mut spec, &key("b"), &[]);
        waive("second").add(&mut spec, &key("a"), &[]);
        let told: Vec<_> = spec.waived.iter().map(|w| (&*w.name.0, &*w.reason.0)).collect();
        assert_eq!(told, [("b", "other"), ("a", "second")]);
    }
}
