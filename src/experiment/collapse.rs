//! What is said of collapses: outcomes of whole runs, whose intervals count runs, or collapses in time.

use super::estimate::{Lens, Metric};
use crate::analysis::statistics::{self, Fraction, Note, Sample, binomial_interval, poisson_interval};
use crate::measure::Measurements;
use crate::measure::metric::{Counts, Part, Quantity, ScopeKind, Shown};
use crate::model::span::RunSpan;
use crate::scenario::Scenario;

/// The estimate of a share of runs, or of how often collapses come; `None` for all other quantities.
///
/// ```text
/// shares of runs:  Clopper and Pearson
/// per time, and the mean time to one:  Garwood, as a collapse begins like a point of a Poisson process
/// ```
pub(super) fn exact(sample: &Sample, quantity: Quantity, confidence: f64) -> Option<statistics::Estimate> {
    let Sample::Ratios(fractions) = sample else { return None };
    let Fraction { numerator, denominator } = total(fractions);
    let interval = match quantity.family.counts {
        Counts::Having => {
            (denominator >= 1.0).then(|| binomial_interval(numerator as u64, denominator as u64, confidence))
        }
        Counts::Points => {
            let (low, high) = poisson_interval(numerator as u64, confidence);
            (denominator > 0.0).then(|| (low / denominator, high / denominator))
        }
        Counts::PerPoint => {
            let (low, high) = poisson_interval(denominator as u64, confidence);
            (denominator > 0.0).then(|| (numerator / high, numerator / low))
        }
        _ => return None,
    };
    let value = (denominator > 0.0).then(|| numerator / denominator);
    Some(statistics::Estimate { value, interval, note: value.is_none().then_some(Note::Empty) })
}

/// A quantity of one kind of runs, those that collapsed or the others, comes from these alone.
pub(super) fn of_kind(sample: &Sample, quantity: Quantity) -> Option<Sample> {
    let Sample::Ratios(fractions) = sample else { return None };
    (quantity.family.counts == Counts::OfKind)
        .then(|| Sample::Ratios(fractions.iter().copied().filter(|one| one.denominator > 0.0).collect()))
}

fn total(fractions: &[Fraction]) -> Fraction {
    let sum = |of: fn(&Fraction) -> f64| fractions.iter().map(of).sum();
    Fraction { numerator: sum(|one| one.numerator), denominator: sum(|one| one.denominator) }
}

/// The span that a share of runs speaks of: longer runs meet more triggers.
pub(super) fn about_span(quantity: Quantity, span: &RunSpan) -> Option<String> {
    let length = span.horizon.since(crate::units::SimTime::ZERO);
    let word = if span.until.is_some() { "at most " } else { "" };
    (quantity.family.shown == Shown::LookedFor).then(|| format!("in runs of {word}{length}"))
}

/// Whether a quantity is known only where collapses are looked for.
pub(super) const fn speaks_of(quantity: Quantity) -> bool {
    matches!(quantity.family.shown, Shown::LookedFor | Shown::Collapsed)
}

/// Why collapses of a client are not looked for, and what to do; `None` where they are.
pub(super) fn not_looked_for(scenario: &Scenario, client: usize) -> Option<String> {
    let span = &scenario.run.span;
    let Some(rule) = &span.collapse else {
        return Some(
            "batches have the start of their run in common; use runs instead of run.batches".to_owned(),
        );
    };
    let system = &scenario.system;
    let lasts = system.collapse_lasts(client, rule, span.horizon);
    system.collapse_step(client, rule, span.horizon).is_none().then(|| {
        format!(
            "a collapse lasts {lasts} here, and only a run of twice that can hold one; see run.collapse.lasts"
        )
    })
}

/// Whether a metric says something: the share of runs wherever collapses are looked for, all else where one was seen.
pub(super) fn is_telling(lens: &Lens<'_>, metric: &Metric) -> bool {
    let is_known = lens.runs.iter().all(|run| collapses(run, metric.part).is_some());
    let was_seen = || lens.runs.iter().any(|run| has_collapsed(run, metric.part));
    is_known && (metric.quantity.family.shown == Shown::LookedFor || was_seen())
}

fn collapses(run: &Measurements, part: Part) -> Option<crate::measure::Collapses> {
    let client = run.clients.get(part.index).filter(|_| part.kind == ScopeKind::Client)?;
    client.collapses
}

fn has_collapsed(run: &Measurements, part: Part) -> bool {
    collapses(run, part).is_some_and(|found| found.begun > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ratios(pairs: &[(f64, f64)]) -> Sample {
        Sample::Ratios(
            pairs
                .iter()
                .map(|(numerator, denominator)| Fraction { numerator: *numerator, denominator: *denominator })
                .collect(),
        )
    }

    #[test]
    fn shares_of_runs_have_the_binomial_interval() {
        let mut runs = vec![(1.0, 1.0); 15];
        runs.extend(vec![(0.0, 1.0); 45]);
        let found = exact(&ratios(&runs), Quantity::named("collapse_ratio"), 0.95).unwrap();
        assert_eq!(found.value, Some(0.25));
        assert_eq!(found.interval, Some(binomial_interval(15, 60, 0.95)));
        // Without a collapse nothing is known of how they end.
        let none =
            exact(&ratios(&[(0.0, 0.0); 4]), Quantity::named("collapse_unrecovered_ratio"), 0.95).unwrap();
        assert_eq!((none.value, none.interval, none.note), (None, None, Some(Note::Empty)));
    }

    #[test]
    fn rates_of_collapses_have_the_interval_of_a_poisson_count() {
        let (low, high) = poisson_interval(3, 0.9);
        let found =
            exact(&ratios(&[(1.0, 4.0), (2.0, 6.0)]), Quantity::named("collapses_per_year"), 0.9).unwrap();
        assert_eq!((found.value, found.interval), (Some(0.3), Some((low / 10.0, high / 10.0))));
        let after =
            exact(&ratios(&[(4.0, 1.0), (6.0, 2.0)]), Quantity::named("collapse_after_mean"), 0.9).unwrap();
        assert_eq!((after.value, after.interval), (Some(10.0 / 3.0), Some((10.0 / high, 10.0 / low))));
        let never = exact(&ratios(&[(0.0, 10.0)]), Quantity::named("collapses_per_year"), 0.95).unwrap();
        assert_eq!((never.value, never.interval.unwrap().0), (Some(0.0), 0.0));
        assert!((never.interval.unwrap().1 - 0.368_887_945).abs() < 1e-8);
    }

    #[test]
    fn runs_of_the_other_kind_do_not_count() {
        let kept = of_kind(
            &ratios(&[(9.0, 10.0), (0.0, 0.0), (8.0, 10.0)]),
            Quantity::named("availability_request_otherwise"),
        );
        assert_eq!(kept.unwrap().runs(), 2);
        assert!(of_kind(&ratios(&[(9.0, 10.0)]), Quantity::named("availability_request")).is_none());
    }
}
