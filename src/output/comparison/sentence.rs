//! One sentence for each pair: who is better, by how much, how sure that is, and what would help where it is not.

use crate::experiment::compare::{Compared, Comparison, Direction, Pair, Ranged, Standing};
use crate::output::number::{Scale, significant};

/// The sentence of one metric of one pair.
pub fn sentence(comparison: &Comparison, metric: &Compared, pair: &Pair) -> String {
    let label = |place: usize| comparison.variants[place].label.as_str();
    let (first, second) = (label(pair.first), label(pair.second));
    let name = &metric.metric.name;
    if let Some(test) = &pair.test {
        return by_test((first, second), test, comparison.confidence, pair);
    }
    match pair.verdict {
        Standing::Identical => {
            let about = pair.exact.map_or_else(|| runs(pair), exact);
            format!("{first} and {second} are identical in {name} ({about})")
        }
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

/// The sentence of a pair that an exact test of whole runs has judged.
fn by_test((first, second): (&str, &str), test: &str, confidence: f64, pair: &Pair) -> String {
    let about = about(confidence, pair);
    let fewer = |one: &str, other: &str| format!("{one} collapses in fewer runs than {other}");
    match pair.verdict {
        Standing::Better | Standing::Lower => format!("{}: {test} ({about})", fewer(second, first)),
        Standing::Worse | Standing::Higher => format!("{}: {test} ({about})", fewer(first, second)),
        Standing::Identical => format!("{first} and {second} collapse in the same runs: {test} ({about})"),
        Standing::Undecided => {
            let more = pair.further_runs.map_or(String::new(), |more| format!(": {}", should_do(more)));
            format!("{first} and {second}: undecided which collapses more often, {test}{more} ({about})")
        }
    }
}

fn should_do(more: u32) -> String {
    if more == 1 { "1 more run should do".to_owned() } else { format!("{more} more runs should do") }
}

/// Which of a pair a sentence begins with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    First,
    Second,
}

/// How sure a sentence is: confidence, runs, and what pairing was worth.
fn about(confidence: f64, pair: &Pair) -> String {
    if let Some(oracle) = pair.exact {
        return exact(oracle);
    }
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

/// What no runs are needed for.
fn exact(oracle: &str) -> String {
    format!("exact, {oracle}")
}

fn runs(pair: &Pair) -> String {
    let word = if pair.is_paired { "paired" } else { "unpaired" };
    let runs = if pair.runs == 1 { format!("1 {word} run") } else { format!("{} {word} runs", pair.runs) };
    match pair.left_out {
        0 => runs,
        left_out => format!("{runs} in which neither collapsed, of {}", pair.runs + left_out),
    }
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

/// A share with half its interval, such as `38 % ± 4 %`.
fn percent(parts: Ranged) -> String {
    let half = (parts.high - parts.low) * 50.0;
    if half <= 0.0 {
        return format!("{} %", significant(parts.value * 100.0, 3));
    }
    let decimals = if half > 0.0 { (-half.log10().floor()).clamp(0.0, 6.0) as usize } else { 2 };
    format!("{:.decimals$} % ± {half:.decimals$} %", parts.value * 100.0)
}

/// A difference with half its interval, in a unit that fits it.
fn absolute(unit: &str, one: Ranged) -> String {
    let half = (one.high - one.low) / 2.0;
    let scale = Scale::new(unit, one.value.abs(), Some(half));
    if half <= 0.0 {
        return scale.show(one.value.abs());
    }
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
        Some(more) => format!("{seen}: {}", should_do(more)),
        None if pair.left_out > 0 => seen,
        None => format!("{seen}: too close for more runs to tell"),
    }
}

fn signed(percent: f64) -> String {
    let text = significant(percent, 2);
    if percent > 0.0 { format!("+{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::compare::Contestant;
    use crate::measure::metric::MetricName;

    fn ranged(value: f64, low: f64, high: f64) -> Ranged {
        Ranged { value, low, high }
    }

    fn pair(verdict: Standing, difference: Ranged, ratio: Option<Ranged>) -> Pair {
        Pair {
            first: 0,
            second: 1,
            difference: Some(difference),
            ratio,
            confidence: 0.95,
            verdict,
            exact: None,
            runs: 24,
            left_out: 0,
            is_paired: true,
            variance_reduction: None,
            further_runs: None,
            note: None,
            test: None,
        }
    }

    fn say(name: &str, unit: &'static str, is_availability: bool, pair: &Pair) -> String {
        let metric = Compared {
            metric: MetricName { scope: "client.c".to_owned(), name: name.to_owned() },
            unit,
            direction: if is_availability { Direction::Up } else { Direction::Down },
            is_availability,
            estimates: Vec::new(),
            exact: Vec::new(),
            ranks: Vec::new(),
            pairs: Vec::new(),
        };
        let variant = |label: &str| Contestant { label: label.to_owned(), outcome: None, replica_hours: 0.0 };
        let comparison = Comparison {
            variants: vec![variant("round-robin"), variant("power-of-two")],
            metrics: Vec::new(),
            unpaired: Vec::new(),
            fronts: Vec::new(),
            tradeoffs: Vec::new(),
            confidence: 0.95,
            runs: 24,
            runs_planned: 24,
            is_partial: false,
        };
        sentence(&comparison, &metric, pair)
    }

    #[test]
    fn the_better_one_comes_first_with_the_size_of_the_difference() {
        let mut found = pair(Standing::Better, ranged(-0.2, -0.22, -0.18), Some(ranged(0.62, 0.58, 0.66)));
        let expected =
            "power-of-two has 38 % ± 4 % lower latency_p99 than round-robin (95 %, 24 paired runs)";
        assert_eq!(say("latency_p99", "s", false, &found), expected);
        found.variance_reduction = Some(12.3);
        assert!(say("latency_p99", "s", false, &found).ends_with("variance 12 times smaller by pairing)"));
        // Seen from the other side: 1 / 1.25 = 0.8.
        let worse =
            pair(Standing::Worse, ranged(0.1, 0.05, 0.15), Some(ranged(1.25, 1.0 / 0.85, 1.0 / 0.75)));
        assert!(
            say("latency_p99", "s", false, &worse)
                .starts_with("round-robin has 20 % ± 5 % lower latency_p99")
        );
    }

    #[test]
    fn availabilities_are_compared_by_what_is_missing() {
        let found = pair(Standing::Better, ranged(0.001, 0.0008, 0.0012), Some(ranged(0.5, 0.4, 0.6)));
        let text = say("availability_request", "ratio", true, &found);
        assert!(
            text.starts_with("power-of-two has 50 % ± 10 % less unavailability (availability_request) than"),
            "{text}"
        );
    }

    #[test]
    fn what_is_exact_has_no_interval() {
        let mut found = pair(Standing::Better, ranged(4e-4, 4e-4, 4e-4), Some(ranged(0.25, 0.25, 0.25)));
        found.exact = Some("failure-domains");
        let text = say("availability_time", "ratio", true, &found);
        let expected = "power-of-two has 75.0 % less unavailability (availability_time) than round-robin \
                        (exact, failure-domains)";
        assert_eq!(text, expected);
    }

    #[test]
    fn without_a_telling_ratio_the_difference_speaks() {
        let found = pair(Standing::Better, ranged(-0.02, -0.032, -0.008), None);
        assert!(say("wait_mean", "s", false, &found).contains("has 20 ms ± 12 ms lower wait_mean than"));
        let found = pair(Standing::Higher, ranged(3.0, 2.4, 3.6), Some(ranged(4.0, 3.4, 4.6)));
        assert!(say("alarms", "1", false, &found).contains("has 300 % ± 60 % higher alarms than"));
    }

    #[test]
    fn what_is_open_says_what_would_help() {
        let mut found = pair(Standing::Undecided, ranged(-0.01, -0.03, 0.01), Some(ranged(0.95, 0.87, 1.05)));
        found.further_runs = Some(12);
        let text = say("latency_p99", "s", false, &found);
        assert_eq!(
            text,
            "round-robin and power-of-two: undecided, between -13 % and +5.0 %: 12 more runs should do (95 %, 24 paired runs)"
        );
        found.further_runs = None;
        assert!(say("latency_p99", "s", false, &found).contains("too close for more runs to tell"));
        found.note = Some("one run has no interval".to_owned());
        assert!(say("latency_p99", "s", false, &found).contains("undecided, one run has no interval ("));
    }
}
