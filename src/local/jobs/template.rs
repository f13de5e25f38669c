//! From a CronJob's container to a command: the program, arguments and environment that the filler contract defines.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

use crate::api::CronJob;
use crate::api::template::Container;
use crate::domain::ledger::Launch;
use crate::engine::contract::contract;
use crate::host::files;

/// The part of gapless's own environment that is passed on: enough to find programs, nothing that could be a secret.
const PASSED_ON: [&str; 6] = ["PATH", "HOME", "LANG", "TZ", "TMPDIR", "USER"];

/// A CronJob, and the folder in which its Jobs run.
#[derive(Clone, Debug)]
pub struct Template {
    pub cron_job: CronJob,
    /// The folder of its manifest.
    pub folder: PathBuf,
}

/// A command that is ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Prepared {
    pub program: String,
    pub args: Vec<String>,
    pub env: Vec<(String, String)>,
    pub folder: String,
    pub grace_seconds: u64,
}

impl Template {
    /// Why no launch can be made from it on this machine, as far as that is known in advance.
    pub(super) fn refusal(&self, wanted: Option<&str>) -> Option<String> {
        let container = match self.container(wanted) {
            Ok(container) => container,
            Err(why) => return Some(why),
        };
        let program = container.command.iter().chain(&container.args).next().filter(|word| !word.contains('$'))?;
        let own = container.env.iter().filter(|(_, value)| !value.contains('$')).cloned();
        self.prepared(container, program.clone(), Vec::new(), passed_on().chain(own).collect()).err()
    }

    /// The container to run, if one machine has everything it needs.
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
        // Arguments without a command need the entry point of an image.
        if container.command.is_empty() {
            return Err(format!("CronJob '{name}' has no command; on one machine there is no image to take it from"));
        }
        Ok(container)
    }

    /// The command of a launch, or why there is none.
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
        self.prepared(container, program, args, env)
    }

    fn prepared(
        &self,
        container: &Container,
        program: String,
        args: Vec<String>,
        env: Vec<(String, String)>,
    ) -> Result<Prepared, String> {
        let own = container.folder.as_ref().map_or_else(|| self.folder.clone(), |own| self.folder.join(own));
        let (folder, grace_seconds) = (own.display().to_string(), self.cron_job.grace_seconds);
        let prepared = Prepared { program: self.resolve(program), args, env, folder, grace_seconds };
        let why = prepared.obstacle();
        why.map_or(Ok(prepared), |why| Err(unstartable(&self.cron_job.name, &why)))
    }

    /// A program with a slash is relative to the manifest's folder.
    fn resolve(&self, program: String) -> String {
        let relative = program.contains('/') && !program.starts_with('/');
        if relative { self.folder.join(&program).display().to_string() } else { program }
    }
}

/// The error of a command that cannot be started: a fault of the spec, not an attempt.
pub(super) fn unstartable(cron_job: &str, why: &str) -> String {
    format!("the command of CronJob '{cron_job}' cannot be started: {why}; correct the command or this machine")
}

/// The part of gapless's own environment that is passed on.
fn passed_on() -> impl Iterator<Item = (String, String)> {
    PASSED_ON.iter().filter_map(|name| Some(((*name).into(), std::env::var(name).ok()?)))
}

impl Prepared {
    /// Why it cannot be started, as far as that is visible in advance. Such a command is a fault of the spec, and no attempt
    /// is charged.
    fn obstacle(&self) -> Option<String> {
        let Self { program, folder, .. } = self;
        if !Path::new(folder).is_dir() {
            return Some(format!("its folder '{folder}' does not exist (`workingDir`, or that of the manifest)"));
        }
        let path = self.env.iter().rev().find(|(name, _)| name == "PATH").map_or(USUAL_PATH, |(_, path)| path);
        if program.contains('/') {
            return obstacle_of(Path::new(program), path);
        }
        let own = Path::new(folder);
        let mut places = std::env::split_paths(path).map(|folder| own.join(folder).join(program));
        match places.find(|place| is_executable(place)) {
            Some(place) => obstacle_of(&place, path),
            None => Some(format!("there is no program '{program}' in PATH ({path})")),
        }
    }
}

