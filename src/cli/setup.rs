//! From arguments to an engine over one machine's ports.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::args::ManifestArgs;
use super::exit::Stop;
use crate::api::check::Valid;
use crate::api::manifest::Document;
use crate::api::{Loaded, load_again};
use crate::domain::policy::Mode;
use crate::domain::span::Span;
use crate::engine::drive::{Engine, Ports};
use crate::engine::overview::Overview;
use crate::engine::spec::{Cadence, Limits, Spec};
use crate::engine::world::World;
use crate::host::cache::{self, Cache};
use crate::host::clock::{AnyClock, SystemClock};
use crate::host::folder::{below, folder_of};
use crate::host::keeper::Keeper;
use crate::local::jobs::{Jobs, Template};
use crate::local::journal::Journal;
use crate::local::manifests::{Manifests, Stamp, no_manifest};
use crate::view::commands::Commands;
use crate::warehouse::files::link_loop;
use crate::warehouse::places::{Roots, Warehouses};

/// The engine on one machine.
pub type LocalEngine = Engine<AnyClock, Warehouses, Arc<Journal>, Jobs>;

/// Where facts are kept, below the state folder.
const FACTS: &str = "facts";

/// Everything that a verb on one machine needs.
pub struct Setup {
    pub manifests: Manifests,
    /// What they say.
    pub loaded: Loaded,
    /// How they stood before they were read: whatever is written since is another stamp.
    pub stamp: Stamp,
    pub state: PathBuf,
    root: PathBuf,
    roots: Roots,
    warehouses: Warehouses,
    /// The Jobs, live and ended.
    pub jobs: Jobs,
    /// How a person calls gapless for these manifests.
    pub commands: Commands,
    /// What an earlier run kept; its facts until an engine takes them.
    kept: Cache,
}

impl Setup {
    /// Reads the manifests, of which there must be some: a wrong path may not pass for one where all is well.
    pub fn new(args: &ManifestArgs) -> Result<Self, Stop> {
        let given = Manifests::new(args.files.clone()).files().map_err(Stop::bad_input)?;
        if given.is_empty() && !args.files.is_empty() {
            return Err(Stop::bad_input(no_manifest(&args.files)));
        }
        Self::watching(args)
    }

    /// Reads the manifests, which may be added later; their problems are printed on standard error.
    pub fn watching(args: &ManifestArgs) -> Result<Self, Stop> {
        if args.files.is_empty() {
            return Err(Stop::bad_input("this verb needs manifests: use -f DIR"));
        }
        let manifests = Manifests::new(args.files.clone());
        let root = args.files_root.clone().unwrap_or_else(|| manifests.home());
        let unopened = |e| link_loop(&root).unwrap_or_else(|| format!("{} cannot be opened: {e}", root.display()));
        let root = root.canonicalize().map_err(|e| Stop::bad_input(unopened(e)))?;
        let state = args.state.clone().unwrap_or_else(|| manifests.home().join("state"));
        let kept = cache::load(&state.join(FACTS));
        let stamp = manifests.stamp();
        let loaded = read(&manifests, &root, kept.valid.clone())?;
        if loaded.documents.is_empty() && loaded.problems.is_empty() {
            anstream::eprintln!("gapless: {}", no_manifest(&args.files));
        }
        anstream::eprint!("{}", crate::view::problems::problems(&loaded.problems));
        let jobs = Jobs::new(&state, templates(&loaded));
        let roots = roots(&root, args.connections_dir.as_deref());
        let warehouses = Warehouses::new(BTreeMap::new(), roots.clone(), SystemClock::wall);
        let commands = Commands::of_files(args.flags());
        Ok(Self { manifests, loaded, stamp, state, root, roots, warehouses, jobs, commands, kept })
    }

