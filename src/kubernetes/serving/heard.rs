//! What the last reads of each server met. The Ready condition of a Warehouse shows this; nothing is read for it. Folders of
//! files have checks of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::policy::{Reader, Table};
use crate::domain::verdict::{Unknown, UnknownReason};
use crate::status::{Reason, Sight, Unfit};

/// What a table is asked. A server can answer one and refuse the other: metadata, but no query.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asked {
    /// Whether it has changed.
    Check,
    /// For its rows.
    Read,
}

/// The last answer for each table. `None`: the warehouse answered, whatever it said of the table.
type Answers = BTreeMap<(Asked, Arc<str>), Option<Unfit>>;

/// The last answers of each place to each namespace. A clone is another handle on the same.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    answers: Arc<Mutex<BTreeMap<Reader, Answers>>>,
    changed: Arc<Notify>,
}

impl Heard {
    /// Nothing heard yet. Notifies when what is known of a place changes.
    pub fn new(changed: Arc<Notify>) -> Self {
        Self { answers: Arc::default(), changed }
    }

    /// Takes the answer of a server, or its failure.
    pub fn hear(&self, namespace: &Arc<str>, table: &Table, asked: Asked, failure: Option<&Unknown>) {
        if table.place.starts_with("files:") {
            return;
        }
        let reader = Reader { namespace: namespace.clone(), place: table.place.clone() };
        let mut answers = self.answers();
        let own = answers.entry(reader).or_default();
        let before = sight(own);
        own.insert((asked, table.name.clone()), failure.and_then(unfit));
        if sight(own) != before {
            self.changed.notify_one();
        }
    }

    /// What is known of a place.
    pub fn of(&self, reader: &Reader) -> Sight {
        self.answers().get(reader).map_or(Sight::Unread, sight)
    }

    /// Forgets tables that are not read any more: their last failure would stay forever.
    pub fn keep(&self, read: &BTreeSet<(&Arc<str>, &Table)>) {
        let mut answers = self.answers();
        for (Reader { namespace, place }, own) in answers.iter_mut() {
            own.retain(|(_, name), _| read.contains(&(namespace, &Table { place: place.clone(), name: name.clone() })));
        }
        answers.retain(|_, own| !own.is_empty());
    }

    /// A panic elsewhere leaves whole answers.
    fn answers(&self) -> MutexGuard<'_, BTreeMap<Reader, Answers>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A warehouse that answers for one table can be read. Why it does not for another is that coverage's concern.
fn sight(answers: &Answers) -> Sight {
    if answers.is_empty() {
        return Sight::Unread;
    }
    let failing = [Asked::Read, Asked::Check].into_iter().find_map(|asked| {
        let own: Vec<&Option<Unfit>> = answers.iter().filter(|((of, _), _)| *of == asked).map(|(_, a)| a).collect();
        let unfit: Vec<&Unfit> = own.iter().filter_map(|answer| answer.as_ref()).collect();
        (unfit.len() == own.len()).then(|| unfit.into_iter().max_by_key(|unfit| unfit.reason)).flatten()
    });
    failing.cloned().map_or(Sight::Fine, Sight::Unfit)
}

/// A failure that is of the warehouse rather than of a question.
fn unfit(unknown: &Unknown) -> Option<Unfit> {
    use UnknownReason::{ProbeBudget, ProbeFailed, Unauthorized};
    let is_of_place = matches!(unknown.reason, Unauthorized | ProbeFailed | ProbeBudget);
    is_of_place.then(|| Unfit { reason: Reason::of_unknown(unknown.reason), text: unknown.text.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(place: &str, name: &str) -> Table {
        Table { place: place.into(), name: name.into() }
    }

    fn failed(reason: UnknownReason) -> Option<Unknown> {
        Some(Unknown::new(reason, "why"))
    }

    #[test]
    fn a_warehouse_is_unfit_while_no_table_of_it_can_be_checked_or_none_can_be_read() {
        use UnknownReason::{ProbeFailed, SchemaMismatch, Unauthorized};
        let heard = Heard::default();
        let (namespace, place) = (Arc::from("n"), "bigquery:big-data");
        let reader = Reader { namespace: Arc::clone(&namespace), place: place.into() };
        let of = |reason| Sight::Unfit(Unfit { reason, text: "why".into() });
        assert_eq!(heard.of(&reader), Sight::Unread);
        for (name, asked, answer, expected) in [
            ("a", Asked::Check, None, Sight::Fine),
            ("a", Asked::Read, failed(Unauthorized), of(Reason::Unauthorized)),
            ("a", Asked::Check, None, of(Reason::Unauthorized)),
            ("b", Asked::Read, failed(SchemaMismatch), Sight::Fine),
            ("a", Asked::Check, failed(ProbeFailed), of(Reason::ProbeFailed)),
            ("b", Asked::Check, None, Sight::Fine),
        ] {
            heard.hear(&namespace, &table(place, name), asked, answer.as_ref());
            assert_eq!(heard.of(&reader), expected, "{name} {asked:?} {answer:?}");
        }
        let other = Reader { namespace: "m".into(), ..reader.clone() };
        assert_eq!(heard.of(&other), Sight::Unread, "another namespace has its own rights");
        heard.keep(&BTreeSet::from([(&namespace, &table(place, "a"))]));
        assert_eq!(heard.of(&reader), of(Reason::Unauthorized), "`b` is not read any more");
        heard.keep(&BTreeSet::new());
        assert_eq!(heard.of(&reader), Sight::Unread);
    }

    #[tokio::test]
    async fn what_changes_nothing_is_not_notified() {
        let changed = Arc::new(Notify::new());
        let heard = Heard::new(changed.clone());
        let notified =
            async || tokio::time::timeout(std::time::Duration::from_millis(1), changed.notified()).await.is_ok();
        let hear = |place: &str| heard.hear(&"n".into(), &table(place, "t"), Asked::Check, None);
        hear("files:/data");
        assert!(!notified().await, "folders have their own checks");
        hear("postgres:main/sports");
        assert!(notified().await);
        hear("postgres:main/sports");
        assert!(!notified().await);
    }
}
