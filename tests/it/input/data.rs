//! A CSV file of recorded data: durations to fit laws to, arrivals and faults to replay, values to draw from.

use std::fs;

use ninefold::document::TimeUnit;
use ninefold::experiment::fit::{Moment, Wanted, What, Zeros, read as durations};
use ninefold::scenario::{Places, load};

use super::{is_explained, source};
use crate::audit;

/// The columns that are asked for.
const HEADER: &str = "began,ended,unit,count";

/// Events up to which replayed data are run.
const EVENTS: u64 = 2_000;

/// Reads a file for every purpose; where its first line is not [`HEADER`], it is read once more below that.
pub(crate) fn read(bytes: &[u8]) {
    fit(bytes);
    if bytes.starts_with(HEADER.as_bytes()) {
        return simulate(bytes);
    }
    let below = [HEADER.as_bytes(), b"\n", bytes].concat();
    fit(&below);
    simulate(&below);
}

fn fit(bytes: &[u8]) {
    let name = |name: &str| Some(name.to_owned());
    let until = Moment::Last;
    for what in [
        What::Durations { censored: None },
        What::Durations { censored: name("ended") },
        What::Lasting { ended: "ended".to_owned(), unit: name("unit") },
        What::Between { ended: None, unit: None, since: Some(Moment::First), until },
        What::Between { ended: name("ended"), unit: name("unit"), since: None, until },
    ] {
        for (zeros, count) in [(Zeros::Refused, None), (Zeros::Taken(0.5), name("count"))] {
            let (column, filters) = ("began".to_owned(), Vec::new());
            let unit = TimeUnit::Second;
            let wanted = Wanted { column, what: what.clone(), filters, unit, count, zeros };
            match durations("any.csv", bytes, &wanted) {
                Ok(recorded) => assert!(recorded.durations.count() > 0.0, "nothing was recorded"),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

fn simulate(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    fs::write(folder.path().join("any.csv"), bytes).expect("there is room for a file");
    let places = Places { folders: vec![folder.path().to_owned()] };
    let replayed = "process = \"replay\", file = \"any.csv\"";
    let poisson = "process = \"poisson\", rate = \"20/s\"";
    let recorded = "distribution = \"empirical\", file = \"any.csv\", column = \"began\"";
    let faults = "[fault.f]\nkind = \"crash\"\non = \"service.s.*\"\n\
        replay = { file = \"any.csv\", unit = \"unit\", started = \"began\", ended = \"ended\" }\n";
    for (arrival, demand, fault) in [
        (format!("{replayed}, column = \"began\""), "\"5ms\"".to_owned(), ""),
        (format!("{replayed}, column = \"count\", period = \"100ms\""), format!("{{ {recorded} }}"), ""),
        (poisson.to_owned(), "\"5ms\"".to_owned(), faults),
    ] {
        let text = format!(
            "[run]\nhorizon = \"20s\"\n[client.c]\narrival = {{ {arrival} }}\ncalls = \"s\"\n\
             [service.s]\nreplicas = 3\ndemand = {demand}\n{fault}"
        );
        match load(source(&text), &[], &places) {
            Ok(scenario) => {
                if let Ok(Some((measured, books))) = audit::run_at_most(&scenario, EVENTS) {
                    audit::agree(&scenario, &measured, &books);
                }
            }
            Err(rejected) => is_explained(&rejected),
        }
    }
}
