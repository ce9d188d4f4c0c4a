//! Burn-rate alarms: failures use up an error budget too fast, over a long window and still over a short one.

use std::collections::VecDeque;

use super::alarm::AlarmState;
use super::watch::{Judge, Seen};

/// What a budget may be off by where it is what a target leaves, so many times: a share that is just as large is not larger.
const ROUNDING: f64 = 1e-9;

/// How fast the error budget of an objective may be used up.
///
/// A budget is burnt at rate 1 where exactly the share of requests fails that the objective allows. Helps to page for what
/// matters within the time that it leaves: the faster the budget goes, the earlier. Hurts where requests are few, of which
/// one may be the whole budget of a window. Source: Beyer, Murphy, Rensin, Kawahara and Thorne, The Site Reliability
/// Workbook (2018), chapter 5, "Multiwindow, Multi-Burn-Rate Alerts".
#[derive(Debug, Clone, PartialEq)]
pub struct BurnRate {
    /// Share of requests that may fail.
    pub budget: f64,
    /// Pairs of windows; the alarm is raised by any of them.
    pub windows: Vec<BurnWindow>,
    /// A window in which fewer requests ended says nothing.
    pub requests_min: u64,
}

/// A pair of windows in both of which the budget must be burnt too fast.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BurnWindow {
    /// Faster than this.
    pub burn: f64,
    /// The long window, in periods.
    pub long: u32,
    /// The short one, in periods: how soon the alarm is over.
    pub short: u32,
}

/// A burn-rate alarm while it runs.
#[derive(Debug, Clone)]
pub struct BurnRateRun {
    settings: BurnRate,
    /// The latest periods, the newest at the end: requests that ended, and that failed.
    cells: VecDeque<(u64, u64)>,
    /// Sums over each long window and each short one.
    sums: Vec<[(u64, u64); 2]>,
}

impl Judge for BurnRateRun {
    type Settings = BurnRate;

    fn new(settings: &BurnRate) -> Self {
        let sums = vec![[(0, 0); 2]; settings.windows.len()];
        Self { settings: settings.clone(), cells: VecDeque::new(), sums }
    }

    fn note(&mut self, seen: &Seen) -> AlarmState {
        let longest = self.settings.windows.iter().map(|window| window.long.max(window.short)).max();
        self.cells.push_back((seen.ended, seen.failed));
        for (window, sums) in self.settings.windows.iter().zip(&mut self.sums) {
            for (length, sum) in [window.long, window.short].into_iter().zip(sums) {
                let left = self.cells.len().checked_sub(1 + length as usize);
                let (ended, failed) = left.map_or((0, 0), |place| self.cells[place]);
                *sum = (sum.0 + seen.ended - ended, sum.1 + seen.failed - failed);
            }
        }
        if self.cells.len() > longest.unwrap_or(0) as usize {
            self.cells.pop_front();
        }
        let Self { settings, sums, .. } = self;
        let is_over = |(ended, failed): (u64, u64), burn: f64| {
            ended > 0
                && ended >= settings.requests_min
                && failed as f64 > burn * settings.budget * ended as f64 * (1.0 + ROUNDING)
        };
        let mut pairs = settings.windows.iter().zip(sums);
        if pairs.any(|(window, sums)| sums.iter().all(|sum| is_over(*sum, window.burn))) {
            AlarmState::Alarm
        } else {
            AlarmState::Ok
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One request in each period fails from period `from` on, of `each`; the first period, from 1, whose end raises the
    /// alarm, and the first after it whose end does not.
    fn raised(settings: &BurnRate, each: u64, failing: std::ops::Range<u64>) -> (u64, u64) {
        let mut run = BurnRateRun::new(settings);
        let mut states = (1..20_000).map(|period| {
            let failed = if failing.contains(&period) { each } else { 0 };
            (period, run.note(&Seen { value: None, ended: 100, failed }))
        });
        let first = states.find(|(_, state)| *state == AlarmState::Alarm).unwrap().0;
        (first, states.find(|(_, state)| *state == AlarmState::Ok).unwrap().0)
    }

    #[test]
    fn a_window_fills_with_failures() {
        let window = BurnWindow { burn: 14.4, long: 3600, short: 300 };
        let settings = BurnRate { budget: 0.001, windows: vec![window], requests_min: 0 };
        // The long window is full when all fail from 4000 on: 14.4 x 0.001 x 3600 = 51.84 periods of it.
        assert_eq!(raised(&settings, 100, 4000..9000).0, 4051);
        // One in ten takes ten times as long.
        assert_eq!(raised(&settings, 10, 4000..9000).0, 4000 + 518);
        // The short window is below when all but 4.32 of its periods are sound: 296 periods after the last bad one.
        assert_eq!(raised(&settings, 100, 4000..9000).1, 8999 + 296);
    }

    #[test]
    fn what_has_too_few_requests_says_nothing() {
        let windows = vec![BurnWindow { burn: 1.0, long: 10, short: 2 }];
        let mut run = BurnRateRun::new(&BurnRate { budget: 0.5, windows, requests_min: 6 });
        let mut note = |ended, failed| run.note(&Seen { value: None, ended, failed });
        assert_eq!(note(3, 3), AlarmState::Ok);
        assert_eq!(note(3, 3), AlarmState::Alarm);
        assert_eq!(note(0, 0), AlarmState::Ok);
    }

    #[test]
    fn any_pair_of_windows_raises_it() {
        let windows =
            vec![BurnWindow { burn: 10.0, long: 2, short: 1 }, BurnWindow { burn: 1.0, long: 4, short: 2 }];
        let mut run = BurnRateRun::new(&BurnRate { budget: 0.1, windows, requests_min: 0 });
        let mut note = |failed| run.note(&Seen { value: None, ended: 10, failed });
        // 4 of 20, and of 30; then the short window of the second pair has none.
        let said = [0, 4, 0, 0].map(&mut note);
        assert_eq!(said, [AlarmState::Ok, AlarmState::Alarm, AlarmState::Alarm, AlarmState::Ok]);
    }
}
