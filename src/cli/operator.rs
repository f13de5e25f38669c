//! `gapless operator`: the flags, the log, the signals; what it does is the cluster room's.

use tokio::signal::unix::{SignalKind, signal};

use super::args::GrantsArgs;
use super::exit::{Exit, Stop};
use super::operator_args::{OperatorArgs, Surroundings};
use super::setup::small_runtime;
use crate::kubernetes::operator::{Started, run};
use crate::kubernetes::serving::logs::Logs;
use crate::kubernetes::watching::grants::Grants;

pub(super) fn operator(args: &OperatorArgs) -> Result<Exit, Stop> {
    let options = args.options(&Surroundings::of_process())?;
    let logs = Logs::start(options.log_format, &options.log_filter).map_err(Stop::bad_input)?;
    let grants = options.open_grants().map_err(Stop::bad_input)?;
    let started = Started { grants, lines_dropped: logs.dropped() };
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
        run(options, started, stop).await.map_err(|why| {
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
            "gapless: {} grants nothing to any namespace: no RoleBinding is needed",
            args.file.display()
        );
    }
    for binding in bindings {
        let yaml = serde_saphyr::to_string(&binding).map_err(|e| Stop::failed(e.to_string()))?;
        anstream::print!("---\n{yaml}");
    }
    Ok(Exit::Done)
}
