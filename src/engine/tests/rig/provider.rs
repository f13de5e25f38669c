//! The account of one source at its provider, kept by the provider: what was paid, what lives, what it was told.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::domain::dates::Timestamp;
use crate::domain::policy::Source;
use crate::domain::source::Draw;

/// A Job pays in the window in which it starts and in each in which it is still alive.
#[derive(Clone, Debug, Default)]
pub struct Provider {
    /// The last that was declared of it.
    pub source: Option<Source>,
    window: Option<(Timestamp, Timestamp)>,
    /// What was paid in the present window, and in all.
    pub paid: u64,
    pub paid_ever: u64,
    /// Jobs that started in the present window, and at all.
    pub started: u32,
    pub started_ever: u32,
    live: BTreeMap<Arc<str>, Draw>,
}

impl Provider {
    /// A window that has begun is paid for by whatever still lives.
    pub fn turn(&mut self, now: Timestamp) {
        let Some(budget) = self.source.as_ref().and_then(|source| source.budget.as_ref()) else { return };
        let present = budget.window(now);
        let is_ahead = |start: Timestamp| start >= budget.window(present.end).end;
        match self.window {
            Some((start, _)) if present.start <= start && !is_ahead(start) => return,
            // A clock was wrong by more than a window: what was paid is paid.
            Some((start, _)) if present.start < start => {}
            Some(_) => {
                self.paid = self.live.values().map(|draw| draw.credits).sum();
                self.paid_ever += self.paid;
                self.started = 0;
            }
            None => {}
        }
        self.window = Some((present.start, present.end));
    }

    /// A Job starts. Nothing may be exceeded.
    pub fn start(&mut self, name: &Arc<str>, draw: &Draw, now: Timestamp) {
        self.turn(now);
        self.paid += draw.credits;
        self.paid_ever += draw.credits;
        self.started += 1;
        self.started_ever += 1;
        self.live.insert(name.clone(), draw.clone());
        let Some(source) = &self.source else { return };
        let Self { paid, live, .. } = self;
        if let Some(budget) = &source.budget {
            assert!(*paid <= budget.credits, "{name} at {now}: {paid} of {} credits are paid", budget.credits);
        }
        if let Some(most) = source.max_jobs {
            assert!(live.len() <= most as usize, "{name} at {now}: {} of {most} slots are taken", live.len());
        }
        if let Some(most) = source.requests_per_minute {
            let told: u32 = live.values().map(|draw| draw.requests).sum();
            assert!(told <= most, "{name} at {now}: {told} of {most} requests per minute are told");
        }
    }

    /// When something is paid without any call.
    pub fn window_ends(&self) -> Option<Timestamp> {
        self.window.map(|(_, end)| end).filter(|_| !self.live.is_empty())
    }

    pub fn end(&mut self, name: &Arc<str>) {
        self.live.remove(name);
    }
}
