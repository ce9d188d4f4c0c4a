use super::{Desk, OutlierPolicy, Standing};
use crate::reason::Reason;
use crate::registry::Impossible;
use crate::units::{Probability, SimDuration, SimTime};
use rand::RngExt;

const SECOND: u64 = 1_000_000_000;
/// Parts of the window in which requests are counted.
const SLICES: usize = 5;

/// The longest wait where none is written.
const DEAD_FOR_MAX: SimDuration = SimDuration::from_nanos(300 * SECOND);

crate::settings! {
    /// When a replica is dead, and when it is tried again.
    pub struct FailureAccrualSettings {
        /// Failures in a row that make a replica dead; 0 for never.
        consecutive_failures: u32 = 5,
        /// The success rate below which it is dead; 0 for never.
        success_rate: Probability = Probability::new(0.8).unwrap_or_default(),
        /// The time constant of the success rate, and the time in which requests are counted.
        #[range = "> 0"]
        window: SimDuration = SimDuration::from_nanos(30 * SECOND),
        /// Requests in the window below which the success rate says nothing.
        minimum_requests: u32 = 5,
        /// The longest first wait; each further one is twice as long.
        #[range = "> 0"]
        dead_for: SimDuration = SimDuration::from_nanos(5 * SECOND),
        /// Waits that would be as long as this are as long as this.
        dead_for_max: SimDuration = DEAD_FOR_MAX,
    }
}

/// Takes a replica as dead after failures in a row or at a low success rate, then lets a single attempt try it.
///
/// Each replica is judged by itself, so there is no limit on how many are dead at once. Helps callers with many
/// replicas, none of which is dear to lose. Hurts in a failure of all, which leaves nobody to send to, and at low rates,
/// where the one attempt that tries is long in coming. A wait is half its length and a random part of the other half.
/// Source: Finagle, `FailureAccrualFactory` and `FailureAccrualPolicy`.
#[derive(Debug, Clone)]
pub struct FailureAccrual {
    settings: FailureAccrualSettings,
    hosts: Vec<Host>,
}

#[derive(Debug, Clone)]
struct Host {
    state: State,
    in_a_row: u32,
    rate: Average,
    requests: Requests,
    /// How often it was found dead since it was last alive.
    deaths: u32,
}

/// Whether a replica may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Alive,
    Dead {
        until: SimTime,
    },
    /// One attempt may try it.
    Open,
    /// That attempt is under way.
    Trying,
}

/// An average that forgets with time.
#[derive(Debug, Clone, Copy, Default)]
struct Average {
    value: f64,
    /// When it was last changed; nothing before the first value.
    last: Option<SimTime>,
}

impl Average {
    fn note(&mut self, value: f64, now: SimTime, window: SimDuration) {
        let weight = self.last.map_or(0.0, |last| (-(now.since(last).as_secs() / window.as_secs())).exp());
        self.value = weight * self.value + (1.0 - weight) * value;
        self.last = Some(now);
    }
}

/// Requests of the last few slices of time.
#[derive(Debug, Clone, Copy, Default)]
struct Requests {
    counts: [u32; SLICES],
    /// Number of the newest slice.
    newest: u64,
}

impl Requests {
    fn note(&mut self, now: SimTime, window: SimDuration) {
        let slice = now.as_nanos() / (window.as_nanos() / SLICES as u64).max(1);
        for passed in (self.newest + 1..=slice).take(SLICES) {
            self.counts[(passed % SLICES as u64) as usize] = 0;
        }
        if slice > self.newest + SLICES as u64 {
            self.counts = [0; SLICES];
        }
        self.newest = slice;
        self.counts[(slice % SLICES as u64) as usize] += 1;
    }

    fn sum(&self) -> u32 {
        self.counts.iter().sum()
    }
}

impl Host {
    const NEW: Self = Self {
        state: State::Alive,
        in_a_row: 0,
        rate: Average { value: 0.0, last: None },
        requests: Requests { counts: [0; SLICES], newest: 0 },
        deaths: 0,
    };
}

