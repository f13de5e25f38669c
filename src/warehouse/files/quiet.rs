//! Decoders that panic on a damaged file. The panic is the file's fault. It must not stop another object, and is not printed
//! on standard error.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// The decoder's answer. `None` if it panicked.
pub(super) fn quietly<T>(decode: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = take_hook();
        set_hook(Box::new(move |panic| {
            if !QUIET.get() {
                before(panic);
            }
        }));
    });
    let outer = QUIET.replace(true);
    let decoded = catch_unwind(AssertUnwindSafe(decode));
    QUIET.set(outer);
    decoded.ok()
}
