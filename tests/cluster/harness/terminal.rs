//! A user at a terminal: `kubectl` and its plugin `kubectl gapless` on the path, a kubeconfig, the project as the
//! folder.

use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::Cluster;
use super::component::PROXIES;

/// A terminal. A shell runs the typed commands.
pub struct Terminal<'a> {
    cluster: &'a Cluster,
    home: tempfile::TempDir,
}

/// The output of a command.
#[derive(Debug)]
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Cluster {
    /// The administrator's terminal.
    pub fn terminal(&self) -> Terminal<'_> {
        self.terminal_of(&std::fs::read_to_string(self.kubeconfig()).unwrap())
    }

    /// The terminal of a new account, with a ClusterRole in one namespace.
    pub fn terminal_with(&self, role: &str, namespace: &str) -> Terminal<'_> {
        let name = format!("person-{role}");
        let account = format!("--serviceaccount={namespace}:{name}");
        self.kubectl(&["create", "serviceaccount", &name, "-n", namespace]);
        self.kubectl(&["create", "rolebinding", &name, "-n", namespace, &format!("--clusterrole={role}"), &account]);
        let token = self.kubectl(&["create", "token", &name, "-n", namespace]);
        self.terminal_as(json!({ "token": token.trim() }), namespace)
    }

    /// The terminal of an account whose token is in a file.
    pub fn terminal_by(&self, token: &Path, namespace: &str) -> Terminal<'_> {
        self.terminal_as(json!({ "tokenFile": token }), namespace)
    }

    fn terminal_as(&self, user: Value, namespace: &str) -> Terminal<'_> {
        let text = std::fs::read_to_string(self.kubeconfig()).unwrap();
        let mut kubeconfig: Value = serde_saphyr::from_str(&text).unwrap();
        kubeconfig["users"][0]["user"] = user;
        kubeconfig["contexts"][0]["context"]["namespace"] = namespace.into();
        self.terminal_of(&kubeconfig.to_string())
    }

    fn terminal_of(&self, kubeconfig: &str) -> Terminal<'_> {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("kubeconfig"), kubeconfig).unwrap();
        let kubectl = home.path().join("kubectl");
        std::fs::write(&kubectl, format!("#!/bin/sh\nexec {} kubectl \"$@\"\n", self.kube().display())).unwrap();
        std::fs::set_permissions(&kubectl, Permissions::from_mode(0o755)).unwrap();
        symlink(env!("CARGO_BIN_EXE_gapless"), home.path().join("kubectl-gapless")).unwrap();
        symlink(env!("CARGO_BIN_EXE_gapless"), home.path().join("gapless")).unwrap();
        Terminal { cluster: self, home }
    }
}

impl Terminal<'_> {
    /// The kubeconfig that commands find.
    pub fn kubeconfig(&self) -> PathBuf {
        self.home.path().join("kubeconfig")
    }

    /// A typed command.
    pub fn command(&self, line: &str) -> Command {
        self.cluster.enter();
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("sh");
        command.args(["-c", line]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let home = self.home.path().display();
        command.env("PATH", format!("{home}:{home}/.local/bin:{path}"));
        command.env("HOME", self.home.path()).env("KUBECONFIG", self.kubeconfig());
        PROXIES.into_iter().for_each(|proxy| _ = command.env_remove(proxy));
        command
    }

    /// Its output, whether it succeeds or not.
    pub fn ask(&self, line: &str) -> Said {
        let output = self.command(line).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Its output. Panics with its error.
    pub fn run(&self, line: &str) -> String {
        let said = self.ask(line);
        assert_eq!(said.code, Some(0), "{line}\n{}{}", said.out, said.err);
        said.out
    }
}
