//! The table of results that people read: grouped by scope, units that fit, intervals, verdicts.

use std::fmt::Write;

use super::digits;
use super::number::{Scale, percent, percent_decimals, significant};
use super::paint::{Paint, Tone};
use super::{collapse, theory};
use crate::analysis::verify::Attainment;
use crate::experiment::{
    Bearing, Bound, Estimate, ExactAnswer, ObjectiveResult, Outcome, Theory, UNFINISHED_SHOWN,
};
use crate::measure::metric::Names;
use crate::units::plain;

/// Which metrics are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The important ones, and those that objectives speak of.
    Important,
    /// Every one that has a value.
    All,
}

/// What is shown of each kind of scope, in this order; failure ratios are the three largest.
const IMPORTANT: [(&str, &[&str]); 10] = [
    ("system", &["cost", "cost_per_million"]),
    (
        "client",
        &[
            "availability_request",
            "unfinished_ratio",
            "availability_request_otherwise",
            "availability_request_collapsed",
            "collapse_ratio",
            "collapse_unrecovered_ratio",
            "collapses_per_year",
            "collapse_after_mean",
            "collapse_length_mean",
            "nines",
            "astray_ratio",
            "astray_undetected_ratio",
            "astray_unpropagated_ratio",
            "astray_kept_ratio",
            "astray_overstayed_ratio",
            "goodput",
            "latency_p50",
            "latency_p99",
            "completion_latency_p50",
            "completion_latency_p99",
            "completed_ratio",
            "incomplete",
            "amplification",
        ],
    ),
    (
        "service",
        &[
            "replicas_present_mean",
            "starts",
            "start_mean",
            "cold_start_ratio",
            "cold_start_mean",
            "throttle_ratio",
            "instances_mean",
            "instances_max",
            "hit_ratio",
            "stale_ratio",
            "coalesced_ratio",
            "origin_rate",
            "cost",
            "events_accepted",
            "events_done",
            "redeliveries",
            "dead_lettered",
            "events_expired",
            "age_p50",
            "age_max",
            "backlog_mean",
            "utilisation",
            "wait_mean",
            "sojourn_p99",
            "amplification",
            "availability_time",
            "mttr",
            "rpo_mean",
            "rto_mean",
            "data_lost_ratio",
            "lost_writes_per_loss",
            "data_failovers",
            "conflicting_writes",
            "first_outage_mean",
        ],
    ),
    (
        "version",
        &[
            "version_share",
            "success_ratio",
            "cold_starts",
            "cold_start_ratio",
            "cold_start_mean",
            "instances_mean",
            "sojourn_p99",
        ],
    ),
    (
        "block",
        &[
            "availability_time",
            "nines",
            "downtime_per_year",
            "incidents",
            "mttf",
            "mttr",
            "first_outage_mean",
        ],
    ),
    ("fault", &["incidents", "mttf", "mttd", "time_to_decide", "time_to_mitigate", "mttr"]),
    ("monitor", &["alarms", "alarms_false_ratio", "alarms_false_per_month", "recall", "mttd"]),
    (
        "deploy",
        &[
            "deploys",
            "releases_per_day",
            "deploys_caught",
            "bad_deploys",
            "bad_passed_ratio",
            "exposure",
            "exposure_per_deploy",
            "rollbacks",
            "rollbacks_false",
            "deploy_time_mean",
        ],
    ),
    ("dns", &["stale_answer_ratio", "unresolved_ratio", "record_changes"]),
    ("record", &["answered_ratio"]),
];
/// How many reasons of failure are shown.
const REASONS: usize = 3;

