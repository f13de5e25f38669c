//! Checks the flags together. All problems are reported at once, one sentence each; a problem that only follows from
//! another is not reported.

use std::time::Duration;

use jiff::SignedDuration;

use super::{OperatorArgs, Surroundings};
use crate::cli::exit::Stop;
use crate::cli::switch::Switch;
use crate::domain::span::Span;
use crate::engine::spec::{Cadence, Limits};
use crate::kubernetes::client::scope::Scope;
use crate::kubernetes::leadership::gate::Rate;
use crate::kubernetes::leadership::lease::{BadTiming, LONGEST, MARGIN, SHORTEST, Timing};
use crate::kubernetes::operator::{LeaseOptions, Options};
use crate::kubernetes::serving::logs::Format;

/// How often live Jobs are listed, in addition to the watch, which may miss changes.
const JOB_LIST: SignedDuration = SignedDuration::from_secs(60);
/// The maximum length of a Kubernetes name.
const MAX_NAME: usize = 63;
/// The identity of a process that is not elected.
const UNELECTED: &str = "gapless";

/// Problems, one sentence each.
#[derive(Default)]
struct Problems(Vec<String>);

impl Problems {
    /// Whether a problem was found since then, so that follow-up problems must not be reported.
    fn since(&self, before: usize) -> bool {
        self.0.len() > before
    }

    fn unless(&mut self, holds: bool, sentence: impl FnOnce() -> String) {
        if !holds {
            self.0.push(sentence());
        }
    }

    fn span(&mut self, flag: &str, text: &str) -> Span {
        let why = match text.parse::<Span>() {
            Ok(span) if span.as_seconds() >= 0 => return span,
            Ok(_) => "must not be negative",
            Err(why) => why,
        };
        self.0.push(format!("{flag} {text}: {why}"));
        Span::default()
    }

    fn duration(&mut self, flag: &str, text: &str) -> Duration {
        Duration::from_secs(self.span(flag, text).as_seconds().unsigned_abs())
    }

    fn name(&mut self, flag: &str, name: Option<&String>) {
        let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let is_name = |n: &String| {
            (1..=MAX_NAME).contains(&n.len()) && n.chars().all(good) && !n.starts_with('-') && !n.ends_with('-')
        };
        self.unless(name.is_none_or(is_name), || {
            format!(
                "{flag} {}: must be a Kubernetes name: lower-case letters, digits and '-', at most {MAX_NAME}",
                name.map_or("", |n| n)
            )
        });
    }
}

impl OperatorArgs {
    /// The configuration of the operator, or all problems of the flags at once.
    pub fn options(&self, around: &Surroundings) -> Result<Options, Stop> {
        let mut problems = Problems::default();
        match self.checked(around, &mut problems) {
            Some(options) if problems.0.is_empty() => Ok(options),
            _ => Err(Stop::bad_input(problems.0.join("\ngapless: "))),
        }
    }

    fn checked(&self, around: &Surroundings, problems: &mut Problems) -> Option<Options> {
        let scope = self.scope(problems);
        let lease = self.lease(problems);
        let identity = self.identity(around, problems);
        let limits = self.limits(problems);
        let writes = self.writes(problems);
        let listen = self.listen.parse().map_err(|_| {
            problems.0.push(format!("--listen {}: must be an address and a port, such as 0.0.0.0:8080", self.listen));
        });
        Some(Options {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            scope,
            files_root: self.files_root.clone().unwrap_or_else(|| ".".into()),
            connections: self.connections_dir.clone(),
            grants: self.grants.clone(),
            limits,
            state: self.state.clone(),
            listen: listen.ok()?,
            identity: identity?,
            lease,
            writes,
            log_format: self.log_format.unwrap_or_else(Format::of_stderr),
            log_filter: self.log_level.clone().or_else(|| around.rust_log.clone()).unwrap_or_else(|| "info".into()),
        })
    }