    /// The current manifests.
    pub fn reload(&self) -> Result<Loaded, Stop> {
        let loaded = read(&self.manifests, &self.root, self.loaded.valid.clone())?;
        self.warehouses.limit(&loaded.limits);
        self.jobs.make_from(templates(&loaded));
        Ok(loaded)
    }

    /// Whether a manifest was refused.
    pub fn has_problems(&self) -> bool {
        !self.loaded.problems.is_empty()
    }

    /// An engine that only looks, and plans for so many Jobs at once. What it cannot read now it does not wait for.
    pub fn reader(&mut self, now: Option<Timestamp>, max_jobs: u32) -> Result<LocalEngine, Stop> {
        let journal = Arc::new(Journal::read_only(&self.state).map_err(Stop::failed)?);
        self.jobs.belong_to(&journal).map_err(Stop::failed)?;
        self.jobs.list().map_err(Stop::failed)?;
        Ok(self.engine(journal, AnyClock::new(now), limits(Span::default(), max_jobs, true), true))
    }

    /// An engine that fills.
    pub fn filler(&mut self, limits: Limits) -> Result<LocalEngine, Stop> {
        let namespaces: BTreeSet<&str> = self.loaded.coverages.iter().map(|c| &*c.key.namespace).collect();
        if namespaces.len() > 1 {
            let names = namespaces.into_iter().collect::<Vec<_>>().join(", ");
            let text = format!(
                "gapless local supports one namespace, and these manifests name several: {names}; use -f with one of them"
            );
            return Err(Stop::bad_input(text));
        }
        let journal = Arc::new(Journal::open(&self.state).map_err(Stop::failed)?);
        self.jobs.belong_to(&journal).map_err(Stop::failed)?;
        Ok(self.engine(journal, AnyClock::new(None), limits, false))
    }

    fn engine(&mut self, journal: Arc<Journal>, clock: AnyClock, limits: Limits, read_only: bool) -> LocalEngine {
        let (memory, places) = (std::mem::take(&mut self.kept.memory), std::mem::take(&mut self.kept.places));
        self.warehouses = Warehouses::new(places, self.roots.clone(), SystemClock::wall);
        self.warehouses.limit(&self.loaded.limits);
        let (warehouse, launcher) = (self.warehouses.clone(), self.jobs.clone());
        let ports = Ports { clock, warehouse, store: journal, launcher };
        let mut engine = Engine::new(ports, spec(&self.loaded), limits, read_only);
        engine.world.recall(memory);
        engine
    }

    /// Tells what this machine cannot launch, though a cluster could.
    pub fn hold_back(&self, overview: &mut Overview) {
        for coverage in self.loaded.coverages.iter().filter(|c| c.fill.mode == Mode::Fill) {
            let why = coverage.fill.ladder.iter().find_map(|rung| self.jobs.refusal(rung));
            why.into_iter().for_each(|why| overview.hold(&coverage.key, &why));
        }
    }

    /// Says what keeps this machine from any launch now, in place of a promise of one.
    pub fn hold_all(&self, overview: &mut Overview) {
        let Some(why) = self.jobs.trouble() else { return };
        for coverage in self.loaded.coverages.iter().filter(|c| c.fill.mode == Mode::Fill) {
            overview.hold(&coverage.key, &why);
        }
    }

    /// Whether there is anything to keep that an earlier run did not.
    pub fn has_learnt(&self, engine: &LocalEngine) -> bool {
        engine.world.progress().bytes_read > 0 || self.loaded.valid != self.kept.valid
    }

    /// What keeps facts for the next run.
    pub fn keeper(&self) -> Keeper {
        Keeper::new(self.state.join(FACTS))
    }

    /// Keeps the facts for the next run.
    pub fn remember(&self, world: &World) {
        self.keeper().keep(world, &self.warehouses, &self.loaded.valid);
    }

    /// Keeps what was read since, now and then: this process may be killed.
    pub fn remember_new(&self, keeper: &mut Keeper, world: &World, now: Timestamp) {
        keeper.keep_new(world, &self.warehouses, &self.loaded.valid, now);
    }
}

