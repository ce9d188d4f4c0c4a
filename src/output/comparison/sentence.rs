//! One sentence for each pair: who is better, by how much, how sure that is, and what would help where it is not.

use crate::experiment::compare::{Compared, Comparison, Direction, Pair, Ranged, Standing};
use crate::output::number::{Scale, significant};

/// The sentence of one metric of one pair.
pub fn sentence(comparison: &Comparison, metric: &Compared, pair: &Pair) -> String {
    let label = |place: usize| comparison.variants[place].label.as_str();
    let (first, second) = (label(pair.first), label(pair.second));
    let name = &metric.metric.name;
    match pair.verdict {
        Standing::Identical => format!("{first} and {second} are identical in {name} ({})", runs(pair)),
        Standing::Undecided => {
            let about = about(comparison.confidence, pair);
            format!("{first} and {second}: undecided, {} ({about})", advice(metric, pair))
        }
        Standing::Better | Standing::Higher => {
            let change = change(metric, pair, Side::Second);
            format!("{second} has {change} than {first} ({})", about(comparison.confidence, pair))
        }
        Standing::Worse | Standing::Lower => {
            let change = change(metric, pair, Side::First);
            format!("{first} has {change} than {second} ({})", about(comparison.confidence, pair))
        }
    }
}

/// Which of a pair a sentence begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    First,
    Second,
}

/// How sure a sentence is: confidence, runs, and what pairing was worth.
fn about(confidence: f64, pair: &Pair) -> String {
    let confidence = (confidence * 1e8).round() / 1e6;
    let pairing = match pair.variance_reduction {
        Some(times) if times >= 1.05 => format!(", variance {} times smaller by pairing", short(times)),
        Some(times) if times < 0.95 && times > 0.0 => {
            format!(", variance {} times larger by pairing", short(1.0 / times))
        }
        _ => String::new(),
    };
    format!("{confidence} %, {}{pairing}", runs(pair))
}

fn runs(pair: &Pair) -> String {
    let word = if pair.is_paired { "paired" } else { "unpaired" };
    if pair.runs == 1 { format!("1 {word} run") } else { format!("{} {word} runs", pair.runs) }
}

/// A factor in two digits; beyond a thousand it is no number any more.
fn short(times: f64) -> String {
    match times {
        0.0..100.0 => significant(times, 2),
        100.0..1000.0 => format!("{times:.0}"),
        _ => "over 1000".to_owned(),
    }
}

/// How much more or less the variant that a sentence begins with has.
fn change(metric: &Compared, pair: &Pair, side: Side) -> String {
    let ratio = pair.ratio.map(|ratio| match side {
        Side::Second => ratio,
        Side::First => Ranged { value: 1.0 / ratio.value, low: 1.0 / ratio.high, high: 1.0 / ratio.low },
    });
    let name = &metric.metric.name;
    match ratio {
        Some(ratio) if ratio.high < 1.0 => {
            let parts = Ranged { value: 1.0 - ratio.value, low: 1.0 - ratio.high, high: 1.0 - ratio.low };
            let word = if metric.is_availability { "less unavailability" } else { "lower" };
            phrase(&percent(parts), word, name, metric.is_availability)
        }
        Some(ratio) if ratio.low > 1.0 => {
            let parts = Ranged { value: ratio.value - 1.0, low: ratio.low - 1.0, high: ratio.high - 1.0 };
            let word = if metric.is_availability { "more unavailability" } else { "higher" };
            phrase(&percent(parts), word, name, metric.is_availability)
        }
        // Without a ratio, or one that says less than the difference, the difference speaks.
        _ => {
            let is_higher = pair.difference.is_some_and(|one| one.value > 0.0) == (side == Side::Second);
            let size = pair.difference.map_or("a".to_owned(), |one| absolute(metric.unit, one));
            format!("{size} {} {name}", if is_higher { "higher" } else { "lower" })
        }
    }
}

fn phrase(size: &str, word: &str, name: &str, is_availability: bool) -> String {
    if is_availability { format!("{size} {word} ({name})") } else { format!("{size} {word} {name}") }
}

/// A share with half its interval, such as `38 % ± 4 %`; in times where it is more than double.
fn percent(parts: Ranged) -> String {
    if parts.value > 2.0 {
        let times = |more: f64| significant(more + 1.0, 3);
        return format!("{} times ({} to {})", times(parts.value), times(parts.low), times(parts.high));
    }
    let half = (parts.high - parts.low) * 50.0;
    let decimals = if half > 0.0 { (-half.log10().floor()).clamp(0.0, 6.0) as usize } else { 2 };
    format!("{:.decimals$} % ± {half:.decimals$} %", parts.value * 100.0)
}

/// A difference with half its interval, in a unit that fits it.
fn absolute(unit: &str, one: Ranged) -> String {
    let half = (one.high - one.low) / 2.0;
    let scale = Scale::new(unit, one.value.abs(), Some(half));
    format!("{} ± {}", scale.show(one.value.abs()), scale.show(half))
}

/// What is known of an undecided pair, and what would decide it.
fn advice(metric: &Compared, pair: &Pair) -> String {
    if let Some(note) = &pair.note {
        return note.clone();
    }
    let seen = match (pair.ratio, pair.difference) {
        (Some(ratio), _) if !metric.is_availability && metric.direction != Direction::Neither => {
            let [low, high] = [ratio.low, ratio.high].map(|end| (end - 1.0) * 100.0);
            format!("between {} % and {} %", signed(low), signed(high))
        }
        (_, Some(difference)) => {
            let scale = Scale::new(metric.unit, difference.low.abs().max(difference.high.abs()), None);
            let show = |value: f64| {
                let text = scale.show(value);
                if value > 0.0 { format!("+{text}") } else { text }
            };
            format!("between {} and {}", show(difference.low), show(difference.high))
        }
        (_, None) => "not compared".to_owned(),
    };
    match pair.further_runs {
        Some(1) => format!("{seen}: 1 more run should do"),
        Some(more) => format!("{seen}: {more} more runs should do"),
        None => format!("{seen}: too close for more runs to tell"),
    }
}

fn signed(percent: f64) -> String {
    let text = significant(percent, 2);
    if percent > 0.0 { format!("+{text}") } else { text }
}