/// Why a file cannot be run, with this search path.
fn obstacle_of(path: &Path, search: &str) -> Option<String> {
    let program = path.display();
    match (path.is_dir(), path.is_file(), is_executable(path)) {
        (true, ..) => Some(format!("'{program}' is a folder")),
        (_, false, _) => Some(format!("there is no file '{program}'")),
        (_, true, false) => Some(format!("'{program}' is not executable")),
        (_, true, true) => obstacle_in(path, search),
    }
}

/// Why the content of a file cannot be run. A file that may be executed but not read gives no reason, nor does a format that
/// a machine may have been taught.
fn obstacle_in(path: &Path, search: &str) -> Option<String> {
    let bytes = files::read_first(path, 256).ok()??;
    let program = path.display();
    let Some(line) = bytes.strip_prefix(b"#!") else {
        let is_text = std::str::from_utf8(&bytes).is_ok_and(|text| !text.contains('\0'));
        return is_text.then(|| format!("'{program}' is neither a program nor a script that begins with `#!`"));
    };
    let line = line.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line).into_owned();
    let interpreter = line.split([' ', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
    let there = Path::new(interpreter).is_relative() || is_executable(Path::new(interpreter));
    let found = |name: &&str| std::env::split_paths(search).any(|folder| is_executable(&folder.join(name)));
    if let Some(name) = by_env(&line).filter(|name| there && !found(name)) {
        let name = name.escape_default();
        return Some(format!(
            "there is no program '{name}' in PATH ({search}), and '{program}' names it as its interpreter"
        ));
    }
    let name = interpreter.escape_default();
    (!there).then(|| format!("the interpreter '{name}' that '{program}' names does not exist or is not executable"))
}

/// The interpreter that `env` searches in PATH.
fn by_env(line: &str) -> Option<&str> {
    let mut words = line.split([' ', '\t']).filter(|word| !word.is_empty());
    let is_env = words.next().is_some_and(|word| Path::new(word).file_name() == Some("env".as_ref()));
    let name = words.find(|word| *word != "-S")?;
    (is_env && !name.starts_with('-') && !name.contains(['=', '/'])).then_some(name)
}

/// The search path without PATH.
const USUAL_PATH: &str = "/bin:/usr/bin";

fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

/// Expands `$(NAME)` as Kubernetes does: `$$` is a dollar, an unknown name stays unchanged.
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
            (
                "/bin/sh",
                None,
                "/no/such/folder",
                Some("its folder '/no/such/folder' does not exist (`workingDir`, or that of the manifest)".to_string()),
            ),
            ("/tmp", None, &here, Some("'/tmp' is a folder".into())),
        ] {
            assert_eq!(obstacle(program, path, place), why, "{program} in {path:?}");
        }
        let plain = format!("{here}/plain");
        assert_eq!(obstacle(&plain, None, &here), Some(format!("'{plain}' is not executable")));
    }

    #[test]
    fn a_file_that_this_machine_cannot_run_says_why() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("filler");
        let neither = "is neither a program nor a script that begins with `#!`";
        for (content, why) in [
            (&b"#!/bin/sh\n"[..], None),
            (b"#! /usr/bin/env sh\n", None),
            (b"#!/usr/bin/env -S sh -e\n", None),
            (b"#!/usr/bin/env no-such-python3\n", Some("there is no program 'no-such-python3' in PATH")),
            (b"\x7fELF\0\0", None),
            (b"#!/no/such/python3\r\n", Some("the interpreter '/no/such/python3\\r' that")),
            (b"#!/bin/sh\r\n", Some("the interpreter '/bin/sh\\r' that")),
            (b"echo a\n", Some(neither)),
            (b"", Some(neither)),
        ] {
            std::fs::write(&path, content).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
            let told = obstacle_of(&path, "/bin:/usr/bin");
            assert_eq!(told.is_some(), why.is_some(), "{told:?}");
            why.into_iter().for_each(|why| assert!(told.as_ref().unwrap().contains(why), "{told:?}"));
        }
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
