//! The terminal that a verb prints to.

use std::io::{IsTerminal, stdout};

/// Its columns and rows, as it is now; `None` where the output goes elsewhere.
pub(super) fn size() -> Option<(usize, usize)> {
    if !stdout().is_terminal() {
        return None;
    }
    let known = rustix::termios::tcgetwinsize(stdout()).ok();
    let known = known.map(|size| (usize::from(size.ws_col), usize::from(size.ws_row)));
    Some(known.filter(|(width, height)| *width > 0 && *height > 0).unwrap_or((80, 24)))
}
