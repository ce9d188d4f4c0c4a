//! Every metric of every pair of variants, judged.

use super::collapse::{self, Gate, Kept};
use super::contender::Contender;
use super::scale::base;
use super::{Compared, Pair, Ranged, Standing, Unpaired, choose, rank};
use crate::analysis::statistics::{
    Carried, Difference, Edge, Holm, Note, Pairing, Sample, Shift, difference, holm,
};
use crate::experiment::estimate::{carry, outage};
use crate::experiment::exact::{Bearing, ExactAnswer};
use crate::measure::metric::{Counts, Direction, MetricName, Quantity, Shown};
use crate::units::Money;

/// What is known after so many runs.
#[derive(Debug, Default)]
pub(super) struct Judgement {
    /// Runs of each variant.
    pub(super) runs: u32,
    pub(super) metrics: Vec<Compared>,
    pub(super) unpaired: Vec<Unpaired>,
    /// The collapses of each client that has any.
    pub(super) gates: Vec<Gate>,
    /// The level at which all decisions on one metric are right.
    pub(super) level: f64,
}

impl Judgement {
    /// Judges so many runs at a level.
    pub(super) fn new(
        contenders: &[Contender<'_>],
        metrics: &[MetricName],
        (runs, level): (u32, f64),
    ) -> Self {
        let unpaired = unpaired(contenders, runs);
        let gates = collapse::gates(contenders, &unpaired, (runs, level));
        let judge = Judge { contenders, runs, level, unpaired: &unpaired, gates: &gates };
        // Whether a variant collapses comes before all that its collapses change.
        let decides = |gate: &&Gate| {
            let concerned = |name: &MetricName| {
                Quantity::parse(&name.name).is_some_and(|one| collapse::concerns(gate, name, one))
            };
            metrics.iter().any(concerned)
        };
        let mut asked: Vec<MetricName> =
            gates.iter().filter(decides).map(|gate| collapse::metric(gate.scope())).collect();
        asked.extend(metrics.iter().filter(|metric| !asked.contains(metric)).cloned().collect::<Vec<_>>());
        let metrics = asked.iter().filter_map(|metric| judge.compare(metric)).collect();
        Self { runs, metrics, unpaired, gates, level }
    }

    /// Leaves out those of these metrics that say only that nothing of the kind happened.
    pub(super) fn leave_out(&mut self, quiet: &[MetricName]) {
        self.metrics.retain(|one| !quiet.contains(&one.metric) || choose::is_telling(one));
    }

    /// Whether more runs would tell nothing new.
    pub(super) fn is_decided(&self) -> bool {
        let mut pairs = self.metrics.iter().flat_map(|one| &one.pairs);
        pairs.all(|pair| pair.verdict != Standing::Undecided)
    }

    /// How a metric compares that may not be among those asked for.
    pub(super) fn compare(&self, contenders: &[Contender<'_>], metric: &MetricName) -> Option<Compared> {
        if let Some(known) = self.metrics.iter().find(|one| one.metric == *metric) {
            return Some(known.clone());
        }
        let Self { runs, level, unpaired, gates, .. } = self;
        Judge { contenders, runs: *runs, level: *level, unpaired, gates }.compare(metric)
    }
}

struct Judge<'a, 'c> {
    contenders: &'a [Contender<'c>],
    runs: u32,
    level: f64,
    unpaired: &'a [Unpaired],
    gates: &'a [Gate],
}

/// What stays possible of a metric at 0 or 1, and how many outages stand behind it; of one variant.
type Rare = (Option<Edge>, Option<u64>);

/// A pair before Holm's correction.
struct Raw {
    first: usize,
    second: usize,
    pairing: Pairing,
    found: Found,
    kept: Kept,
    /// Runs that were compared and left out.
    runs: u32,
    left_out: u32,
}

enum Found {
    Same,
    Difference(Box<Difference>),
    Nothing(Note),
}

impl Judge<'_, '_> {
    /// One metric in all variants; `None` when no variant has it.
    fn compare(&self, name: &MetricName) -> Option<Compared> {
        let quantity = Quantity::parse(&name.name)?;
        let money = self.contenders.first().map(Contender::money).unwrap_or_default();
        let is_money = Money::unit_called(quantity.unit()).is_some();
        if is_money && self.contenders.iter().any(|one| one.money() != money) {
            // Francs are not more than pounds.
            return None;
        }
        let samples: Vec<Option<Sample>> =
            self.contenders.iter().map(|one| one.sample(name, quantity, self.runs)).collect();
        samples.iter().flatten().next()?;
        let budget = self.contenders.iter().find_map(|one| one.budget(name));
        let rare: Vec<_> = self.contenders.iter().map(|one| one.rare(name, quantity, self.runs)).collect();
        let raw = self.differences((name, quantity), (&samples, &rare), budget);
        let tested = raw.iter().filter_map(|one| match &one.found {
            Found::Difference(difference) => Some(difference.p_value()),
            Found::Same | Found::Nothing(_) => None,
        });
        let mut levels = holm(&tested.collect::<Vec<_>>(), self.level).into_iter();
        let wanted = quantity.direction();
        let exact: Vec<Option<ExactAnswer>> =
            self.contenders.iter().map(|one| one.exact(name, self.runs)).collect();
        let mut pairs: Vec<Pair> = raw
            .into_iter()
            .map(|one| settled(self.pair(&one, &mut levels, wanted), &exact, wanted))
            .collect();
        if quantity.family.shown == Shown::LookedFor {
            self.gates
                .iter()
                .filter(|gate| gate.scope() == name.scope)
                .for_each(|gate| by_test(&mut pairs, gate));
        }
        let estimate = |(place, one): (usize, &Contender<'_>)| {
            let mut found = one.estimate(name, self.level, self.runs)?;
            found.note = collapse::about_runs(self.gates, (name, quantity), place).or(found.note);
            Some(found)
        };
        let estimates: Vec<_> = self.contenders.iter().enumerate().map(estimate).collect();
        Some(Compared {
            ranks: rank::ranks(estimates.len(), &pairs, wanted),
            metric: name.clone(),
            unit: money.unit(quantity.unit()),
            direction: wanted,
            is_availability: quantity.is_availability(),
            estimates,
            exact,
            pairs,
        })
    }

