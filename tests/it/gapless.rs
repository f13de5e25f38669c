//! The binary, run in a separate folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder with manifests and tables.
pub struct Place {
    pub folder: tempfile::TempDir,
}

/// A season of five days; the table `t` has the days 1 and 2.
pub const SEASON: &str = "
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {name: w}
spec: {files: {folder: data}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {name: s}
spec: {warehouse: w, timeZone: UTC, dates: {from: 2026-01-01, through: 2026-01-05}}
";

/// A coverage of `t` that a shell script fills, with these fields of its fill.
pub fn filled(script: &str, fill: &str) -> String {
    let script: String = script.lines().map(|l| format!("                  {}\n", l.trim())).collect();
    format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {{name: t}}
spec:
  season: s
  table: t
  date: day
  unit: {{whole: Date}}
  fill:
    mode: Fill
    settle: 0s
    {fill}
    ladder:
      - name: reload
        jobFrom: {{cronJob: load}}
        attempts: {{max: 2, backoff: {{initial: 1s, max: 1s}}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: load, annotations: {{gapless.dev/fill: allowed}}}}
spec:
  jobTemplate:
    spec:
      template:
        spec:
          terminationGracePeriodSeconds: 1
          containers:
            - name: load
              command: [sh, -c]
              args:
                - |
{script}"
    )
}

/// A correct script: it writes one part per day and renames it, and logs a line per run.
pub const GOOD: &str = "for d in $(echo $GAPLESS_DATES | tr , ' '); do
echo $d >> runs
mkdir -p data/t/day=$d
printf 'x\\n1\\n' > data/t/day=$d/_new && mv data/t/day=$d/_new data/t/day=$d/part.csv
done
echo done > $GAPLESS_TERMINATION_LOG";

impl Place {
    /// A folder with these manifests, and days 1 and 2 of `t`.
    pub fn new(manifests: &[&str]) -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        place.write("manifests.yaml", &manifests.join("---\n"));
        fs::create_dir_all(place.path("data/t")).unwrap();
        for day in ["2026-01-01", "2026-01-02"] {
            place.write(&format!("data/t/day={day}/part.csv"), "x\n1\n");
        }
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_default()
    }

    /// Makes every part below old: a recent one may still be written, and would be read again.
    pub fn age(&self, folder: &str) {
        for entry in fs::read_dir(self.path(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.age(path.to_str().unwrap());
            } else {
                let long_ago = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000);
                fs::File::options().write(true).open(path).unwrap().set_modified(long_ago).unwrap();
            }
        }
    }

    /// The number of runs of each date.
    pub fn runs(&self) -> Vec<String> {
        let mut runs: Vec<String> = self.text("runs").lines().map(String::from).collect();
        runs.sort();
        runs
    }

    /// A verb with `-f` and this folder.
    pub fn run(&self, verb: &str, args: &[&str], env: &[(&str, &str)]) -> Done {
        Done::of(self.command(verb, args).envs(env.iter().copied()).output().unwrap())
    }

    /// The same, before it runs.
    pub fn command(&self, verb: &str, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gapless"));
        command.arg(verb).arg("-f").arg(self.folder.path()).args(args);
        command
    }
}

/// The result of a run.
pub struct Done {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Done {
    pub fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// The binary with these arguments, in the repository.
pub fn gapless(args: &[&str]) -> Done {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    Done::of(Command::new(env!("CARGO_BIN_EXE_gapless")).args(args).current_dir(root).output().unwrap())
}