/// The table of what came of a scenario, under a title, with what theory says of it.
pub fn table(title: &str, outcome: &Outcome, theory: &[Theory], shown: Shown, paint: Paint) -> String {
    let mut out = format!("{}\n", paint.tint(Tone::Heading, title));
    let mut groups: Vec<(&str, Vec<&Estimate>)> = Vec::new();
    for estimate in chosen(outcome, shown) {
        match groups.last_mut() {
            Some((scope, group)) if *scope == estimate.scope => group.push(estimate),
            _ => groups.push((&estimate.scope, vec![estimate])),
        }
    }
    let lines: Vec<Line> = groups.iter().flat_map(|(_, group)| group).map(|one| Line::new(one)).collect();
    let widths = Widths::of(&lines);
    let mut lines = lines.iter();
    for (scope, group) in &groups {
        let _ = write!(out, "\n{}\n", paint.tint(Tone::Heading, scope));
        for line in lines.by_ref().take(group.len()) {
            let _ = writeln!(out, "{}", line.text(widths, paint));
        }
    }
    objectives(&mut out, &outcome.objectives, paint);
    out.push_str(&theory::text(theory, outcome, shown, paint));
    let headlines = headlines(outcome);
    if !headlines.is_empty() {
        let _ = write!(out, "\n{}\n", headlines.join("\n"));
    }
    out
}

/// One sentence for each client, or without clients for each block or service.
pub fn headlines(outcome: &Outcome) -> Vec<String> {
    let find =
        |scope: &str, metric: &str| outcome.estimates_of(scope).iter().find(|one| one.metric == metric);
    let of = |scopes: &[String], metric: &str, what: &str| -> Vec<String> {
        let sentence = |scope: &String| {
            let left_out = find(scope, "unfinished_ratio").filter(|one| !is_idle(one)).and_then(unfinished);
            let what = if left_out.is_some() {
                what.replace("of requests", "of finished requests")
            } else {
                what.to_owned()
            };
            let verdict = verdict_on(outcome, scope);
            let left_out: Vec<String> = left_out.into_iter().collect();
            if let Some(collapsed) = collapse::headline(outcome, scope, &what, verdict) {
                return Some(collapsed + &listed(&left_out));
            }
            let further: Vec<String> = left_out.into_iter().chain(verdict.map(str::to_owned)).collect();
            Some(headline(find(scope, metric)?, &what, &further))
        };
        scopes.iter().filter_map(sentence).collect()
    };
    let names = &outcome.names;
    if !names.clients.is_empty() {
        return of(&names.clients, "availability_request", "of requests answered well");
    }
    let parts = if names.blocks.is_empty() { &names.services } else { &names.blocks };
    of(parts, "availability_time", "of the time up")
}

/// How many requests have no end.
fn unfinished(ratio: &Estimate) -> Option<String> {
    let share = ratio.value?;
    Some(format!("{} % of all unfinished", percent(share, None, percent_decimals(share, 2))))
}

/// One sentence: the availability, and what else is said of its scope.
fn headline(estimate: &Estimate, what: &str, further: &[String]) -> String {
    let scope = &estimate.scope;
    let further = listed(further);
    let Some(value) = estimate.value else {
        return format!("{scope}: nothing was observed{further}");
    };
    // A headline needs one digit of what is not known, or two of what is missing to 100 %.
    let half = estimate.interval.map(|(low, high)| (high - low) * 50.0).filter(|half| *half > 0.0);
    let decimals =
        half.map_or(percent_decimals(value, 2), |half| (-half.log10().floor()).clamp(0.0, 12.0) as usize);
    let show = |share: f64| format!("{} %", percent(share, None, decimals));
    if value >= 1.0 {
        let seen =
            if what.contains("finished") { "no failure seen of those finished" } else { "no failure seen" };
        let limit = estimate.interval.map(|(low, _)| format!(", at least {} {what}", show(low)));
        return format!("{scope}: {seen}{}{further}", limit.unwrap_or_default());
    }
    let interval = match estimate.interval {
        Some((low, high)) => format!(" ({} to {})", show(low), show(high)),
        None => String::new(),
    };
    // Nothing is added to minus zero, so that no nines are not "-0".
    let nines = 0.0 - (1.0 - value).log10();
    format!("{scope}: {}{interval} {what}: {nines:.1} nines{further}", show(value))
}

/// What came of all objectives on one scope.
fn verdict_on(outcome: &Outcome, scope: &str) -> Option<&'static str> {
    let mut verdicts =
        outcome.objectives.iter().filter(|one| one.estimate.scope == scope).map(|one| one.verdict);
    let first = verdicts.next()?;
    let (all, is_one) = verdicts.fold((first, true), |(all, _), one| (worse(all, one), false));
    Some(match (all, is_one) {
        (Attainment::Met, true) => "objective met",
        (Attainment::Missed, true) => "objective missed",
        (Attainment::Undecided, true) => "objective undecided",
        (Attainment::Met, false) => "objectives met",
        (Attainment::Missed, false) => "objectives missed",
        (Attainment::Undecided, false) => "objectives undecided",
    })
}

