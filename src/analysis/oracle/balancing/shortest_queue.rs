//! The shortest of the queues that are looked at, in a fleet of two or three.

use super::random_split::{POOLED, RATE, random_split};
use super::sorted_queues::{SortedQueues, sorted_queues};
use crate::analysis::oracle::queueing::{SERVICE_MEAN, station};
use crate::analysis::oracle::{Answer, Argument, Arguments, Oracle, OracleError, Value, mmc, supermarket};

pub(in crate::analysis::oracle) const ORACLE: Oracle = Oracle {
    name: "join-shortest-queue",
    summary: "Two or three equal single servers; each job joins the shortest queue (least outstanding).",
    formula: "steady state of the chain of queue lengths in order of size, worked out to about 10 digits",
    domain: "Poisson arrivals, exponential service, one slot per replica, unlimited FIFO queues, fresh queue lengths, ties \
             at random, nobody changes queues, load at most 0.99.",
    source: "Chain of Haight, Two queues in parallel (1958); solved by aggregation: Koury, McAllister and Stewart (1984).",
    arguments: &[RATE, SERVICE_MEAN, Argument::number("servers", "1", "how many servers, 2 or 3")],
    answers: &ANSWERS,
    solve: |arguments| {
        let servers = arguments.count("servers", 2)?;
        answers(arguments, servers, join_shortest_queue)
    },
};

pub(in crate::analysis::oracle) const TWO_OF_THREE: Oracle = Oracle {
    name: "two-choices-of-three",
    summary: "Three equal single servers; each job joins the shorter of two different queues drawn at random.",
    formula: "steady state of the chain of queue lengths in order of size, worked out to about 10 digits",
    domain: "As join-shortest-queue.",
    source: "The chain of Mitzenmacher, The power of two choices in randomized load balancing (1996), for three servers.",
    arguments: &[RATE, SERVICE_MEAN],
    answers: &ANSWERS,
    solve: |arguments| {
        answers(arguments, 3, |rate, service_mean, _| two_choices_of_three(rate, service_mean))
    },
};

const ANSWERS: [Answer; 10] = [
    station::SOJOURN_MEAN,
    station::WAIT_MEAN,
    station::DELAYED,
    station::UTILISATION,
    Answer::new("in_system_mean", "1", "mean number at all servers"),
    Answer::new("queue_length_mean", "1", "mean number waiting at all servers"),
    Answer::new("all_idle_ratio", "ratio", "share of the time in which nobody is there"),
    POOLED,
    Answer::new("sojourn_mean_random", "s", "what sojourn_mean would be with a random pick"),
    Answer::new(
        "sojourn_mean_many",
        "s",
        "what sojourn_mean would be by two choices among very many servers",
    ),
];

/// A solver for a rate, a mean service and a number of servers.
type Solver = fn(f64, f64, u32) -> Result<SortedQueues, OracleError>;

fn answers(arguments: &Arguments<'_>, servers: u32, solver: Solver) -> Result<Vec<Value>, OracleError> {
    let (rate, service_mean) = (arguments.number("rate")?, arguments.number("service_mean")?);
    let queues = solver(rate, service_mean, servers)?;
    let sojourn = queues.in_system_mean / rate;
    let busy = rate * service_mean;
    let answers = [
        sojourn,
        sojourn - service_mean,
        queues.delayed_ratio,
        busy / f64::from(servers),
        queues.in_system_mean,
        queues.in_system_mean - busy,
        queues.all_idle_ratio,
        mmc(rate, service_mean, servers)?.sojourn_mean,
        random_split(rate, service_mean, servers)?.sojourn_mean,
        supermarket(rate, service_mean, servers, 2)?,
    ];
    Ok(answers.map(Value::from).to_vec())
}

/// Two or three equal single servers; each job joins the shortest queue.
///
/// `rate` of the Poisson arrivals at all servers \[1/s\] and `service_mean` \[s\] are positive, `servers` is 2 or 3. The
/// chain of queue lengths in order of size is cut off where it weighs nothing; about 10 digits are right.
///
/// Source: the chain is that of Haight, Two queues in parallel (1958).
///
/// # Errors
///
/// An argument outside its range; a load above 0.99.
///
/// # Examples
///
/// Two servers at half load: 1.4263 s, where one queue for both gives 1.3333 s and a random pick 2 s.
///
/// ```
/// use ninefold::analysis::oracle::join_shortest_queue;
/// assert!((join_shortest_queue(1.0, 1.0, 2).unwrap().in_system_mean - 1.426_32).abs() < 5e-6);
/// ```
pub fn join_shortest_queue(rate: f64, service_mean: f64, servers: u32) -> Result<SortedQueues, OracleError> {
    sorted_queues(rate, service_mean, servers, servers)
}

/// Three equal single servers; each job joins the shorter of two different queues drawn at random.
///
/// `rate` of the Poisson arrivals at all servers \[1/s\] and `service_mean` \[s\] are positive.
///
/// Source: the chain of Mitzenmacher, The power of two choices in randomized load balancing (1996), for three servers.
///
/// # Errors
///
/// An argument outside its range; a load above 0.99.
///
/// # Examples
///
/// At 80 % load it takes 2.51 s, longer than the 1.95 s of two choices among very many servers.
///
/// ```
/// use ninefold::analysis::oracle::two_choices_of_three;
/// assert!((two_choices_of_three(2.4, 1.0).unwrap().in_system_mean / 2.4 - 2.51).abs() < 1e-5);
/// ```
pub fn two_choices_of_three(rate: f64, service_mean: f64) -> Result<SortedQueues, OracleError> {
    sorted_queues(rate, service_mean, 3, 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_queue_is_between_one_queue_and_chance() {
        for (rate, servers) in [(0.4, 2), (1.8, 2), (1.2, 3)] {
            let sojourn = |queues: SortedQueues| queues.in_system_mean / rate;
            let shortest = sojourn(join_shortest_queue(rate, 1.0, servers).unwrap());
            assert!(shortest > mmc(rate, 1.0, servers).unwrap().sojourn_mean);
            assert!(shortest < random_split(rate, 1.0, servers).unwrap().sojourn_mean);
        }
        let (two, all) = (two_choices_of_three(2.0, 1.0).unwrap(), join_shortest_queue(2.0, 1.0, 3).unwrap());
        assert!(two.in_system_mean > all.in_system_mean);
    }

    #[test]
    fn only_small_fleets_have_an_answer() {
        assert!(join_shortest_queue(1.0, 1.0, 4).is_err() && join_shortest_queue(1.0, 1.0, 1).is_err());
        assert!(join_shortest_queue(1.99, 1.0, 2).is_err());
    }
}
