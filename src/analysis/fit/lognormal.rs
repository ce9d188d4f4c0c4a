//! Durations whose logarithm is normal.

use super::climb::{Hill, climb};
use super::{Durations, Family, Law, Parameter, Unfit};
use crate::analysis::numeric::{log_normal_tail, mills};

/// The row of this family.
pub(in crate::analysis::fit) const FAMILY: Family = Family {
    name: "lognormal",
    degrees: 2,
    parameters: &[Parameter { name: "sigma", unit: "1" }],
    solve,
    values: |law| if let Law::Lognormal { sigma, .. } = law { vec![*sigma] } else { Vec::new() },
    derived: &[Parameter { name: "mu", unit: "ln s" }],
    derive: |law| if let Law::Lognormal { mu, .. } = law { vec![*mu] } else { Vec::new() },
    law: |values, mean| match values {
        [sigma] if *sigma > 0.0 && mean > 0.0 => {
            Some(Law::Lognormal { mu: mean.ln() - sigma * sigma / 2.0, sigma: *sigma })
        }
        _ => None,
    },
};

/// Mean and deviation of the logarithms where all ended; otherwise Newton's steps in 1 / sigma and mu / sigma, in which
/// the likelihood is concave.
///
/// Source: Olsen, Note on the uniqueness of the maximum likelihood estimator for the Tobit model (1978).
fn solve(durations: &Durations) -> Result<Law, Unfit> {
    let events = durations.events();
    let ended = durations.observed().iter().map(|one| (one.time.ln(), one.count));
    let centre = ended.clone().map(|(log, count)| log * count).sum::<f64>() / events;
    let square: f64 = ended.map(|(log, count)| count * (log - centre).powi(2)).sum::<f64>() / events;
    let spread = square.sqrt();
    if spread <= 0.0 {
        return Err(Unfit::NoMaximum);
    }
    if durations.censored().is_empty() {
        return Ok(Law::Lognormal { mu: centre, sigma: spread });
    }
    let scaled = |time: f64| (time.ln() - centre) / spread;
    let ended: Vec<(f64, f64)> =
        durations.observed().iter().map(|one| (scaled(one.time), one.count)).collect();
    let going: Vec<(f64, f64)> =
        durations.censored().iter().map(|one| (scaled(one.time), one.count)).collect();
    let [precision, shift] = climb([1.0, 0.0], |at| hill(at, &ended, &going)).ok_or(Unfit::NoMaximum)?;
    Ok(Law::Lognormal { mu: centre + spread * shift / precision, sigma: spread / precision })
}

/// The log-likelihood of scaled logarithms without its constant.
fn hill([precision, shift]: [f64; 2], ended: &[(f64, f64)], going: &[(f64, f64)]) -> Hill {
    if precision <= 0.0 {
        return Hill { height: f64::NEG_INFINITY, slope: [0.0; 2], bend: [0.0; 3] };
    }
    let mut hill = Hill { height: 0.0, slope: [0.0; 2], bend: [0.0; 3] };
    for (log, count) in ended {
        let z = precision * log - shift;
        hill.height += count * (precision.ln() - z * z / 2.0);
        hill.slope[0] += count * (precision.recip() - z * log);
        hill.slope[1] += count * z;
        hill.bend[0] -= count * (precision.powi(-2) + log * log);
        hill.bend[1] += count * log;
        hill.bend[2] -= count;
    }
    for (log, count) in going {
        let z = precision * log - shift;
        let hazard = mills(z).recip();
        let rise = hazard * (hazard - z);
        hill.height += count * log_normal_tail(z);
        hill.slope[0] -= count * hazard * log;
        hill.slope[1] += count * hazard;
        hill.bend[0] -= count * rise * log * log;
        hill.bend[1] += count * rise * log;
        hill.bend[2] -= count * rise;
    }
    hill
}
