//! Container images built by hand, because no registry is reachable: an archive with one layer that holds programs and
//! their shared libraries, for the user 65532.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use super::Cluster;
use super::home::Home;

/// gapless itself.
pub const GAPLESS: &str = "local/gapless:test";
/// The model filler of `examples/filler`.
pub const FILLER: &str = "local/filler:test";
/// A shell with the commands that test scripts call.
pub const SHELL: &str = "local/shell:test";

impl Cluster {
    /// Loads an image once, from files of this machine with their paths in the image, and its command. Use it with
    /// `imagePullPolicy: Never`.
    pub fn load_image(&self, name: &str, files: &[(&Path, &str)], entrypoint: &[&str]) {
        let home = &self.node().home;
        let mut loaded = self.images.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if loaded.insert(name.to_string()) {
            load(home, name, files, entrypoint);
        }
    }

    /// Loads the image of the tested gapless binary.
    pub fn load_gapless(&self) -> &'static str {
        self.load_gapless_as(GAPLESS);
        GAPLESS
    }

    /// The same under another name.
    pub fn load_gapless_as(&self, name: &str) {
        let stripped = self.folder().join("gapless");
        // Only the first test writes it. Others must not load a half-written archive.
        self.stripped.get_or_init(|| {
            run(Command::new("strip").arg("-o").arg(&stripped).arg(env!("CARGO_BIN_EXE_gapless")));
        });
        self.load_image(name, &[(&stripped, "/gapless")], &["/gapless"]);
    }

    /// Loads the image of the model filler, which `cargo test` builds beside the tests.
    pub fn load_filler(&self) -> &'static str {
        let tests = std::env::current_exe().unwrap();
        let filler = tests.parent().and_then(Path::parent).unwrap().join("examples/filler");
        assert!(filler.exists(), "{}: run `cargo build --example filler`", filler.display());
        self.load_image(FILLER, &[(&filler, "/filler")], &["/filler"]);
        FILLER
    }

    /// Loads an image with a shell: `args: [SCRIPT]` of its container is a script.
    pub fn load_shell(&self) -> &'static str {
        let programs = ["sh", "sleep", "cat", "echo", "mkdir", "mv", "rm", "tr", "date", "ls"];
        let found: Vec<(PathBuf, String)> = programs.iter().map(|p| (program(p), format!("/bin/{p}"))).collect();
        let files: Vec<(&Path, &str)> = found.iter().map(|(from, to)| (from.as_path(), to.as_str())).collect();
        self.load_image(SHELL, &files, &["/bin/sh", "-c"]);
        SHELL
    }
}

/// The pause container, which holds a pod's namespaces open by sleeping.
pub fn load_pause(home: &Home) {
    load(home, "local/pause:1", &[(&program("sleep"), "/sleep")], &["/sleep", "infinity"]);
}

fn program(name: &str) -> PathBuf {
    let places = ["/bin", "/usr/bin"].into_iter().map(|folder| Path::new(folder).join(name));
    places.into_iter().find(|path| path.exists()).unwrap_or_else(|| panic!("no program '{name}'"))
}

fn load(home: &Home, name: &str, files: &[(&Path, &str)], entrypoint: &[&str]) {
    let work = tempfile::tempdir_in(&home.folder).unwrap();
    let archive = archive(work.path(), name, files, entrypoint);
    let mut import = Command::new("ctr");
    import.arg("--address").arg(home.path("containerd.sock"));
    run(import.args(["--namespace", "k8s.io", "images", "import"]).arg(archive));
}

/// The archive that `docker save` would write, built in a work folder.
fn archive(work: &Path, name: &str, files: &[(&Path, &str)], entrypoint: &[&str]) -> PathBuf {
    let root = work.join("root");
    let mut places: Vec<(PathBuf, String)> = files.iter().map(|(from, to)| ((*from).into(), (*to).into())).collect();
    let libraries: BTreeSet<String> = files.iter().flat_map(|(from, _)| libraries(from)).collect();
    places.extend(libraries.into_iter().map(|library| (library.clone().into(), library)));
    for (from, to) in places {
        let to = root.join(to.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&from, to).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    }
    fs::create_dir_all(root.join("tmp")).unwrap();
    run(Command::new("chmod").arg("1777").arg(root.join("tmp")));
    let layer = work.join("layer.tar");
    tar(&layer, &root, &["."]);
    let config = json!({
        "architecture": if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" }, "os": "linux",
        "config": {"Entrypoint": entrypoint, "User": "65532:65532"},
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", sha256(&layer))]}, "history": [{}],
    });
    let manifest = json!([{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]);
    fs::write(work.join("config.json"), config.to_string()).unwrap();
    fs::write(work.join("manifest.json"), manifest.to_string()).unwrap();
    let archive = work.join("image.tar");
    tar(&archive, work, &["config.json", "layer.tar", "manifest.json"]);
    archive
}

fn tar(to: &Path, folder: &Path, names: &[&str]) {
    let mut command = Command::new("tar");
    command.args(["--create", "--owner=0", "--group=0", "--numeric-owner", "--sort=name", "--file"]).arg(to);
    run(command.arg("--directory").arg(folder).args(names));
}

fn sha256(file: &Path) -> String {
    let sum = run(Command::new("sha256sum").arg(file));
    sum.split_whitespace().next().unwrap().to_string()
}

/// The shared libraries of a program, including its loader. Empty if it is linked statically.
fn libraries(program: &Path) -> Vec<String> {
    let output = Command::new("ldd").arg(program).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let path = |line: &str| line.split_whitespace().find(|word| word.starts_with('/')).map(String::from);
    text.lines().filter_map(path).collect()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
