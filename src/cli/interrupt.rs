//! Ctrl-C, once: what is under way ends between two runs.

use std::sync::atomic::{AtomicBool, Ordering};

static STOP: AtomicBool = AtomicBool::new(false);

/// A flag that Ctrl-C raises from now on; a second Ctrl-C ends the process at once.
pub(super) fn flag() -> &'static AtomicBool {
    // Without a handler Ctrl-C simply ends the process, which needs no word.
    let _ = ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::SeqCst) {
            std::process::abort();
        }
    });
    &STOP
}