fn worse(one: Attainment, other: Attainment) -> Attainment {
    match (one, other) {
        (Attainment::Missed, _) | (_, Attainment::Missed) => Attainment::Missed,
        (Attainment::Undecided, _) | (_, Attainment::Undecided) => Attainment::Undecided,
        (Attainment::Met, Attainment::Met) => Attainment::Met,
    }
}

fn chosen(outcome: &Outcome, shown: Shown) -> Vec<&Estimate> {
    if shown == Shown::All {
        return outcome.estimates.iter().filter(|one| one.value.is_some()).collect();
    }
    let Names {
        system, clients, services, versions, blocks, faults, monitors, deploys, dns, records, ..
    } = &outcome.names;
    let kinds = [system, clients, services, versions, blocks, faults, monitors, deploys, dns, records];
    let mut chosen = Vec::new();
    for (scopes, (_, metrics)) in kinds.into_iter().zip(IMPORTANT) {
        for scope in scopes {
            let of_scope: Vec<_> = outcome.estimates_of(scope).iter().collect();
            chosen.extend(important(&of_scope, metrics, &outcome.objectives));
        }
    }
    chosen
}

/// The important estimates of one scope: those of the list, thresholds, objectives and the commonest failures.
fn important<'a>(
    estimates: &[&'a Estimate],
    metrics: &[&str],
    objectives: &[ObjectiveResult],
) -> Vec<&'a Estimate> {
    let find = |metric: &&str| estimates.iter().find(|one| one.metric == *metric).copied();
    let mut chosen: Vec<&Estimate> = metrics.iter().filter_map(find).collect();
    // The availability of a client without requests is worth a line; other empty values are not.
    chosen.retain(|one| one.value.is_some() || one.metric == "availability_request");
    chosen.retain(|one| !is_idle(one));
    // Of a function its instances are told, which are its replicas.
    if chosen.iter().any(|one| one.metric == "instances_mean") {
        chosen.retain(|one| !["replicas_present_mean", "starts", "start_mean"].contains(&&*one.metric));
    }
    // So is a collapse, but not that there was none.
    chosen.retain(|one| one.metric != "collapse_ratio" || one.value > Some(0.0));
    let is_named = |one: &&Estimate| {
        let by_objective = |result: &ObjectiveResult| {
            result.estimate.scope == one.scope && result.estimate.metric == one.metric
        };
        one.metric.starts_with("within_") || objectives.iter().any(by_objective)
    };
    let named: Vec<_> = estimates.iter().copied().filter(is_named).collect();
    let mut failures: Vec<_> = estimates
        .iter()
        .copied()
        .filter(|one| one.metric.starts_with("failure_ratio_") && one.value.is_some_and(|share| share > 0.0))
        .collect();
    failures.sort_by(|one, other| other.value.unwrap_or(0.0).total_cmp(&one.value.unwrap_or(0.0)));
    for estimate in named.into_iter().chain(failures.into_iter().take(REASONS)) {
        if !chosen.iter().any(|one| one.metric == estimate.metric) {
            chosen.push(estimate);
        }
    }
    chosen
}

/// Whether an estimate says only that nothing of the kind happened.
fn is_idle(estimate: &Estimate) -> bool {
    let Some(value) = estimate.value else { return false };
    match estimate.metric.as_str() {
        "unfinished_ratio" => value <= UNFINISHED_SHOWN,
        "amplification" => estimate.scope.starts_with("service.") && value <= 1.0,
        _ => false,
    }
}

/// One metric as text.
struct Line {
    metric: String,
    value: String,
    interval: String,
    note: String,
}

#[derive(Clone, Copy)]
struct Widths {
    metric: usize,
    value: usize,
    interval: usize,
}

