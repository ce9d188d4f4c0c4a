//! Decides the claims of scenarios, with as many runs as that takes.

use rayon::prelude::*;

use super::compare::base;
use super::estimate::Metric;
use super::schedule::{Progress, Stock, extend, pool};
use super::variant::{self, Variants};
use super::world::World;
use super::{ClaimResult, ExperimentError, Observer, Options, check, transient};
use crate::analysis::statistics::{Shift, log_ratio};
use crate::analysis::verify::{
    Judged, Relation, Verdict, equivalence, looks, refuting_level, relation, relative_error,
};
use crate::document::Diagnostics;
use crate::measure::metric::{Names, Quantity};
use crate::scenario::{Claim, Expect, Scenario, Subject};

/// Decides every claim of several scenarios; results are in the order of scenarios and claims.
///
/// Each claim is looked at after numbers of runs fixed beforehand and decided on the first look that allows it, so
/// neither the number of threads nor the other claims change how many runs it sees. All claims together share the
/// probability of a wrong refutation.
///
/// # Errors
///
/// See [`ExperimentError`]; of several, that of the first scenario. Cancelled experiments have no verdicts.
pub fn verify(
    scenarios: &[Scenario],
    options: &Options,
    observer: &dyn Observer,
) -> Result<Vec<ClaimResult>, ExperimentError> {
    for scenario in scenarios {
        let findings = check(scenario);
        if findings.has_errors() {
            return Err(ExperimentError::Unfit { scenario: scenario.name.clone(), findings });
        }
    }
    let claims = scenarios.iter().map(|scenario| scenario.claims.len()).sum();
    let progress = Progress::new(observer);
    let decided: Vec<Result<Vec<ClaimResult>, ExperimentError>> = pool(options)?.install(|| {
        let one = |scenario| File::new(scenario, options, claims)?.decide(&progress);
        // One file at a time is split off, so that the first files end first.
        scenarios.par_iter().with_max_len(1).map(one).collect()
    });
    let mut results = Vec::with_capacity(claims);
    for file in decided {
        results.extend(file?);
    }
    Ok(results)
}

/// One scenario file under decision.
struct File<'s> {
    scenario: &'s Scenario,
    variants: Vec<Variants>,
    names: Names,
    /// Claims in all files, for the level of refutation.
    claims: usize,
}

/// A claim under decision.
struct Open<'s> {
    claim: &'s Claim,
    metric: Metric,
    /// Number of its variants; `None` when it has a prediction.
    variants: Option<usize>,
    /// The numbers of runs after which it is looked at.
    looks: Vec<u32>,
    result: Option<ClaimResult>,
}

impl Open<'_> {
    fn is_decided(&self) -> bool {
        self.result.as_ref().is_some_and(|result| result.verdict != Verdict::Undecided)
    }

    /// Whether it is looked at after so many runs.
    fn awaits(&self, runs: u32) -> bool {
        !self.is_decided() && self.looks.contains(&runs)
    }
}

/// A stock for verdicts, which need neither timeline nor list of incidents; there may be hundreds of runs.
fn stock(scenario: &Scenario) -> Stock<'_> {
    let mut world = World::new(scenario);
    world.span.timeline_max = 1;
    world.span.incidents_max = 0;
    Stock::new(world)
}

