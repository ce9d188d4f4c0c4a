//! Priorities: who is more important is served first.

use super::law_mean;
use crate::analysis::law::Law;
use crate::analysis::oracle::{Answer, Argument, Arguments, Kind, Oracle, OracleError, Value, positive};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "priority",
    summary: "A queue at one server where classes are served in order of importance, without interruption.",
    formula: "W_k = W_0 / ((1 - s_(k-1)) (1 - s_k)), W_0 = sum rate_i E[S_i^2] / 2, s_k = sum over i <= k of rate_i E[S_i]",
    domain: "Poisson arrivals in each class, independent service times with a finite variance, one server, first come \
             first served within a class, a service that has begun goes on, total load below 1.",
    source: "Cobham, Priority assignment in waiting line problems (1954); Kleinrock, Queueing Systems II (1976), chapter 3.",
    arguments: &ARGUMENTS,
    answers: &ANSWERS,
    solve: |arguments| answers(arguments, priority),
};

pub(in crate::analysis::oracle) const PREEMPTIVE: Oracle = Oracle {
    name: "priority-preemptive",
    summary: "A queue at one server where a more important job interrupts one that is in service.",
    formula: "T_k = E[S_k] / (1 - s_(k-1)) + (sum over i <= k of rate_i E[S_i^2] / 2) / ((1 - s_(k-1)) (1 - s_k))",
    domain: "As priority, but an interrupted job goes on later where it stood.",
    source: "Kleinrock, Queueing Systems II (1976), chapter 3.",
    arguments: &ARGUMENTS,
    answers: &ANSWERS,
    solve: |arguments| answers(arguments, priority_preemptive),
};

const ARGUMENTS: [Argument; 2] = [
    Argument::number("rates", "1/s", "arrival rate of each class, the most important first")
        .of(Kind::Numbers),
    Argument::number("services", "s", "time in service of each class").of(Kind::Laws),
];

const ANSWERS: [Answer; 4] = [
    Answer::new("wait_mean", "s", "mean wait of all"),
    Answer::new("sojourn_mean", "s", "mean time at the queue of all"),
    Answer::new("wait_means", "s", "mean wait of each class, interruptions included"),
    Answer::new("sojourn_means", "s", "mean time at the queue of each class"),
];

/// A solver for classes in order of importance.
type Solver = fn(&[f64], &[Law]) -> Result<Vec<f64>, OracleError>;

fn answers(arguments: &Arguments<'_>, solver: Solver) -> Result<Vec<Value>, OracleError> {
    let (rates, services) = (arguments.numbers("rates")?, arguments.laws("services")?);
    let waits = solver(&rates, &services)?;
    let sojourns: Vec<f64> = waits.iter().zip(&services).map(|(wait, law)| wait + law.mean()).collect();
    let all = |values: &[f64]| {
        let weighted: f64 = values.iter().zip(&rates).map(|(value, rate)| value * rate).sum();
        weighted / rates.iter().sum::<f64>()
    };
    Ok(vec![all(&waits).into(), all(&sojourns).into(), waits.into(), sojourns.into()])
}

/// The load of the classes up to each one, and what they add to the work in service that an arrival finds.
fn sums(rates: &[f64], services: &[Law]) -> Result<Vec<(f64, f64)>, OracleError> {
    if services.len() != rates.len() {
        let expected = "one for each class";
        return Err(OracleError::Count { argument: "services", found: services.len(), expected });
    }
    positive("rates", rates)?;
    let (mut load, mut work) = (0.0, 0.0);
    let mut sums = Vec::new();
    for (rate, service) in rates.iter().zip(services) {
        load += rate * law_mean("services", service)?;
        work += rate * service.moment(2) / 2.0;
        sums.push((load, work));
    }
    if load >= 1.0 {
        return Err(OracleError::Unstable { load });
    }
    if !work.is_finite() {
        let expected = "distributions with a finite variance";
        return Err(OracleError::Domain { argument: "services", value: work, expected });
    }
    Ok(sums)
}

