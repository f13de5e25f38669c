//! The kinds: one file each, and one for what several share.

mod coverage;
mod game_date;
mod game_date_status;
mod ledger_status;
mod prop_coverage;
mod season;
mod source;
mod status;
mod table_coverage;
mod warehouse;

pub use coverage::*;
pub use game_date::*;
pub use game_date_status::*;
pub use ledger_status::*;
pub use prop_coverage::*;
pub use season::*;
pub use source::*;
pub use status::*;
pub use table_coverage::*;
pub use warehouse::*;