/// As [`extend`]; a stop leaves no verdict.
fn extend_all(
    stocks: &mut [&mut Stock<'_>],
    runs: u32,
    progress: &Progress<'_>,
) -> Result<(), ExperimentError> {
    if extend(stocks, runs, progress)? { Ok(()) } else { Err(progress.why()) }
}

impl<'s> File<'s> {
    fn new(scenario: &'s Scenario, options: &Options, claims: usize) -> Result<Self, ExperimentError> {
        let variants = variant::load(scenario, options)?;
        Ok(Self { scenario, variants, names: super::names(&scenario.system), claims })
    }

    /// Claims with what is known of them before the first run.
    fn open(&self) -> Vec<Open<'s>> {
        let mut comparative = 0;
        let open = |claim: &'s Claim| {
            let mut findings = Diagnostics::default();
            let metric =
                check::metric(self.scenario, &self.names, &claim.predicts, claim.span, &mut findings)
                    .expect("a checked claim speaks of a metric");
            let variants = matches!(claim.subject, Subject::Vary { .. }).then(|| {
                comparative += 1;
                comparative - 1
            });
            let looks = looks(self.scenario.run.runs, claim.runs_max);
            Open { claim, metric, variants, looks, result: None }
        };
        self.scenario.claims.iter().map(open).collect()
    }

    fn decide(&self, progress: &Progress<'_>) -> Result<Vec<ClaimResult>, ExperimentError> {
        let mut open = self.open();
        let mut base = stock(self.scenario);
        let mut pairs: Vec<(Stock<'_>, Stock<'_>)> =
            self.variants.iter().map(|pair| (stock(&pair.from), stock(&pair.to))).collect();
        let mut worlds = vec![&mut base.world];
        worlds.extend(pairs.iter_mut().flat_map(|(one, two)| [&mut one.world, &mut two.world]));
        if !transient::settle(&mut worlds, progress)? {
            return Err(progress.why());
        }
        // All claims start with the same number of runs, so the longest schedule contains the others.
        let schedule = open.iter().map(|one| one.looks.clone()).max_by_key(Vec::len).unwrap_or_default();
        for runs in schedule {
            for one in open.iter_mut().filter(|one| one.awaits(runs)) {
                let result = match one.variants {
                    None => {
                        extend_all(&mut [&mut base], runs, progress)?;
                        self.judge(one, &base)
                    }
                    Some(number) => {
                        let (first, second) = &mut pairs[number];
                        extend_all(&mut [&mut *first, &mut *second], runs, progress)?;
                        self.judge_pair(one, first, second)
                    }
                };
                one.result = Some(result);
            }
            if open.iter().all(Open::is_decided) {
                break;
            }
        }
        Ok(open.into_iter().filter_map(|one| one.result).collect())
    }

    fn confidence(&self) -> f64 {
        self.scenario.run.confidence.get()
    }

    fn refuting(&self, one: &Open<'_>) -> f64 {
        refuting_level(self.claims, one.looks.len()).max(self.confidence())
    }

    /// Judges a prediction against the runs so far.
    fn judge(&self, one: &Open<'_>, stock: &Stock<'_>) -> ClaimResult {
        let lens = stock.lens();
        let estimate = |level| {
            lens.estimate(&one.metric, level, self.budget(one)).expect("a checked metric can be estimated")
        };
        let (usual, strict) = (estimate(self.confidence()), estimate(self.refuting(one)));
        let predicted =
            check::prediction(one.claim).ok().flatten().expect("a checked claim predicts something");
        let error = |interval: Option<(f64, f64)>| {
            let (low, high) = interval?;
            let is_availability = one.metric.quantity.is_availability();
            let of = |value| relative_error(value, predicted, is_availability);
            Some((of(low)?, of(high)?))
        };
        let judged = error(usual.interval).zip(error(strict.interval));
        let verdict = judged.map_or(Verdict::Undecided, |(usual, strict)| {
            equivalence(&Judged { usual, strict }, one.claim.tolerance)
        });
        ClaimResult {
            scenario: self.scenario.name.clone(),
            claim: one.claim.clone(),
            source: variant::source(one.claim),
            predicted: Some(predicted),
            error: error(usual.interval),
            verdict,
            as_expected: is_expected(one.claim.expect, verdict),
            runs: usual.runs,
            estimate: usual,
        }
    }

    /// The target of the error budget of a claim's part.
    fn budget(&self, one: &Open<'_>) -> Option<f64> {
        super::run::target(self.scenario, &self.names, one.metric.part)
    }

    /// Judges how two variants differ over the runs so far.
    fn judge_pair(&self, one: &Open<'_>, first: &Stock<'_>, second: &Stock<'_>) -> ClaimResult {
        let level = self.confidence();
        let of = |stock: &Stock<'_>| {
            // Replicas may be numbered differently in the two variants.
            let part = stock.world.names.find(&one.claim.predicts.scope)?;
            let metric = Metric { part, ..one.metric.clone() };
            Some((stock.lens().sample(&metric)?, stock.lens().estimate(&metric, level, None)?))
        };
        let ((before, old), (after, new)) =
            of(first).zip(of(second)).expect("variants were checked for the metric");
        let quantity = one.metric.quantity;
        let compared = log_ratio(&before, &after, base(quantity));
        let verdict = compared.map_or(Verdict::Undecided, |difference| {
            let judged =
                Judged { usual: difference.interval(level), strict: difference.interval(self.refuting(one)) };
            relation(relation_of(one.claim.expect, quantity), &judged, one.claim.tolerance)
        });
        ClaimResult {
            scenario: self.scenario.name.clone(),
            claim: one.claim.clone(),
            source: variant::source(one.claim),
            predicted: old.value,
            error: compared.map(|difference| relative_change(&difference, level, quantity)),
            verdict,
            as_expected: is_expected(one.claim.expect, verdict),
            runs: new.runs,
            estimate: new,
        }
    }
}

fn is_expected(expect: Expect, verdict: Verdict) -> bool {
    match expect {
        Expect::Refuted => verdict == Verdict::Refuted,
        Expect::Holds | Expect::Higher | Expect::Lower | Expect::Equal => verdict == Verdict::Holds,
    }
}

/// A higher availability has less missing to 1.
fn relation_of(expect: Expect, quantity: Quantity) -> Relation {
    match (expect, quantity.is_availability()) {
        (Expect::Higher, false) | (Expect::Lower, true) => Relation::Higher,
        (Expect::Lower, false) | (Expect::Higher, true) => Relation::Lower,
        _ => Relation::Equal,
    }
}

/// The interval of (second - first) / first, for availabilities / (1 - first).
fn relative_change(difference: &Shift, level: f64, quantity: Quantity) -> (f64, f64) {
    let (low, high) = difference.interval(level);
    if quantity.is_availability() { (-high.exp_m1(), -low.exp_m1()) } else { (low.exp_m1(), high.exp_m1()) }
}
