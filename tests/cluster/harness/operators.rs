//! The operator's processes on this machine, to kill or freeze them where no API can.

use std::fs;

use rustix::process::{Pid, Signal, kill_process};

use super::Cluster;

/// A process of gapless in a container.
#[derive(Clone, Debug)]
pub struct Operator {
    pub pid: i32,
    /// The pod it runs in, from POD_NAME, else its host name.
    pub pod: String,
}

impl Cluster {
    /// Every `gapless operator` that runs in a container of this cluster.
    pub fn operators(&self) -> Vec<Operator> {
        let name = self.node().home.name();
        let pids =
            fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter_map(|pid| operator(pid, name)).collect()
    }

    /// Their process ids.
    pub fn operator_pids(&self) -> Vec<i32> {
        self.operators().into_iter().map(|operator| operator.pid).collect()
    }
}

/// Processes come and go during the search, so one that cannot be read is skipped.
fn operator(pid: i32, cluster: &str) -> Option<Operator> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let mut words = command.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let ours =
        groups.contains(&format!("/{cluster}/")) && words.next()?.ends_with("gapless") && words.next()? == "operator";
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let environment: Vec<_> = environment.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    let value = |name: &str| environment.iter().find_map(|e| e.strip_prefix(name).map(String::from));
    ours.then(|| Operator { pid, pod: value("POD_NAME=").or_else(|| value("HOSTNAME=")).unwrap_or_default() })
}

impl Operator {
    /// Sends a signal: KILL, or STOP and CONT.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_raw(self.pid).unwrap(), signal).unwrap();
    }
}
