//! The engine in a simulated world: its own clock, warehouse, store and Jobs, with faults at every call.
//! A scenario of days takes milliseconds; the same script always gives the same end.

mod always;
mod breakers;
mod clocks;
mod creates;
mod decisions;
mod edits;
mod facts;
mod faults;
mod incidents;
mod ladders;
mod launches;
mod limits;
mod losses;
mod marks;
mod places;
mod refused;
mod reports;
mod reruns;
mod rig;
mod rigs;
mod scenarios;
mod schedules;
mod script;
mod seasons;
pub(crate) mod sim;
mod sources;
mod strangers;
mod until;
