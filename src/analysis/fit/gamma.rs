//! Durations that follow a gamma law.

use statrs::function::gamma::{checked_gamma_ur, digamma, ln_gamma};

use super::climb::{Hill, climb};
use super::{Durations, Family, Law, Parameter, Unfit};
use crate::analysis::numeric::root;

/// The row of this family.
pub(in crate::analysis::fit) const FAMILY: Family = Family {
    name: "gamma",
    degrees: 2,
    parameters: &[Parameter { name: "shape", unit: "1" }],
    solve,
    values: |law| if let Law::Gamma { shape, .. } = law { vec![*shape] } else { Vec::new() },
    derived: &[Parameter { name: "scale", unit: "s" }],
    derive: |law| if let Law::Gamma { shape, mean } = law { vec![mean / shape] } else { Vec::new() },
    law: |values, mean| match values {
        [shape] if *shape > 0.0 && mean > 0.0 => Some(Law::Gamma { shape: *shape, mean }),
        _ => None,
    },
};

/// Logarithms of the shapes between which the most likely one is looked for.
const SHAPES: (f64, f64) = (-12.0, 14.0);
/// Relative step by which derivatives in the shape are taken.
const STEP: f64 = 3e-4;

/// Where all ended, ln k - digamma(k) = ln(mean) - mean of ln x; otherwise Newton's steps in the logarithms of shape and
/// scale.
///
/// Source: Law, Simulation Modeling and Analysis (2015), section 6.2.2.
fn solve(durations: &Durations) -> Result<Law, Unfit> {
    let events = durations.events();
    // Relative to the mean of those that ended, so that logarithms are small.
    let unit = durations.observed().iter().map(|one| one.count * one.time).sum::<f64>() / events;
    let logs = durations.observed().iter().map(|one| one.count * (one.time / unit).ln()).sum::<f64>();
    let gap = -logs / events;
    let slope = |log_shape: f64| log_shape - digamma(log_shape.exp()) - gap;
    let start = root(SHAPES.0, SHAPES.1, slope).ok_or(Unfit::NoMaximum)?;
    if durations.censored().is_empty() {
        return Ok(Law::Gamma { shape: start.exp(), mean: unit });
    }
    let going: Vec<(f64, f64)> =
        durations.censored().iter().map(|one| (one.time / unit, one.count)).collect();
    let data = Sums { events, logs, total: events, going };
    // Those still going on make the mean longer and the law less regular.
    let mean = durations.total() / events / unit;
    let begin = start.min(0.0);
    let [shape, scale] = climb([begin, mean.ln() - begin], |at| data.hill(at)).ok_or(Unfit::NoMaximum)?;
    Ok(Law::Gamma { shape: shape.exp(), mean: (shape + scale).exp() * unit })
}

/// All that the likelihood needs to know of scaled durations.
struct Sums {
    events: f64,
    /// Sum of the logarithms of those that ended.
    logs: f64,
    /// Sum of those that ended.
    total: f64,
    /// Those that go on, with their counts.
    going: Vec<(f64, f64)>,
}

impl Sums {
    /// The log-likelihood over the logarithms of shape and scale.
    fn hill(&self, [log_shape, log_scale]: [f64; 2]) -> Hill {
        let (shape, events) = (log_shape.exp(), self.events);
        let rest = self.total * (-log_scale).exp();
        let inner = self.logs - events * (log_scale + digamma(shape));
        let step = shape * STEP;
        let trigamma = (digamma(shape + step) - digamma(shape - step)) / (2.0 * step);
        let mut hill = Hill {
            height: (shape - 1.0) * self.logs - rest - events * (shape * log_scale + ln_gamma(shape)),
            slope: [shape * inner, rest - events * shape],
            bend: [shape * inner - events * shape * shape * trigamma, -events * shape, -rest],
        };
        for (time, count) in &self.going {
            let scaled = time * (-log_scale).exp();
            let [(below, rise_below), (here, rise), (above, rise_above)] =
                [-STEP, 0.0, STEP].map(|step| tail((log_shape + step).exp(), scaled));
            hill.height += count * here;
            hill.slope[0] += count * (above - below) / (2.0 * STEP);
            hill.slope[1] += count * rise;
            hill.bend[0] += count * (above - 2.0 * here + below) / (STEP * STEP);
            hill.bend[1] += count * (rise_above - rise_below) / (2.0 * STEP);
            hill.bend[2] += count * rise * (scaled - shape - rise);
        }
        if !hill.height.is_finite() {
            hill.height = f64::NEG_INFINITY;
        }
        hill
    }
}

/// ln Q(shape, time) and what it gains when the logarithm of the scale grows.
fn tail(shape: f64, time: f64) -> (f64, f64) {
    let tail = checked_gamma_ur(shape, time).unwrap_or(f64::NAN);
    let log = tail.ln();
    (log, (shape * time.ln() - time - ln_gamma(shape) - log).exp())
}