impl Widths {
    fn of(lines: &[Line]) -> Self {
        let widest = |part: fn(&Line) -> &String| {
            lines.iter().map(|line| part(line).chars().count()).max().unwrap_or(0)
        };
        Self {
            metric: widest(|line| &line.metric),
            value: widest(|line| &line.value),
            interval: widest(|line| &line.interval),
        }
    }
}

impl Line {
    fn new(estimate: &Estimate) -> Self {
        let (value, interval) = shown(estimate);
        Self {
            metric: estimate.metric.clone(),
            value,
            interval,
            note: estimate.note.clone().unwrap_or_default(),
        }
    }

    fn text(&self, widths: Widths, paint: Paint) -> String {
        let Widths { metric, value, interval } = widths;
        let interval = format!("{:<interval$}", self.interval);
        let plain = format!("  {:<metric$}  {:>value$}  ", self.metric, self.value);
        let coloured =
            format!("{plain}{}  {}", paint.tint(Tone::Quiet, &interval), paint.tint(Tone::Open, &self.note));
        match paint {
            Paint::Plain => coloured.trim_end().to_owned(),
            Paint::Coloured => coloured,
        }
    }
}

/// The value of an estimate and its interval, as people write them.
pub(super) fn shown(estimate: &Estimate) -> (String, String) {
    let Some(value) = estimate.value else {
        return ("-".to_owned(), String::new());
    };
    written(estimate.unit, value, estimate.interval)
}

/// A value in a base unit and its interval, as people write them.
pub(super) fn written(unit: &str, value: f64, interval: Option<(f64, f64)>) -> (String, String) {
    let half = interval.map(|(low, high)| (high - low) / 2.0);
    let scale = Scale::new(unit, value, half);
    let interval = interval.map_or(String::new(), |(low, high)| {
        let half = (high - low) / 2.0;
        // Where both sides are all but equal, one number says it.
        let is_even = half > 0.0 && ((high - value) - (value - low)).abs() < 0.1 * half;
        if half <= 0.0 {
            "± 0".to_owned()
        } else if is_even {
            format!("± {}", scale.show(half))
        } else {
            format!("{} to {}", scale.show(low), scale.show(high))
        }
    });
    (scale.show(value), interval)
}

fn objectives(out: &mut String, results: &[ObjectiveResult], paint: Paint) {
    if results.is_empty() {
        return;
    }
    let _ = write!(out, "\n{}\n", paint.tint(Tone::Heading, "objectives"));
    let lines: Vec<_> = results.iter().map(|one| (target(one), one)).collect();
    let width = lines.iter().map(|(text, _)| text.chars().count()).max().unwrap_or(0);
    for (text, result) in &lines {
        let (value, interval) = shown(&result.estimate);
        let (word, tone) = match result.verdict {
            Attainment::Met => ("met", Tone::Good),
            Attainment::Missed => ("missed", Tone::Bad),
            Attainment::Undecided => ("undecided", Tone::Open),
        };
        // Padded before it is coloured: escape sequences have no width.
        let word = paint.tint(tone, &format!("{word:<9}"));
        let line = format!("  {text:<width$}  {word}  {value} {interval}");
        let _ = writeln!(out, "{}{}", line.trim_end(), beside(result));
    }
}

/// What else a reader must know about an objective: what its metric leaves out, and what theory says.
fn beside(result: &ObjectiveResult) -> String {
    let left_out = result.estimate.note.iter().filter(|note| note.starts_with("of finished"));
    let left_out = left_out.map(|note| note.split(';').next().unwrap_or_default().to_owned());
    let exact = result.exact.iter().map(|answer| match answer.bearing {
        Bearing::Decides => format!("decided by the exact {}", exactly(answer)),
        Bearing::LongRun => format!("in the long run {}", exactly(answer)),
        Bearing::Contradicted => {
            format!("disagrees with the exact {}, which decides nothing", exactly(answer))
        }
    });
    listed(&left_out.chain(exact).collect::<Vec<_>>())
}

/// What follows a sentence, part by part.
fn listed(parts: &[String]) -> String {
    parts.iter().fold(String::new(), |text, part| text + "; " + part)
}

/// An exact answer and its formula.
pub(super) fn exactly(answer: &ExactAnswer) -> String {
    let value = theory::alone(&answer.exact);
    format!("{value} ({})", answer.oracle)
}

