//! What a run says while it runs: a screen in a terminal, a line per event elsewhere.

use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::setup::Setup;
use super::terminal::size;
use crate::engine::overview::{Event, Overview};
use crate::engine::ports::Clock;
use crate::engine::world::World;
use crate::host::clock::SystemClock;
use crate::local::pace::Pace;
use crate::local::reported::Reported;
use crate::view::commands::Commands;
use crate::view::live::Screen;
use crate::view::summary::Tally;
use crate::view::{log, stopping};

/// The minimum interval between saves of what was reported: a process may be killed.
const KEEP: Duration = Duration::from_secs(10);
/// The minimum interval between redraws of the screen.
const REDRAW: Duration = Duration::from_millis(200);

/// Tells what happens: a screen in a terminal, a line per event elsewhere.
pub(super) struct Teller {
    pub tally: Tally,
    screen: Option<Screen>,
    drawn: Option<Instant>,
    pending: Vec<Event>,
    reported: Reported,
    /// When the reported events were last saved.
    kept: Option<Instant>,
    /// How a person calls gapless here.
    commands: Commands,
    /// Said that it is stopping.
    is_stopping: bool,
    /// How long attempts took.
    pace: Pace,
}

impl Teller {
    pub fn new(state: &Path, commands: Commands) -> Self {
        let terminal = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        let (tally, screen) = (Tally::default(), terminal.then(Screen::default));
        Self {
            tally,
            screen,
            drawn: None,
            pending: Vec::new(),
            reported: Reported::new(state),
            kept: None,
            commands,
            is_stopping: false,
            pace: Pace::load(state),
        }
    }

    /// Events that the previous run reported are not repeated.
    pub fn recall(&self, world: &mut World) {
        world.recall_reported(self.reported.load());
    }

    pub fn keep(&mut self, world: &World) {
        self.reported.keep(world);
        self.pace.keep();
        self.kept = Some(Instant::now());
    }

    pub fn tell(&mut self, setup: &Setup, world: &World, events: &[Event]) {
        self.tally.count(events);
        self.pace.note(events);
        if !events.is_empty() && self.kept.is_none_or(|at| at.elapsed() >= KEEP) {
            self.keep(world);
        }
        let is_news = world.is_holding() && !self.is_stopping;
        self.is_stopping |= is_news;
        let Some(screen) = &mut self.screen else {
            events.iter().for_each(|e| anstream::print!("{}", log::line(e)));
            if is_news {
                anstream::eprint!("{}", stopping::notice(&world.overview(SystemClock.now()), &self.commands));
            }
            return;
        };
        if is_news {
            screen.note(&stopping::notice(&world.overview(SystemClock.now()), &self.commands));
        }
        self.pending.extend_from_slice(events);
        if self.drawn.is_some_and(|at| at.elapsed() < REDRAW) {
            return;
        }
        let mut overview = world.overview(SystemClock.now());
        setup.hold_all(&mut overview);
        self.draw(&overview);
    }

    /// Draws the screen as the run left it: the last frame is the truth.
    pub fn draw(&mut self, overview: &Overview) {
        let Some(screen) = &mut self.screen else { return };
        self.drawn = Some(Instant::now());
        let text = screen.draw(overview, &self.pending, size().unwrap_or((80, 24)));
        self.pending.clear();
        anstream::print!("{text}");
        let _ = std::io::stdout().flush();
    }
}
