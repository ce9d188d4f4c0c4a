//! What one run contributes to an estimate: the numbers that are pooled over runs.

use super::{Family, Member, NANOS_PER_SECOND, Part, Quantity, ScopeKind, Statistic};
use crate::measure::{
    AnswerMeasure, ClientMeasure, DeployMeasure, DnsMeasure, Measurements, MonitorMeasure, ServiceMeasure,
    StageMeasure, Tally, UpTime, VersionMeasure,
};
use crate::reason::Reason;
use crate::units::SimDuration;

/// What must be known besides the measurements of a run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'c> {
    /// Thresholds of `within_<t>`, as the run had them.
    pub thresholds: &'c [SimDuration],
    /// Times of `rpo_within_<t>` and `rto_within_<t>`, as the run had them.
    pub contracts: &'c [SimDuration],
    /// Length of an availability window.
    pub window: SimDuration,
    /// The part whose first outage ended each run.
    pub until: Option<Part>,
}

/// What one run contributes to the estimate of a metric.
#[derive(Debug, Clone, PartialEq)]
pub enum Evidence<'m> {
    /// Pooled as sum of numerators / sum of denominators.
    Ratio {
        /// What is divided.
        numerator: f64,
        /// By what.
        denominator: f64,
    },
    /// Pooled by merging: the value that a share of all does not exceed.
    Quantile {
        /// The parts of the sample.
        tallies: Vec<&'m Tally>,
        /// The share.
        share: f64,
    },
    /// Pooled as the largest; empty when there was none.
    Max(Option<f64>),
    /// Pooled as the mean per run.
    Count(f64),
}

impl Evidence<'_> {
    #[expect(clippy::unnecessary_wraps, reason = "so that a row needs no word for it")]
    pub(super) const fn count(count: u64) -> Option<Self> {
        Some(Self::Count(count as f64))
    }

    #[expect(clippy::unnecessary_wraps, reason = "so that a row needs no word for it")]
    pub(super) const fn ratio(numerator: f64, denominator: f64) -> Option<Self> {
        Some(Self::Ratio { numerator, denominator })
    }

    pub(super) fn time_ratio(nanos: u128, denominator: u64) -> Option<Self> {
        Self::ratio(nanos as f64 / NANOS_PER_SECOND, denominator as f64)
    }

    pub(super) const fn share(numerator: u64, denominator: u64) -> Option<Self> {
        Self::ratio(numerator as f64, denominator as f64)
    }

    pub(super) const fn integrals(numerator: u128, denominator: u128) -> Option<Self> {
        Self::ratio(numerator as f64, denominator as f64)
    }
}

/// A day in seconds.
const DAY: f64 = 86_400.0;
/// A month of 730 hours in seconds.
const MONTH: f64 = 730.0 * 3_600.0;

/// What is asked of one run: which metric of a family, in which context.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'c> {
    member: Member,
    /// How long was measured.
    span: SimDuration,
    context: Context<'c>,
}

impl Asked<'_> {
    /// The length of what was measured (ns).
    pub(super) fn nanos(&self) -> u128 {
        self.span.as_nanos().into()
    }

    pub(super) fn per_second<'m>(&self, count: u64) -> Option<Evidence<'m>> {
        Evidence::ratio(count as f64, self.span.as_secs())
    }

    pub(super) fn per_day<'m>(&self, count: u64) -> Option<Evidence<'m>> {
        Evidence::ratio(count as f64, self.span.as_secs() / DAY)
    }

    pub(super) fn per_month<'m>(&self, count: u64) -> Option<Evidence<'m>> {
        Evidence::ratio(count as f64, self.span.as_secs() / MONTH)
    }

    /// The mean over time of what was integrated over it.
    pub(super) fn mean<'m>(&self, integral: u128) -> Option<Evidence<'m>> {
        Evidence::integrals(integral, self.nanos())
    }

    /// The place of the threshold among those that the run counted.
    pub(super) fn threshold(&self) -> Option<usize> {
        let Member::Within(threshold) = self.member else { return None };
        self.context.thresholds.iter().position(|one| *one == threshold)
    }

    /// The place of the time of a contract among those that the run counted.
    pub(super) fn contract(&self) -> Option<usize> {
        let Member::Within(contract) = self.member else { return None };
        self.context.contracts.iter().position(|one| *one == contract)
    }

    pub(super) fn of_reason(&self, reasons: &[u64; Reason::COUNT]) -> Option<u64> {
        let Member::Reason(reason) = self.member else { return None };
        Some(reasons[reason.index()])
    }

    pub(super) fn sampled<'m>(&self, tallies: Vec<&'m Tally>) -> Option<Evidence<'m>> {
        let Member::Statistic(statistic) = self.member else { return None };
        let count: u64 = tallies.iter().map(|tally| tally.count).sum();
        match statistic {
            Statistic::Mean => Evidence::time_ratio(tallies.iter().map(|tally| tally.sum).sum(), count),
            Statistic::Quantile(share) => Some(Evidence::Quantile { tallies, share }),
            Statistic::Max => {
                let longest = tallies.iter().map(|tally| tally.max).max().filter(|_| count > 0);
                Some(Evidence::Max(longest.map(SimDuration::as_secs)))
            }
        }
    }
}

