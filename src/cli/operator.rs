//! `gapless operator`: the flags, the log, the signals; what it does is the cluster room's.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::signal::unix::{SignalKind, signal};

use super::args::GrantsArgs;
use super::exit::{Exit, Stop};
pub use super::operator_args::OperatorArgs;
use super::operator_args::{OperatorConfig, Scope as Told, Surroundings};
use super::setup::small_runtime;
use crate::kubernetes::client::scope::Scope;
use crate::kubernetes::leadership::gate::Rate;
use crate::kubernetes::operator::{LeaseOptions, Options, run};
use crate::kubernetes::serving::logs::Logs;
use crate::kubernetes::watching::grants::Grants;

pub(super) fn operator(args: &OperatorArgs) -> Result<Exit, Stop> {
    let config = args.validate(&Surroundings::of_process())?;
    let logs = Logs::start(config.log_format, &config.log_filter).map_err(Stop::bad_input)?;
    let options = options(config, logs.dropped())?;
    // One thread: it mostly waits, tables and health have threads of their own, and to wake a second thread for each
    // answer of the API server costs more than what is done with it.
    small_runtime()?.block_on(async {
        let mut terminate = signal(SignalKind::terminate()).map_err(|e| Stop::failed(e.to_string()))?;
        let stop = async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        };
        run(options, stop).await.map_err(|why| {
            tracing::error!("{why}");
            Stop::failed(why.to_string())
        })
    })?;
    Ok(Exit::Done)
}

/// What a grants file means for the operator's rights, to be applied with it.
pub(super) fn grants(args: &GrantsArgs) -> Result<Exit, Stop> {
    let grants = Grants::read(".".into(), &args.file).map_err(Stop::bad_input)?;
    let bindings = grants.bindings(&args.service_account, &args.namespace);
    if bindings.is_empty() {
        anstream::eprintln!(
            "gapless: {} grants no folder to any namespace: no RoleBinding is needed",
            args.file.display()
        );
    }
    for binding in bindings {
        let yaml = serde_saphyr::to_string(&binding).map_err(|e| Stop::failed(e.to_string()))?;
        anstream::print!("---\n{yaml}");
    }
    Ok(Exit::Done)
}

fn options(config: OperatorConfig, lines_dropped: Arc<AtomicU64>) -> Result<Options, Stop> {
    let root = config.files_root.unwrap_or_else(|| ".".into());
    let root = root
        .canonicalize()
        .map_err(|e| Stop::bad_input(format!("--files-root {} cannot be opened: {e}", root.display())))?;
    let (scope, grants) = match config.scope {
        Told::Namespace(namespace) => (namespace.map(Scope::Namespace), Grants::all(root)),
        Told::All { grants: None } => (Some(Scope::All), Grants::none(root)),
        Told::All { grants: Some(file) } => (Some(Scope::All), Grants::read(root, &file).map_err(Stop::bad_input)?),
    };
    let identity = config.lease.as_ref().map_or_else(|| "gapless".into(), |lease| lease.identity.clone());
    let election =
        config.lease.map(|lease| LeaseOptions { namespace: lease.namespace, name: lease.name, timing: lease.timing });
    let (per_second, burst) = config.writes;
    Ok(Options {
        kubeconfig: config.kubeconfig,
        context: config.context,
        scope,
        grants,
        limits: config.limits,
        state: config.state,
        listen: config.listen,
        identity,
        election,
        rate: Rate { per_second, burst },
        lines_dropped,
    })
}
