//! One type per CSV file: its columns, in their order.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::digits;

/// A row of one of the CSV files of a results folder.
pub trait Row: Serialize + DeserializeOwned {
    /// Name of the file.
    const FILE: &'static str;
    /// Its columns, as the fields of the row.
    const COLUMNS: &'static [&'static str];

    /// Those of its fields that are numbers with a fraction.
    fn numbers(&self) -> Vec<Option<f64>>;

    /// The row with the digits that a file holds.
    #[must_use]
    fn filed(self) -> Self;
}

/// A number in a field of a row.
pub(super) trait Filed {
    /// As a file holds it; what is no number is absent, where a field may be.
    fn filed(self) -> Self;
}

impl Filed for f64 {
    fn filed(self) -> Self {
        digits::rounded(self)
    }
}

impl Filed for Option<f64> {
    fn filed(self) -> Self {
        self.filter(|value| value.is_finite()).map(digits::rounded)
    }
}

macro_rules! rows {
    ($($Row:ident $file:literal [$($column:literal),*] numbers [$($number:ident),*];)*) => { $(
        impl $crate::output::row::Row for $Row {
            const FILE: &'static str = $file;
            const COLUMNS: &'static [&'static str] = &[$($column),*];

            fn numbers(&self) -> Vec<Option<f64>> {
                vec![$(self.$number.into()),*]
            }

            fn filed(self) -> Self {
                use $crate::output::row::Filed;
                Self { $($number: self.$number.filed(),)* ..self }
            }
        }
    )* };
}

pub(super) use rows;

rows! {
    SummaryRow "summary.csv" ["scope", "metric", "unit", "estimate", "ci_low", "ci_high", "confidence", "runs"]
        numbers [estimate, ci_low, ci_high, confidence];
    RunRow "runs.csv" ["run", "scope", "metric", "unit", "value"]
        numbers [value];
    LatencyRow "latency.csv" ["scope", "metric", "low_s", "high_s", "count"]
        numbers [low_s, high_s];
    WindowRow "timeline.csv" [
        "run", "window_start_s", "scope", "arrivals", "successes", "failures", "latency_p50_s", "latency_p99_s",
        "in_system", "replicas_up"
    ]
        numbers [window_start_s, latency_p50_s, latency_p99_s, in_system, replicas_up];
    InstanceRow "instances.csv" [
        "run", "window_start_s", "scope", "starting", "idle", "busy", "provisioned", "cold_starts", "throttled", "cost",
        "currency"
    ]
        numbers [window_start_s, starting, idle, busy, provisioned, cost];
    ShareRow "shares.csv" ["run", "window_start_s", "scope", "metric", "value"]
        numbers [window_start_s, value];
    IncidentRow "incidents.csv" [
        "run", "scope", "cause", "start_s", "detected_s", "decided_s", "mitigated_s", "recovered_s", "requests_failed"
    ]
        numbers [start_s, detected_s, decided_s, mitigated_s, recovered_s];
    CompareRow "compare.csv" [
        "scope", "metric", "unit", "variant_a", "variant_b", "difference", "diff_low", "diff_high", "ratio",
        "ratio_low", "ratio_high", "verdict", "runs", "variance_reduction"
    ]
        numbers [difference, diff_low, diff_high, ratio, ratio_low, ratio_high, variance_reduction];
    RankRow "ranking.csv" ["scope", "metric", "unit", "variant", "estimate", "ci_low", "ci_high", "rank"]
        numbers [estimate, ci_low, ci_high];
    TheoryRow "theory.csv" [
        "scope", "model", "oracle", "metric", "unit", "exact", "estimate", "ci_low", "ci_high", "departures"
    ]
        numbers [exact, estimate, ci_low, ci_high];
    FrontRow "pareto.csv" [
        "scope", "variant", "availability_request", "latency_p99_s", "replica_hours", "on_front", "behind"
    ]
        numbers [availability_request, latency_p99_s, replica_hours];
    FunctionRow "functions.csv" [
        "scope", "app", "function", "invocations", "cold_starts", "cold_start_ratio", "throttled"
    ]
        numbers [cold_start_ratio];
    FitRow "fit.csv" ["law", "quantity", "unit", "value", "ci_low", "ci_high", "confidence"]
        numbers [value, ci_low, ci_high, confidence];
    DurationRow "durations.csv" ["duration_s", "ended", "censored", "share_below", "share_within"]
        numbers [duration_s, share_below, share_within];
}

