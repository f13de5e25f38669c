//! Every watch of the operator, each in its own task, and who is notified of what it brings.

use std::sync::Arc;

use k8s_openapi::api::batch::v1::CronJob;
use kube::Client;
use kube::core::ApiResource;
use tokio::sync::Notify;
use tokio::sync::mpsc::UnboundedSender;
use tokio::task::JoinSet;

use crate::engine::drive::Command;
use crate::kubernetes::client::scope::Scope;
use crate::kubernetes::jobs::slim::{Kept, Slim};
use crate::kubernetes::watching::feed::Mirrors;
use crate::kubernetes::watching::mirror::{Mirror, follow};
use crate::kubernetes::watching::object::{Kind, Object, Wire};
use crate::kubernetes::watching::template::Template;
use crate::kubernetes::writing::store::{Changed, StatusStore};

/// What is notified of changes.
#[derive(Clone, Debug, Default)]
pub struct Bells {
    /// Something that the engine may have to know.
    pub spec: Arc<Notify>,
    /// Something that a status may have to show.
    pub report: Arc<Notify>,
    /// A Job changed.
    pub jobs: Arc<Notify>,
}

/// Starts all watches. They end when the set is dropped.
pub fn start(
    client: &Client,
    scope: &Scope,
    mirrors: &Mirrors,
    bells: &Bells,
    store: &StatusStore,
    commands: &UnboundedSender<Command>,
) -> (JoinSet<()>, Mirror<Kept>) {
    let mut tasks = JoinSet::new();
    for kind in Kind::ALL {
        let api = scope.own::<Wire>(client, &kind.resource());
        let (bells, store, commands) = (bells.clone(), store.clone(), commands.clone());
        let notify = move |object: Option<&Arc<Object>>| {
            bells.spec.notify_one();
            bells.report.notify_one();
            let foreign = |o: &Arc<Object>| Kind::STORED.contains(&kind) && store.saw(kind, o) == Changed::ByOthers;
            if object.is_some_and(foreign) {
                // An engine that does not run yet loads everything when it starts.
                let _ = commands.send(Command::Reload);
            }
        };
        tasks.spawn(follow(api, mirrors.of(kind), |wire: Wire| Some(Object::from(wire)), notify));
    }
    let bell = bells.spec.clone();
    let cron_jobs = scope.own::<Wire>(client, &ApiResource::erase::<CronJob>(&()));
    let keep = |wire: Wire| Some(Template::from(wire));
    tasks.spawn(follow(cron_jobs, mirrors.cron_jobs.clone(), keep, move |_| bell.notify_one()));
    let (jobs, bell) = (Mirror::default(), bells.jobs.clone());
    tasks.spawn(follow(scope.api(client), jobs.clone(), Slim::kept, move |_| bell.notify_one()));
    (tasks, jobs)
}
