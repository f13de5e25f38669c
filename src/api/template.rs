//! Whether a Job can be made from a CronJob, and by which of its containers: one rule for the offline check and for each
//! create. What a container runs is never looked at here.

use std::fmt;
use std::sync::Arc;

/// Names with this prefix belong to the filler contract (docs/filler.md).
pub const RESERVED: &str = "GAPLESS_";
/// The annotation by which the author of a CronJob lets gapless make Jobs of it.
pub const ALLOWS: (&str, &str) = ("gapless.dev/fill", "allowed");

/// A CronJob whose template Jobs are made from, as far as gapless reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronJob {
    /// Its name.
    pub name: Arc<str>,
    /// The file that contains it: a local Job runs in that file's folder.
    pub file: Arc<str>,
    /// Whether its author allows gapless to run it.
    pub allowed: bool,
    /// Changes when its jobTemplate does.
    pub template: u64,
    /// Its containers.
    pub containers: Vec<Container>,
    /// Seconds between the first and the last signal at its deadline.
    pub grace_seconds: u64,
}

/// A container of a CronJob's template.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its command.
    pub command: Vec<String>,
    /// Its arguments.
    pub args: Vec<String>,
    /// The folder in which it runs (`workingDir`); `None`: on one machine that of its manifest.
    pub folder: Option<String>,
    /// Its environment.
    pub env: Vec<(String, String)>,
    /// Names whose values come from elsewhere (`valueFrom`): on one machine they have no source.
    pub env_from_elsewhere: Vec<String>,
    /// Whether all names of something else are its environment too (`envFrom`).
    pub env_from: bool,
}

/// What a CronJob offers.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// The CronJob's name.
    pub cron_job: &'a str,
    /// Whether its author allows gapless to run it.
    pub allowed: bool,
    /// Its containers: the name of each, and the names that its environment sets.
    pub containers: Vec<(&'a str, Vec<&'a str>)>,
}

impl<'a> Offer<'a> {
    /// What a CronJob of a manifest offers.
    pub fn of(cron_job: &'a CronJob) -> Self {
        let containers = cron_job.containers.iter().map(|c| {
            let names = c.env.iter().map(|(name, _)| name).chain(&c.env_from_elsewhere).map(String::as_str);
            (c.name.as_str(), names.collect())
        });
        Self { cron_job: &cron_job.name, allowed: cron_job.allowed, containers: containers.collect() }
    }

    /// The position of the container that fills, or everything that forbids it.
    ///
    /// # Errors
    /// One [`Refusal`] for each problem that a person must fix; never an empty list.
    pub fn filler(&self, wanted: Option<&str>) -> Result<usize, Vec<Refusal>> {
        let mut refusals = Vec::new();
        if !self.allowed {
            refusals.push(self.refusal(Why::NotAllowed));
        }
        let chosen = self.choose(wanted);
        match &chosen {
            Ok(at) => refusals.extend(self.reserved(*at)),
            Err(why) => refusals.push(self.refusal(why.clone())),
        }
        chosen.ok().filter(|_| refusals.is_empty()).ok_or(refusals)
    }

    fn choose(&self, wanted: Option<&str>) -> Result<usize, Why> {
        let names = || self.containers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        match (wanted, self.containers.len()) {
            (None, 0) => Err(Why::NoContainer),
            (None, 1) => Ok(0),
            (None, _) => Err(Why::WhichContainer { names: names() }),
            (Some(wanted), _) => {
                let at = self.containers.iter().position(|(name, _)| *name == wanted);
                at.ok_or_else(|| Why::NoSuchContainer { wanted: wanted.into(), names: names() })
            }
        }
    }

    fn reserved(&self, at: usize) -> impl Iterator<Item = Refusal> {
        let names = self.containers.get(at).map(|(_, names)| names.as_slice()).unwrap_or_default();
        let reserved = names.iter().filter(|name| name.starts_with(RESERVED));
        reserved.map(|name| self.refusal(Why::Reserved { name: (*name).into() }))
    }

    fn refusal(&self, why: Why) -> Refusal {
        Refusal { cron_job: self.cron_job.into(), why }
    }
}

/// Why no Job can be made from a CronJob: one sentence for the person who fixes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    cron_job: String,
    why: Why,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Why {
    NotFound,
    Unreadable,
    NotAllowed,
    NoContainer,
    WhichContainer { names: String },
    NoSuchContainer { wanted: String, names: String },
    Reserved { name: String },
}

impl Refusal {
    /// No CronJob has this name.
    pub fn not_found(cron_job: &str) -> Self {
        Self { cron_job: cron_job.into(), why: Why::NotFound }
    }

    /// This program cannot read the CronJob. Its content is not repeated, because it may be anything.
    pub fn unreadable(cron_job: &str) -> Self {
        Self { cron_job: cron_job.into(), why: Why::Unreadable }
    }

    /// Which field of `jobFrom` it is about.
    pub fn field(&self) -> &'static str {
        match self.why {
            Why::WhichContainer { .. } | Why::NoSuchContainer { .. } => "container",
            Why::NotFound | Why::Unreadable | Why::NotAllowed | Why::NoContainer | Why::Reserved { .. } => "cronJob",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cron_job = &self.cron_job;
        match &self.why {
            Why::NotFound => write!(f, "TemplateNotFound: CronJob '{cron_job}' not found"),
            Why::Unreadable => {
                write!(f, "CronJob '{cron_job}' has a field of a type that this version of gapless cannot read")
            }
            Why::NotAllowed => {
                let (name, value) = ALLOWS;
                write!(f, "FillNotAllowed: CronJob '{cron_job}' lacks the annotation '{name}: {value}'")
            }
            Why::NoContainer => write!(f, "CronJob '{cron_job}' has no container"),
            Why::WhichContainer { names } => {
                write!(f, "must name the container that fills the date: one of {names}")
            }
            Why::NoSuchContainer { wanted, names } => {
                write!(f, "CronJob '{cron_job}' has no container '{wanted}'; it has: {names}")
            }
            Why::Reserved { name } => write!(f, "CronJob '{cron_job}' sets the reserved name '{name}'"),
        }
    }
}
