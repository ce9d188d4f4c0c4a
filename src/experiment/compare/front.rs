//! Which variants are on the front of availability, latency and replica-hours.

use super::contender::Contender;
use super::pair::Judgement;
use super::{Compared, Front, Place, Standing};
use crate::measure::metric::MetricName;

/// The front of each client that several variants have.
///
/// A variant is behind another only if the verdicts say so: that one is better in one of the three, or collapses in fewer
/// runs, and is better or identical in the others. What is undecided leaves both on the front.
pub(super) fn fronts(contenders: &[Contender<'_>], judgement: &Judgement) -> Vec<Front> {
    let mut clients: Vec<&str> = contenders.iter().flat_map(Contender::clients).collect();
    clients.sort_unstable();
    clients.dedup();
    let hours: Vec<f64> = contenders.iter().map(Contender::replica_hours).collect();
    let of_client = |scope: &str| {
        let compare = |name: &str| {
            let metric = MetricName { scope: scope.to_owned(), name: name.to_owned() };
            judgement.compare(contenders, &metric)
        };
        let (availability, latency) = compare("availability_request").zip(compare("latency_p99"))?;
        // Collapses count where any was seen.
        let gate = judgement.gates.iter().find(|gate| gate.scope() == scope);
        let collapse = gate.and_then(|_| compare("collapse_ratio"));
        let metrics: Vec<&Compared> = collapse.iter().chain([&availability, &latency]).collect();
        let place = |one: usize| {
            availability.estimates[one].as_ref()?;
            Some(Place {
                availability: value(&availability, one),
                latency_p99: value(&latency, one),
                replica_hours: hours[one],
                dominated_by: (0..hours.len()).filter(|other| beats(*other, one, &metrics, &hours)).collect(),
            })
        };
        let places: Vec<Option<Place>> = (0..hours.len()).map(place).collect();
        let is_contested = places.iter().flatten().count() > 1;
        is_contested.then(|| Front { scope: scope.to_owned(), places })
    };
    clients.into_iter().filter_map(of_client).collect()
}

fn value(metric: &Compared, variant: usize) -> Option<f64> {
    metric.estimates[variant].as_ref()?.value
}

/// Whether `one` is better than `other` in something and as good in all else.
fn beats(one: usize, other: usize, metrics: &[&Compared], hours: &[f64]) -> bool {
    let standings: Vec<Standing> = metrics.iter().map(|metric| standing(metric, one, other)).collect();
    let is_as_good = standings.iter().all(|one| matches!(one, Standing::Better | Standing::Identical));
    let is_better = standings.contains(&Standing::Better) || hours[one] < hours[other];
    one != other && is_as_good && is_better && hours[one] <= hours[other]
}

/// What `one` is, compared with `other`.
fn standing(metric: &Compared, one: usize, other: usize) -> Standing {
    let found = metric.pairs.iter().find_map(|pair| {
        if (pair.first, pair.second) == (other, one) {
            return Some(pair.verdict);
        }
        let mirrored = match pair.verdict {
            Standing::Better => Standing::Worse,
            Standing::Worse => Standing::Better,
            Standing::Higher => Standing::Lower,
            Standing::Lower => Standing::Higher,
            same => same,
        };
        ((pair.first, pair.second) == (one, other)).then_some(mirrored)
    });
    found.unwrap_or(Standing::Undecided)
}
