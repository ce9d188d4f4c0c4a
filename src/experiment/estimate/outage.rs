//! What so many outages, or none, say about a number.

use super::{Subject, speaks_of_availability};
use crate::analysis::statistics::{Estimate, Note, Sample, Unseen, poisson_interval, poisson_upper};
use crate::experiment::hazard::Longest;
use crate::measure::metric::{Basis, Counts, Stage};
use crate::units::SimDuration;

/// With fewer outages than this there is no interval.
const NEEDED: u64 = 5;
/// With fewer than this it is said how many there were.
const MANY: u64 = 10;

/// Takes away the interval of a number behind which hardly any outage stands; what is said about them.
pub(super) fn judge(
    sample: &Sample,
    subject: &Subject<'_>,
    confidence: f64,
    found: &mut Estimate,
) -> Option<String> {
    if found.note == Some(Note::NoneSeen) && found.value == Some(1.0) && speaks_of_time(subject) {
        found.note = None;
        let Some(seen) = subject.exposure.outages.filter(|seen| *seen > 0) else {
            return Some(none_seen(subject));
        };
        found.interval = None;
        return Some(format!("{}, when the run ends: no time down", outages(Counts::Outages, seen)));
    }
    let seen = count(sample, subject)?;
    let counts = subject.quantity.family.counts;
    let what = outages(counts, seen);
    let rate = || rate(seen, subject.exposure.time, confidence);
    match seen {
        0 if counts == Counts::Outages => {
            found.interval = Some((0.0, poisson_upper(0, confidence) / sample.runs() as f64));
            found.note = None;
            Some(format!("none seen: {} if they come as a Poisson process", rate()))
        }
        0 => {
            let is_rate = counts == Counts::PerOutage(Stage::Begun) && subject.exposure.time > 0.0;
            found.note = None;
            Some(if is_rate { format!("no outage seen: {}", rate()) } else { what })
        }
        1..NEEDED if subject.hazard.is_random => {
            found.interval = None;
            found.note = None;
            Some(format!("only {what}: no interval; they come {}", rate()))
        }
        1..MANY => Some(format!("only {what}")),
        _ => None,
    }
}

/// How many outages stand behind a number that are too few to say anything; `None` where it does not speak of outages, or
/// where their number is no chance.
pub(in crate::experiment) fn counted(sample: &Sample, subject: &Subject<'_>) -> Option<u64> {
    let seen = count(sample, subject);
    let is_none = || speaks_of_time(subject) && sample.pooled() == Some(1.0);
    seen.or_else(|| is_none().then_some(0)).filter(|_| subject.hazard.is_random)
}

/// Whether so many outages are too few for an interval.
pub(in crate::experiment) fn are_few(seen: u64) -> bool {
    seen < NEEDED
}

/// Whether it is an availability of time, or derived from one.
fn speaks_of_time(subject: &Subject<'_>) -> bool {
    subject.is_of_time && speaks_of_availability(subject.quantity)
}

/// How many outages stand behind a number; `None` where it does not speak of outages.
fn count(sample: &Sample, subject: &Subject<'_>) -> Option<u64> {
    let Subject { quantity, exposure, .. } = subject;
    let Sample::Ratios(fractions) = sample else { return None };
    match quantity.family.counts {
        Counts::PerOutage(_) => Some(fractions.iter().map(|one| one.denominator).sum::<f64>() as u64),
        Counts::Outages => Some(fractions.iter().map(|one| one.numerator).sum::<f64>() as u64),
        _ if speaks_of_time(subject) => exposure.outages.filter(|seen| *seen > 0),
        _ if speaks_of_availability(*quantity) || quantity.rests_on(Basis::Failures) => {
            exposure.outages.filter(|seen| *seen > 0 && exposure.is_of_incidents())
        }
        _ => None,
    }
}

fn outages(counts: Counts, seen: u64) -> String {
    let done = match counts {
        Counts::PerOutage(Stage::Ended) => "ended",
        Counts::PerOutage(Stage::Detected) => "detected",
        _ => "seen",
    };
    match seen {
        0 => format!("no outage {done}"),
        1 => format!("1 outage {done}"),
        _ => format!("{seen} outages {done}"),
    }
}

/// What is known of outages of which none was seen.
pub(super) fn unseen(subject: &Subject<'_>) -> Unseen {
    match subject.hazard.longest {
        Longest::Never => Unseen::Impossible,
        Longest::AtMost(longest) => Unseen::AtMost { time: subject.exposure.time, longest },
        Longest::Unknown(_) => Unseen::Unbounded,
    }
}

/// What the limit rests on where no outage was seen, or why there is none.
fn none_seen(subject: &Subject<'_>) -> String {
    match subject.hazard.longest {
        Longest::Never => "nothing can take it down".to_owned(),
        Longest::AtMost(longest) => {
            let longest = SimDuration::from_secs(longest);
            format!("no outage seen: they begin as a Poisson process and last at most {longest} on average")
        }
        Longest::Unknown(reason) => format!("no outage seen: no bound, as {reason}"),
    }
}

const UNITS: [(&str, f64); 3] = [("year", 365.25 * 86_400.0), ("day", 86_400.0), ("hour", 3_600.0)];

/// The exact Poisson limits of how often they come, in the longest unit of time of which there was one.
fn rate(seen: u64, time: f64, confidence: f64) -> String {
    let (unit, length) = UNITS.into_iter().find(|(_, length)| time >= *length).unwrap_or(("hour", 3_600.0));
    let each = |count: f64| digits(count * length / time);
    let article = if unit == "hour" { "an" } else { "a" };
    if seen == 0 {
        return format!("at most {} {article} {unit}", each(poisson_upper(0, confidence)));
    }
    let (low, high) = poisson_interval(seen, confidence);
    format!("{} to {} times {article} {unit}", each(low), each(high))
}

/// A number in two digits.
fn digits(value: f64) -> String {
    if value <= 0.0 || !value.is_finite() {
        return "0".to_owned();
    }
    let decimals = (1.0 - value.log10().floor()).clamp(0.0, 12.0) as usize;
    format!("{value:.decimals$}")
}