    fn differences(
        &self,
        (name, quantity): (&MetricName, Quantity),
        (samples, rare): (&[Option<Sample>], &[Rare]),
        budget: Option<f64>,
    ) -> Vec<Raw> {
        let value = |pooled: f64| carry(quantity, pooled, budget);
        let carried = Carried { value: &value, base: &base(quantity) };
        let mut pairs = Vec::new();
        for second in 0..samples.len() {
            for first in 0..second {
                let (Some(one), Some(two)) = (&samples[first], &samples[second]) else { continue };
                let apart = self.unpaired.iter().any(|one| (one.first, one.second) == (first, second));
                let pairing = if apart { Pairing::Unpaired } else { Pairing::Paired };
                let kept =
                    collapse::kept(self.gates, (name, quantity), (first, second), pairing == Pairing::Paired);
                let only = kept.runs.as_ref().map(|[first, second]| (one.only(first), two.only(second)));
                let (left, right) = only.as_ref().map_or((one, two), |(one, two)| (one, two));
                let edges = [first, second].map(|side| rare[side].0);
                let outages = rare[first].1.zip(rare[second].1).map(|seen| together(quantity, seen));
                let found = if one.is_same(two) {
                    Found::Same
                } else if outages.is_some_and(outage::are_few) {
                    Found::Nothing(Note::FewOutages)
                } else {
                    difference(left, right, pairing, &carried, edges)
                        .map_or_else(Found::Nothing, |found| Found::Difference(Box::new(found)))
                };
                let out = |all: &Sample, left: &Sample| (all.runs() - left.runs()) as u32;
                let left_out = out(one, left).max(out(two, right));
                let runs = self.runs - left_out;
                pairs.push(Raw { first, second, pairing, found, kept, runs, left_out });
            }
        }
        pairs.sort_by_key(|pair| (pair.first, pair.second));
        pairs
    }

