//! M/D/1: one server, service always the same.

use super::RATE;
use super::station::{Flow, STATION, Station};
use crate::analysis::numeric::{poisson, quantile, root};
use crate::analysis::oracle::{Argument, Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "md1",
    summary: "A queue at one server whose service always takes the same time.",
    formula: "W = rho service / (2 (1 - rho)), rho = rate service; P(wait <= t) = sum over j of P(queue <= m - 1 - j) \
              Poisson(j; rate (m service - t)), m = floor(t / service) + 1",
    domain: "Poisson arrivals, constant service, one server, first come first served, no limit, rho below 1.",
    source: "Franx, A simple solution for the M/D/c waiting time distribution, Operations Research Letters 29 (2001).",
    arguments: &[RATE, Argument::number("service", "s", "time in service")],
    answers: &STATION,
    solve: |arguments| Ok(md1(arguments.number("rate")?, arguments.number("service")?)?.answers()),
};

/// A queue at one server whose service always takes the same time.
///
/// ```text
/// W = rho service / (2 (1 - rho)),  rho = rate service
/// P(wait <= t) = sum_j P(queue <= m - 1 - j) Poisson(j; rate (m service - t)),  m = floor(t / service) + 1
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\] and the time in `service` \[s\] are positive, and rho is below 1. All terms
/// are positive, unlike those of Erlang's formula.
///
/// Source: Franx, A simple solution for the M/D/c waiting time distribution, Operations Research Letters 29 (2001).
///
/// # Errors
///
/// An argument that is not positive and finite; more work than one server can do.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::oracle::md1;
/// let queue = md1(0.8, 1.0).unwrap();
/// assert!((queue.wait_mean - 2.0).abs() < 1e-12);
/// assert!((queue.sojourn_quantiles[3] - 11.355_887).abs() < 1e-6);
/// ```
pub fn md1(rate: f64, service: f64) -> Result<Station, OracleError> {
    let flow = Flow::stable(rate, service, 1)?;
    let rho = flow.load();
    let wait = Wait::new(rho);
    let of_wait = |level: f64| service * quantile(level, 1.0, |services| wait.survival(services));
    let mean = rho * service / (2.0 * (1.0 - rho));
    Ok(Station::new(flow, (mean, rho), of_wait, |level| service + of_wait(level)))
}

/// The law of the wait, in units of the service.
struct Wait {
    rho: f64,
    /// The probability of at most so many waiting.
    queue: Vec<f64>,
    /// At what rate the tail decays.
    decay: f64,
}

/// Beyond so many services the wait decays as one exponential, to the last digit.
const EXACT: usize = 60;

impl Wait {
    fn new(rho: f64) -> Self {
        let inside = inside(rho, EXACT + 2);
        let mut sum = inside[0];
        let add = |chance: &f64| {
            sum += chance;
            sum
        };
        let queue = inside[1..].iter().map(add).collect();
        // The tail has the root above 0 of rho (exp(u) - 1) = u.
        let excess = |decay: f64| rho * decay.exp_m1() - decay;
        let (mut low, mut high) = (1.0, 1.0);
        while excess(low) >= 0.0 {
            low /= 2.0;
        }
        while excess(high) <= 0.0 {
            high *= 2.0;
        }
        Self { rho, queue, decay: root(low, high, excess).unwrap_or(low) }
    }

    /// The probability of waiting longer than so many services.
    fn survival(&self, services: f64) -> f64 {
        let exact = services.min(EXACT as f64);
        let ends = exact.floor() as usize + 1;
        let (first, chances) = poisson(self.rho * (ends as f64 - exact));
        let at_most: f64 =
            (first..ends).zip(&chances).map(|(came, chance)| self.queue[ends - 1 - came] * chance).sum();
        (1.0 - at_most) * (-self.decay * (services - exact)).exp()
    }
}

/// The probabilities of 0, 1, ... `most` inside, from the balance across the cut between a number and the next one.
fn inside(rho: f64, most: usize) -> Vec<f64> {
    let mut came = vec![(-rho).exp()];
    for count in 1..most + 40 {
        came.push(came[count - 1] * rho / count as f64);
    }
    // more[n]: the probability that more than n come during a service, summed from its small end.
    let mut more = vec![0.0; came.len()];
    for count in (1..came.len()).rev() {
        more[count - 1] = more[count] + came[count];
    }
    let mut chances = vec![1.0 - rho];
    for number in 0..most {
        let up: f64 = (1..=number).map(|from| chances[from] * more[number + 1 - from]).sum();
        chances.push((up + chances[0] * more[number]) / came[0]);
    }
    chances
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::law::Law;
    use crate::analysis::numeric::integrate;
    use crate::analysis::oracle::mg1;

    #[test]
    fn the_law_of_the_wait_has_the_mean_of_pollaczek_and_khinchine() {
        for rate in [0.5, 0.8, 0.95] {
            let wait = Wait::new(rate);
            // Piece by piece, for the law has corners; what is left after 15 of them is one exponential.
            let piece = |from: u32| {
                integrate(f64::from(from), f64::from(from + 1), |services| wait.survival(services))
            };
            let mean = (0..15).map(piece).sum::<f64>() + wait.survival(15.0) / wait.decay;
            let exact = mg1(rate, &Law::Constant { value: 1.0 }).unwrap().wait_mean;
            assert!((mean / exact - 1.0).abs() < 1e-9, "{rate}: {mean}");
        }
    }

    #[test]
    fn quantiles_scale_with_the_service() {
        let (one, ten) = (md1(0.9, 1.0).unwrap(), md1(0.09, 10.0).unwrap());
        for (one, ten) in one.wait_quantiles.iter().zip(ten.wait_quantiles) {
            assert!((10.0 * one - ten).abs() < 1e-9);
        }
        assert!(md1(1.0, 1.0).is_err());
    }
}
