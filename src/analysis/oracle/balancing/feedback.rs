//! Weights that follow what is measured under these weights: where they end, and whether they get there.

use super::fixed_split::{FixedSplit, RATE, SPEEDS, check, fixed_split, spread};
use crate::analysis::numeric::root;
use crate::analysis::oracle::{
    Answer, Argument, Arguments, Kind, Oracle, OracleError, normalised_weights, positive,
};

pub(in crate::analysis::oracle) const UTILISATION: Oracle = Oracle {
    name: "feedback-utilisation",
    summary: "Weights in proportion to measured utilisation: all traffic ends at the slowest replica.",
    formula: "w_i after k periods in proportion to w_i(0) / p_i^k",
    domain: FLUID,
    source: "Iteration of w_i -> rate w_i / p_i.",
    arguments: &[SPEEDS, RATE, PERIODS, INITIAL],
    answers: &[
        Answer::new("weights", "ratio", "share of each replica after these periods"),
        Answer::new("service_mean", "s", "mean time in a slot with these weights"),
        Answer::new("offered_load", "1", "work that arrives with these weights, over one slot"),
        Answer::new("overload_period", "1", "first period in which a replica gets more than it can do"),
    ],
    solve: |arguments| {
        let found =
            utilisation_weights(&Following::read(arguments)?.borrow(), arguments.count("periods", 0)?)?;
        let UtilisationWeights { weights, service_mean, offered_load, overload_period } = found;
        Ok(vec![weights.into(), service_mean.into(), offered_load.into(), overload_period.into()])
    },
};

pub(in crate::analysis::oracle) const INVERSE: Oracle = Oracle {
    name: "feedback-inverse",
    summary: "Weights in proportion to one over measured utilisation: they swing between two states for ever.",
    formula: "w_i -> p_i / w_i: back after two periods, settled only at w_i in proportion to sqrt(p_i)",
    domain: FLUID,
    source: "Iteration of w_i -> p_i / (rate w_i), which is its own inverse.",
    arguments: &[SPEEDS, RATE, INITIAL],
    answers: &[
        Answer::new("utilisation", "ratio", "mean share of the slots that are taken, over both states"),
        Answer::new("sojourn_mean", "s", "mean time at the service over both states"),
        Answer::new("weights_settled", "ratio", "the weights that would stay"),
        Answer::new("weights_other", "ratio", "the weights of the other state"),
        Answer::new("utilisation_settled", "ratio", "utilisation at the weights that would stay"),
    ],
    solve: |arguments| {
        let found = inverse_weights(&Following::read(arguments)?.borrow())?;
        Ok(vec![
            found.utilisation.into(),
            found.sojourn_mean.into(),
            found.settled.into(),
            found.other.into(),
            found.utilisation_settled.into(),
        ])
    },
};

pub(in crate::analysis::oracle) const HEADROOM: Oracle = Oracle {
    name: "feedback-headroom",
    summary: "Weights in proportion to measured headroom: where they settle, and how much smoothing that takes.",
    formula: "w_i = 1 / (c + rate / p_i) with sum w_i = 1; settles if smoothing > 1 - 2 / (1 + spectral radius)",
    domain: FLUID,
    source: "Fixed point of w_i -> (1 - u_i) / sum (1 - u_j); eigenvalues of its Jacobian by their secular equation \
             (Golub, Some modified matrix eigenvalue problems, 1973).",
    arguments: &[SPEEDS, RATE],
    answers: &[
        Answer::new("sojourn_mean", "s", "mean time at the service where weights have settled"),
        Answer::new("utilisation", "ratio", "mean share of the slots that are taken"),
        Answer::new("delayed_ratio", "ratio", "share of requests that wait"),
        Answer::new("weights", "ratio", "share of each replica"),
        Answer::new("spectral_radius", "1", "above 1 weights do not settle unless they are smoothed"),
        Answer::new(
            "step_most",
            "ratio",
            "the part of a weight that may be new for it to settle: less than this",
        ),
        Answer::new("smoothing_least", "ratio", "the share of the old weight: more than this"),
    ],
    solve: |arguments| {
        let found = headroom_weights(&arguments.numbers("p")?, arguments.number("rate")?)?;
        let utilisation = mean(&found.split.utilisation);
        Ok(vec![
            found.split.sojourn_mean.into(),
            utilisation.into(),
            found.split.delayed_ratio.into(),
            found.weights.into(),
            found.spectral_radius.into(),
            found.step_most.into(),
            (1.0 - found.step_most).max(0.0).into(),
        ])
    },
};

