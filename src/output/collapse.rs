//! What people read of runs that collapse: how many do, how that ends, and what the others say.

use std::fmt::Write;

use super::number::percent_decimals;
use crate::experiment::{Estimate, Outcome};

/// The sentence of a client that collapses in some runs; `None` where it does not.
pub(super) fn headline(outcome: &Outcome, scope: &str, what: &str, verdict: Option<&str>) -> Option<String> {
    let find = |metric: &str| outcome.estimates_of(scope).iter().find(|one| one.metric == metric);
    let ratio = find("collapse_ratio")?;
    let value = ratio.value.filter(|value| *value > 0.0)?;
    let collapsed = (value * f64::from(ratio.runs)).round() as u32;
    let lasting = find("collapse_unrecovered_ratio").and_then(|one| one.value).unwrap_or(0.0);
    let lasting = (lasting * f64::from(collapsed)).round() as u32;
    let share = ratio
        .interval
        .map_or(String::new(), |(low, high)| format!(" ({} % to {} %)", whole(low), whole(high)));
    let runs = if ratio.runs == 1 { "run" } else { "runs" };
    // The note says how long runs are: `in runs of 2h`.
    let length = ratio.note.as_deref().and_then(|note| note.strip_prefix("in runs")).unwrap_or_default();
    let mut text = format!("{scope}: in {collapsed} of {} {runs}{length}{share} it collapses", ratio.runs);
    let end = match lasting {
        0 => " and recovers".to_owned(),
        1 if collapsed == 1 => " and stays so to the end of the run".to_owned(),
        all if all == collapsed => format!(" and in all {all} stays so to the end of the run"),
        some => format!(" and in {some} of them stays so to the end of the run"),
    };
    text.push_str(&end);
    if let Some(otherwise) = find("availability_request_otherwise").and_then(shown) {
        let _ = write!(text, "; otherwise {otherwise} {what}");
    }
    if let Some(all) = find("availability_request").and_then(shown) {
        let _ = write!(text, "; {all} over all runs, which moves with their length");
    }
    if let Some(verdict) = verdict {
        let _ = write!(text, "; {verdict}");
    }
    Some(text)
}

/// Whole per cent, but for what would be none or all.
fn whole(share: f64) -> String {
    let percent = share * 100.0;
    let digits = usize::from(percent > 0.0 && percent < 1.0 || percent > 99.0 && percent < 100.0);
    format!("{percent:.digits$}")
}

/// A share with its interval.
fn shown(estimate: &Estimate) -> Option<String> {
    let value = estimate.value?;
    let half = estimate.interval.map(|(low, high)| (high - low) * 50.0).filter(|half| *half > 0.0);
    let decimals =
        half.map_or(percent_decimals(value, 2), |half| (-half.log10().floor()).clamp(0.0, 9.0) as usize);
    let show = |share: f64| format!("{:.decimals$} %", share * 100.0);
    Some(match estimate.interval {
        Some((low, high)) => format!("{} ({} to {})", show(value), show(low), show(high)),
        None => show(value),
    })
}
