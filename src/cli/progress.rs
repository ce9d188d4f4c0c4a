//! A progress bar with the time that is left, on a terminal only; and the ear of an experiment.

use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::interrupt;
use crate::experiment::Observer;

/// Shows how far an experiment is and tells it when the user wants it to end.
#[derive(Debug)]
pub(super) struct Watch {
    bar: ProgressBar,
    stop: &'static AtomicBool,
}

impl Watch {
    /// Watches from now on; shows a bar where someone can see it.
    pub(super) fn new(is_shown: bool) -> Self {
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} runs, {eta} left") {
            bar.set_style(style);
        }
        Self { bar, stop: interrupt::flag() }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

impl Observer for Watch {
    fn finished(&self, run: u32, of: u32) {
        self.bar.set_length(u64::from(of));
        // Threads tell of their runs in any order.
        self.bar.set_position(u64::from(run).max(self.bar.position()));
    }

    fn cancelled(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}
