//! M/M/c: several servers and one queue.

use super::station::{Flow, STATION, Station, exponential_quantile};
use super::{RATE, SERVERS, SERVICE_MEAN, erlang_c};
use crate::analysis::numeric::quantile;
use crate::analysis::oracle::{Oracle, OracleError};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "mmc",
    summary: "One queue in front of several servers with exponential service.",
    formula: "W = C / (c mu - rate), P(wait > t) = C exp(-(c mu - rate) t), with mu = 1 / service_mean and Erlang's C",
    domain: "Poisson arrivals, exponential service, equal servers that share one queue, first come first served, no \
             limit, rate below servers / service_mean.",
    source: "Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.3.",
    arguments: &[RATE, SERVICE_MEAN, SERVERS],
    answers: &STATION,
    solve: |arguments| {
        let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
        Ok(mmc(rate, service_mean, arguments.count("servers", 1)?)?.answers())
    },
};

/// One queue in front of several servers with exponential service.
///
/// ```text
/// W = C / s,  P(wait > t) = C exp(-s t),  P(T > t) = (1 - C) exp(-mu t) + C P(Exp(s) + Exp(mu) > t)
/// mu = 1 / service_mean,  s = servers mu - rate,  C = erlang_c
/// ```
///
/// `rate` of the Poisson arrivals \[1/s\] and `service_mean` \[s\] are positive, `servers` at least 1, and the load
/// `rate service_mean / servers` below 1.
///
/// Source: Gross, Shortle, Thompson and Harris, Fundamentals of Queueing Theory (2008), section 2.3.
///
/// # Errors
///
/// An argument that is not positive and finite; more work than the servers can do.
///
/// # Examples
///
/// The eye clinic of the source: 6 patients an hour, 20 minutes each, 3 doctors. 8/9 of a patient wait,
/// each for 0.148 hours.
///
/// ```
/// use ninefold::analysis::oracle::mmc;
/// let clinic = mmc(6.0, 1.0 / 3.0, 3).unwrap();
/// assert!((clinic.queue_length_mean - 8.0 / 9.0).abs() < 1e-12);
/// assert!((clinic.wait_mean - 4.0 / 27.0).abs() < 1e-12);
/// ```
pub fn mmc(rate: f64, service_mean: f64, servers: u32) -> Result<Station, OracleError> {
    let flow = Flow::stable(rate, service_mean, servers)?;
    let delayed = erlang_c(rate, service_mean, servers)?;
    let mu = 1.0 / service_mean;
    let spare = flow.servers * mu - rate;
    let survival = |time: f64| (1.0 - delayed) * (-mu * time).exp() + delayed * both(mu, spare, time);
    Ok(Station::new(
        flow,
        (delayed / spare, delayed),
        |level| exponential_quantile(level, delayed, spare),
        |level| quantile(level, service_mean, survival),
    ))
}

/// The probability that two exponential times of these rates last longer than `time` together.
fn both(one: f64, two: f64, time: f64) -> f64 {
    let (slow, gap) = (one.min(two), (one - two).abs() * time);
    // (1 - exp(-gap)) / gap, which is 1 where the rates are equal.
    let share = if gap > 0.0 { -(-gap).exp_m1() / gap } else { 1.0 };
    (-one * time).exp() + one * time * (-slow * time).exp() * share
}

#[cfg(test)]
mod tests {
    use super::super::mm1;
    use super::*;
    use crate::analysis::numeric::integrate;

    #[test]
    fn one_server_is_mm1() {
        let (one, many) = (mm1(0.7, 1.0).unwrap(), mmc(0.7, 1.0, 1).unwrap());
        assert!((one.sojourn_mean / many.sojourn_mean - 1.0).abs() < 1e-12);
        for (one, many) in one.sojourn_quantiles.iter().zip(many.sojourn_quantiles) {
            assert!((one / many - 1.0).abs() < 1e-12);
        }
    }

    /// The mean number inside from a chain that is cut off, and the mean time as an integral of its law.
    #[test]
    fn it_is_the_steady_state_of_its_chain() {
        let (rate, servers) = (4.5, 6);
        let queue = mmc(rate, 1.0, servers).unwrap();
        let (mut weight, mut total, mut inside) = (1.0, 1.0, 0.0);
        for number in 1..2000 {
            weight *= rate / f64::from(number.min(servers));
            total += weight;
            inside += f64::from(number) * weight;
        }
        assert!((queue.in_system_mean / (inside / total) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn two_exponential_times_are_a_convolution_whatever_their_rates() {
        for (one, two) in [(1.0, 1.0), (1.0, 3.0), (5.0, 0.5), (1.0, 1.0 + 1e-9)] {
            let slowly = |time: f64| {
                let first = |at: f64| one * (-one * at - two * (time - at)).exp();
                (-one * time).exp() + integrate(0.0, time, first)
            };
            for time in [0.1, 1.0, 4.0] {
                assert!((both(one, two, time) / slowly(time) - 1.0).abs() < 1e-10, "{one} {two} {time}");
            }
        }
    }
}
