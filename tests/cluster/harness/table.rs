//! A small setup for tests of Jobs: one table with a row per date, and a filler script.

use std::fmt::Write;
use std::fs;

use super::Cluster;
use super::namespace::Namespace;

/// A coverage `t` over a number of dates from January on, all long due and missing, and its filler `fill`.
pub struct Table {
    pub dates: u32,
    /// The maximum number of live Jobs.
    pub jobs: u32,
    /// The filler's script for `$GAPLESS_DATE`. [`WRITE`] writes the date.
    pub script: String,
    /// The deadline of a Job, in seconds.
    pub deadline: u32,
    /// Additions to the pod's security context, which already satisfies `restricted`.
    pub security: &'static str,
}

/// Writes a row for the date to a temporary file, then renames it.
pub const WRITE: &str =
    "d=/warehouse/w/t/day=$GAPLESS_DATE; mkdir -p $d; echo 'n\n1' > $d/.new; mv $d/.new $d/part.csv";

impl Table {
    /// A filler that takes a number of seconds, more for some dates than for others.
    pub fn slow(dates: u32, least: u32, spread: u32) -> Self {
        let wait = format!("n=${{GAPLESS_DATE##*-}}; sleep $(( {least} + ${{n#0}} % {spread} ))");
        Self {
            dates,
            jobs: dates.min(100),
            script: format!("{wait}; {WRITE}"),
            deadline: 120,
            security: "runAsNonRoot: true, ",
        }
    }

    /// A filler that waits until the test releases it ([`Namespace::let_go`]).
    pub fn held(dates: u32) -> Self {
        let wait = "while [ ! -e /warehouse/go ]; do sleep 0.1; done";
        Self { script: format!("{wait}; {WRITE}"), ..Self::slow(dates, 1, 1) }
    }

    /// Creates the folder and applies everything.
    pub fn apply(&self, cluster: &Cluster, namespace: &Namespace<'_>) {
        self.apply_on(cluster, namespace, "");
    }

    /// The same, with these fields of the Source that its rung draws on, at one credit for each date.
    pub fn apply_on(&self, cluster: &Cluster, namespace: &Namespace<'_>, source: &str) {
        cluster.load_shell();
        let folder = namespace.folder().join("w/t");
        fs::create_dir_all(&folder).unwrap();
        for folder in [folder.as_path(), folder.parent().unwrap()] {
            fs::set_permissions(folder, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        }
        let manifests = self.manifests(&namespace.name);
        if source.is_empty() {
            return cluster.apply(&manifests);
        }
        let source = format!(
            "apiVersion: gapless.dev/v1alpha1\nkind: Source\nmetadata: {{name: odds, namespace: {}}}\nspec: {source}\n",
            namespace.name
        );
        let draws = "jobFrom: {cronJob: fill}, source: odds, cost: {perDate: 1}";
        cluster.apply(&format!("{source}---\n{}", manifests.replace("jobFrom: {cronJob: fill}", draws)));
    }

    fn manifests(&self, namespace: &str) -> String {
        let through = jiff::civil::date(2026, 1, 1).checked_add(jiff::Span::new().days(i64::from(self.dates) - 1));
        let mut text = filler(namespace, "fill", &self.script).replace("runAsNonRoot: true, ", self.security);
        write!(
            text,
            "
---
apiVersion: gapless.dev/v1alpha1
kind: Warehouse
metadata: {{name: w, namespace: {namespace}}}
spec: {{files: {{folder: w}}}}
---
apiVersion: gapless.dev/v1alpha1
kind: Season
metadata: {{name: s, namespace: {namespace}}}
spec: {{warehouse: w, timeZone: UTC, dates: {{from: '2026-01-01', through: '{}'}}}}
---
{}",
            through.unwrap(),
            coverage(namespace, "t", self.jobs, self.deadline)
        )
        .unwrap();
        text
    }
}

/// A coverage of the table.
pub fn coverage(namespace: &str, name: &str, jobs: u32, deadline: u32) -> String {
    format!(
        "
apiVersion: gapless.dev/v1alpha1
kind: TableCoverage
metadata: {{name: {name}, namespace: {namespace}}}
spec:
  season: s
  table: t
  date: day
  unit: {{whole: Date}}
  fill:
    mode: Fill
    ladder: [{{name: load, jobFrom: {{cronJob: fill}}, attempts: {{max: 3, backoff: {{initial: 2s, max: 5s}}}}}}]
    maxConcurrentJobs: {jobs}
    deadline: {deadline}s
    settle: 1s
"
    )
}

/// A CronJob that gapless may use, whose pod runs a script.
pub fn filler(namespace: &str, name: &str, script: &str) -> String {
    format!(
        "
apiVersion: batch/v1
kind: CronJob
metadata: {{name: {name}, namespace: {namespace}, annotations: {{gapless.dev/fill: allowed}}}}
spec:
  schedule: '0 6 * * *'
  suspend: true
  jobTemplate:
    spec:
      template:
        spec:
{}",
        filler_pod(script, 10)
    )
}

/// A pod that runs a script under Pod Security `restricted`, with each line of its spec indented by a number of spaces.
pub fn filler_pod(script: &str, indent: usize) -> String {
    let spec = format!(
        "\
restartPolicy: Never
automountServiceAccountToken: false
terminationGracePeriodSeconds: 1
securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}}}
volumes: [{{name: warehouse, persistentVolumeClaim: {{claimName: warehouse}}}}]
containers:
- name: fill
  image: local/shell:test
  imagePullPolicy: Never
  args: [{script:?}]
  volumeMounts: [{{name: warehouse, mountPath: /warehouse}}]
  securityContext: {{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {{drop: [ALL]}}}}
"
    );
    spec.lines().map(|line| format!("{:indent$}{line}\n", "")).collect()
}
