//! From a CronJob's container to a command: its command, arguments and environment, after the filler contract.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::api::CronJob;
use crate::api::load::Container;
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
    /// Why no launch can be made from it on this machine, as far as that is known before there is one.
    pub(super) fn refusal(&self, wanted: Option<&str>) -> Option<String> {
        let container = match self.container(wanted) {
            Ok(container) => container,
            Err(why) => return Some(why),
        };
        let program = container.command.iter().chain(&container.args).next().filter(|word| !word.contains('$'))?;
        let own = container.env.iter().filter(|(_, value)| !value.contains('$')).cloned();
        self.prepared(program.clone(), Vec::new(), passed_on().chain(own).collect()).err()
    }

    /// The container that fills, where one machine has all that it needs.
    fn container(&self, wanted: Option<&str>) -> Result<&Container, String> {
        let name = &self.cron_job.name;
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
        if container.command.is_empty() && container.args.is_empty() {
            return Err(format!("CronJob '{name}' has no command; on one machine there is no image to take it from"));
        }
        Ok(container)
    }

    /// The command of a launch, or one sentence why there is none.
    pub(super) fn command(&self, launch: &Launch, termination: &Path) -> Result<Prepared, String> {
        let container = self.container(launch.container.as_deref())?;
        let mut env: Vec<(String, String)> = passed_on().collect();
        env.extend(contract(launch, &termination.display().to_string()));
        // The running binary, for fillers that are part of it.
        env.extend(std::env::current_exe().ok().map(|program| ("GAPLESS".into(), program.display().to_string())));
        for (key, value) in &container.env {
            let value = expand(value, &env);
            env.push((key.clone(), value));
        }
        let mut words = container.command.iter().chain(&container.args).map(|w| expand(w, &env));
        let program = words.next().unwrap_or_default();
        let args = words.collect();
        self.prepared(program, args, env)
    }

    fn prepared(&self, program: String, args: Vec<String>, env: Vec<(String, String)>) -> Result<Prepared, String> {
        let (folder, grace_seconds) = (self.folder.display().to_string(), self.cron_job.grace_seconds);
        let prepared = Prepared { program: self.resolve(program), args, env, folder, grace_seconds };
        let why = prepared.obstacle();
        why.map_or(Ok(prepared), |why| {
            let name = &self.cron_job.name;
            Err(format!(
                "the command of CronJob '{name}' cannot be started: {why}; correct the command or this machine"
            ))
        })
    }

    /// A program with a slash is relative to the manifest's folder.
    fn resolve(&self, program: String) -> String {
        let relative = program.contains('/') && !program.starts_with('/');
        if relative { self.folder.join(&program).display().to_string() } else { program }
    }
}

/// Of gapless's own environment.
fn passed_on() -> impl Iterator<Item = (String, String)> {
    PASSED_ON.iter().filter_map(|name| Some(((*name).into(), std::env::var(name).ok()?)))
}

impl Prepared {
    /// Why it cannot be started, as far as that can be seen beforehand: such a command is a fault of the spec, and no
    /// attempt is charged for it.
    fn obstacle(&self) -> Option<String> {
        let Self { program, folder, .. } = self;
        if !Path::new(folder).is_dir() {
            return Some(format!("its folder '{folder}' does not exist"));
        }
        if program.contains('/') {
            let path = Path::new(program);
            return match (path.is_file(), is_executable(path)) {
                (false, _) => Some(format!("there is no file '{program}'")),
                (true, false) => Some(format!("'{program}' is not executable")),
                (true, true) => None,
            };
        }
        let path = self.env.iter().rev().find(|(name, _)| name == "PATH").map_or(USUAL_PATH, |(_, path)| path);
        let own = Path::new(folder);
        let found = std::env::split_paths(path).any(|folder| is_executable(&own.join(folder).join(program)));
        (!found).then(|| format!("there is no program '{program}' in PATH ({path})"))
    }
}

/// Where programs are looked for without a PATH.
const USUAL_PATH: &str = "/bin:/usr/bin";

fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
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
    fn what_cannot_be_started_says_why_before_it_is_tried() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("plain"), "").unwrap();
        let here = folder.path().display().to_string();
        let obstacle = |program: &str, path: Option<&str>, folder: &str| {
            let env = path.map(|path| ("PATH".to_string(), path.to_string())).into_iter().collect();
            Prepared { program: program.into(), args: vec![], env, folder: folder.into(), grace_seconds: 1 }.obstacle()
        };
        for (program, path, place, why) in [
            ("sh", None, &*here, None),
            ("sh", Some("/bin"), &here, None),
            ("sh", Some("/no/such/folder"), &here, Some("there is no program 'sh' in PATH (/no/such/folder)".into())),
            ("/bin/sh", Some(""), &here, None),
            ("/no/such/program", None, &here, Some("there is no file '/no/such/program'".into())),
            ("/bin/sh", None, "/no/such/folder", Some("its folder '/no/such/folder' does not exist".to_string())),
        ] {
            assert_eq!(obstacle(program, path, place), why, "{program} in {path:?}");
        }
        let plain = format!("{here}/plain");
        assert_eq!(obstacle(&plain, None, &here), Some(format!("'{plain}' is not executable")));
    }

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
