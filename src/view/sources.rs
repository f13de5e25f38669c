//! Sources: what each has left, and whether it works.

use serde::Serialize;

use super::names::{instant, relative, table};
use crate::domain::breaker::BreakerState;
use crate::domain::dates::Timestamp;
use crate::domain::policy::Per;
use crate::domain::words::counted;
use crate::engine::overview::{Planned, SourceView};

/// One line per source; nothing without sources.
pub(super) fn sources(sources: &[SourceView], now: Timestamp) -> String {
    if sources.is_empty() {
        return String::new();
    }
    let head = ["SOURCE", "USED", "CREDITS", "LEFT", "RESETS", "JOBS", "BREAKER"].map(String::from).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(sources.iter().map(|source| row(source, now))).collect();
    format!("\n{}", table(&rows))
}

fn row(view: &SourceView, now: Timestamp) -> Vec<String> {
    let none = || "-".to_string();
    let budget = view.source.budget.as_ref();
    let used = view.used.map(|(_, used)| used);
    let per = |per: Per| match per {
        Per::Day => "day",
        Per::Month => "month",
    };
    let jobs = view.source.max_jobs.map_or_else(|| view.live.to_string(), |most| format!("{} of {most}", view.live));
    vec![
        view.source.key.name.to_string(),
        used.map_or_else(none, |used| used.to_string()),
        budget.map_or_else(none, |budget| {
            let kept = if budget.reserve > 0 { format!(", {} for tonight", budget.reserve) } else { String::new() };
            format!("{} a {}{kept}", budget.credits, per(budget.per))
        }),
        left(view).map_or_else(none, |left| left.to_string()),
        view.used.map_or_else(none, |(window, _)| format!("{} ({})", instant(window.end), relative(window.end, now))),
        jobs,
        health(view, now),
    ]
}

/// The credits that are left, the reserve included.
pub(super) fn left(view: &SourceView) -> Option<u64> {
    let (budget, (_, used)) = view.source.budget.as_ref().zip(view.used)?;
    Some(budget.left(used, true))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SourceObject<'a> {
    namespace: &'a str,
    name: &'a str,
    suspended: bool,
    credits: Option<u64>,
    used: Option<u64>,
    left: Option<u64>,
    reserve: Option<u64>,
    resets: Option<String>,
    live_jobs: u32,
    max_jobs: Option<u32>,
    breaker: &'static str,
    since: Option<String>,
    until: Option<String>,
}

/// The object that scripts read.
pub(super) fn object(view: &SourceView) -> impl Serialize {
    let opened = view.breaker.opened.as_ref();
    SourceObject {
        namespace: &view.source.key.namespace,
        name: &view.source.key.name,
        suspended: view.source.suspend,
        credits: view.source.budget.as_ref().map(|budget| budget.credits),
        used: view.used.map(|(_, used)| used),
        left: left(view),
        reserve: view.source.budget.as_ref().map(|budget| budget.reserve),
        resets: view.used.map(|(window, _)| window.end.to_string()),
        live_jobs: view.live,
        max_jobs: view.source.max_jobs,
        breaker: view.state.word(),
        since: opened.map(|opened| opened.since.to_string()),
        until: opened.map(|opened| opened.until.to_string()),
    }
}

fn health(view: &SourceView, now: Timestamp) -> String {
    if view.source.suspend {
        return "suspended".into();
    }
    match (view.state, &view.breaker.opened) {
        (BreakerState::Closed, _) | (_, None) => "closed".into(),
        (state, Some(opened)) => {
            let trial = format!("one trial after {} ({})", instant(opened.until), relative(opened.until, now));
            format!("{} since {}; {trial}; {}", state.word(), instant(opened.since), opened.last_words())
        }
    }
}

/// What a launch costs, and when its dates are lost for good.
pub(super) fn terms(launch: &Planned, now: Timestamp) -> String {
    let paid = launch.draw.as_ref().map(|draw| format!("{} of {}", counted(draw.credits, "credits"), draw.source));
    let lost = launch.lost_at.map(|at| format!("lost at {} ({})", instant(at), relative(at, now)));
    paid.into_iter().chain(lost).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{source, source_with_budget};
    use super::*;
    use crate::domain::breaker::{Breaker, Failed, Opened};
    use crate::domain::dates::DateSet;
    use crate::domain::judge::tests::{at, day};
    use crate::domain::ledger::Outcome;
    use crate::domain::source::Draw;

    const NOW: &str = "2025-11-20T12:00:00Z";

    #[test]
    fn each_source_says_what_is_left_until_when_and_whether_it_works() {
        let mut down = source("archive");
        let opened = Opened {
            since: at("2025-11-20T09:00:00Z"),
            until: at("2025-11-20T13:00:00Z"),
            trials: 2,
            launch: 7,
            outcome: Outcome::SourceDown,
            message: "503".into(),
        };
        down.breaker = Breaker { failed: Failed::default(), opened: Some(opened) };
        down.state = BreakerState::Open;
        let told = sources(&[source_with_budget(), down], at(NOW));
        let lines: Vec<&str> = told.trim_start().lines().collect();
        assert!(lines[0].starts_with("SOURCE") && lines.len() == 3, "{told}");
        for part in ["odds-api", "18500", "20000 a month, 2000 for tonight", "1500", "2025-12-01", "1 of 2", "closed"] {
            assert!(lines[1].contains(part), "{part}: {told}");
        }
        assert!(lines[2].contains("Open since") && lines[2].ends_with("launch 7: SourceDown: 503"), "{told}");
        assert_eq!(sources(&[], at(NOW)), "");
    }

    #[test]
    fn a_launch_says_what_it_costs_and_when_its_dates_are_lost() {
        let launch = Planned {
            coverage: source_with_budget().source.key,
            rung: "live".into(),
            dates: DateSet::from_iter([day("2025-11-19")]),
            attempt: 1,
            reason: "NoRows",
            draw: Some(Draw { source: "odds-api".into(), credits: 20, requests: 15 }),
            lost_at: Some(at("2025-11-20T15:00:00Z")),
        };
        assert_eq!(terms(&launch, at(NOW)), "20 credits of odds-api, lost at 2025-11-20T15:00:00Z (in 3 h)");
    }
}
