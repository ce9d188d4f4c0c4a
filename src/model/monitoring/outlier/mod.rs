//! Which replicas a decider ejects because of how their attempts ended.
//!
//! A detector belongs to one decider, sees only that decider's attempts, and says who is out; it neither chooses a
//! replica nor schedules anything: the engine asks when it wants to be turned to next. To add one: write `<name>.rs` with
//! its settings, documentation and unit tests, and add its `mod` line and row below.

mod ejection;
mod envoy;
mod failure_accrual;
mod grpc;
mod success_rate;

use crate::document::Section;
use crate::kernel::stream::Stream;
use crate::reason::Reason;
pub use crate::registry::Impossible;
use crate::units::SimTime;

/// Whether a replica may be sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It may.
    In,
    /// It was ejected.
    Ejected,
    /// It is out while the one attempt that tries it is under way.
    Tried,
}

/// What a detector decides with, and where it leaves its decisions.
#[derive(Debug)]
pub struct Desk<'a> {
    /// The time now.
    pub now: SimTime,
    /// Its random numbers.
    pub stream: &'a mut Stream,
    /// Filled with what becomes of replicas now, by number; one that is out may be ejected anew.
    pub changes: &'a mut Vec<(u32, Standing)>,
}

/// Tells outliers among the replicas of one decider by how their attempts ended.
pub trait OutlierPolicy: Sized {
    /// The name written in a scenario.
    const NAME: &'static str;
    /// One sentence for `list`.
    const SUMMARY: &'static str;
    /// Whether it wants to know of attempts that are sent.
    const HEARS_SENT: bool;
    /// What a scenario says about it.
    type Settings: Section;

    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which key is impossible, and in a lowercase sentence why.
    fn check(settings: &Self::Settings) -> Result<(), Impossible>;

    /// Builds the memory of one decider for so many replicas; `phase`, from 0 to 1, is the share of its interval, if it
    /// has one, at which the first falls. The settings were checked.
    fn new(settings: &Self::Settings, replicas: usize, phase: f64) -> Self;

