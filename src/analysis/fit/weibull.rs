//! Durations whose failure rate is a power of their age.

use super::{Durations, Family, Law, Parameter, Unfit};
use crate::analysis::numeric::root;

/// The row of this family.
pub(in crate::analysis::fit) const FAMILY: Family = Family {
    name: "weibull",
    degrees: 2,
    parameters: &[Parameter { name: "shape", unit: "1" }],
    solve,
    values: |law| if let Law::Weibull { shape, .. } = law { vec![*shape] } else { Vec::new() },
    derived: &[Parameter { name: "scale", unit: "s" }],
    derive: |law| if let Law::Weibull { scale, .. } = law { vec![*scale] } else { Vec::new() },
    law: |values, mean| match values {
        [shape] if *shape > 0.0 && mean > 0.0 => Some(Law::weibull(mean, *shape)),
        _ => None,
    },
};

/// Logarithms of the shapes between which the most likely one is looked for.
const SHAPES: (f64, f64) = (-5.0, 7.0);

/// The shape is the root of a rising function, the scale follows from it.
///
/// ```text
/// sum t^k ln t / sum t^k - 1/k = mean of ln x,   scale^k = sum t^k / events
/// ```
///
/// with sums over all durations t and the mean over those x that ended.
///
/// Source: Meeker and Escobar, Statistical Methods for Reliability Data (1998), section 8.2.
fn solve(durations: &Durations) -> Result<Law, Unfit> {
    let longest = durations.longest().ln();
    // Relative to the longest, so that powers do not overflow.
    let logs: Vec<(f64, f64)> = durations.all().map(|one| (one.time.ln() - longest, one.count)).collect();
    let events = durations.events();
    let ended = &logs[..durations.observed().len()];
    let mean_log = ended.iter().map(|(log, count)| log * count).sum::<f64>() / events;
    let sums = |shape: f64| {
        logs.iter().fold((0.0, 0.0), |(plain, weighted), (log, count)| {
            let power = count * (shape * log).exp();
            (plain + power, weighted + power * log)
        })
    };
    let slope = |log_shape: f64| {
        let shape = log_shape.exp();
        let (plain, weighted) = sums(shape);
        weighted / plain - shape.recip() - mean_log
    };
    let shape = root(SHAPES.0, SHAPES.1, slope).ok_or(Unfit::NoMaximum)?.exp();
    let scale = (longest + (sums(shape).0 / events).ln() / shape).exp();
    Ok(Law::Weibull { shape, scale })
}