const FLUID: &str =
    "Periods so long that utilisation is measured without error, u_i = rate w_i / p_i, single slots.";
const PERIODS: Argument = Argument::number("periods", "1", "how often weights have followed").or(1.0);
const INITIAL: Argument =
    Argument::number("initial", "1", "weights at the start, in proportion; one value is for all")
        .of(Kind::Numbers)
        .or(1.0);

/// A fleet whose weights follow a measurement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Following<'a> {
    /// Service rate of each replica \[1/s\], positive.
    pub speeds: &'a [f64],
    /// Arrival rate at the service \[1/s\], positive.
    pub arrival_rate: f64,
    /// Weights at the start in any proportion, one entry per replica, positive.
    pub initial: &'a [f64],
}

/// The same, with lists of its own.
struct Asked {
    speeds: Vec<f64>,
    arrival_rate: f64,
    initial: Vec<f64>,
}

impl Following<'_> {
    fn read(arguments: &Arguments<'_>) -> Result<Asked, OracleError> {
        let speeds = arguments.numbers("p")?;
        let initial = spread("initial", speeds.len(), arguments.numbers("initial")?)?;
        Ok(Asked { speeds, arrival_rate: arguments.number("rate")?, initial })
    }

    /// The shares at the start.
    fn start(&self) -> Result<Vec<f64>, OracleError> {
        check(self.speeds, self.arrival_rate)?;
        positive("rate", &[self.arrival_rate])?;
        positive("initial", self.initial)?;
        if self.initial.len() != self.speeds.len() {
            let (found, expected) = (self.initial.len(), "one for each replica");
            return Err(OracleError::Count { argument: "initial", found, expected });
        }
        normalised_weights(self.initial)
    }
}

impl Asked {
    fn borrow(&self) -> Following<'_> {
        let Self { speeds, arrival_rate, initial } = self;
        Following { speeds, arrival_rate: *arrival_rate, initial }
    }
}

/// Weights that follow utilisation.
#[derive(Debug, Clone, PartialEq)]
pub struct UtilisationWeights {
    /// Share of each replica after the periods asked for.
    pub weights: Vec<f64>,
    /// Mean time in a slot with these shares \[s\].
    pub service_mean: f64,
    /// Work that arrives with these shares, in slots.
    pub offered_load: f64,
    /// The first period in which a replica gets more than it can do, 0 at the start; infinite if none does.
    pub overload_period: f64,
}

