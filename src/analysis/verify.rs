//! From an observation to a verdict: on claims, and on objectives.
//!
//! A claim is judged by equivalence: it holds when the interval of the relative error lies inside the tolerance, and
//! is refuted when it lies wholly outside. More runs are spent, at looks fixed beforehand, until one of the two is so.

/// What came of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The whole interval lies inside the tolerance.
    Holds,
    /// The whole interval lies outside it.
    Refuted,
    /// Neither.
    Undecided,
}

/// What came of an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attainment {
    /// The whole interval satisfies it.
    Met,
    /// No part of the interval does.
    Missed,
    /// Some of it does, or there is no interval.
    Undecided,
}

/// On which side of a target a value must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// At or above it.
    Above,
    /// At or below it.
    Below,
}

/// How two variants are said to differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// The second is higher, by more than the tolerance.
    Higher,
    /// The second is lower, by more than the tolerance.
    Lower,
    /// They differ by no more than the tolerance.
    Equal,
}

/// The error probability that all refutations of a set of claims share.
const REFUTED_WRONGLY: f64 = 0.01;

/// One quantity at the two levels at which it is judged.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The interval at the scenario's confidence: inside is *holds*.
    pub usual: (f64, f64),
    /// The interval at [`refuting_level`]: outside is *refuted*.
    pub strict: (f64, f64),
}

/// The numbers of runs after which a claim is looked at: `first`, then half as many again each time, rounded down,
/// up to `most`. At least one.
///
/// # Examples
///
/// ```
/// assert_eq!(ninefold::analysis::verify::looks(10, 50), [10, 15, 22, 33, 49]);
/// ```
pub fn looks(first: u32, most: u32) -> Vec<u32> {
    let mut looks = vec![first];
    let mut runs = first;
    loop {
        // A single run grows too.
        let next = u64::from(runs) + u64::from(runs / 2).max(1);
        match u32::try_from(next) {
            Ok(next) if next <= most => runs = next,
            _ => return looks,
        }
        looks.push(runs);
    }
}

/// The level of the interval on which a claim is refuted, so that so many claims, looked at so often, are all
/// refuted rightly with a probability of 99 %.
///
/// ```text
/// 1 - 0.01 / (claims x looks)
/// ```
///
/// Source: Bonferroni's inequality.
pub fn refuting_level(claims: usize, looks: usize) -> f64 {
    1.0 - REFUTED_WRONGLY / (claims.max(1) * looks.max(1)) as f64
}

/// The level of each of several objectives, which share the error equally.
pub fn shared_level(confidence: f64, objectives: usize) -> f64 {
    1.0 - (1.0 - confidence) / objectives.max(1) as f64
}

/// The error of an observed value relative to the predicted one, for an availability relative to 1 - A; `None` when
/// that is zero.
pub fn relative_error(observed: f64, predicted: f64, is_availability: bool) -> Option<f64> {
    let base = if is_availability { 1.0 - predicted } else { predicted.abs() };
    (base > 0.0).then(|| (observed - predicted) / base)
}

/// Whether an error is within `tolerance`; no verdict before it is known as precisely as that.
pub fn equivalence(error: &Judged, tolerance: f64) -> Verdict {
    let (low, high) = error.usual;
    if (high - low) / 2.0 > tolerance {
        return Verdict::Undecided;
    }
    if -tolerance <= low && high <= tolerance {
        Verdict::Holds
    } else if error.strict.0 > tolerance || error.strict.1 < -tolerance {
        Verdict::Refuted
    } else {
        Verdict::Undecided
    }
}

/// Whether two variants differ as said; `difference` is the logarithm of second over first.
pub fn relation(relation: Relation, difference: &Judged, tolerance: f64) -> Verdict {
    let margin = tolerance.ln_1p();
    let mirrored = |(low, high): (f64, f64)| (-high, -low);
    match relation {
        Relation::Equal => equivalence(difference, margin),
        Relation::Higher => above(difference, margin),
        Relation::Lower => {
            above(&Judged { usual: mirrored(difference.usual), strict: mirrored(difference.strict) }, margin)
        }
    }
}

fn above(difference: &Judged, margin: f64) -> Verdict {
    if difference.usual.0 > margin {
        Verdict::Holds
    } else if difference.strict.1 <= margin {
        Verdict::Refuted
    } else {
        Verdict::Undecided
    }
}

/// How many roundings of a number may lie between it and one that is meant to equal it.
const ROUNDINGS: f64 = 16.0;

