//! What replicas measure of themselves, for policies that want reports or probes.

use crate::engine::record::metrics::Gauge;
use crate::model::balancing::Report;
use crate::units::SimDuration;

/// Services whose time a replica remembers.
const RECENT: usize = 16;

/// What one replica measured since its last report.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Meter {
    /// Slots taken; the integral at the last report stands beside it.
    busy: Gauge,
    busy_reported: u128,
    reported: u64,
    done: u64,
    errors: u64,
    sojourns: u128,
    /// The last times from admission to the end of service [ns].
    recent: [u64; RECENT],
    /// How many services ended in all.
    ended: u64,
}

impl Meter {
    /// So many slots are taken from `now` on.
    pub(in crate::engine) fn set_busy(&mut self, busy: u32, now: u64) {
        self.busy.set(u64::from(busy), now);
    }

    /// A service ended, after so long at the replica.
    pub(in crate::engine) fn note_done(&mut self, sojourn: u64, is_error: bool) {
        self.done += 1;
        self.errors += u64::from(is_error);
        self.sojourns += u128::from(sojourn);
        self.recent[self.ended as usize % RECENT] = sojourn;
        self.ended += 1;
    }

    /// What happened since the last report, which this one becomes. `slots` is 1 where there is no limit; who has none is
    /// full.
    pub(in crate::engine) fn report(&mut self, slots: u32, now: u64) -> Report {
        let integral = self.busy.integral(now);
        let (span, busy) = ((now - self.reported) as f64, (integral - self.busy_reported) as f64);
        let seconds = SimDuration::from_nanos(now - self.reported).as_secs();
        let report = Report {
            utilisation: if slots == 0 { 1.0 } else { busy / (span * f64::from(slots)) },
            throughput: self.done as f64 / seconds,
            errors: self.errors as f64 / seconds,
            latency: (self.done > 0).then(|| self.sojourns as f64 / self.done as f64 / 1e9),
        };
        (self.busy_reported, self.reported) = (integral, now);
        (self.done, self.errors, self.sojourns) = (0, 0, 0);
        report
    }

    /// The median of the last times; zero where there was none.
    pub(in crate::engine) fn median(&self) -> SimDuration {
        let mut recent = self.recent;
        let known = &mut recent[..(self.ended as usize).min(RECENT)];
        known.sort_unstable();
        SimDuration::from_nanos(known.get(known.len() / 2).copied().unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn a_report_covers_the_time_since_the_last() {
        let mut meter = Meter::default();
        meter.set_busy(2, 0);
        meter.set_busy(1, 4 * SECOND);
        meter.note_done(2 * SECOND, false);
        meter.note_done(4 * SECOND, true);
        let report = meter.report(2, 8 * SECOND);
        // 2 slots for 4 s and 1 for 4 s, of 2 for 8 s.
        let expected = Report { utilisation: 0.75, throughput: 0.25, errors: 0.125, latency: Some(3.0) };
        assert_eq!(report, expected);
        meter.set_busy(0, 9 * SECOND);
        let report = meter.report(2, 10 * SECOND);
        assert_eq!(report, Report { utilisation: 0.25, throughput: 0.0, errors: 0.0, latency: None });
        assert!((meter.report(0, 12 * SECOND).utilisation - 1.0).abs() < f64::EPSILON);
    }

    #[test]
    fn the_median_is_of_the_last_services() {
        let mut meter = Meter::default();
        assert_eq!(meter.median(), SimDuration::from_nanos(0));
        for sojourn in [5, 1, 9] {
            meter.note_done(sojourn, false);
        }
        assert_eq!(meter.median(), SimDuration::from_nanos(5));
        for _ in 0..RECENT {
            meter.note_done(70, false);
        }
        assert_eq!(meter.median(), SimDuration::from_nanos(70));
    }
}
