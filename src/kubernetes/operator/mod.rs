//! `gapless operator`: the same engine as on one machine, over the ports of a cluster. Watches run from the start, the
//! engine while this process leads; leadership that is lost ends the process.

mod failure;
mod options;
mod watches;
mod work;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use kube::{Api, Client};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use crate::engine::drive::Command;
use crate::host::clock::SystemClock;
use crate::kubernetes::client::scope::Scope;
use crate::kubernetes::client::{Call, Calls, ConnectOptions, connect};
use crate::kubernetes::faults::refusals::Refusals;
use crate::kubernetes::jobs::slim::Kept;
use crate::kubernetes::leadership::gate::Gate;
use crate::kubernetes::leadership::lease::{self, Election, Ended, Leadership, Standing, Timing, lead};
use crate::kubernetes::serving::health::Health;
use crate::kubernetes::serving::serve::{Server, Sources};
use crate::kubernetes::watching::feed::Mirrors;
use crate::kubernetes::watching::grants::Grants;
use crate::kubernetes::watching::mirror::Mirror;
use crate::kubernetes::watching::object::Kind;
use crate::kubernetes::writing::store::StatusStore;
use crate::view::metrics::Metrics;
use watches::Bells;

pub use failure::Failure;
pub use options::{LeaseOptions, Options};

/// How long work under way may take at a stop. Together with giving the lease back, that is less than ten seconds.
const STOP: Duration = Duration::from_secs(5);

/// What is started before the operator, and used by it.
pub struct Started {
    /// The folders that each namespace may read.
    pub grants: Grants,
    /// Log lines that were dropped.
    pub lines_dropped: Arc<AtomicU64>,
}

/// Runs until it is stopped.
///
/// # Errors
/// The configuration cannot be used, an address is taken, leadership was lost, or a task panicked.
pub async fn run(options: Options, started: Started, stop: impl Future<Output = ()>) -> Result<(), Failure> {
    let (operator, inbox) = Operator::start(options, started).await?;
    let (release, released) = oneshot::channel();
    let election = operator.stand(released);
    let why = {
        let mut work = std::pin::pin!(operator.work(inbox));
        tokio::select! {
            why = &mut work => why,
            () = operator.leadership.ended() => None,
            () = stop => {
                tracing::info!("stopping; running Jobs continue");
                let _ = operator.commands.send(Command::Stop);
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
        Ok(Ended::Lost(why)) => Err(Failure::Leadership(why)),
        Err(_) => Err(Failure::Task("the leader election")),
    }
}

/// Everything that runs from the start, with and without leadership.
struct Operator {
    options: Options,
    grants: Grants,
    scope: Scope,
    home: String,
    client: Client,
    leadership: Leadership,
    mirrors: Mirrors,
    jobs: Mirror<Kept>,
    store: StatusStore,
    bells: Bells,
    commands: UnboundedSender<Command>,
    health: Arc<Health>,
    metrics: Metrics,
    server: Server,
    _watches: JoinSet<()>,
}

impl Operator {
    async fn start(options: Options, started: Started) -> Result<(Self, UnboundedReceiver<Command>), Failure> {
        let leadership = if options.lease.is_some() { Leadership::default() } else { Leadership::alone() };
        let (metrics, health) = (Metrics::default(), Arc::new(Health::default()));
        let timing = options.lease.as_ref().map_or_else(Timing::default, |lease| lease.timing);
        let connected = connect(&ConnectOptions {
            kubeconfig: options.kubeconfig.clone(),
            context: options.context.clone(),
            gate: Some(Gate::new(leadership.clone(), timing.write_deadline(), options.writes)),
            calls: counted(metrics.clone(), health.clone()),
        })
        .await
        .map_err(Failure::Configuration)?;
        let Started { grants, lines_dropped } = started;
        let sources = Sources { metrics: metrics.clone(), health: health.clone(), lines_dropped };
        let server = Server::start(options.listen, sources).map_err(|why| Failure::Listen(options.listen, why))?;
        tracing::info!(server = connected.server, listen = %server.address(), "gapless {}", env!("CARGO_PKG_VERSION"));
        let (client, home) = (connected.client, connected.namespace);
        let scope = options.scope.clone().unwrap_or_else(|| Scope::Namespace(home.clone()));
        let (mirrors, bells) = (Mirrors::new(), Bells::default());
        let (commands, inbox) = unbounded_channel();
        let store = StatusStore::new(client.clone(), scope.clone());
        let (watches, jobs) = watches::start(&client, &scope, &mirrors, &bells, &store, &commands);
        let operator = Self {
            options,
            grants,
            scope,
            home,
            client,
            leadership,
            mirrors,
            jobs,
            store,
            bells,
            commands,
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
        let Some(LeaseOptions { namespace, name, timing }) = self.options.lease.clone() else {
            return tokio::spawn(async {
                stop.await;
                Ended::Stopped { released: true }
            });
        };
        let namespace = namespace.unwrap_or_else(|| self.home.clone());
        let leases: Api<Lease> = Api::namespaced(self.client.clone(), &namespace);
        let me = lease::identity(&self.options.identity);
        let election = Election { leases, namespace, name, me, timing, clock: SystemClock };
        let leadership = self.leadership.clone();
        tokio::spawn(async move { lead(election, &leadership, stop).await })
    }
}

/// Counts every call, takes a good answer to a list or a watch as a sign of life of its kind, and reports missing rights.
fn counted(metrics: Metrics, health: Arc<Health>) -> Calls {
    let refusals = Refusals::default();
    Calls::heard_by(move |call: Call| {
        metrics.api_call(call.verb, call.resource, call.code);
        refusals.heard(call.verb, call.resource, call.code);
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