/// A row of `theory.csv`: what a formula gives for one metric, beside its estimate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TheoryRow {
    /// Of what, such as `service.pool`.
    pub scope: String,
    /// The model, such as `M/M/3`.
    pub model: String,
    /// The formula's name.
    pub oracle: String,
    /// Name of the metric; empty where the formula has no answer.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// What the formula gives.
    pub exact: Option<f64>,
    /// What was simulated.
    pub estimate: Option<f64>,
    /// Lower end of its interval.
    pub ci_low: Option<f64>,
    /// Upper end of its interval.
    pub ci_high: Option<f64>,
    /// Assumptions of the formula that do not hold; empty where it is exact.
    pub departures: String,
}

/// A row of `summary.csv`: one metric over all runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SummaryRow {
    /// What was measured, such as `client.shopper`.
    pub scope: String,
    /// Name of the metric.
    pub metric: String,
    /// Its unit: `s`, `1/s`, `ratio` and so on.
    pub unit: String,
    /// The pooled estimate; empty where nothing was observed.
    pub estimate: Option<f64>,
    /// Lower end of its interval.
    pub ci_low: Option<f64>,
    /// Upper end of its interval.
    pub ci_high: Option<f64>,
    /// Confidence of the interval.
    pub confidence: f64,
    /// Runs behind it.
    pub runs: u32,
}

/// A row of `runs.csv`: one metric in one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRow {
    /// Number of the run, from 0.
    pub run: u32,
    /// What was measured.
    pub scope: String,
    /// Name of the metric.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// Its value in this run.
    pub value: Option<f64>,
}

/// A row of `latency.csv`: one bucket of a histogram, merged over runs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LatencyRow {
    /// Client or service.
    pub scope: String,
    /// `latency` and `latency_all` of a client; `wait`, `service` and `sojourn` of a service.
    pub metric: String,
    /// Lowest duration of the bucket, in seconds.
    pub low_s: f64,
    /// Lowest duration of the next bucket, in seconds.
    pub high_s: f64,
    /// How many fell into it.
    pub count: u64,
}

/// A row of `functions.csv`: one function of a population, in all runs together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FunctionRow {
    /// The service.
    pub scope: String,
    /// The app of the function.
    pub app: String,
    /// The function.
    pub function: String,
    /// Attempts that it took in.
    pub invocations: u64,
    /// Those of them that waited for an instance to start.
    pub cold_starts: u64,
    /// Their share; empty without attempts.
    pub cold_start_ratio: Option<f64>,
    /// Attempts that were throttled.
    pub throttled: u64,
}

/// A row of `timeline.csv`: one client in one window of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WindowRow {
    /// Number of the run, from 0.
    pub run: u32,
    /// Start of the window, in seconds.
    pub window_start_s: f64,
    /// The client.
    pub scope: String,
    /// Requests that arrived in the window.
    pub arrivals: u64,
    /// Those of them answered well.
    pub successes: u64,
    /// Those of them that failed.
    pub failures: u64,
    /// Median latency of requests that ended well in the window, in seconds.
    pub latency_p50_s: Option<f64>,
    /// Their 99th percentile, in seconds.
    pub latency_p99_s: Option<f64>,
    /// Mean number of the client's requests under way.
    pub in_system: f64,
    /// Mean number of up replicas of the services that the client calls itself.
    pub replicas_up: f64,
}

