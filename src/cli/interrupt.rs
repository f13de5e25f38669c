//! Signals of a run. The first Ctrl-C stops launching and waits for running Jobs, the second ends them by their grace period,
//! the third leaves at once. SIGTERM leaves at once, too: Jobs outlive gapless, and the next run finds them.

use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::UnboundedSender;

use crate::engine::drive::Command;
use crate::local::jobs::Jobs;

/// Who ends Jobs, as their messages say it.
const BY: &str = "Ctrl-C in the gapless that launched it";
/// How often Jobs are asked to end: one may have been created meanwhile.
const ASK: Duration = Duration::from_millis(200);

/// What the first Ctrl-C does to running Jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OnInterrupt {
    /// They run to their end.
    Wait,
    /// They are ended, and SIGTERM does the same: what they fill is of no use without this run.
    End,
}

/// Listens for signals until the process ends.
pub(super) fn listen(command: &UnboundedSender<Command>, jobs: &Jobs, on: OnInterrupt) {
    let (command, jobs) = (command.clone(), jobs.clone());
    tokio::spawn(async move {
        let mut interrupt = signal(SignalKind::interrupt()).ok();
        let mut terminate = signal(SignalKind::terminate()).ok();
        let mut interrupts = 0;
        loop {
            tokio::select! {
                () = came(&mut interrupt) => interrupts += 1,
                () = came(&mut terminate) => interrupts = if on == OnInterrupt::End { 2 } else { 3 },
                () = tokio::time::sleep(ASK), if ends_jobs(on, interrupts) => {}
            }
            if interrupts > 2 {
                _ = command.send(Command::Stop);
            } else if command.send(Command::Hold).is_err() {
                return;
            }
            if ends_jobs(on, interrupts) {
                let jobs = jobs.clone();
                _ = tokio::task::spawn_blocking(move || jobs.stop_all(BY)).await;
            }
        }
    });
}

fn ends_jobs(on: OnInterrupt, interrupts: u32) -> bool {
    interrupts == 2 || interrupts == 1 && on == OnInterrupt::End
}

async fn came(signal: &mut Option<Signal>) {
    match signal {
        Some(signal) => _ = signal.recv().await,
        None => std::future::pending().await,
    }
}

/// Ends a run after a while, as SIGTERM does.
pub(super) fn stop_after(command: &UnboundedSender<Command>, time: Duration) {
    let command = command.clone();
    tokio::spawn(async move {
        tokio::time::sleep(time).await;
        _ = command.send(Command::Stop);
    });
}
