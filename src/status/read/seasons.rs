//! What coverages have from their seasons.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::fields::text;
use crate::domain::dates::{Date, Timestamp};
use crate::domain::policy::Key;

/// Every season, by namespace and name.
pub(super) struct Seasons<'a> {
    by_name: HashMap<(&'a str, &'a str), &'a Value>,
}

impl<'a> Seasons<'a> {
    pub fn of(objects: &'a [Value]) -> Self {
        let named = |object| ((text(object, "/metadata/namespace"), text(object, "/metadata/name")), object);
        Self { by_name: objects.iter().map(named).collect() }
    }

    fn get(&self, season: &Key) -> Option<&'a Value> {
        self.by_name.get(&(&*season.namespace, &*season.name)).copied()
    }

    /// Today in the season's zone; of one that is not there, or names no zone, in UTC.
    pub fn today(&self, season: &Key, now: Timestamp) -> Date {
        now.to_zoned(self.zone(season)).date()
    }

    /// The season's zone; of one that is not there, or names no zone, UTC.
    pub fn zone(&self, season: &Key) -> TimeZone {
        let zone = self.get(season).and_then(|object| TimeZone::get(text(object, "/spec/timeZone")).ok());
        zone.unwrap_or(TimeZone::UTC)
    }

    /// Whether it is suspended, and every coverage of it.
    pub fn suspends(&self, season: &Key) -> bool {
        self.get(season).is_some_and(is_suspended)
    }
}

/// Whether an object is suspended by its own spec.
pub(super) fn is_suspended(object: &Value) -> bool {
    object.pointer("/spec/suspend").and_then(Value::as_bool).unwrap_or_default()
}