/// Weights in proportion to measured utilisation: all traffic ends at the slowest replica.
///
/// ```text
/// w_i(k + 1) = u_i(k) / sum u_j(k),  u_i = rate w_i / p_i,  so that w_i(k) is in proportion to w_i(0) / p_i^k
/// ```
///
/// `periods` is k. The busier a replica is, the more it gets; equal replicas keep what they have.
///
/// # Errors
///
/// Rates or weights that are not positive, or lists of different lengths.
///
/// # Examples
///
/// Replicas of rates 1 and 2, equal at first: after one period two thirds go to the slower.
///
/// ```
/// use ninefold::analysis::oracle::{Following, utilisation_weights};
/// let fleet = Following { speeds: &[1.0, 2.0], arrival_rate: 1.0, initial: &[1.0, 1.0] };
/// assert!((utilisation_weights(&fleet, 1).unwrap().weights[0] - 2.0 / 3.0).abs() < 1e-12);
/// ```
pub fn utilisation_weights(fleet: &Following<'_>, periods: u32) -> Result<UtilisationWeights, OracleError> {
    let start = fleet.start()?;
    let slowest = fleet.speeds.iter().copied().fold(f64::INFINITY, f64::min);
    let after = |periods: f64| {
        // In terms of the slowest, so that no power of them overflows.
        let speeds = fleet.speeds.iter().map(|speed| (slowest / speed).powf(periods));
        let parts: Vec<f64> = start.iter().zip(speeds).map(|(share, speed)| share * speed).collect();
        let sum: f64 = parts.iter().sum();
        parts.into_iter().map(|part| part / sum).collect::<Vec<f64>>()
    };
    let is_overloaded = |weights: &[f64]| {
        weights.iter().zip(fleet.speeds).any(|(share, speed)| share * fleet.arrival_rate > *speed)
    };
    // Shares beside those of the slowest shrink by the same factor in each period, so they end soon.
    let overload_period = (0..LONGEST).map(f64::from).find(|period| is_overloaded(&after(*period)));
    let weights = after(f64::from(periods));
    let service_mean = weights.iter().zip(fleet.speeds).map(|(share, speed)| share / speed).sum::<f64>();
    Ok(UtilisationWeights {
        weights,
        service_mean,
        offered_load: fleet.arrival_rate * service_mean,
        overload_period: overload_period.unwrap_or(f64::INFINITY),
    })
}

/// Periods after which weights that follow utilisation have settled, for speeds that differ by a hundredth.
const LONGEST: u32 = 4000;

/// Weights that follow one over utilisation.
#[derive(Debug, Clone, PartialEq)]
pub struct InverseWeights {
    /// Utilisation, mean over replicas and both states.
    pub utilisation: f64,
    /// Mean time at the service over both states \[s\].
    pub sojourn_mean: f64,
    /// The shares that would stay, in proportion to the root of the speeds.
    pub settled: Vec<f64>,
    /// The shares of the state that is not the first.
    pub other: Vec<f64>,
    /// Utilisation at the shares that would stay.
    pub utilisation_settled: f64,
}

/// Weights in proportion to one over measured utilisation: they swing between two states for ever.
///
/// ```text
/// w_i(k + 1) in proportion to 1 / u_i(k), that is to p_i / w_i(k);  w(k + 2) = w(k)
/// ```
///
/// Periods are alike in length, so that half of the traffic meets each state. From equal weights the other state is in
/// proportion to the speeds.
///
/// # Errors
///
/// Rates or weights that are not positive, lists of different lengths, or a state in which a replica gets more than it
/// can do, so that its measured utilisation is not what arrives.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::{Following, inverse_weights};
/// let fleet = Following { speeds: &[1.0, 4.0], arrival_rate: 1.0, initial: &[1.0, 1.0] };
/// let found = inverse_weights(&fleet).unwrap();
/// assert!((found.other[1] - 0.8).abs() < 1e-12 && (found.settled[1] - 2.0 / 3.0).abs() < 1e-12);
/// ```
pub fn inverse_weights(fleet: &Following<'_>) -> Result<InverseWeights, OracleError> {
    let first = fleet.start()?;
    let follow: Vec<f64> = fleet.speeds.iter().zip(&first).map(|(speed, share)| speed / share).collect();
    let other = normalised_weights(&follow)?;
    let roots: Vec<f64> = fleet.speeds.iter().map(|speed| speed.sqrt()).collect();
    let settled = normalised_weights(&roots)?;
    let of = |weights: &[f64]| fixed_split(fleet.speeds, weights, fleet.arrival_rate);
    let (one, two) = (of(&first)?, of(&other)?);
    let at_rest = settled.iter().zip(fleet.speeds).map(|(share, speed)| share * fleet.arrival_rate / speed);
    Ok(InverseWeights {
        utilisation: f64::midpoint(mean(&one.utilisation), mean(&two.utilisation)),
        sojourn_mean: f64::midpoint(one.sojourn_mean, two.sojourn_mean),
        utilisation_settled: at_rest.sum::<f64>() / fleet.speeds.len() as f64,
        settled,
        other,
    })
}