/// Whether an interval lies on the right side of a target; without an interval that is undecided. What misses the target by
/// the rounding of sums alone is at it.
pub fn attainment(interval: Option<(f64, f64)>, side: Side, target: f64) -> Attainment {
    let Some((low, high)) = interval else { return Attainment::Undecided };
    let slack = ROUNDINGS * f64::EPSILON * target.abs();
    let (worst_is_good, best_is_good) = match side {
        Side::Above => (low >= target - slack, high >= target - slack),
        Side::Below => (high <= target + slack, low <= target + slack),
    };
    match (worst_is_good, best_is_good) {
        (true, _) => Attainment::Met,
        (false, false) => Attainment::Missed,
        (false, true) => Attainment::Undecided,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(low: f64, high: f64) -> Judged {
        let wider = (high - low) / 2.0;
        Judged { usual: (low, high), strict: (low - wider, high + wider) }
    }

    #[test]
    fn what_equals_a_target_but_for_rounding_meets_it() {
        let (up, least) = (1.0 - 0.001, 0.999);
        let around = |value: f64| Some((value.next_down().next_down(), value.next_up()));
        assert_eq!(attainment(around(up), Side::Above, least), Attainment::Met);
        assert_eq!(attainment(around(up), Side::Below, least), Attainment::Met);
        assert_eq!(attainment(around(up - 1e-13), Side::Above, least), Attainment::Missed);
        assert_eq!(attainment(Some((0.998, 1.0)), Side::Above, least), Attainment::Undecided);
    }

    #[test]
    fn looks_grow_by_half_and_end() {
        assert_eq!(looks(10, 400), [10, 15, 22, 33, 49, 73, 109, 163, 244, 366]);
        assert_eq!(looks(20, 20), [20]);
        assert_eq!(looks(20, 5), [20]);
        assert_eq!(looks(1, 6), [1, 2, 3, 4, 6]);
        assert_eq!(looks(u32::MAX, u32::MAX), [u32::MAX]);
    }

    #[test]
    fn refuting_gets_harder_with_every_claim_and_look() {
        assert!((refuting_level(1, 1) - 0.99).abs() < 1e-12);
        assert!((refuting_level(10, 10) - 0.9999).abs() < 1e-12);
        assert!((shared_level(0.95, 5) - 0.99).abs() < 1e-12);
    }

    #[test]
    fn errors_of_availabilities_are_relative_to_the_unavailability() {
        let error = relative_error(0.9992, 0.999, true).unwrap();
        assert!((error - 0.2).abs() < 1e-9);
        assert!((relative_error(11.0, 10.0, false).unwrap() - 0.1).abs() < 1e-12);
        assert_eq!(relative_error(1.0, 0.0, false), None);
        assert_eq!(relative_error(1.0, 1.0, true), None);
    }

    #[test]
    fn a_claim_is_judged_by_equivalence() {
        assert_eq!(equivalence(&judged(-0.005, 0.008), 0.01), Verdict::Holds);
        assert_eq!(equivalence(&judged(0.003, 0.012), 0.01), Verdict::Undecided);
        assert_eq!(equivalence(&judged(0.05, 0.06), 0.01), Verdict::Refuted);
        // Outside at the usual level is not enough.
        assert_eq!(equivalence(&judged(0.011, 0.021), 0.01), Verdict::Undecided);
        assert_eq!(equivalence(&judged(-0.06, -0.05), 0.01), Verdict::Refuted);
    }

    #[test]
    fn there_is_no_verdict_before_the_interval_is_as_narrow_as_the_tolerance() {
        assert_eq!(equivalence(&judged(0.5, 0.6), 0.01), Verdict::Undecided);
    }

    #[test]
    fn variants_are_compared_against_the_margin() {
        assert_eq!(relation(Relation::Higher, &judged(0.1, 0.2), 0.0), Verdict::Holds);
        assert_eq!(relation(Relation::Higher, &judged(0.1, 0.2), 0.5), Verdict::Refuted);
        assert_eq!(relation(Relation::Higher, &judged(-0.1, 0.2), 0.0), Verdict::Undecided);
        assert_eq!(relation(Relation::Lower, &judged(-0.2, -0.1), 0.0), Verdict::Holds);
        assert_eq!(relation(Relation::Lower, &judged(0.1, 0.2), 0.0), Verdict::Refuted);
        assert_eq!(relation(Relation::Higher, &judged(0.0, 0.0), 0.0), Verdict::Refuted);
        assert_eq!(relation(Relation::Equal, &judged(-0.01, 0.01), 0.02), Verdict::Holds);
        assert_eq!(relation(Relation::Equal, &judged(0.1, 0.11), 0.02), Verdict::Refuted);
    }

    #[test]
    fn an_objective_needs_its_whole_interval() {
        let of = |interval| attainment(interval, Side::Above, 0.99);
        assert_eq!(of(Some((0.99, 1.0))), Attainment::Met);
        assert_eq!(of(Some((0.98, 1.0))), Attainment::Undecided);
        assert_eq!(of(Some((0.97, 0.98))), Attainment::Missed);
        assert_eq!(of(None), Attainment::Undecided);
        assert_eq!(attainment(Some((0.1, 0.3)), Side::Below, 0.3), Attainment::Met);
        assert_eq!(attainment(Some((0.4, 0.5)), Side::Below, 0.3), Attainment::Missed);
    }
}
