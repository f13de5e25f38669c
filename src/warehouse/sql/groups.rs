//! Which probes share a statement.

use crate::domain::probe::Probe;

/// Probes that share a statement, by their indices. Where sharing costs no less, each has its own.
pub(super) fn groups(probes: &[&Probe], shares: bool) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (n, probe) in probes.iter().enumerate() {
        let fits = |group: &&mut Vec<usize>| shares && group.iter().all(|other| may_share(probes[*other], probe));
        match groups.iter_mut().find(fits) {
            Some(group) => group.push(n),
            None => groups.push(vec![n]),
        }
    }
    groups
}

/// Whether both mean the same by a date, a unit, its start and the cap of a date.
fn may_share(a: &Probe, b: &Probe) -> bool {
    let (own, other) = (&a.question, &b.question);
    let same_rows = own.date == other.date && own.unit == other.unit && own.aliases == other.aliases;
    let same_start = own.before == other.before
        && (own.before.is_none()
            || a.dates.intersect(&b.dates).iter().all(|date| a.starts.get(&date) == b.starts.get(&date)));
    let same_cap = a.dates.intersect(&b.dates).iter().all(|date| a.caps.get(&date) == b.caps.get(&date));
    same_rows && same_start && same_cap
}