    /// An attempt at `replica` ended, well or for a reason.
    fn observe(&mut self, replica: u32, failure: Option<Reason>, desk: &mut Desk<'_>);

    /// An attempt is sent to `replica`, which is not out; called where [`OutlierPolicy::HEARS_SENT`] says so.
    fn sent(&mut self, _replica: u32, _desk: &mut Desk<'_>) {}

    /// When it wants to be turned to next; [`SimTime::NEVER`] while time alone changes nothing.
    fn due(&self) -> SimTime;

    /// The time that it waited for has come.
    fn turn(&mut self, desk: &mut Desk<'_>);

    /// Whether the success of an active check matters to it.
    fn hears_checks(&self) -> bool;

    /// An active check of `replica` succeeded; called where [`OutlierPolicy::hears_checks`] says so.
    fn check_succeeded(&mut self, replica: u32, desk: &mut Desk<'_>);

    /// A replica joined the fleet or left it, in which so many are present now; it is not out, and nothing is known of it.
    fn change(&mut self, replica: u32, present: u32);
}

crate::registry! { ($) OutlierDetector, OutlierSettings, OutlierPolicy, each_outlier;
    Envoy = envoy,
    Grpc = grpc,
    FailureAccrual = failure_accrual,
}

impl OutlierSettings {
    /// Whether the settings are possible.
    ///
    /// # Errors
    ///
    /// Says which key is impossible, and in a lowercase sentence why.
    pub fn check(&self) -> Result<(), Impossible> {
        each_outlier!(settings self, settings, Policy => <Policy as OutlierPolicy>::check(settings))
    }

    /// See [`OutlierPolicy::HEARS_SENT`].
    pub fn hears_sent(&self) -> bool {
        each_outlier!(settings self, _settings, Policy => <Policy as OutlierPolicy>::HEARS_SENT)
    }
}

impl OutlierDetector {
    /// Builds the memory of one decider.
    pub fn new(settings: &OutlierSettings, replicas: usize, phase: f64) -> Self {
        each_outlier!(build settings, settings, Policy => <Policy as OutlierPolicy>::new(settings, replicas, phase))
    }

    /// An attempt at `replica` ended, well or for a reason.
    pub fn observe(&mut self, replica: u32, failure: Option<Reason>, desk: &mut Desk<'_>) {
        each_outlier!(self, policy => policy.observe(replica, failure, desk));
    }

    /// An attempt is sent to `replica`.
    pub fn sent(&mut self, replica: u32, desk: &mut Desk<'_>) {
        each_outlier!(self, policy => policy.sent(replica, desk));
    }

    /// When it wants to be turned to next.
    pub fn due(&self) -> SimTime {
        each_outlier!(self, policy => policy.due())
    }

    /// The time that it waited for has come.
    pub fn turn(&mut self, desk: &mut Desk<'_>) {
        each_outlier!(self, policy => policy.turn(desk));
    }

    /// Whether the success of an active check matters to it.
    pub fn hears_checks(&self) -> bool {
        each_outlier!(self, policy => policy.hears_checks())
    }

    /// An active check of `replica` succeeded.
    pub fn check_succeeded(&mut self, replica: u32, desk: &mut Desk<'_>) {
        each_outlier!(self, policy => policy.check_succeeded(replica, desk));
    }

    /// A replica joined the fleet or left it.
    pub fn change(&mut self, replica: u32, present: u32) {
        each_outlier!(self, policy => policy.change(replica, present));
    }
}

/// What the tests of detectors share.
#[cfg(test)]
mod testing {
    use super::{Desk, OutlierPolicy, Standing};
    use crate::document::{Diagnostics, Fields, Section, Span, Table};
    use crate::kernel::stream::{Purpose, Stream, Streams};
    use crate::reason::Reason;
    use crate::units::{SimDuration, SimTime};

    pub(super) fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    /// A detector, its stream and who it has put out.
    pub(super) struct Bench<P> {
        pub(super) policy: P,
        stream: Stream,
        pub(super) out: Vec<bool>,
        /// How often any was ejected.
        pub(super) ejections: usize,
    }

    impl<P: OutlierPolicy> Bench<P> {
        /// A detector for so many replicas, with default settings but for what `change` does.
        pub(super) fn new(replicas: usize, change: impl FnOnce(&mut P::Settings)) -> Self {
            let (table, mut findings) = (Table::default(), Diagnostics::default());
            let mut fields = Fields::new(&table, Span::default(), &mut findings);
            let mut settings = P::Settings::read(&mut fields).expect("every key has a default");
            change(&mut settings);
            let policy = P::new(&settings, replicas, 0.0);
            let stream = Streams::new(3, 0).stream(Purpose::Outlier, 0);
            Self { policy, stream, out: vec![false; replicas], ejections: 0 }
        }

        fn with(&mut self, now: f64, act: impl FnOnce(&mut P, &mut Desk<'_>)) {
            let mut changes = Vec::new();
            act(
                &mut self.policy,
                &mut Desk { now: at(now), stream: &mut self.stream, changes: &mut changes },
            );
            for (replica, standing) in changes {
                let is_out = standing != Standing::In;
                let was_out = std::mem::replace(&mut self.out[replica as usize], is_out);
                self.ejections += usize::from(standing == Standing::Ejected);
                assert!(was_out != is_out || standing == Standing::Ejected, "a change changes something");
            }
        }

        pub(super) fn observe(&mut self, now: f64, replica: u32, failure: Option<Reason>) {
            self.with(now, |policy, desk| policy.observe(replica, failure, desk));
        }

        /// So many attempts at a replica end at once, the first of them badly.
        pub(super) fn batch(&mut self, now: f64, replica: u32, (failed, all): (u32, u32)) {
            for number in 0..all {
                self.observe(now, replica, (number < failed).then_some(Reason::Error));
            }
        }

        pub(super) fn sent(&mut self, now: f64, replica: u32) {
            self.with(now, |policy, desk| policy.sent(replica, desk));
        }

        pub(super) fn check_succeeded(&mut self, now: f64, replica: u32) {
            self.with(now, |policy, desk| policy.check_succeeded(replica, desk));
        }

        /// Lets it have every turn that it wants up to an instant.
        pub(super) fn turn_until(&mut self, end: f64) {
            while self.policy.due() <= at(end) {
                let due = self.policy.due().as_secs();
                self.with(due, OutlierPolicy::turn);
                assert!(self.policy.due() > at(due), "time goes on");
            }
        }

        /// The numbers of those who are out.
        pub(super) fn outs(&self) -> Vec<usize> {
            (0..self.out.len()).filter(|one| self.out[*one]).collect()
        }
    }
}