/// A row of `shares.csv`: a share of one part in one window of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ShareRow {
    /// Number of the run, from 0.
    pub run: u32,
    /// Start of the window, in seconds.
    pub window_start_s: f64,
    /// The part, such as `dns.www.east`, `service.page` or `backup.nightly`.
    pub scope: String,
    /// `answered_ratio` of a record, `hit_ratio` of a service with a cache, `making_ratio` of a backup: how much of the window
    /// it was being made.
    pub metric: String,
    /// The share, from 0 to 1; empty where there was nothing of which it would be one.
    pub value: Option<f64>,
}

/// A row of `instances.csv`: one function in one window of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstanceRow {
    /// Number of the run, from 0.
    pub run: u32,
    /// Start of the window, in seconds.
    pub window_start_s: f64,
    /// The function; `*` for all those together that come after the first hundred in the order of names.
    pub scope: String,
    /// Mean number of instances that start.
    pub starting: f64,
    /// Mean number of those that are ready and have no request.
    pub idle: f64,
    /// Mean number of those that have at least one request.
    pub busy: f64,
    /// Mean number of instances that are to be provisioned, ready or not.
    pub provisioned: f64,
    /// Starts of instances for an attempt.
    pub cold_starts: u64,
    /// Attempts that were throttled.
    pub throttled: u64,
    /// What was paid for attempts that it took in, for the time of those that ended and for provisioned instances;
    /// empty where nothing has a price.
    pub cost: Option<f64>,
    /// The currency of that.
    pub currency: String,
}

/// A row of `incidents.csv`: a fault of one unit, or an outage of a service or block.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// Number of the run, from 0.
    pub run: u32,
    /// What was down; `*` in the last row of a run that had more incidents than are listed.
    pub scope: String,
    /// `fault.<name>` for a fault, `deploy.<name>` for a bad release; `outage/fault.<name>` for an outage and the fault that
    /// completed it.
    pub cause: String,
    /// When it began, in seconds.
    pub start_s: Option<f64>,
    /// When it was detected, in seconds.
    pub detected_s: Option<f64>,
    /// When it was decided what to do about it, in seconds.
    pub decided_s: Option<f64>,
    /// When its effect was over, in seconds: what it brought down is up again, or the alarm that found it is over.
    pub mitigated_s: Option<f64>,
    /// When it ended, in seconds; empty when it lasted beyond the horizon.
    pub recovered_s: Option<f64>,
    /// Requests of all clients that failed while it lasted.
    pub requests_failed: Option<u64>,
}

impl IncidentRow {
    /// Whether it is an outage of a service or block, not the fault of a unit.
    pub fn is_outage(&self) -> bool {
        self.cause.starts_with(OUTAGE)
    }
}

/// A row of `compare.csv`: one metric of two variants.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CompareRow {
    /// What was measured.
    pub scope: String,
    /// Name of the metric.
    pub metric: String,
    /// Unit of the difference.
    pub unit: String,
    /// The variant that was given first.
    pub variant_a: String,
    /// The other.
    pub variant_b: String,
    /// Second minus first.
    pub difference: Option<f64>,
    /// Lower end of its interval.
    pub diff_low: Option<f64>,
    /// Upper end of its interval.
    pub diff_high: Option<f64>,
    /// Second over first; of availabilities, of what is missing to 1.
    pub ratio: Option<f64>,
    /// Lower end of its interval.
    pub ratio_low: Option<f64>,
    /// Upper end of its interval.
    pub ratio_high: Option<f64>,
    /// What the second is, compared with the first.
    pub verdict: String,
    /// Runs of each.
    pub runs: u32,
    /// How many times larger the variance were without pairs; empty where there are none.
    pub variance_reduction: Option<f64>,
}

