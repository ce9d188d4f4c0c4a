//! Ctrl-C: the first ends an experiment after the runs under way, the second drops them, the third ends the process.

use std::sync::atomic::{AtomicU32, Ordering};

use super::Exit;

/// How often Ctrl-C was pressed.
static PRESSED: AtomicU32 = AtomicU32::new(0);

/// Listens from now on; `tell` is called with what a press has done.
pub(super) fn listen(tell: impl Fn(&str) + Send + 'static) {
    // Without a handler Ctrl-C simply ends the process, which needs no word.
    let _ = ctrlc::set_handler(move || match PRESSED.fetch_add(1, Ordering::SeqCst) {
        0 => tell("stopping after the runs under way; Ctrl-C again drops them"),
        1 => tell("stopping now; Ctrl-C again leaves everything as it is"),
        _ => leave(),
    });
}

/// Whether no further run should start.
pub(super) fn stops() -> bool {
    PRESSED.load(Ordering::SeqCst) > 0
}

/// Whether runs under way should end, too.
pub(super) fn drops() -> bool {
    PRESSED.load(Ordering::SeqCst) > 1
}

#[expect(clippy::exit, reason = "the user asks a third time, and nothing else ends every thread")]
fn leave() -> ! {
    std::process::exit(Exit::Interrupted as i32)
}
