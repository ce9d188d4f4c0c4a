//! Processor sharing: all who are inside share the server equally.

use super::station::{Flow, IN_SYSTEM, SOJOURN_MEAN, UTILISATION};
use super::{RATE, SERVICE_MEAN};
use crate::analysis::oracle::{Answer, Argument, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "processor-sharing",
    summary: "A server that works on all jobs at once, each at an equal share of its speed.",
    formula: "T = service_mean / (1 - rho), and T(size) = size / (1 - rho) for a job of that size, rho = rate service_mean",
    domain: "Poisson arrivals, service of any distribution, one server, no limit, rho below 1.",
    source: "Kleinrock, Queueing Systems II (1976), section 4.4.",
    arguments: &[
        RATE,
        SERVICE_MEAN,
        Argument::number("size", "s", "time that one job needs at an idle server").or(1.0),
    ],
    answers: &[
        SOJOURN_MEAN,
        UTILISATION,
        IN_SYSTEM,
        Answer::new("sojourn_of_size", "s", "mean time at the server of a job of that size"),
    ],
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        let sojourn = processor_sharing(rate, service_mean)?;
        let of_size = arguments.positive("size")? * (sojourn / service_mean);
        Ok([sojourn, rate * service_mean, rate * sojourn, of_size].map(Value::from).to_vec())
    },
};

/// Mean time at a server that works on all jobs at once, each at an equal share of its speed \[s\].
///
/// ```text
/// T = service_mean / (1 - rho),  rho = rate service_mean
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\] and `service_mean` \[s\], the mean time that a job needs at an idle server,
/// are positive. Its distribution does not matter; a job of size x stays for x / (1 - rho) on average.
///
/// Source: Kleinrock, Queueing Systems II (1976), section 4.4.
///
/// # Errors
///
/// An argument that is not positive and finite; more work than the server can do.
///
/// # Examples
///
/// At 75 % load everything takes four times as long.
///
/// ```
/// use ninefold::analysis::oracle::processor_sharing;
/// assert!((processor_sharing(0.75, 1.0).unwrap() - 4.0).abs() < 1e-12);
/// ```
pub fn processor_sharing(rate: f64, service_mean: f64) -> Result<f64, OracleError> {
    positive("service_mean", &[service_mean])?;
    let flow = Flow::stable(rate, service_mean, 1)?;
    Ok(service_mean / (1.0 - flow.load()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With two exponential classes of different means the number inside is a chain in two dimensions.
    #[test]
    fn two_classes_are_a_chain_whose_mean_depends_on_the_load_alone() {
        let (rates, means, most) = ([0.3, 0.1], [0.5, 3.0], 60_usize);
        let size = most + 1;
        let mut chance = vec![0.0; size * size];
        chance[0] = 1.0;
        for _ in 0..6000 {
            let mut next = chance.clone();
            for one in 0..size {
                for two in 0..size - one {
                    let here = chance[one * size + two];
                    let share = 1.0 / ((one + two).max(1) as f64);
                    let full = one + two == most;
                    let mut move_to = |one: usize, two: usize, rate: f64| {
                        next[one * size + two] += 0.3 * rate * here;
                        rate
                    };
                    let mut out = 0.0;
                    if !full {
                        out += move_to(one + 1, two, rates[0]) + move_to(one, two + 1, rates[1]);
                    }
                    if one > 0 {
                        out += move_to(one - 1, two, one as f64 * share / means[0]);
                    }
                    if two > 0 {
                        out += move_to(one, two - 1, two as f64 * share / means[1]);
                    }
                    next[one * size + two] -= 0.3 * out * here;
                }
            }
            chance = next;
        }
        let place = |index: usize| (index / size + index % size) as f64;
        let inside: f64 = chance.iter().enumerate().map(|(index, chance)| place(index) * chance).sum();
        let mean = (rates[0] * means[0] + rates[1] * means[1]) / 0.4;
        let exact = 0.4 * processor_sharing(0.4, mean).unwrap();
        assert!((inside / exact - 1.0).abs() < 1e-6, "{inside} {exact}");
    }

    #[test]
    fn an_overload_has_no_answer() {
        assert_eq!(processor_sharing(2.0, 1.0), Err(OracleError::Unstable { load: 2.0 }));
        assert!(processor_sharing(0.0, 1.0).is_err());
    }
}