/// A row of `ranking.csv`: one metric of one variant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RankRow {
    /// What was measured.
    pub scope: String,
    /// Name of the metric.
    pub metric: String,
    /// Its unit.
    pub unit: String,
    /// The variant.
    pub variant: String,
    /// The pooled estimate; empty where nothing was observed.
    pub estimate: Option<f64>,
    /// Lower end of the interval of this variant alone.
    pub ci_low: Option<f64>,
    /// Upper end of that interval.
    pub ci_high: Option<f64>,
    /// 1 and the number of variants that are better for certain; empty where nothing is better or worse.
    pub rank: Option<u32>,
}

/// A row of `pareto.csv`: one variant as one client sees it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FrontRow {
    /// The client.
    pub scope: String,
    /// The variant.
    pub variant: String,
    /// Share of finished requests that did not fail.
    pub availability_request: Option<f64>,
    /// 99th percentile of latency, in seconds.
    pub latency_p99_s: Option<f64>,
    /// Hours for which replicas were provided in a run.
    pub replica_hours: f64,
    /// Whether no other variant beats it.
    pub on_front: bool,
    /// Variants that do.
    pub behind: String,
}

/// A row of `fit.csv`: one number of a fitted law.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FitRow {
    /// The law.
    pub law: String,
    /// A parameter, `mean`, `log_likelihood`, `aic`, `aic_difference`, `a_squared` or `p`.
    pub quantity: String,
    /// `s`, `ratio` or `1`.
    pub unit: String,
    /// The number; of a level nothing, where there are no resamples.
    pub value: Option<f64>,
    /// Lower end of its interval.
    pub ci_low: Option<f64>,
    /// Upper end of its interval.
    pub ci_high: Option<f64>,
    /// Confidence of the interval.
    pub confidence: Option<f64>,
}

/// A row of `durations.csv`: what a law was fitted to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DurationRow {
    /// How long, in seconds.
    pub duration_s: f64,
    /// How many ended then.
    pub ended: u64,
    /// How many were still going on when they were last seen.
    pub censored: u64,
    /// The estimated share of shorter ones.
    pub share_below: f64,
    /// The estimated share of those no longer.
    pub share_within: f64,
}

/// First word of the cause of an outage.
pub(super) const OUTAGE: &str = "outage";

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a line of the file by its columns, writes it with the names of the fields: both must agree.
    fn check<R: Row>(line: &str) {
        let text = format!("{}\n{line}\n", R::COLUMNS.join(","));
        let row: R = csv::Reader::from_reader(text.as_bytes()).deserialize().next().unwrap().unwrap();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.serialize(row).unwrap();
        assert_eq!(String::from_utf8(writer.into_inner().unwrap()).unwrap(), text, "{}", R::FILE);
    }

    #[test]
    fn columns_are_the_fields_in_their_order() {
        check::<SummaryRow>("client.c,goodput,1/s,1.5,,2.5,0.95,10");
        check::<RunRow>("3,client.c,goodput,1/s,");
        check::<LatencyRow>("client.c,latency,0.5,0.75,8");
        check::<WindowRow>("0,300.5,client.c,10,9,1,0.25,,1.5,2.5");
        check::<ShareRow>("0,300.5,dns.www.east,answered_ratio,0.25");
        check::<InstanceRow>("0,300.5,service.f,0.5,1.5,2.5,3.5,3,4,,USD");
        check::<IncidentRow>("1,service.s.1,fault.crash,1.5,2.5,3.5,,,7");
        check::<CompareRow>("client.c,goodput,1/s,a,b,0.5,0.25,0.75,,,,better,10,12.5");
        check::<RankRow>("client.c,goodput,1/s,a,1.5,,2.5,1");
        check::<FunctionRow>("service.f,app-1,function-3,8,2,0.25,1");
        check::<FitRow>("weibull,shape,1,0.5,0.25,,0.95");
        check::<DurationRow>("1.5,2,0,0.25,0.75");
        check::<FrontRow>("client.c,a,0.5,0.25,36.5,false,b; c");
        check::<crate::output::spending::SpendingRow>(
            "client.c,availability_request,a,12.5,0.75,step,b,1.5,1.25,1.75,0.5,0.25,0.75,,EUR",
        );
    }
}
