//! `gapless operator`: the same engine as on one machine, over the ports of a cluster. Watches run from the start, the
//! engine while this process leads; leadership that is lost ends the process.

mod work;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::client::{Call, Calls, Connect, connect};
use super::feed::Mirrors;
use super::gate::{Gate, Rate};
use super::grants::Grants;
use super::health::Health;
use super::lease::{Election, Ended, Leadership, Standing, Timing, lead};
use super::mirror::Mirror;
use super::object::Kind;
use super::refusals::Refusals;
use super::scope::Scope;
use super::serve::{Server, Sources};
use super::slim::Kept;
use super::store::StatusStore;
use super::watches::{self, Bells};
use crate::engine::drive::Wish;
use crate::engine::spec::Limits;
use crate::host::clock::SystemClock;
use crate::view::metrics::Metrics;

/// What is under way at a stop may take so long; with the lease given back, all of it fits into ten seconds.
const STOP: Duration = Duration::from_secs(5);

/// What an operator is started with.
pub struct Options {
    /// The kubeconfig; without one the usual places.
    pub kubeconfig: Option<PathBuf>,
    /// Its context.
    pub context: Option<String>,
    /// Where it looks; nothing: the namespace of the context or of the pod.
    pub scope: Option<Scope>,
    /// What it may read.
    pub grants: Grants,
    /// Its limits.
    pub limits: Limits,
    /// Where facts are kept between two processes.
    pub state: Option<PathBuf>,
    /// Where health and metrics are asked for.
    pub listen: SocketAddr,
    /// How this process is called.
    pub identity: String,
    /// The lease; nothing: it is alone.
    pub election: Option<LeaseOptions>,
    /// Writes per second, and at once.
    pub rate: Rate,
    /// Log lines that were dropped.
    pub lines_dropped: Arc<AtomicU64>,
}

/// The lease that leaders hold.
#[derive(Clone, Debug)]
pub struct LeaseOptions {
    /// Its namespace; nothing: that of the context or of the pod.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
    /// How long it holds.
    pub timing: Timing,
}

/// Runs until it is told to stop.
///
/// # Errors
/// One sentence: the cluster cannot be reached as told, an address is taken, or leadership was lost.
pub async fn run(options: Options, stop: impl Future<Output = ()>) -> Result<(), String> {
    let (operator, inbox) = Operator::start(options).await?;
    let (release, released) = oneshot::channel();
    let election = operator.stand(released);
    let why = {
        let mut work = std::pin::pin!(operator.work(inbox));
        tokio::select! {
            why = &mut work => why,
            () = operator.leadership.ended() => None,
            () = stop => {
                tracing::info!("stopping; Jobs go on by themselves");
                let _ = operator.wishes.send(Wish::Stop);
                // A standby has no engine that could stop.
                let leads = matches!(operator.leadership.standing(), Standing::Leading(_));
                let _ = tokio::time::timeout(if leads { STOP } else { Duration::ZERO }, &mut work).await;
                None
            }
        }
    };
    let _ = release.send(());
    let ended = election.await;
    operator.server.stop().await;
    match ended {
        Ok(Ended::Stopped { .. }) => why.map_or(Ok(()), Err),
        Ok(Ended::Lost(why)) => Err(why),
        Err(error) => Err(format!("the election ended by itself: {error}; please report this")),
    }
}

/// Everything that runs from the start, whoever leads.
struct Operator {
    options: Options,
    scope: Scope,
    home: String,
    client: Client,
    leadership: Leadership,
    mirrors: Mirrors,
    jobs: Mirror<Kept>,
    store: StatusStore,
    bells: Bells,
    wishes: UnboundedSender<Wish>,
    health: Arc<Health>,
    metrics: Metrics,
    server: Server,
    _watches: JoinSet<()>,
}

impl Operator {
    async fn start(options: Options) -> Result<(Self, UnboundedReceiver<Wish>), String> {
        let leadership = if options.election.is_some() { Leadership::default() } else { Leadership::alone() };
        let (metrics, health) = (Metrics::default(), Arc::new(Health::default()));
        let timing = options.election.as_ref().map_or_else(Timing::default, |e| e.timing);
        let connected = connect(&Connect {
            kubeconfig: options.kubeconfig.clone(),
            context: options.context.clone(),
            gate: Some(Gate::new(leadership.clone(), timing.write_deadline(), options.rate)),
            calls: counted(metrics.clone(), health.clone()),
        })
        .await?;
        let lines_dropped = options.lines_dropped.clone();
        let server =
            Server::start(options.listen, Sources { metrics: metrics.clone(), health: health.clone(), lines_dropped })?;
        tracing::info!(server = connected.server, listen = %server.address(), "gapless {}", env!("CARGO_PKG_VERSION"));
        let (client, home) = (connected.client, connected.namespace);
        let scope = options.scope.clone().unwrap_or_else(|| Scope::Namespace(home.clone()));
        let (mirrors, bells) = (Mirrors::new(), Bells::default());
        let (wishes, inbox) = unbounded_channel();
        let store = StatusStore::new(client.clone(), scope.clone());
        let (watches, jobs) = watches::start(&client, &scope, &mirrors, &bells, &store, &wishes);
        let operator = Self {
            options,
            scope,
            home,
            client,
            leadership,
            mirrors,
            jobs,
            store,
            bells,
            wishes,
            health,
            metrics,
            server,
            _watches: watches,
        };
        Ok((operator, inbox))
    }

    /// Stands for election until the lease is to be given back.
    fn stand(&self, released: oneshot::Receiver<()>) -> JoinHandle<Ended> {
        let stop = async { _ = released.await };
        let Some(LeaseOptions { namespace, name, timing }) = self.options.election.clone() else {
            return tokio::spawn(async {
                stop.await;
                Ended::Stopped { released: true }
            });
        };
        let namespace = namespace.as_deref().unwrap_or(&self.home);
        let leases: Api<Lease> = Api::namespaced(self.client.clone(), namespace);
        let me = super::lease::identity(&self.options.identity);
        let (election, leadership) =
            (Election { leases, name, me, timing, clock: SystemClock }, self.leadership.clone());
        tokio::spawn(async move { lead(election, &leadership, stop).await })
    }
}

/// Every call is counted; a good answer to a list or a watch is a sign of life of its kind; a right that is lacking is told.
fn counted(metrics: Metrics, health: Arc<Health>) -> Calls {
    let refusals = Refusals::default();
    Calls::told(move |call: Call| {
        metrics.api_call(call.verb, call.resource, call.code);
        refusals.heard(call);
        let read = matches!(call.verb, "list" | "watch") && call.code.is_some_and(|code| (200..300).contains(&code));
        if let Some(kind) = watched(call.resource).filter(|_| read) {
            health.watch_ok(kind, Instant::now());
        }
    })
}

/// The kind behind a resource that is watched.
fn watched(resource: &str) -> Option<&'static str> {
    match resource {
        "cronjobs" => Some("CronJob"),
        "jobs" => Some("Job"),
        other => Kind::ALL.into_iter().find(|k| k.resource().plural == other).map(Kind::word),
    }
}