    fn pair(&self, raw: &Raw, levels: &mut dyn Iterator<Item = Holm>, wanted: Direction) -> Pair {
        let mut pair = Pair {
            first: raw.first,
            second: raw.second,
            difference: None,
            ratio: None,
            confidence: self.level,
            verdict: Standing::Undecided,
            exact: None,
            runs: raw.runs,
            left_out: raw.left_out,
            is_paired: raw.pairing == Pairing::Paired,
            variance_reduction: None,
            further_runs: None,
            note: None,
            test: None,
        };
        match &raw.found {
            Found::Same => {
                let none = Ranged { value: 0.0, low: 0.0, high: 0.0 };
                (pair.difference, pair.verdict) = (Some(none), Standing::Identical);
            }
            Found::Nothing(note) => pair.note = Some(note.to_string()),
            Found::Difference(found) => {
                let level =
                    levels.next().map_or(Holm { is_decided: false, confidence: self.level }, |one| one);
                fill(&mut pair, found, level, wanted);
            }
        }
        if raw.kept.runs.is_some() {
            // How many runs are left out is up to chance, so nothing is promised.
            pair.further_runs = None;
        }
        if let Some(why) = raw.kept.undecided.as_ref().filter(|_| pair.verdict != Standing::Identical) {
            (pair.verdict, pair.note) = (Standing::Undecided, Some(why.clone()));
        }
        pair
    }
}

/// Gives the pairs of `collapse_ratio` the verdicts of the exact tests.
fn by_test(pairs: &mut [Pair], gate: &Gate) {
    for pair in pairs {
        let Some(gated) = gate.pair(pair.first, pair.second) else { continue };
        (pair.difference, pair.ratio, pair.variance_reduction, pair.note) = (None, None, None, None);
        pair.verdict = gated.verdict;
        pair.confidence = gated.confidence;
        pair.further_runs = gated.further_runs;
        pair.test = Some(gated.test.clone());
    }
}

/// How many outages stand behind a difference: where they add up to time down, those of both; what is divided by them is
/// known no better than from the fewer.
fn together(quantity: Quantity, (one, two): (u64, u64)) -> u64 {
    let divides = matches!(quantity.family.counts, Counts::PerOutage(_));
    let adds_up = quantity.derivation().is_none_or(|derivation| derivation.adds_up);
    if divides || !adds_up { one.min(two) } else { one + two }
}

/// Writes down what a difference says at its level.
fn fill(pair: &mut Pair, found: &Difference, level: Holm, wanted: Direction) {
    let (low, high) = found.interval(level.confidence);
    pair.confidence = level.confidence;
    pair.difference = Some(Ranged { value: found.difference.value, low, high });
    pair.ratio = found.log_ratio.map(|ratio| ranged_ratio(&ratio, level.confidence));
    pair.variance_reduction = found.variance_reduction.filter(|_| pair.is_paired);
    pair.verdict = if level.is_decided { standing(low > 0.0, wanted) } else { Standing::Undecided };
    if pair.verdict == Standing::Undecided {
        let needed = found.runs_needed(level.confidence);
        pair.further_runs = needed.map(|needed| needed.saturating_sub(pair.runs).max(1));
    }
}

/// What the second is whose values are higher, or lower, for certain.
fn standing(is_higher: bool, wanted: Direction) -> Standing {
    match (is_higher, wanted) {
        (true, Direction::Up) | (false, Direction::Down) => Standing::Better,
        (false, Direction::Up) | (true, Direction::Down) => Standing::Worse,
        (true, Direction::Neither) => Standing::Higher,
        (false, Direction::Neither) => Standing::Lower,
    }
}

/// Exact answers that differ by less than this part of themselves are the same but for rounding.
const SAME: f64 = 1e-12;

/// The pair as exact answers decide it, where both variants have one that does.
fn settled(pair: Pair, exact: &[Option<ExactAnswer>], wanted: Direction) -> Pair {
    let decisive = |place: usize| exact[place].as_ref().filter(|one| one.bearing == Bearing::Decides);
    let (Some(first), Some(second)) = (decisive(pair.first), decisive(pair.second)) else { return pair };
    // What is missing to 1 keeps the digits of high availabilities.
    let (one, two, sign) = match (first.exact.missing, second.exact.missing) {
        (Some(one), Some(two)) => (one, two, -1.0),
        _ => (first.exact.value, second.exact.value, 1.0),
    };
    let at = |value: f64| Ranged { value, low: value, high: value };
    let is_same = (two - one).abs() <= SAME * one.abs().max(two.abs());
    let difference = if is_same { 0.0 } else { sign * (two - one) };
    let verdict = if is_same { Standing::Identical } else { standing(difference > 0.0, wanted) };
    Pair {
        difference: Some(at(difference)),
        ratio: (one > 0.0 && two > 0.0).then(|| at(if is_same { 1.0 } else { two / one })),
        verdict,
        exact: Some(second.oracle),
        variance_reduction: None,
        further_runs: None,
        note: None,
        ..pair
    }
}

fn ranged_ratio(ratio: &Shift, level: f64) -> Ranged {
    let (low, high) = ratio.interval(level);
    Ranged { value: ratio.value.exp(), low: low.exp(), high: high.exp() }
}

/// The pairs that do not face the same days, each with the reason.
fn unpaired(contenders: &[Contender<'_>], runs: u32) -> Vec<Unpaired> {
    let days: Vec<(u64, Vec<u64>)> = contenders.iter().map(|one| (one.seed(), one.workloads(runs))).collect();
    let mut found = Vec::new();
    for first in 0..days.len() {
        for second in first + 1..days.len() {
            if let Some(reason) = why_apart(&days[first], &days[second]) {
                found.push(Unpaired { first, second, reason });
            }
        }
    }
    found
}

fn why_apart(first: &(u64, Vec<u64>), second: &(u64, Vec<u64>)) -> Option<String> {
    if first.0 != second.0 {
        return Some(format!("their seeds are {} and {}", first.0, second.0));
    }
    let run = first.1.iter().zip(&second.1).position(|(one, two)| one != two)?;
    let place = if run == 0 { "from the first run on".to_owned() } else { format!("in run {run}") };
    Some(format!("their arrivals or first faults differ {place}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::Exact;

    fn answer(missing: f64, bearing: Bearing) -> ExactAnswer {
        let exact = Exact {
            metric: "availability_time".to_owned(),
            unit: "ratio",
            value: 1.0 - missing,
            missing: Some(missing),
        };
        ExactAnswer { scope: "service.s".to_owned(), exact, oracle: "failure-domains", bearing }
    }

    fn pair() -> Pair {
        Pair {
            first: 0,
            second: 1,
            difference: None,
            ratio: None,
            confidence: 0.95,
            verdict: Standing::Undecided,
            exact: None,
            runs: 10,
            left_out: 0,
            is_paired: false,
            variance_reduction: None,
            further_runs: Some(7),
            note: None,
            test: None,
        }
    }

    #[test]
    fn exact_answers_decide_where_both_do() {
        let decides = |missing| Some(answer(missing, Bearing::Decides));
        // Too near to 1 for a float to hold the difference.
        let found = settled(pair(), &[decides(4e-20), decides(1e-20)], Direction::Up);
        assert_eq!(
            (found.verdict, found.exact, found.further_runs),
            (Standing::Better, Some("failure-domains"), None)
        );
        assert!((found.ratio.unwrap().value - 0.25).abs() < 1e-12);
        assert!((found.difference.unwrap().value - 3e-20).abs() < 1e-30);
        let found = settled(pair(), &[decides(1e-3), decides(2e-3)], Direction::Up);
        assert_eq!(found.verdict, Standing::Worse);
        let found = settled(pair(), &[decides(1e-3), decides(1e-3 * (1.0 + 1e-14))], Direction::Up);
        assert_eq!(found.verdict, Standing::Identical);
        for other in [None, Some(answer(1e-3, Bearing::LongRun)), Some(answer(1e-3, Bearing::Contradicted))] {
            assert_eq!(settled(pair(), &[decides(2e-3), other], Direction::Up), pair());
        }
    }
}
