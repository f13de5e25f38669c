//! Validates the flags together. All problems are collected; a problem that only follows from
//! another is not reported.

use std::time::Duration;

use super::{JOB_LIST, LeaseConfig, MAX_NAME, OperatorArgs, OperatorConfig, Scope, Surroundings};
use crate::cli::args::Switch;
use crate::cli::exit::Stop;
use crate::domain::span::Span;
use crate::engine::spec::{Cadence, Limits};
use crate::kubernetes::leadership::lease::{BadTiming, LONGEST, MARGIN, SHORTEST, Timing};
use crate::kubernetes::serving::logs::Format;

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
    /// The configuration, or all problems of the flags at once.
    pub fn validate(&self, around: &Surroundings) -> Result<OperatorConfig, Stop> {
        let mut problems = Problems::default();
        let config = self.config(around, &mut problems);
        match config {
            Some(config) if problems.0.is_empty() => Ok(config),
            _ => Err(Stop::bad_input(problems.0.join("\ngapless: "))),
        }
    }

    fn config(&self, around: &Surroundings, problems: &mut Problems) -> Option<OperatorConfig> {
        let scope = self.scope(problems);
        let lease = self.lease(around, problems);
        let limits = self.limits(problems);
        problems
            .unless(self.write_rate > 0, || "--write-rate 0: must be at least 1, otherwise nothing is written".into());
        problems.unless(self.write_burst > 0, || "--write-burst 0: must be at least 1".into());
        let listen = self.listen.parse().map_err(|_| {
            problems.0.push(format!("--listen {}: must be an address and a port, such as 0.0.0.0:8080", self.listen));
        });
        Some(OperatorConfig {
            scope,
            files_root: self.files_root.clone(),
            state: self.state.clone(),
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            writes: (self.write_rate, self.write_burst),
            lease,
            limits,
            listen: listen.ok()?,
            log_format: self.log_format.unwrap_or_else(Format::of_stderr),
            log_filter: self.log_level.clone().or_else(|| around.rust_log.clone()).unwrap_or_else(|| "info".into()),
        })
    }

    fn scope(&self, problems: &mut Problems) -> Scope {
        problems.name("--namespace", self.namespace.as_ref());
        problems.unless(self.all_namespaces || self.grants.is_none(), || {
            "--grants requires --all-namespaces: in a single namespace, coverages may read everything that the operator may read".into()
        });
        // In a pod the namespace is always set in the environment, so both may be set.
        if self.all_namespaces {
            return Scope::All { grants: self.grants.clone() };
        }
        Scope::Namespace(self.namespace.clone())
    }

    fn lease(&self, around: &Surroundings, problems: &mut Problems) -> Option<LeaseConfig> {
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
        let named = self.identity.as_ref().or(around.pod_name.as_ref()).or(around.host_name.as_ref());
        let identity = named.filter(|name| !name.is_empty()).cloned();
        problems.unless(!self.leader_elect || identity.is_some(), || {
            "--identity: set it, because neither $POD_NAME nor the host name is known".into()
        });
        let namespace = self.lease_namespace.clone().or_else(|| self.namespace.clone());
        let name = self.lease_name.clone();
        let identity = identity.filter(|_| self.leader_elect)?;
        Some(LeaseConfig { name, namespace, identity, timing })
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
            report_every: jiff::SignedDuration::try_from(report_every).ok(),
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

    fn validated(flags: &str) -> Result<OperatorConfig, String> {
        let around = Surroundings { pod_name: Some("gapless-0".into()), ..Surroundings::default() };
        let cli = Cli::parse_from(["gapless"].into_iter().chain(flags.split_whitespace()));
        cli.operator.validate(&around).map_err(|stop| format!("{stop:?}"))
    }

    #[test]
    fn without_flags_everything_has_a_sensible_value() {
        let config = validated("").unwrap();
        assert_eq!(config.scope, Scope::Namespace(None));
        let lease = config.lease.unwrap();
        assert_eq!((lease.name.as_str(), lease.identity.as_str()), ("gapless", "gapless-0"));
        assert_eq!(lease.timing, Timing::default());
        assert_eq!((config.limits.max_jobs, config.limits.launches), (20, true));
        assert_eq!(config.limits.slow_start, Span::minutes(1));
        assert_eq!(config.limits.report_every, Some(jiff::SignedDuration::from_secs(2)));
        assert_eq!(config.listen.to_string(), "0.0.0.0:8080");
        assert_eq!((config.writes, config.log_filter.as_str()), ((50, 100), "info"));
    }

    #[test]
    fn flags_say_what_they_mean() {
        let config = validated("--all-namespaces --grants /g.yaml --namespace ops --launches off --leader-elect false");
        let config = config.unwrap();
        assert_eq!(config.scope, Scope::All { grants: Some("/g.yaml".into()) });
        assert_eq!((config.lease, config.limits.launches), (None, false));
        let lease = validated("--namespace nba --identity me").unwrap().lease.unwrap();
        assert_eq!((lease.namespace.as_deref(), lease.identity.as_str()), (Some("nba"), "me"));
        let lease = validated("--namespace nba --lease-namespace ops").unwrap().lease.unwrap();
        assert_eq!(lease.namespace.as_deref(), Some("ops"));
    }

    #[test]
    fn every_problem_is_told_at_once() {
        let flags = "--namespace No --grants /g --write-rate 0 --write-burst 0 --max-jobs 0 --listen nowhere \
                     --slow-start soon --cadence-hot 2h --lease-retry 20s --report-every=-1s";
        let told = validated(flags).unwrap_err();
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
        assert!(cli.operator.validate(&Surroundings::default()).is_err());
        let cli = Cli::parse_from(["gapless", "--leader-elect", "false"]);
        assert!(cli.operator.validate(&Surroundings::default()).is_ok());
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