fn read(manifests: &Manifests, root: &Path, known: Valid) -> Result<Loaded, Stop> {
    let files = manifests.read().map_err(Stop::bad_input)?;
    let place = |folder: &str| Ok(below(root, folder).display().to_string());
    let mut loaded = load_again(&files, &place, known);
    settle_soon(&mut loaded);
    Ok(loaded)
}

/// What a Job of this machine wrote into files is there when it has ended: nothing has to be waited for, unless the
/// manifest says so.
const SETTLE: Span = Span::seconds(2);

fn settle_soon(loaded: &mut Loaded) {
    let says = |d: &&Document| d.value.pointer("/spec/fill/settle").is_some();
    let told: BTreeSet<String> = loaded.documents.iter().filter(says).map(Document::object).collect();
    for coverage in &mut loaded.coverages {
        if !told.contains(&coverage.key.to_string()) {
            coverage.fill.settle = SETTLE;
        }
    }
}

/// The engine's spec from the manifests.
pub fn spec(loaded: &Loaded) -> Spec {
    Spec {
        seasons: loaded.seasons.clone(),
        coverages: loaded.coverages.clone(),
        sources: loaded.sources.clone(),
        orders: loaded.orders.clone(),
        stalled: loaded.stalled.clone(),
        ..Spec::default()
    }
}

/// What Jobs of this machine are made from.
pub fn templates(loaded: &Loaded) -> BTreeMap<Arc<str>, Template> {
    let folder = |file: &str| {
        let parent = folder_of(Path::new(file));
        std::path::absolute(&parent).unwrap_or(parent)
    };
    let template = |(name, job): (&Arc<str>, &crate::api::CronJob)| {
        (name.clone(), Template { cron_job: job.clone(), folder: folder(&job.file) })
    };
    loaded.cron_jobs.iter().map(template).collect()
}

/// The limits of one machine: a mark is a listing of a folder here, so tables are looked at often.
pub fn limits(slow_start: Span, max_jobs: u32, launches: bool) -> Limits {
    let cadence = Cadence { hot: Span::seconds(10), warm: Span::seconds(10), cold: Span::seconds(30) };
    Limits { max_jobs, launches, slow_start, job_poll: SignedDuration::from_millis(100), cadence, report_every: None }
}

/// A runtime for a verb that works on many things at once.
pub fn runtime() -> Result<tokio::runtime::Runtime, Stop> {
    built(tokio::runtime::Builder::new_multi_thread().worker_threads(2))
}

/// A runtime for a verb that looks or waits: tables are read by threads of their own, and the rest is soon done.
pub fn small_runtime() -> Result<tokio::runtime::Runtime, Stop> {
    built(&mut tokio::runtime::Builder::new_current_thread())
}

fn built(builder: &mut tokio::runtime::Builder) -> Result<tokio::runtime::Runtime, Stop> {
    builder.enable_all().build().map_err(|e| Stop::failed(format!("the runtime cannot be started: {e}")))
}

/// One machine reads no files outside its root.
fn roots(root: &Path, connections: Option<&Path>) -> Roots {
    Roots { bounds: [root.to_path_buf()].into(), connections: connections.map(Into::into) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The stamp was taken once the engine was there: what was written until then was never read.
    #[test]
    fn a_manifest_that_is_written_after_it_was_read_is_a_changed_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("manifests.yaml");
        std::fs::write(&file, "").unwrap();
        let args =
            ManifestArgs { files: vec![folder.path().into()], state: None, files_root: None, connections_dir: None };
        let mut setup = Setup::new(&args).unwrap();
        std::fs::write(&file, "# mended").unwrap();
        drop(setup.filler(limits(Span::default(), 1, true)).unwrap());
        assert_ne!(setup.stamp, setup.manifests.stamp());
    }
}