/// Weights that follow headroom.
#[derive(Debug, Clone, PartialEq)]
pub struct HeadroomWeights {
    /// Share of each replica where they have settled.
    pub weights: Vec<f64>,
    /// What comes of them.
    pub split: FixedSplit,
    /// Largest size of an eigenvalue of one step near where they settle; above 1 they do not get there.
    pub spectral_radius: f64,
    /// With w -> (1 - step) w + step f(w) they settle for every step below this.
    pub step_most: f64,
}

/// Weights in proportion to measured headroom: where they settle, and how small steps must be for that.
///
/// ```text
/// w_i = (1 - a_i w_i) / c,  a_i = rate / p_i,  c = sum (1 - a_j w_j),  that is w_i = 1 / (c + a_i)
/// eigenvalues of a step: v / c where sum a_i w_i / (a_i + v) = 1, v != 0;  step_most = 2 / (1 + max |v| / c)
/// ```
///
/// `speeds` are the service rates \[1/s\], positive, one entry per replica; `arrival_rate` is that of the service
/// \[1/s\], positive. All v lie between two of the -`a_i`, so that all are negative: weights overshoot.
///
/// Source: Golub, Some modified matrix eigenvalue problems (1973), section 5, for the eigenvalues.
///
/// # Errors
///
/// Rates that are not positive, no replica, or more arrivals than capacity.
///
/// # Examples
///
/// Two equal replicas at half load: a step turns a deviation into its opposite, so that it never ends.
///
/// ```
/// use ninefold::analysis::oracle::headroom_weights;
/// let found = headroom_weights(&[1.0, 1.0], 1.0).unwrap();
/// assert!((found.weights[0] - 0.5).abs() < 1e-12 && (found.spectral_radius - 1.0).abs() < 1e-12);
/// ```
pub fn headroom_weights(speeds: &[f64], arrival_rate: f64) -> Result<HeadroomWeights, OracleError> {
    check(speeds, arrival_rate)?;
    positive("rate", &[arrival_rate])?;
    let loads: Vec<f64> = speeds.iter().map(|speed| arrival_rate / speed).collect();
    let excess = |level: f64| loads.iter().map(|load| 1.0 / (level + load)).sum::<f64>() - 1.0;
    let capacity: f64 = speeds.iter().sum();
    // At c = 0 the sum of weights is capacity over rate; at c = n it is below 1.
    let level = root(0.0, speeds.len() as f64, excess).filter(|level| *level > 0.0);
    let level = level.ok_or(OracleError::Unstable { load: arrival_rate / capacity })?;
    let weights: Vec<f64> = loads.iter().map(|load| 1.0 / (level + load)).collect();
    let spectral_radius = largest(&loads, &weights) / level;
    let split = fixed_split(speeds, &weights, arrival_rate)?;
    Ok(HeadroomWeights { weights, split, spectral_radius, step_most: 2.0 / (1.0 + spectral_radius) })
}

