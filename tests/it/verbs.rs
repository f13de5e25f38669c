//! The verbs as users and scripts call them.

mod budgets;
mod filling;
mod morning;
mod output;
mod reading;
mod requests;
mod starting;
mod stopping;
mod usage;
mod waiting;

use super::gapless::{Done, Place};

fn local(here: &Place) -> Done {
    here.run("local", &["--once", "--slow-start", "0s"], &[])
}

/// A process that ends with its test, whatever the result.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn until(is_so: impl Fn() -> bool) {
    let tries = std::iter::repeat_with(|| std::thread::sleep(std::time::Duration::from_millis(20)));
    assert!(tries.take(3000).any(|()| is_so()), "timed out");
}

/// A verb with `-f` and this path, in the test's folder.
fn at(here: &Place, verb: &str, file: &str, args: &[&str]) -> Done {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_gapless"));
    command.current_dir(here.folder.path()).args([verb, "-f", file]).args(args);
    Done::of(command.output().unwrap())
}
