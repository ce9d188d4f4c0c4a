//! A progress bar with the time that is left, on a terminal only; and the ear of an experiment.

use std::fmt;
use std::io::{self, Write};
use std::sync::Mutex;

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use super::interrupt;
use crate::experiment::{ExperimentError, Observer};

/// Shows how far an experiment is and tells it when the user wants it to end.
#[derive(Debug)]
pub(super) struct Watch {
    bar: ProgressBar,
    failed: Mutex<Option<String>>,
}

impl Watch {
    /// Watches from now on; shows a bar where someone can see it.
    pub(super) fn new(is_shown: bool) -> Self {
        Self::counting("runs", is_shown)
    }

    /// As [`Watch::new`], of something else than runs.
    pub(super) fn counting(what: &str, is_shown: bool) -> Self {
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(0), target);
        if let Ok(style) = ProgressStyle::with_template(&format!("{{bar:40}} {{pos}}/{{len}} {what}{{left}}"))
        {
            bar.set_style(style.with_key("left", left));
        }
        let seen = bar.clone();
        interrupt::listen(move |text| {
            // Nobody listening is no reason to go on.
            seen.suspend(|| {
                let _ = writeln!(io::stderr(), "{text}");
            });
        });
        Self { bar, failed: Mutex::new(None) }
    }

    /// Calls something and says how long it took \[s\].
    pub(super) fn time(task: impl FnOnce()) -> f64 {
        let watch = ProgressBar::hidden();
        task();
        watch.elapsed().as_secs_f64()
    }

    /// Why results end before a run that could not be finished.
    pub(super) fn failed(&self) -> Option<String> {
        self.failed.lock().ok()?.clone()
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

/// The time that is left, which nobody knows before the first run has ended.
fn left(state: &ProgressState, out: &mut dyn fmt::Write) {
    if state.pos() > 0 {
        let _ = write!(out, ", {:#} left", HumanDuration(state.eta()));
    }
}

impl Observer for Watch {
    fn finished(&self, run: u32, of: u32) {
        self.bar.set_length(u64::from(of));
        // Threads tell of their runs in any order.
        self.bar.set_position(u64::from(run).max(self.bar.position()));
    }

    fn failed(&self, why: &ExperimentError) {
        if let Ok(mut failed) = self.failed.lock() {
            *failed = Some(why.to_string());
        }
    }

    fn cancelled(&self) -> bool {
        interrupt::stops()
    }

    fn dropped(&self) -> bool {
        interrupt::drops()
    }
}