impl FailureAccrual {
    fn succeeded(&mut self, replica: u32, desk: &mut Desk<'_>) {
        let window = self.settings.window;
        let host = &mut self.hosts[replica as usize];
        host.in_a_row = 0;
        host.rate.note(1.0, desk.now, window);
        host.requests.note(desk.now, window);
        // Who answers while it is dead was asked before it died, which says nothing about now.
        if host.state == State::Trying {
            *host = Host::NEW;
            desk.changes.push((replica, Standing::In));
        }
    }

    fn failed(&mut self, replica: u32, desk: &mut Desk<'_>) {
        let settings = &self.settings;
        let host = &mut self.hosts[replica as usize];
        host.in_a_row = host.in_a_row.saturating_add(1);
        host.rate.note(0.0, desk.now, settings.window);
        host.requests.note(desk.now, settings.window);
        let by_row = settings.consecutive_failures > 0 && host.in_a_row >= settings.consecutive_failures;
        let by_rate =
            host.requests.sum() >= settings.minimum_requests && host.rate.value < settings.success_rate.get();
        match host.state {
            State::Alive if by_row || by_rate => self.dies(replica, desk),
            State::Trying => self.dies(replica, desk),
            State::Alive | State::Dead { .. } | State::Open => {}
        }
    }

    /// A replica is dead from now on, for longer each time.
    fn dies(&mut self, replica: u32, desk: &mut Desk<'_>) {
        let most = self.settings.dead_for_max.as_secs();
        let host = &mut self.hosts[replica as usize];
        let full = self.settings.dead_for.as_secs() * 2_f64.powi(host.deaths.min(63) as i32);
        let wait = if full >= most { most } else { full / 2.0 * (1.0 + desk.stream.random::<f64>()) };
        host.deaths = host.deaths.saturating_add(1);
        host.state = State::Dead { until: desk.now + SimDuration::from_secs(wait) };
        desk.changes.push((replica, Standing::Ejected));
    }
}

impl OutlierPolicy for FailureAccrual {
    const NAME: &'static str = "failure-accrual";
    const SUMMARY: &'static str = "Takes a replica as dead after failures in a row or at a low success rate, then tries it with one attempt.";
    const HEARS_SENT: bool = true;

    type Settings = FailureAccrualSettings;

    fn check(settings: &Self::Settings) -> Result<(), Impossible> {
        Impossible::unless(!settings.window.is_zero(), "window", "expected a time above zero")?;
        let is_dead = !settings.dead_for.is_zero();
        Impossible::unless(is_dead, "dead_for", "a replica is dead for longer than zero")?;
        let is_longest = settings.dead_for_max >= settings.dead_for;
        // The one that is written is the one to look at.
        let key = if settings.dead_for_max == DEAD_FOR_MAX { "dead_for" } else { "dead_for_max" };
        Impossible::unless(is_longest, key, "the longest wait is not shorter than the first")?;
        let judges = settings.consecutive_failures > 0 || settings.success_rate > Probability::ZERO;
        let why = "neither failures in a row nor a success rate make a replica dead";
        Impossible::unless(judges, "consecutive_failures", why)
    }

    fn new(settings: &Self::Settings, replicas: usize, _phase: f64) -> Self {
        Self { settings: settings.clone(), hosts: vec![Host::NEW; replicas] }
    }

    fn observe(&mut self, replica: u32, failure: Option<Reason>, desk: &mut Desk<'_>) {
        match failure {
            None | Some(Reason::ClientError) => self.succeeded(replica, desk),
            Some(_) => self.failed(replica, desk),
        }
    }

    fn sent(&mut self, replica: u32, desk: &mut Desk<'_>) {
        let host = &mut self.hosts[replica as usize];
        if host.state == State::Open {
            host.state = State::Trying;
            desk.changes.push((replica, Standing::Tried));
        }
    }

    fn due(&self) -> SimTime {
        let untils = self.hosts.iter().filter_map(|host| match host.state {
            State::Dead { until } => Some(until),
            _ => None,
        });
        untils.min().unwrap_or(SimTime::NEVER)
    }

    fn turn(&mut self, desk: &mut Desk<'_>) {
        for (replica, host) in (0..).zip(&mut self.hosts) {
            if matches!(host.state, State::Dead { until } if desk.now >= until) {
                host.state = State::Open;
                desk.changes.push((replica, Standing::In));
            }
        }
    }

