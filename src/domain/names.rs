//! What objects and tables are called.

use alloc::sync::Arc;
use core::fmt;

/// Names one object. Shown as `KIND/NAME`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The namespace; `default` on one machine.
    pub namespace: Arc<str>,
    /// The kind, as users write it.
    pub kind: Arc<str>,
    pub name: Arc<str>,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

/// A table of a warehouse.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Table {
    /// The resolved location (`files:/data/nba`): equal for two Warehouses of the same location.
    pub place: Arc<str>,
    /// The table's name within it (`nba_raw.props`).
    pub name: Arc<str>,
}