    fn scope(&self, problems: &mut Problems) -> Option<Scope> {
        problems.name("--namespace", self.namespace.as_ref());
        problems.unless(self.all_namespaces || self.grants.is_none(), || {
            "--grants requires --all-namespaces: in a single namespace, coverages may read everything that the operator may read".into()
        });
        // In a pod the namespace is always set in the environment, so both may be set.
        if self.all_namespaces { Some(Scope::All) } else { self.namespace.clone().map(Scope::Namespace) }
    }

    fn lease(&self, problems: &mut Problems) -> Option<LeaseOptions> {
        problems.name("--lease-name", Some(&self.lease_name));
        problems.name("--lease-namespace", self.lease_namespace.as_ref());
        let before = problems.0.len();
        let timing = Timing {
            duration: problems.duration("--lease-duration", &self.lease_duration),
            renew_deadline: problems.duration("--lease-renew-deadline", &self.lease_renew_deadline),
            retry: problems.duration("--lease-retry", &self.lease_retry),
        };
        if let (Err(bad), false) = (timing.check(), problems.since(before)) {
            problems.0.push(self.bad_timing(bad));
        }
        let namespace = self.lease_namespace.clone().or_else(|| self.namespace.clone());
        self.leader_elect.then(|| LeaseOptions { name: self.lease_name.clone(), namespace, timing })
    }

    fn identity(&self, around: &Surroundings, problems: &mut Problems) -> Option<String> {
        if !self.leader_elect {
            return Some(UNELECTED.into());
        }
        let named = self.identity.as_ref().or(around.pod_name.as_ref()).or(around.host_name.as_ref());
        let identity = named.filter(|name| !name.is_empty()).cloned();
        problems.unless(identity.is_some(), || {
            "--identity: set it, because neither $POD_NAME nor the host name is known".into()
        });
        identity
    }

    fn writes(&self, problems: &mut Problems) -> Rate {
        problems
            .unless(self.write_rate > 0, || "--write-rate 0: must be at least 1, otherwise nothing is written".into());
        problems.unless(self.write_burst > 0, || "--write-burst 0: must be at least 1".into());
        Rate { per_second: self.write_rate, burst: self.write_burst }
    }

    fn bad_timing(&self, bad: BadTiming) -> String {
        let Self { lease_duration, lease_renew_deadline, lease_retry, .. } = self;
        match bad {
            BadTiming::Duration => format!(
                "--lease-duration {lease_duration}: must be whole seconds from {SHORTEST:?} to {LONGEST:?}; no replica \
                 respects a Lease for longer, so a longer one could have two leaders"
            ),
            BadTiming::RenewDeadline => format!(
                "--lease-renew-deadline {lease_renew_deadline}: must be at least {MARGIN:?} less than --lease-duration \
                 {lease_duration}; a leader has to end before another may begin"
            ),
            BadTiming::Retry => format!(
                "--lease-retry {lease_retry}: must be more than 0s, and at most half of --lease-renew-deadline \
                 {lease_renew_deadline}; one lost renewal must not end leadership"
            ),
        }
    }

