//! From a CronJob's container to a command: its command, arguments and environment, after the filler contract.

use std::path::{Path, PathBuf};

use crate::api::CronJob;
use crate::domain::ledger::Launch;
use crate::engine::contract::contract;

/// What is passed on of gapless's own environment: enough to find programs, nothing that could be a secret.
const PASSED_ON: [&str; 6] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER"];

/// A CronJob with the folder in which its Jobs run.
#[derive(Clone, Debug)]
pub struct Template {
    /// The CronJob.
    pub cron_job: CronJob,
    /// The folder of its manifest.
    pub folder: PathBuf,
}

/// A command that can be run as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    pub program: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub folder: String,
    pub grace_seconds: u64,
}

impl Template {
    /// The command of a launch, or one sentence why there is none.
    pub(super) fn command(&self, launch: &Launch, termination: &Path) -> Result<Prepared, String> {
        let name = &self.cron_job.name;
        let wanted = launch.container.as_deref();
        let container = self.cron_job.containers.iter().find(|c| wanted.is_none_or(|w| w == c.name));
        let container = container.ok_or_else(|| format!("CronJob '{name}' has no such container"))?;
        if let Some(from) = container.env_from_elsewhere.first() {
            return Err(format!("CronJob '{name}' takes '{from}' by valueFrom; on one machine give it a value"));
        }
        if container.env_from {
            return Err(format!(
                "CronJob '{name}' takes names by envFrom; on one machine list them in env, with values"
            ));
        }
        let mut env: Vec<(String, String)> =
            PASSED_ON.iter().filter_map(|n| Some(((*n).into(), std::env::var(n).ok()?))).collect();
        env.extend(contract(launch, &termination.display().to_string()));
        // The running binary, for fillers that are part of it.
        env.extend(std::env::current_exe().ok().map(|program| ("GAPLESS".into(), program.display().to_string())));
        for (key, value) in &container.env {
            let value = expand(value, &env);
            env.push((key.clone(), value));
        }
        let mut words = container.command.iter().chain(&container.args).map(|w| expand(w, &env));
        let program = words.next().ok_or_else(|| {
            format!("CronJob '{name}' has no command; on one machine there is no image to take it from")
        })?;
        Ok(Prepared {
            program: self.resolve(program),
            args: words.collect(),
            env,
            folder: self.folder.display().to_string(),
            grace_seconds: self.cron_job.grace_seconds,
        })
    }

    /// A program with a slash is relative to the manifest's folder.
    fn resolve(&self, program: String) -> String {
        let relative = program.contains('/') && !program.starts_with('/');
        if relative { self.folder.join(&program).display().to_string() } else { program }
    }
}

/// `$(NAME)` as Kubernetes expands it: `$$` is a dollar, an unknown name stays as it is.
fn expand(text: &str, env: &[(String, String)]) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let name = after.strip_prefix('(').and_then(|a| a.split_once(')')).map(|(name, _)| name);
        let value = name.and_then(|n| env.iter().rev().find(|(k, _)| k == n).map(|(_, v)| (n, v)));
        rest = match (after.strip_prefix('$'), value) {
            (Some(escaped), _) => {
                out.push('$');
                escaped
            }
            (None, Some((name, value))) => {
                out.push_str(value);
                &after[name.len() + 2..]
            }
            (None, None) => {
                out.push('$');
                after
            }
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_expanded_as_kubernetes_does() {
        let env = [("A".to_string(), "1".to_string())];
        for (text, expected) in
            [("x$(A)y", "x1y"), ("$$(A)", "$(A)"), ("$(B)", "$(B)"), ("$", "$"), ("$(A", "$(A"), ("$(A)$(A)", "11")]
        {
            assert_eq!(expand(text, &env), expected);
        }
    }
}
