//! The processes of a cluster, each of which a test may kill, stop, start and signal.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::home::{Home, until};

/// One of the processes. In the order in which they are started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// The store.
    Etcd,
    /// kube-apiserver.
    ApiServer,
    /// The built-in controllers: Jobs, garbage, namespaces, service accounts.
    ControllerManager,
    /// kube-scheduler.
    Scheduler,
    /// The container runtime. Its containers outlive it.
    Containerd,
    /// The node's agent.
    Kubelet,
}

impl Component {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Etcd, Self::ApiServer, Self::ControllerManager, Self::Scheduler, Self::Containerd, Self::Kubelet];

    /// Whether it works now.
    fn works(self, home: &Home) -> bool {
        let ok = |command: &mut Command| command.output().is_ok_and(|output| output.status.success());
        match self {
            Self::Etcd => healthy(2379, "/health"),
            Self::ApiServer => {
                let mut kubectl = Command::new(&home.kube);
                ok(kubectl
                    .arg("kubectl")
                    .arg("--kubeconfig")
                    .arg(home.path("kubeconfig"))
                    .args(["get", "--raw", "/readyz"]))
            }
            // They have no port. Callers wait for the result of their work.
            Self::ControllerManager | Self::Scheduler => true,
            Self::Containerd => {
                ok(Command::new("ctr").arg("--address").arg(home.path("containerd.sock")).arg("version"))
            }
            Self::Kubelet => healthy(10248, "/healthz"),
        }
    }
}

fn healthy(port: u16, path: &str) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(format!("GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    };
    ask().is_ok_and(|answer: String| answer.starts_with("HTTP/1.0 200") || answer.starts_with("HTTP/1.1 200"))
}

/// A cluster on loopback must not be reached through a proxy.
pub const PROXIES: [&str; 6] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];

/// The processes, by component.
pub struct Components {
    running: [Mutex<Option<Child>>; 6],
}

impl Components {
    /// Starts all of them, each when the previous ones work, and containerd with the pause image of every pod.
    pub fn start(home: &Home) -> Self {
        let components = Self { running: Default::default() };
        for which in [Component::Etcd, Component::Containerd] {
            components.handle(home, which).spawn();
        }
        for which in Component::ALL {
            let handle = components.handle(home, which);
            if which == Component::Kubelet {
                super::image::load_pause(home);
            }
            if handle.child().is_none() {
                handle.spawn();
            }
            handle.await_work();
        }
        components
    }

    pub fn handle<'a>(&'a self, home: &'a Home, which: Component) -> Handle<'a> {
        Handle { components: self, home, which }
    }
}

/// One component of one cluster.
pub struct Handle<'a> {
    components: &'a Components,
    home: &'a Home,
    which: Component,
}

impl Handle<'_> {
    /// SIGKILL; returns when the process is gone.
    pub fn kill(&self) {
        let mut child = self.child().take().expect("the component runs");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// SIGTERM; returns when the process is gone. The API server waits for its watches, up to a minute.
    pub fn stop(&self) {
        self.signal(Signal::TERM);
        let mut child = self.child().take().expect("the component runs");
        let start = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(90), "{} does not stop", self.which.name());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Starts it again after `kill` or `stop`; returns when it works.
    pub fn start(&self) {
        assert!(self.child().is_none(), "{} runs already", self.which.name());
        self.spawn();
        self.await_work();
    }

    /// Sends a signal: STOP and CONT freeze and thaw it.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(self.child().as_ref().expect("the component runs")), signal).unwrap();
    }

    /// Its log, over all its runs.
    pub fn log(&self) -> String {
        let log = fs::read(self.home.path("logs").join(self.which.name())).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.components.running[self.which as usize].lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn spawn(&self) {
        let (home, name) = (self.home, self.which.name());
        home.enter();
        let log = File::options().create(true).append(true).open(home.path("logs").join(name)).unwrap();
        let mut command = match self.which {
            Component::Containerd => Command::new(name),
            _ => Command::new(&home.kube),
        };
        if self.which != Component::Containerd {
            command.arg(name);
        }
        command.args(self.which.arguments(home).split_whitespace()).current_dir(&home.folder);
        for proxy in PROXIES {
            command.env_remove(proxy);
        }
        // A separate process group, so that Ctrl-C does not reach it, and the guard ends it in order.
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).process_group(0);
        *self.child() = Some(command.spawn().unwrap_or_else(|error| panic!("{name}: {error}")));
    }

    fn await_work(&self) {
        self.home.enter();
        until(self.which.name(), || {
            let ended = self.child().as_mut().and_then(|child| child.try_wait().unwrap());
            if let Some(status) = ended {
                let log = self.log();
                let tail: Vec<&str> = log.lines().rev().take(20).collect();
                panic!(
                    "{} ended with {status}:\n{}",
                    self.which.name(),
                    tail.into_iter().rev().collect::<Vec<_>>().join("\n")
                );
            }
            self.which.works(self.home).then_some(())
        });
    }
}