/// An objective as people write it.
fn target(result: &ObjectiveResult) -> String {
    let objective = &result.objective;
    let bound = match objective.bound {
        Bound::AtLeast => ">=",
        Bound::AtMost => "<=",
    };
    let (scale, unit) = match result.estimate.unit {
        "ratio" => (100.0, " %"),
        "1/s" => (1.0, " /s"),
        "s" => {
            return format!("{} {bound} {}", objective.metric, seconds(objective.target));
        }
        _ => (1.0, ""),
    };
    // A target is exact: all its digits are shown, without the noise of binary fractions.
    let number = digits::rounded(objective.target * scale);
    format!("{} {bound} {}{unit}", objective.metric, plain(number))
}

fn seconds(target: f64) -> String {
    let (unit, name) = super::number::time_unit(target);
    let number = digits::rounded(target / unit);
    if number.abs() < 1e9 { format!("{number} {name}") } else { format!("{} {name}", significant(number, 6)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Span;
    use crate::experiment::{MetricName, Objective};
    use crate::measure::metric::Names;
    use crate::model::span::RunSpan;
    use crate::units::{Probability, SimDuration, SimTime};

    fn estimate(scope: &str, metric: &str, unit: &'static str, values: (f64, f64, f64)) -> Estimate {
        Estimate {
            scope: scope.to_owned(),
            metric: metric.to_owned(),
            unit,
            value: Some(values.0),
            interval: Some((values.1, values.2)),
            confidence: 0.95,
            runs: 10,
            note: None,
        }
    }

    fn outcome() -> Outcome {
        let mut never = estimate("client.c", "failures_reset", "1", (0.0, 0.0, 0.0));
        never.value = None;
        let mut mttr = estimate("service.s", "mttr", "s", (30.2, 28.1, 32.9));
        mttr.note = Some("fewer than 10 outages".to_owned());
        let mut mttf = estimate("fault.f", "mttf", "s", (21_600.0, 0.0, 0.0));
        mttf.interval = None;
        let estimates = vec![
            estimate("client.c", "requests", "1", (2e6, 1.9e6, 2.1e6)),
            estimate("client.c", "availability_request", "ratio", (0.9995, 0.9993, 0.9997)),
            estimate("client.c", "latency_p99", "s", (0.2, 0.19, 0.23)),
            estimate("client.c", "failure_ratio_reset", "ratio", (0.0001, 0.00008, 0.00012)),
            estimate("client.c", "failure_ratio_timeout", "ratio", (0.0003, 0.00028, 0.00032)),
            estimate("client.c", "failure_ratio_error", "ratio", (0.0, 0.0, 0.0)),
            never,
            mttr,
            mttf,
        ];
        let objective = Objective {
            metric: MetricName { scope: "client.c".to_owned(), name: "availability_request".to_owned() },
            bound: Bound::AtLeast,
            target: 0.999,
            span: Span::default(),
        };
        let judged = ObjectiveResult {
            objective,
            estimate: estimates[1].clone(),
            exact: None,
            verdict: Attainment::Met,
        };
        let second = SimTime::from_nanos(1_000_000_000);
        let span = RunSpan {
            transient: SimTime::ZERO,
            horizon: second,
            drain: SimDuration::ZERO,
            window: SimDuration::from_nanos(1_000_000_000),
            window_target: Probability::ONE,
            collapse: None,
            halves: false,
            until: None,
            thresholds: Vec::new(),
            contracts: Vec::new(),
            timeline_step: SimDuration::from_secs(1.0),
            timeline_max: 1,
            incidents_max: 1,
            events_max: 1,
        };
        Outcome {
            span,
            names: Names {
                clients: vec!["client.c".to_owned()],
                services: vec!["service.s".to_owned()],
                faults: vec!["fault.f".to_owned()],
                ..Names::default()
            },
            measurements: Vec::new(),
            estimates,
            objectives: vec![judged],
            exact: Vec::new(),
            values: Vec::new(),
            batches: 1,
            runs_planned: 10,
            is_partial: false,
            is_precise: None,
        }
    }

    #[test]
    fn the_table_is_grouped_aligned_and_ends_with_the_verdict() {
        let text = table("shop: 10 runs", &outcome(), &[], Shown::Important, Paint::Plain);
        insta::assert_snapshot!(text, @r#"
        shop: 10 runs

        client.c
          availability_request   99.950 %  ± 0.020 %
          latency_p99              200 ms  190 ms to 230 ms
          failure_ratio_timeout  0.0300 %  ± 0.0020 %
          failure_ratio_reset    0.0100 %  ± 0.0020 %

        service.s
          mttr                     30.2 s  28.1 s to 32.9 s  fewer than 10 outages

        fault.f
          mttf                     6.00 h

        objectives
          client.c/availability_request >= 99.9 %  met        99.950 % ± 0.020 %

        client.c: 99.95 % (99.93 % to 99.97 %) of requests answered well: 3.3 nines; objective met
        "#);
    }

    #[test]
    fn all_shows_every_value_there_is() {
        let text = table("shop", &outcome(), &[], Shown::All, Paint::Plain);
        assert!(text.contains("requests") && text.contains("failure_ratio_error"), "{text}");
        assert!(!text.contains("failures_reset"), "a metric without a value has no line");
    }

    #[test]
    fn the_worst_objective_is_the_verdict() {
        let mut outcome = outcome();
        let mut missed = outcome.objectives[0].clone();
        missed.verdict = Attainment::Missed;
        outcome.objectives.push(missed);
        assert!(headlines(&outcome)[0].ends_with("objectives missed"), "{:?}", headlines(&outcome));
    }

    #[test]
    fn a_headline_rounds_no_nines_away_and_counts_none_below_zero() {
        let said = |value: f64, low: f64, high: f64| {
            let one = estimate("client.c", "availability_request", "ratio", (value, low, high));
            headline(&one, "of requests answered well", &[])
        };
        assert_eq!(said(0.0, 0.0, 0.2), "client.c: 0 % (0 % to 20 %) of requests answered well: 0.0 nines");
        let text = said(0.999_999_5, 0.99, 0.999_999_999);
        assert!(text.contains("99.99995 % (99.0 % to 99.9999999 %)"), "{text}");
    }

    #[test]
    fn colours_change_nothing_but_escape_sequences() {
        let plain = table("shop", &outcome(), &[], Shown::Important, Paint::Plain);
        let coloured = table("shop", &outcome(), &[], Shown::Important, Paint::Coloured);
        assert_ne!(plain, coloured);
        let mut stripped = String::new();
        for part in coloured.split('\x1b') {
            stripped.push_str(
                part.split_once('m').filter(|_| part.starts_with('[')).map_or(part, |(_, rest)| rest),
            );
        }
        let trimmed: Vec<&str> = stripped.lines().map(str::trim_end).collect();
        assert_eq!(trimmed, plain.lines().collect::<Vec<_>>());
    }

    #[test]
    fn theory_stands_beside_the_estimates_before_the_headlines() {
        use crate::experiment::Exact;
        let exact =
            |metric: &str, value| Exact { metric: metric.to_owned(), unit: "s", value, missing: None };
        let theory = |answers, departures: &[&str]| Theory {
            scope: "client.c".to_owned(),
            model: "M/M/3".to_owned(),
            oracle: "mmc",
            answers,
            departures: departures.iter().map(|one| (*one).to_owned()).collect(),
            relaxation: Some(1.0),
            long_run: None,
        };
        let all = [
            theory(vec![exact("latency_p99", 0.25)], &[]),
            theory(vec![exact("latency_p99", 0.211)], &["service is lognormal, cv 1.20"]),
        ];
        let text = table("shop", &outcome(), &all, Shown::Important, Paint::Plain);
        assert!(
            text.contains("\ntheory\n  client.c: M/M/3 (mmc)\n    latency_p99  250 ms  simulated 200 ms"),
            "{text}"
        );
        assert!(text.contains("outside the interval\n"), "{text}");
        let near = "M/M/3 would give latency_p99 211 ms (simulated 200 ms 190 ms to 230 ms): service is lognormal, cv 1.20\n";
        assert!(text.contains(near), "{text}");
        assert!(text.find("theory") < text.find("client.c: 99.95"), "{text}");
    }
}
