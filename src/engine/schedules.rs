//! Observe: what the looks at schedules found.

use std::sync::Arc;

use super::call::Call;
use super::look::later;
use super::world::World;
use crate::domain::dates::Timestamp;
use crate::domain::mark::TableMark;
use crate::domain::policy::Key;
use crate::domain::probe::ScheduleReading;
use crate::domain::schedule::fold;
use crate::domain::verdict::Unknown;

/// Other clocks may be ahead by this much.
const SKEW_MILLIS: i64 = 10 * 60 * 1000;

impl World {
    /// A schedule's mark came in.
    pub(super) fn schedule_marked(
        &mut self,
        key: &Key,
        mark: Result<TableMark, Unknown>,
        asked_at: Timestamp,
        now: Timestamp,
    ) -> Option<Call> {
        let cadence = self.limits.cadence.hot;
        let state = self.seasons.get_mut(key)?;
        let mark = match mark {
            Ok(mark) => mark,
            Err(unknown) => {
                state.look_failed(unknown, now);
                return None;
            }
        };
        state.look.heed(mark.again, now);
        if state.is_read(&mark, asked_at) {
            state.look_ended(asked_at, cadence, &mark, now);
            return None;
        }
        let schedule = state.season.schedule.as_ref()?;
        Some(Call::ReadSchedule(key.clone(), schedule.table.clone(), schedule.question.clone()))
    }

    /// A schedule was read. One that loses units on many dates is doubted until two more reads agree.
    pub(super) fn schedule_read(
        &mut self,
        key: &Key,
        reading: Result<ScheduleReading, Unknown>,
        asked_at: Timestamp,
        now: Timestamp,
    ) {
        let cadence = self.limits.cadence.hot;
        let Some(state) = self.seasons.get_mut(key) else { return };
        let reading = match reading {
            Ok(reading) => without_stamps_ahead(reading, now),
            Err(unknown) => return state.look_failed(unknown, now),
        };
        self.counts.bytes_read += reading.bytes;
        let is_new_doubt = state.take(Arc::new(fold(&reading)), reading.mark.whole(), asked_at, cadence);
        if let Some(doubted) = state.doubted().filter(|_| is_new_doubt) {
            self.events.push(super::events::suspect_schedule(key, &doubted.dates, now));
        }
        state.look_ended(asked_at, cadence, &reading.mark, now);
    }
}

/// A stamp of the future does not say when a schedule was updated: it was mistyped, or written by a wrong clock.
fn without_stamps_ahead(mut reading: ScheduleReading, now: Timestamp) -> ScheduleReading {
    let latest = later(now, SKEW_MILLIS);
    let is_ahead = |at: &mut Timestamp| *at > latest;
    for row in &mut reading.rows {
        row.updated.take_if(is_ahead);
    }
    reading.modified.take_if(is_ahead);
    reading
}
