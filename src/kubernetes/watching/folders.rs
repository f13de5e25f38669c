//! Whether the folders of Warehouses can be read. They are checked a few times a minute, so that a Warehouse shows what is wrong
//! before a coverage needs it, and recovers without an edit. Nothing below a folder is read.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::feed::Mirrors;
use super::grants::Grants;
use super::object::{Kind, Object};
use crate::api::Access;
use crate::status::{Reason, Unfit};
use crate::warehouse::files::{Files, is_outside};

/// How often a folder is checked.
const EVERY: Duration = Duration::from_secs(15);
/// The longest wait for one check: a network folder may not answer at all.
const DEADLINE: Duration = Duration::from_secs(5);

/// What was seen of each folder; `None` when it is fine.
#[derive(Clone)]
pub struct Folders {
    grants: Grants,
    seen: Arc<Mutex<BTreeMap<PathBuf, Option<Unfit>>>>,
    /// Asks for a check of a new one.
    ask: Arc<Notify>,
}

impl Folders {
    /// None seen yet.
    pub fn new(grants: Grants) -> Self {
        Self { grants, seen: Arc::default(), ask: Arc::default() }
    }

    /// What is wrong with the folder of a Warehouse, if anything; `None` while it was not checked.
    pub fn of(&self, warehouse: &Object) -> Option<Option<Unfit>> {
        let Some((path, _)) = self.place(warehouse) else { return Some(None) };
        let seen = self.seen.lock().ok()?.get(&path).cloned();
        if seen.is_none() {
            self.ask.notify_one();
        }
        seen
    }

    /// The folder of a Warehouse, and what its author calls it. One that is refused has none.
    fn place(&self, warehouse: &Object) -> Option<(PathBuf, String)> {
        let spec = warehouse.spec();
        let folder = spec["files"]["folder"].as_str()?;
        Some((self.grants.of(&warehouse.name.namespace).folder(folder).ok()?.into(), folder.to_string()))
    }

    /// Checks again and again; notifies when a result differs from the one before.
    pub async fn watch(self, mirrors: Mirrors, changed: Arc<Notify>) {
        let mut looks = Looks::default();
        loop {
            let warehouses = mirrors.of(Kind::Warehouse).all();
            let places: BTreeMap<PathBuf, String> = warehouses.iter().filter_map(|(_, o)| self.place(o)).collect();
            let (mut now, bounds) = (BTreeMap::new(), Arc::<[PathBuf]>::from(self.grants.bounds()));
            for (path, folder) in places {
                let unfit = looks.look(&path, &folder, &bounds).await;
                now.insert(path, unfit);
            }
            let moved = self.seen.lock().is_ok_and(|mut seen| std::mem::replace(&mut *seen, now.clone()) != now);
            if moved {
                changed.notify_one();
            }
            let _ = tokio::time::timeout(EVERY, self.ask.notified()).await;
        }
    }
}

/// Checks that were not answered in time: another one of the same folder would wait with them.
#[derive(Default)]
struct Looks(BTreeMap<PathBuf, JoinHandle<std::io::Result<()>>>);

impl Looks {
    async fn look(&mut self, path: &Path, folder: &str, bounds: &Arc<[PathBuf]>) -> Option<Unfit> {
        let files = Files::new(path.into()).bounded(bounds.clone());
        let begin = || tokio::task::spawn_blocking(move || files.look());
        let mut look = self.0.remove(path).unwrap_or_else(begin);
        match tokio::time::timeout(DEADLINE, &mut look).await {
            Ok(Ok(Err(error))) if is_outside(&error) => Some(beyond(folder)),
            Ok(Ok(result)) => result.err().map(|error| unfit(error.kind(), folder)),
            Ok(Err(_)) => Some(unfit(ErrorKind::Other, folder)),
            Err(_) => {
                self.0.insert(path.to_path_buf(), look);
                Some(unfit(ErrorKind::TimedOut, folder))
            }
        }
    }
}

/// A link leads from where a Warehouse may be to where it may not.
fn beyond(folder: &str) -> Unfit {
    let text = format!(
        "a link on the way to folder '{folder}' leads out of what is granted: name the folder itself in spec.files.folder, or \
         replace the link by it; gapless re-checks automatically"
    );
    Unfit { reason: Reason::NotGranted, text }
}

/// The condition: what is wrong, and what to do.
fn unfit(kind: ErrorKind, folder: &str) -> Unfit {
    let (reason, said) = match kind {
        ErrorKind::NotFound => (Reason::FolderNotFound, "does not exist: create it, or mount its volume".to_string()),
        ErrorKind::NotADirectory => (Reason::FolderNotFound, "is not a directory: move what is there".to_string()),
        ErrorKind::PermissionDenied => {
            (Reason::Unauthorized, "is not readable by gapless: grant its user read and execute".to_string())
        }
        ErrorKind::TimedOut => {
            (Reason::ProbeFailed, format!("does not answer within {} s: check its volume", DEADLINE.as_secs()))
        }
        kind => (Reason::ProbeFailed, format!("cannot be read ({kind}): check its volume")),
    };
    Unfit { reason, text: format!("folder '{folder}' {said}; gapless re-checks automatically") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_folder_is_distinguished_from_what_is_not_one() {
        let home = tempfile::tempdir().unwrap();
        let bounds = [home.path().to_path_buf()].into();
        std::fs::write(home.path().join("file"), "").unwrap();
        std::fs::create_dir(home.path().join("there")).unwrap();
        std::os::unix::fs::symlink("/", home.path().join("out")).unwrap();
        for (name, expected) in [
            ("there", None),
            ("out", Some((Reason::NotGranted, "a link on the way to folder 'out' leads out of what is granted"))),
            ("nowhere", Some((Reason::FolderNotFound, "folder 'nowhere' does not exist"))),
            ("file", Some((Reason::FolderNotFound, "folder 'file' is not a directory"))),
        ] {
            let seen = Looks::default().look(&home.path().join(name), name, &bounds).await;
            let said = seen.as_ref().map(|unfit| (unfit.reason, unfit.text.split(':').next().unwrap_or_default()));
            assert_eq!(said, expected, "{name}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_check_that_hangs_is_reported_and_not_started_twice() {
        let (path, mut looks) = (PathBuf::from("/net/lake"), Looks::default());
        let (go, gone) = tokio::sync::oneshot::channel();
        looks.0.insert(path.clone(), tokio::spawn(async { gone.await.map_err(std::io::Error::other) }));
        for _ in 0..2 {
            let unfit = looks.look(&path, "lake", &[].into()).await.unwrap();
            assert_eq!((unfit.reason, looks.0.len()), (Reason::ProbeFailed, 1), "{}", unfit.text);
        }
        go.send(()).unwrap();
        assert_eq!(looks.look(&path, "lake", &[].into()).await, None);
    }
}