/// Mean waits \[s\] at one server where classes are served in order of importance, without interruption.
///
/// ```text
/// W_k = W_0 / ((1 - s_(k-1)) (1 - s_k)),  W_0 = sum_i rate_i E[S_i^2] / 2,  s_k = sum_(i<=k) rate_i E[S_i]
/// ```
///
/// `rates` of the Poisson arrivals \[1/s\] and laws of the `services` \[s\], one entry per class, the most important
/// first; so are the answers.
///
/// Source: Cobham, Priority assignment in waiting line problems (1954); Kleinrock, Queueing Systems II (1976), chapter 3.
///
/// # Errors
///
/// Lists of different lengths, a rate that is not positive, a service without variance, more work than the server can do.
///
/// # Examples
///
/// ```
/// use ninefold::analysis::law::Law;
/// use ninefold::analysis::oracle::priority;
/// let service = Law::Exponential { mean: 1.0 };
/// let waits = priority(&[0.3, 0.5], &[service.clone(), service]).unwrap();
/// assert!((waits[0] - 8.0 / 7.0).abs() < 1e-12 && (waits[1] - 40.0 / 7.0).abs() < 1e-12);
/// ```
pub fn priority(rates: &[f64], services: &[Law]) -> Result<Vec<f64>, OracleError> {
    let sums = sums(rates, services)?;
    let work = sums.last().map_or(0.0, |(_, work)| *work);
    let mut before = 0.0;
    let wait = |(load, _): (f64, f64)| work / ((1.0 - std::mem::replace(&mut before, load)) * (1.0 - load));
    Ok(sums.into_iter().map(wait).collect())
}

/// Mean waits \[s\] at one server where a more important job interrupts one that is in service; the time for which a
/// job is interrupted counts as wait.
///
/// ```text
/// T_k = E[S_k] / (1 - s_(k-1)) + (sum_(i<=k) rate_i E[S_i^2] / 2) / ((1 - s_(k-1)) (1 - s_k)),  W_k = T_k - E[S_k]
/// ```
///
/// Arguments and answers as for [`priority`]. A class does not notice those below it.
///
/// Source: Kleinrock, Queueing Systems II (1976), chapter 3.
///
/// # Errors
///
/// As [`priority`].
///
/// # Examples
///
/// The first class has the server for itself: M/M/1 at 30 % load.
///
/// ```
/// use ninefold::analysis::law::Law;
/// use ninefold::analysis::oracle::priority_preemptive;
/// let service = Law::Exponential { mean: 1.0 };
/// let waits = priority_preemptive(&[0.3, 0.5], &[service.clone(), service]).unwrap();
/// assert!((waits[0] - 3.0 / 7.0).abs() < 1e-12);
/// ```
pub fn priority_preemptive(rates: &[f64], services: &[Law]) -> Result<Vec<f64>, OracleError> {
    let mut before = 0.0;
    let wait = |((load, work), service): ((f64, f64), &Law)| {
        let above = std::mem::replace(&mut before, load);
        let mean = service.mean();
        mean / (1.0 - above) - mean + work / ((1.0 - above) * (1.0 - load))
    };
    Ok(sums(rates, services)?.into_iter().zip(services).map(wait).collect())
}

#[cfg(test)]
mod tests {
    use super::super::{mg1, mm1};
    use super::*;

    /// Whatever the order, the work that waits is that of a plain queue.
    #[test]
    fn importance_only_moves_waits_between_classes() {
        let laws = [Law::balanced(0.5, 2.0), Law::Constant { value: 2.0 }, Law::Exponential { mean: 1.0 }];
        let rates = [0.3, 0.2, 0.25];
        let waits = priority(&rates, &laws).unwrap();
        let mean = |index: usize| rates[index] * laws[index].mean();
        let moved: f64 = waits.iter().enumerate().map(|(index, wait)| mean(index) * wait).sum();
        let load: f64 = (0..3).map(mean).sum();
        let work: f64 = rates.iter().zip(&laws).map(|(rate, law)| rate * law.moment(2) / 2.0).sum();
        assert!((moved - load * work / (1.0 - load)).abs() < 1e-12);
        assert!(waits[0] < waits[1] && waits[1] < waits[2]);
        let one = mg1(0.3, &laws[0]).unwrap().wait_mean;
        assert!((priority_preemptive(&rates, &laws).unwrap()[0] / one - 1.0).abs() < 1e-12);
    }

    /// With one exponential law for all, interruptions do not change how many are inside.
    #[test]
    fn interruptions_do_not_change_the_number_inside() {
        let laws = vec![Law::Exponential { mean: 1.0 }; 2];
        let waits = priority_preemptive(&[0.3, 0.5], &laws).unwrap();
        let inside = 0.3 * (waits[0] + 1.0) + 0.5 * (waits[1] + 1.0);
        assert!((inside / mm1(0.8, 1.0).unwrap().in_system_mean - 1.0).abs() < 1e-12);
        assert!(priority(&[0.6, 0.5], &laws).is_err() && priority(&[0.6], &laws).is_err());
    }
}