/// The largest -v with sum `a_i` `w_i` / (`a_i` + v) = 1, v != 0, for `a_i` = `loads`; 0 for one replica.
fn largest(loads: &[f64], weights: &[f64]) -> f64 {
    let mut parts: Vec<(f64, f64)> = loads.iter().copied().zip(weights.iter().copied()).collect();
    parts.sort_by(|one, other| other.0.total_cmp(&one.0));
    let [(high, _), (low, _), ..] = parts[..] else { return 0.0 };
    if low.total_cmp(&high).is_eq() {
        // Two that are alike have an eigenvector of their own.
        return high;
    }
    let secular = |size: f64| {
        // Multiplied by both differences, so that nothing is divided by zero at either end.
        let ends = (high - size) * (low - size);
        let term = |(place, (load, weight)): (usize, &(f64, f64))| {
            let factor = match place {
                0 => low - size,
                _ if load.total_cmp(&low).is_eq() => high - size,
                _ => ends / (load - size),
            };
            load * weight * factor
        };
        parts.iter().enumerate().map(term).sum::<f64>() - ends
    };
    root(low, high, secular).unwrap_or(high)
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEED: [f64; 3] = [1.0, 2.0, 4.0];
    const FLEET: Following<'_> = Following { speeds: &SPEED, arrival_rate: 2.7, initial: &[1.0; 3] };

    fn step(weights: &[f64], value: impl Fn(f64) -> f64) -> Vec<f64> {
        let values: Vec<f64> =
            weights.iter().zip(SPEED).map(|(weight, speed)| value(2.7 * weight / speed)).collect();
        normalised_weights(&values).unwrap()
    }

    #[test]
    fn steps_one_by_one_come_to_the_same() {
        let mut weights = vec![1.0 / 3.0; 3];
        for _ in 0..5 {
            weights = step(&weights, |load| load);
        }
        let found = utilisation_weights(&FLEET, 5).unwrap();
        for (one, other) in weights.iter().zip(&found.weights) {
            assert!((one - other).abs() < 1e-12);
        }
        assert!((found.overload_period - 1.0).abs() < 1e-12);
        // At 0.9/s the slowest carries it all.
        let calm = Following { arrival_rate: 0.9, ..FLEET };
        assert!(utilisation_weights(&calm, 5).unwrap().overload_period.is_infinite());
        assert!(utilisation_weights(&Following { initial: &[1.0], ..FLEET }, 5).is_err());
    }

    #[test]
    fn one_over_utilisation_is_back_after_two_steps() {
        let found = inverse_weights(&FLEET).unwrap();
        let once = step(&[1.0 / 3.0; 3], |load| 1.0 / load);
        let twice = step(&once, |load| 1.0 / load);
        for place in 0..3 {
            assert!((once[place] - found.other[place]).abs() < 1e-12);
            assert!((twice[place] - 1.0 / 3.0).abs() < 1e-12);
        }
        let still = step(&found.settled, |load| 1.0 / load);
        assert!(still.iter().zip(&found.settled).all(|(one, other)| (one - other).abs() < 1e-12));
        assert!(inverse_weights(&Following { arrival_rate: 3.5, ..FLEET }).is_err());
    }

    #[test]
    fn headroom_settles_just_below_the_largest_step() {
        let found = headroom_weights(&SPEED, 2.7).unwrap();
        let distance = |part: f64| {
            let mut weights: Vec<f64> =
                found.weights.iter().zip([1e-7, -2e-7, 1e-7]).map(|(one, push)| one + push).collect();
            for _ in 0..200 {
                let next = step(&weights, |load| 1.0 - load);
                for (weight, next) in weights.iter_mut().zip(next) {
                    *weight = (1.0 - part) * *weight + part * next;
                }
            }
            weights.iter().zip(&found.weights).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
        };
        assert!(distance(found.step_most * 0.98) < 1e-8);
        assert!(distance(found.step_most * 1.02) > 1e-6);
    }

    #[test]
    fn equal_replicas_have_an_eigenvalue_of_their_own() {
        // One step turns a deviation d between two of them into -a d / c.
        let found = headroom_weights(&[2.0; 4], 4.0).unwrap();
        assert!((found.weights[0] - 0.25).abs() < 1e-12);
        assert!((found.spectral_radius - 2.0 / (4.0 - 2.0)).abs() < 1e-12);
        assert!(headroom_weights(&[1.0], 0.5).unwrap().spectral_radius.abs() < 1e-12);
        assert!(headroom_weights(&[1.0, 1.0], 2.0).is_err() && headroom_weights(&[], 1.0).is_err());
    }
}