/// Of what a metric is taken, and what one run of it contributes; nothing where the run did not count that.
#[derive(Debug, Clone, Copy)]
pub enum Source {
    /// Of clients.
    Client(for<'m> fn(&'m ClientMeasure, &Asked<'_>) -> Option<Evidence<'m>>),
    /// Of services, from what they counted.
    Service(for<'m> fn(&'m ServiceMeasure, &Asked<'_>) -> Option<Evidence<'m>>),
    /// Of versions of functions.
    Version(for<'m> fn(&'m VersionMeasure, &Asked<'_>) -> Option<Evidence<'m>>),
    /// Of these kinds, from their times up and down.
    Up(&'static [ScopeKind], fn(&UpTime) -> Option<Evidence<'static>>),
    /// Of faults, from how their incidents went on.
    Stages(fn(&StageMeasure) -> Option<Evidence<'static>>),
    /// Of the system as a whole.
    System(fn(&Measurements, &Asked<'_>) -> Option<Evidence<'static>>),
    /// Of monitors.
    Monitor(fn(&MonitorMeasure, &Asked<'_>) -> Option<Evidence<'static>>),
    /// Of deployments.
    Deploy(fn(&DeployMeasure, &Asked<'_>) -> Option<Evidence<'static>>),
    /// A name.
    Dns(fn(&DnsMeasure, &Asked<'_>) -> Option<Evidence<'static>>),
    /// One of its records.
    Answers(fn(&AnswerMeasure, &Asked<'_>) -> Option<Evidence<'static>>),
    /// The first outage of the part waited for, if it is of these kinds.
    Awaited(&'static [ScopeKind]),
}

impl Source {
    /// The kinds that it is of.
    pub const fn kinds(&self) -> &'static [ScopeKind] {
        match self {
            Self::Client(_) => &[ScopeKind::Client],
            Self::Service(_) => &[ScopeKind::Service],
            Self::Version(_) => &[ScopeKind::Version],
            Self::Monitor(_) => &[ScopeKind::Monitor],
            Self::Stages(_) => &[ScopeKind::Fault],
            Self::Deploy(_) => &[ScopeKind::Deploy],
            Self::Dns(_) => &[ScopeKind::Dns],
            Self::Answers(_) => &[ScopeKind::Record],
            Self::System(_) => &[ScopeKind::System],
            Self::Up(kinds, _) | Self::Awaited(kinds) => kinds,
        }
    }

    fn take<'m>(&self, run: &'m Measurements, part: Part, asked: &Asked<'_>) -> Option<Evidence<'m>> {
        match self {
            Self::Client(take) => take(run.clients.get(part.index)?, asked),
            Self::Service(take) => take(run.services.get(part.index)?, asked),
            Self::Version(take) => take(run.versions.get(part.index)?, asked),
            Self::Monitor(take) => take(run.monitors.get(part.index)?, asked),
            Self::Stages(take) => take(run.stages.get(part.index)?),
            Self::Deploy(take) => take(run.deploys.get(part.index)?, asked),
            Self::Dns(take) => take(run.dns.get(part.index)?, asked),
            Self::Answers(take) => take(run.answers.get(part.index)?, asked),
            Self::System(take) => take(run, asked),
            Self::Up(_, take) => take(times(run, part)?),
            Self::Awaited(_) => {
                let first = run.first_outage.filter(|_| asked.context.until == Some(part))?;
                Some(Evidence::Count(first.as_secs()))
            }
        }
    }
}

/// The times up and down of what has them.
pub(super) fn times(run: &Measurements, part: Part) -> Option<&UpTime> {
    match part.kind {
        ScopeKind::Client
        | ScopeKind::Version
        | ScopeKind::Monitor
        | ScopeKind::Deploy
        | ScopeKind::Dns
        | ScopeKind::Record
        | ScopeKind::System => None,
        ScopeKind::Service => run.services.get(part.index).map(|service| &service.up),
        ScopeKind::Replica => run.replicas.get(part.index),
        ScopeKind::Zone => run.zones.get(part.index),
        ScopeKind::Region => run.regions.get(part.index),
        ScopeKind::Block => run.blocks.get(part.index),
        ScopeKind::Fault => run.faults.get(part.index),
    }
}

/// The parts of the sample of a family in one run; none where it is no sample, or of another kind.
pub fn tallies<'m>(run: &'m Measurements, part: Part, family: &Family) -> Vec<&'m Tally> {
    let member = Member::Statistic(Statistic::Quantile(0.5));
    let asked = Asked { member, span: SimDuration::ZERO, context: Context::default() };
    let mut sources = family.sources.iter().filter(|source| source.kinds().contains(&part.kind));
    match sources.find_map(|source| source.take(run, part, &asked)) {
        Some(Evidence::Quantile { tallies, .. }) => tallies,
        _ => Vec::new(),
    }
}

/// What a run contributes to a quantity of a part; `None` when the part has no such metric, the threshold was not
/// counted, or it is the first outage of another part than the one waited for.
///
/// The derived quantities (nines, time down in a year, error budget) give the evidence of their availability.
pub fn evidence<'m>(
    run: &'m Measurements,
    part: Part,
    quantity: Quantity,
    context: &Context<'_>,
) -> Option<Evidence<'m>> {
    let span = run.horizon.since(run.transient);
    let asked = Asked { member: quantity.member, span, context: *context };
    let source = quantity.family.sources.iter().find(|source| source.kinds().contains(&part.kind))?;
    source.take(run, part, &asked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::metric::{exposure, names};
    use crate::measure::{
        Collapses, Cost, EventMeasure, FleetMeasure, FunctionMeasure, StandbyMeasure, WorkMeasure,
    };
    use crate::reason::Reason;
    use crate::units::SimTime;

    fn seconds(seconds: u64) -> u128 {
        u128::from(seconds) * 1_000_000_000
    }

    /// One incident of 100 s whose stages took 10, 20, 30 and 40 s.
    fn stages() -> StageMeasure {
        let mut stages = StageMeasure::default();
        stages.add([5, 15, 35, 65, 105].map(|at| SimTime::from_nanos(at * 1_000_000_000)));
        stages
    }

    fn collapses() -> Collapses {
        let seconds = |seconds: u64| SimDuration::from_nanos(seconds * 1_000_000_000);
        Collapses { begun: 2, ended: 1, collapsed: seconds(50), watched: seconds(140) }
    }

    fn deploy() -> DeployMeasure {
        DeployMeasure {
            begun: 8,
            caught: 1,
            out: 7,
            bad: 2,
            complete: 5,
            took: seconds(300),
            passed: 1,
            rollbacks: 2,
            rollbacks_false: 1,
            exposed: 40,
        }
    }

    fn monitor() -> MonitorMeasure {
        MonitorMeasure {
            alarms: 5,
            alarms_false: 2,
            faults: 4,
            recalled: 3,
            found: 3,
            delay: seconds(12),
            actions: 6,
            actions_unneeded: 1,
            decided: 4,
            deciding: seconds(20),
        }
    }

    fn data() -> crate::measure::DataMeasure {
        crate::measure::DataMeasure {
            losses: 4,
            gone: 1,
            rpo_within: vec![1, 3],
            rto_within: vec![2, 3],
            lost_writes: 60.0,
            pair: Some(crate::measure::PairMeasure { failovers: 0, conflicts: 5 }),
            ..crate::measure::DataMeasure::default()
        }
    }

    fn run() -> Measurements {
        let up = UpTime {
            up: seconds(90),
            down: seconds(10),
            incidents: 4,
            ended: 2,
            undetected: seconds(6),
            detected: 3,
        };
        let mut reasons = [0; Reason::COUNT];
        reasons[Reason::Timeout.index()] = 3;
        reasons[Reason::ClientError.index()] = 2;
        let client = ClientMeasure {
            requests: 21,
            unfinished: 1,
            good: 15,
            reasons,
            within: vec![7, 12],
            collapses: Some(collapses()),
            works: Some(WorkMeasure::default()),
            astray: Some(crate::measure::LedAstray { attempts: 20, reasons: [1, 2, 3, 4, 5] }),
            ..ClientMeasure::default()
        };
        let provision = Some(crate::measure::ProvisionMeasure::default());
        let fleet = Some(FleetMeasure { provision, ..FleetMeasure::default() });
        let events = Some(EventMeasure::default());
        let (function, cost) = (Some(FunctionMeasure::default()), Some(Cost::default()));
        let population = Some(crate::measure::PopulationMeasure::default());
        let service = ServiceMeasure {
            attempts: 12,
            reasons,
            up,
            fleet,
            standby: Some(StandbyMeasure { failovers: 4, uncovered: 1, switched: 3, switching: seconds(90) }),
            cache: Some(crate::measure::CacheMeasure::default()),
            data: Some(Box::new(data())),
            events,
            function,
            population,
            cost,
            hosts: Some(vec![7.2e12]),
            ..ServiceMeasure::default()
        };
        Measurements {
            run: 0,
            workload: 0,
            transient: SimTime::from_nanos(50_000_000_000),
            horizon: SimTime::from_nanos(150_000_000_000),
            clients: vec![client],
            services: vec![service],
            versions: vec![crate::measure::VersionMeasure::default()],
            replicas: vec![up],
            zones: vec![up],
            regions: vec![up],
            blocks: vec![up],
            faults: vec![up],
            stages: vec![stages()],
            deploys: vec![deploy()],
            dns: vec![DnsMeasure { attempts: 10, stale: 1, unresolved: 2, changes: 3 }],
            answers: vec![AnswerMeasure { answered: 5, attempts: 10 }],
            monitors: vec![monitor()],
            hosts: Some(crate::measure::HostMeasure { in_use: seconds(7_200), replicas: seconds(36_000) }),
            first_outage: Some(SimTime::from_nanos(2_000_000_000)),
            timeline: Vec::new(),
            instances: Vec::new(),
            shares: Vec::new(),
            incidents: Vec::new(),
            incidents_dropped: 0,
            events: 0,
        }
    }

    const THRESHOLDS: [SimDuration; 2] =
        [SimDuration::from_nanos(250_000_000), SimDuration::from_nanos(1_000_000_000)];

    fn context() -> Context<'static> {
        Context {
            thresholds: &THRESHOLDS,
            contracts: &THRESHOLDS,
            window: SimDuration::from_nanos(30_000_000_000),
            until: Some(Part { kind: ScopeKind::Block, index: 0 }),
        }
    }

    fn take(kind: ScopeKind, name: &str) -> Option<(f64, f64)> {
        let run = run();
        let quantity = Quantity::parse(name).unwrap();
        match evidence(&run, Part { kind, index: 0 }, quantity, &context())? {
            Evidence::Ratio { numerator, denominator } => Some((numerator, denominator)),
            Evidence::Count(value) => Some((value, 1.0)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn client_ratios_are_over_finished_requests() {
        assert_eq!(take(ScopeKind::Client, "availability_request"), Some((17.0, 20.0)));
        assert_eq!(take(ScopeKind::Client, "failure_ratio_client_error"), Some((2.0, 20.0)));
        assert_eq!(take(ScopeKind::Client, "within_1s"), Some((12.0, 20.0)));
        assert_eq!(take(ScopeKind::Client, "within_2s"), None);
        assert_eq!(take(ScopeKind::Client, "goodput"), Some((15.0, 100.0)));
    }

    #[test]
    fn collapses_are_of_time_and_of_runs() {
        let year = 365.25 * 86_400.0;
        let of = |name| take(ScopeKind::Client, name);
        assert_eq!(of("collapse_ratio"), Some((1.0, 1.0)));
        assert_eq!(of("collapses_per_year"), Some((2.0, 90.0 / year)));
        assert_eq!(of("collapse_after_mean"), Some((90.0, 2.0)));
        assert_eq!(of("collapse_length_mean"), Some((50.0, 1.0)));
        assert_eq!(of("collapse_unrecovered_ratio"), Some((1.0, 1.0)));
        assert_eq!(of("availability_request_collapsed"), Some((17.0, 20.0)));
        assert_eq!(of("availability_request_otherwise"), Some((0.0, 0.0)));
        let mut run = run();
        run.clients[0].collapses = None;
        let part = Part { kind: ScopeKind::Client, index: 0 };
        assert_eq!(evidence(&run, part, Quantity::named("collapse_ratio"), &context()), None);
    }

    #[test]
    fn service_ratios_are_over_attempts() {
        assert_eq!(take(ScopeKind::Service, "failure_ratio_timeout"), Some((3.0, 12.0)));
        assert_eq!(take(ScopeKind::Service, "mttr"), Some((10.0, 2.0)));
        assert_eq!(take(ScopeKind::Service, "switch_mean"), Some((90.0, 3.0)));
        assert_eq!(take(ScopeKind::Service, "rpo_within_250ms"), Some((1.0, 4.0)));
        assert_eq!(take(ScopeKind::Service, "rto_within_1s"), Some((3.0, 4.0)));
        assert_eq!(take(ScopeKind::Service, "lost_writes_per_loss"), Some((60.0, 3.0)));
        assert_eq!(take(ScopeKind::Fault, "mttd"), Some((6.0, 3.0)));
        assert_eq!(take(ScopeKind::Monitor, "mttd"), Some((12.0, 3.0)));
        assert_eq!(take(ScopeKind::Monitor, "alarms_false_ratio"), Some((2.0, 5.0)));
        assert_eq!(take(ScopeKind::Monitor, "time_to_decide"), Some((20.0, 4.0)));
        let of = |name| take(ScopeKind::Fault, name);
        assert_eq!([of("time_to_decide"), of("time_to_mitigate")], [Some((20.0, 1.0)), Some((30.0, 1.0))]);
        let shares = ["share_detecting", "share_deciding", "share_mitigating", "share_recovering"].map(of);
        assert_eq!(shares, [10.0, 20.0, 30.0, 40.0].map(|part| Some((part * 1e9, 100.0 * 1e9))));
        assert_eq!(take(ScopeKind::Monitor, "precision"), Some((3.0, 5.0)));
        assert_eq!(take(ScopeKind::Monitor, "recall"), Some((3.0, 4.0)));
        let months = 100.0 / (730.0 * 3_600.0);
        assert_eq!(take(ScopeKind::Monitor, "alarms_false_per_month"), Some((2.0, months)));
    }

    #[test]
    fn the_first_outage_is_that_of_the_part_waited_for() {
        assert_eq!(take(ScopeKind::Block, "first_outage_mean"), Some((2.0, 1.0)));
        assert_eq!(take(ScopeKind::Service, "first_outage_mean"), None);
    }

    #[test]
    fn every_metric_of_the_catalogue_has_evidence() {
        let function = run();
        let mut scaled = run();
        scaled.services[0].function = None;
        for kind in ScopeKind::ALL {
            let part = Part { kind, index: 0 };
            let context = Context { until: Some(part), ..context() };
            for name in names(kind).iter().map(|name| name.replace("<t>", "1s")) {
                let quantity = Quantity::parse(&name).unwrap();
                let has = |run: &Measurements| evidence(run, part, quantity, &context).is_some();
                assert!(has(&function) || has(&scaled), "{kind:?} {name}");
            }
        }
    }

    #[test]
    fn exposure_counts_whole_windows_and_own_outages() {
        let mut run = run();
        run.faults[0].incidents = 7;
        let of = |run: &Measurements, kind| exposure(run, Part { kind, index: 0 }, &context());
        let seen = of(&run, ScopeKind::Service);
        assert_eq!((seen.windows, seen.incidents, seen.outages), (3, Some(7), Some(4)));
        assert!((seen.time - 100.0).abs() < 1e-9);
        assert_eq!(of(&run, ScopeKind::Client).outages, Some(7));
        run.faults.clear();
        assert_eq!(of(&run, ScopeKind::Service).outages, None);
    }
}
