//! The folder and the network of a cluster, and the guard that removes everything when the test process is gone.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::configuration;
use super::network;

/// How a cluster differs from the usual one.
#[derive(Clone, Copy, Default)]
pub struct Options {
    /// etcd syncs every write to disk: for tests that kill it and expect no loss. Other tests skip this, for speed.
    pub fsync: bool,
}

/// The folder, the guard, and the name of the network.
pub struct Home {
    pub folder: PathBuf,
    pub kube: PathBuf,
    pub options: Options,
    guard: Child,
}

/// The kubelet sets these for the whole machine. Their old values are saved, and the guard restores them.
const KERNEL: [(&str, &str); 6] = [
    ("/proc/sys/vm/overcommit_memory", "1"),
    ("/proc/sys/vm/panic_on_oom", "0"),
    ("/proc/sys/kernel/panic", "10"),
    ("/proc/sys/kernel/panic_on_oops", "1"),
    ("/proc/sys/kernel/keys/root_maxkeys", "1000000"),
    ("/proc/sys/kernel/keys/root_maxbytes", "25000000"),
];

impl Home {
    pub fn new(kube: PathBuf, options: Options) -> Self {
        remove_left_over();
        let folder = folder();
        let guard = network::outside(|| guard(&folder));
        network::make(name(&folder));
        let home = Self { folder, kube, options, guard };
        configuration::write(&home);
        home
    }

    /// A path below the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The cluster's name, also of its control group, its network and its bridge.
    pub fn name(&self) -> &str {
        name(&self.folder)
    }
}

impl Home {
    /// Moves the calling thread into the cluster's network.
    pub fn enter(&self) {
        network::enter(self.name());
    }

    /// Keeps the cluster after the tests if `GAPLESS_KEEP_CLUSTER` is set. The guard then prints how to use it, and
    /// needs the path of the binary for that.
    pub fn keep_if_asked(&self) {
        if std::env::var_os("GAPLESS_KEEP_CLUSTER").is_some() {
            fs::write(self.path("keep"), self.kube.display().to_string()).unwrap();
        }
    }
}

impl Drop for Home {
    /// Closes the guard's input, for which it waits. The cluster of a failed test is kept on request.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep_if_asked();
        }
        network::leave(); // the guard ends every process in the cluster's network
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

fn name(folder: &Path) -> &str {
    folder.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Removes clusters whose guard was killed too, or whose machine went down.
pub fn remove_left_over() {
    for folder in std::fs::read_dir(place()).unwrap().flatten().map(|entry| entry.path()) {
        let ours =
            name(&folder).starts_with("gapless-") && folder.join("lock").exists() && !folder.join("keep").exists();
        let unguarded = || Command::new("flock").arg("--nonblock").arg(folder.join("lock")).arg("true").status();
        if ours && unguarded().is_ok_and(|status| status.success()) {
            let mut guard = Command::new("sh");
            let _ = guard.arg(folder.join("guard.sh")).arg(&folder).stdin(Stdio::null()).status();
        }
    }
}

fn folder() -> PathBuf {
    let folder = tempfile::Builder::new().prefix("gapless-").rand_bytes(8).tempdir_in(place()).unwrap().keep();
    folder.canonicalize().unwrap()
}

/// The folder of clusters. It is on a disk that supports containers (an overlay cannot be on memory or on another
/// overlay), and its path is short enough for the sockets in it.
fn place() -> PathBuf {
    let temporary = std::env::temp_dir();
    let built = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let places = [temporary.as_path(), Path::new("/var/tmp"), &built];
    let fit = |place: &&&Path| place.as_os_str().len() < 50 && !["tmpfs", "overlayfs"].contains(&disk(place).as_str());
    let place = places.iter().find(fit);
    place.expect("TMPDIR must name a folder on a disk (no tmpfs, no overlay), below 50 letters").to_path_buf()
}

fn disk(place: &Path) -> String {
    let output = Command::new("stat").args(["-f", "-c", "%T"]).arg(place).output().unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_string()
}

/// Starts the guard before anything else, in a separate process group, so that it survives the end of the tests.
fn guard(folder: &Path) -> Child {
    fs::write(folder.join("guard.sh"), include_str!("guard.sh")).unwrap();
    let changed = KERNEL.iter().filter_map(|(setting, kubelet)| {
        let now = fs::read_to_string(setting).ok()?;
        (now.trim() != *kubelet).then(|| format!("{setting} {now}"))
    });
    fs::write(folder.join("kernel"), changed.collect::<String>()).unwrap();
    let mut command = Command::new("sh");
    command.arg(folder.join("guard.sh")).arg(folder);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0).spawn().unwrap()
}

/// Waits for the effect of another process. A minute is far more than it takes.
pub fn until<T>(what: &str, mut seen: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(it) = seen() {
            return it;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "gave up waiting for {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