    fn hears_checks(&self) -> bool {
        false
    }

    fn check_succeeded(&mut self, _replica: u32, _desk: &mut Desk<'_>) {
        // Only an attempt shows that a replica is alive.
    }

    fn change(&mut self, replica: u32, _present: u32) {
        self.hosts[replica as usize] = Host::NEW;
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bench, at};
    use super::*;

    const ERROR: Option<Reason> = Some(Reason::Error);

    fn bench(change: impl FnOnce(&mut FailureAccrualSettings)) -> Bench<FailureAccrual> {
        Bench::new(3, change)
    }

    #[test]
    fn one_attempt_tries_a_replica_again_and_waits_grow_while_it_fails() {
        let mut bench = bench(|settings| settings.success_rate = Probability::ZERO);
        bench.batch(0.0, 1, (4, 5));
        assert!(bench.outs().is_empty());
        bench.batch(0.0, 1, (5, 5));
        assert_eq!(bench.outs(), [1]);
        let mut now = 0.0;
        // Half of 5 s, 10 s, ... 160 s and up to as much again; what would be 320 s is 300 s, and so is all later.
        for full in [5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0] {
            let wait = bench.policy.due().as_secs() - now;
            let least = if full < 300.0 { full / 2.0 } else { full };
            assert!(wait > least - 1e-6 && wait < full + 1e-6, "{wait} of {full}");
            now += wait;
            bench.turn_until(now);
            assert!(bench.outs().is_empty(), "it may be tried");
            bench.sent(now, 1);
            assert_eq!(bench.outs(), [1], "by one attempt only");
            bench.observe(now + 1.0, 1, ERROR);
            now += 1.0;
        }
        assert_eq!((bench.outs(), bench.ejections), (vec![1], 9));
        bench.turn_until(now + 300.0);
        bench.sent(now + 300.0, 1);
        bench.observe(now + 300.0, 1, None);
        assert!(bench.outs().is_empty());
        // All is forgotten: five failures again, and a first wait.
        bench.batch(now + 300.0, 1, (4, 4));
        assert!(bench.outs().is_empty());
        bench.observe(now + 300.0, 1, ERROR);
        assert!(bench.policy.due() <= at(now + 305.0));
    }

    #[test]
    fn a_low_success_rate_needs_enough_requests() {
        for (minimum, expected) in [(5, vec![0]), (7, vec![])] {
            let mut bench = bench(|settings| {
                settings.minimum_requests = minimum;
                settings.consecutive_failures = 0;
            });
            for number in 0..6 {
                bench.observe(3.0 * f64::from(number), 0, if number % 2 == 0 { None } else { ERROR });
            }
            assert_eq!(bench.outs(), expected, "{minimum}");
        }
    }

    #[test]
    fn the_success_rate_forgets_with_its_window() {
        let mut bench = bench(|settings| {
            settings.consecutive_failures = 0;
            settings.minimum_requests = 1;
        });
        // After a success, a failure t seconds later leaves exp(-t / 30 s): 0.8 at 6.69 s.
        bench.observe(0.0, 0, None);
        bench.observe(6.6, 0, ERROR);
        bench.observe(0.0, 1, None);
        bench.observe(6.8, 1, ERROR);
        assert_eq!(bench.outs(), [1]);
    }

    #[test]
    fn requests_are_counted_over_the_window() {
        let window = SimDuration::from_secs(30.0);
        let mut requests = Requests::default();
        for (now, sum) in [(0.0, 1), (5.9, 2), (6.0, 3), (29.9, 4), (30.0, 3), (36.0, 3), (500.0, 1)] {
            requests.note(at(now), window);
            assert_eq!(requests.sum(), sum, "{now}");
        }
    }

    #[test]
    fn who_answers_late_stays_dead() {
        let mut bench = bench(|_| {});
        bench.batch(0.0, 0, (5, 5));
        bench.observe(1.0, 0, None);
        bench.observe(1.0, 0, ERROR);
        assert_eq!(bench.outs(), [0]);
        assert!(bench.policy.due() <= at(5.0));
    }
}
