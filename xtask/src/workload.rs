//! The scenarios whose speed is watched.

use crate::failure::Failure;
use crate::place;
use std::path::Path;
use std::process::Command;

/// A scenario under `scenarios/bench/` with one open client, `c`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Workload {
    /// Name of the file, without its ending.
    pub(crate) name: &'static str,
    /// Requests per second of simulated time.
    pub(crate) rate: f64,
    /// Changes to it, as `--set` takes them.
    pub(crate) set: &'static [&'static str],
}

pub(crate) const W1: Workload = Workload::new("w1", 0.8);
pub(crate) const W1_IDLE: Workload = Workload::new("w1-idle", 0.8);
pub(crate) const W2: Workload = Workload::new("w2", 9.0);
pub(crate) const W3: Workload = Workload::new("w3", 350.0);
pub(crate) const W3_TIMEOUT: Workload = Workload::new("w3-timeout", 350.0);
/// Functions: instances that come with the requests.
pub(crate) const W4: Workload = Workload::new("w4", 0.9);
pub(crate) const DEPTH_1: Workload = Workload::new("depth-1", 0.6);
pub(crate) const DEPTH_2: Workload = Workload::new("depth-2", 0.6);
pub(crate) const DEPTH_3: Workload = Workload::new("depth-3", 0.6);

/// The realistic case: network, least request, timeouts, budgeted retries, health checks.
pub(crate) const W5: Workload = Workload::new("w5", 1500.0);

impl Workload {
    const fn new(name: &'static str, rate: f64) -> Self {
        Self { name, rate, set: &[] }
    }

    /// The arguments of `ninefold` that run about so many requests once, on one thread, into the folder `out`.
    pub(crate) fn arguments(&self, requests: u64, out: &Path) -> Vec<String> {
        let scenario = place::root().join("scenarios/bench").join(format!("{}.toml", self.name));
        let horizon = format!("run.horizon={}s", (requests as f64 / self.rate).ceil());
        let words = ["run", &scenario.to_string_lossy(), "--set", &horizon, "--runs", "1", "--threads", "1"];
        let output = ["--quiet", "--no-plots", "--out", &out.to_string_lossy()];
        let set = self.set.iter().flat_map(|change| ["--set", *change]);
        words.into_iter().chain(set).chain(output).map(str::to_owned).collect()
    }

    /// The command that runs about so many requests.
    pub(crate) fn command(&self, ninefold: &Path, requests: u64, out: &Path) -> Command {
        let mut command = Command::new(ninefold);
        command.args(self.arguments(requests, out));
        command
    }
}

/// How many requests the client of a finished run had, as its results say.
pub(crate) fn requests(out: &Path) -> Result<f64, Failure> {
    let path = out.join("summary.csv");
    let text = place::read(&path)?;
    requests_in(&text).ok_or_else(|| Failure::content(&path.display(), &"no number of requests of client.c"))
}

fn requests_in(summary: &str) -> Option<f64> {
    let mut reader = csv::Reader::from_reader(summary.as_bytes());
    let headers = reader.headers().ok()?.clone();
    let column = |name: &str| headers.iter().position(|header| header == name);
    let (scope, metric, estimate) = (column("scope")?, column("metric")?, column("estimate")?);
    reader
        .records()
        .filter_map(Result::ok)
        .find(|row| &row[scope] == "client.c" && &row[metric] == "requests")
        .and_then(|row| row[estimate].parse().ok())
        .filter(|count: &f64| *count >= 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_requests_is_read_by_column_name() {
        let summary = "metric,scope,unit,estimate\nrequests,client.d,1,7\nrequests,client.c,1,19987\n";
        assert_eq!(requests_in(summary), Some(19_987.0));
    }

    #[test]
    fn a_summary_without_requests_gives_none() {
        assert_eq!(requests_in("scope,metric,estimate\nclient.c,goodput,3\n"), None);
        assert_eq!(requests_in("scope,metric,estimate\nclient.c,requests,0\n"), None);
    }

    #[test]
    fn the_horizon_follows_the_number_of_requests() {
        let arguments = W1.arguments(20_000, Path::new("out"));
        assert!(arguments.contains(&"run.horizon=25000s".to_owned()), "{arguments:?}");
    }

    #[test]
    fn the_rates_are_those_of_the_files() {
        for workload in [W1, W1_IDLE, W2, W3, W3_TIMEOUT, DEPTH_1, DEPTH_2, DEPTH_3] {
            let path = place::root().join("scenarios/bench").join(format!("{}.toml", workload.name));
            let table: toml::Table =
                place::read(&path).expect("the file is there").parse().expect("it is TOML");
            let rate = table["client"]["c"]["arrival"]["rate"].as_str().expect("a rate is written");
            assert_eq!(rate, format!("{}/s", workload.rate), "{}", workload.name);
        }
    }
}