    fn limits(&self, problems: &mut Problems) -> Limits {
        let before = problems.0.len();
        let cadence = Cadence {
            hot: problems.span("--cadence-hot", &self.cadence_hot),
            warm: problems.span("--cadence-warm", &self.cadence_warm),
            cold: problems.span("--cadence-cold", &self.cadence_cold),
        };
        let seconds = [cadence.hot, cadence.warm, cadence.cold].map(Span::as_seconds);
        let in_order = seconds[0] >= 1 && seconds.is_sorted();
        problems.unless(in_order || problems.since(before), || {
            "--cadence-hot must be at least 1s, --cadence-warm at least --cadence-hot, --cadence-cold at least --cadence-warm".into()
        });
        problems.unless(self.max_jobs > 0, || "--max-jobs 0: to launch nothing, use --launches off".into());
        let report_every = problems.duration("--report-every", &self.report_every);
        Limits {
            max_jobs: self.max_jobs,
            launches: self.launches == Switch::On,
            slow_start: problems.span("--slow-start", &self.slow_start),
            job_poll: JOB_LIST,
            cadence,
            report_every: SignedDuration::try_from(report_every).ok(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Cli {
        #[command(flatten)]
        operator: OperatorArgs,
    }

    fn options(flags: &str) -> Result<Options, String> {
        let around = Surroundings { pod_name: Some("gapless-0".into()), ..Surroundings::default() };
        let cli = Cli::parse_from(["gapless"].into_iter().chain(flags.split_whitespace()));
        cli.operator.options(&around).map_err(|stop| format!("{stop:?}"))
    }

    #[test]
    fn without_flags_everything_has_a_sensible_value() {
        let options = options("").unwrap();
        assert_eq!((options.scope, options.files_root.to_str(), options.connections), (None, Some("."), None));
        let lease = options.lease.unwrap();
        assert_eq!((lease.name.as_str(), options.identity.as_str()), ("gapless", "gapless-0"));
        assert_eq!(lease.timing, Timing::default());
        assert_eq!((options.limits.max_jobs, options.limits.launches), (20, true));
        assert_eq!(options.limits.slow_start, Span::minutes(1));
        assert_eq!(options.limits.report_every, Some(SignedDuration::from_secs(2)));
        assert_eq!(options.listen.to_string(), "0.0.0.0:8080");
        assert_eq!((options.writes.per_second, options.writes.burst), (50, 100));
        assert_eq!(options.log_filter, "info");
    }

    #[test]
    fn flags_say_what_they_mean() {
        let all = options("--all-namespaces --grants /g.yaml --namespace ops --launches off --leader-elect false");
        let all = all.unwrap();
        assert_eq!((all.scope, all.grants), (Some(Scope::All), Some("/g.yaml".into())));
        assert_eq!((all.lease, all.limits.launches), (None, false));
        let one = options("--namespace nba --identity me --connections-dir /c").unwrap();
        assert_eq!(one.connections, Some("/c".into()));
        assert_eq!(one.scope, Some(Scope::Namespace("nba".into())));
        assert_eq!((one.lease.unwrap().namespace.as_deref(), one.identity.as_str()), (Some("nba"), "me"));
        let lease = options("--namespace nba --lease-namespace ops").unwrap().lease.unwrap();
        assert_eq!(lease.namespace.as_deref(), Some("ops"));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let flags = "--namespace No --grants /g --write-rate 0 --write-burst 0 --max-jobs 0 --listen nowhere \
                     --slow-start soon --cadence-hot 2h --lease-retry 20s --report-every=-1s";
        let told = options(flags).unwrap_err();
        let wanted = [
            "--namespace No: must be a Kubernetes name",
            "--grants requires --all-namespaces",
            "--write-rate 0:",
            "--write-burst 0:",
            "--max-jobs 0: to launch nothing, use --launches off",
            "--listen nowhere: must be an address and a port",
            "--slow-start soon: must be a duration",
            "--cadence-hot must be at least 1s",
            "--lease-retry 20s: must be more than 0s, and at most half of --lease-renew-deadline 10s",
            "--report-every -1s: must not be negative",
        ];
        for sentence in wanted {
            assert!(told.contains(sentence), "{sentence} in {told}");
        }
        assert_eq!(told.matches("\\ngapless: ").count(), wanted.len() - 1, "one line each: {told}");
        assert!(told.contains("BadInput"), "exit 2");
    }

    #[test]
    fn a_process_without_a_name_cannot_be_elected() {
        let cli = Cli::parse_from(["gapless"]);
        assert!(cli.operator.options(&Surroundings::default()).is_err());
        let cli = Cli::parse_from(["gapless", "--leader-elect", "false"]);
        assert!(cli.operator.options(&Surroundings::default()).is_ok());
    }

    /// People set flags in a Deployment by their names in the environment.
    #[test]
    fn every_flag_has_its_name_in_the_environment_and_a_help() {
        use clap::CommandFactory;
        for argument in Cli::command().get_arguments().filter(|a| a.get_id() != "help") {
            let flag = argument.get_long().unwrap();
            let name = format!("GAPLESS_{}", flag.to_uppercase().replace('-', "_"));
            assert_eq!(argument.get_env().and_then(|n| n.to_str()), Some(name.as_str()), "--{flag}");
            assert!(argument.get_help().is_some(), "--{flag}");
        }
    }
}
