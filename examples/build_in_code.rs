//! Builds a scenario in code, runs it with one to three replicas, and shows what a mistake looks like.
//!
//! Run it with `cargo run --release --example build_in_code`.

use std::error::Error;
use std::io::{self, Write};

use ninefold::experiment::{Options, run};
use ninefold::scenario::{Builder, Keys};
use ninefold::units::{Rate, SimDuration};

/// A desk with some clerks; 8 callers come in a second, and each takes a clerk 100 ms on average.
fn desk(clerks: u32) -> Builder {
    let arrival = Keys::of("process", "poisson").set("rate", Rate::new(8.0).unwrap_or_default());
    let demand = Keys::of("distribution", "exponential").set("mean", SimDuration::from_secs(0.1));
    // The keys are those of a scenario file; `ninefold explain service` says what each means.
    Builder::new("desk")
        .run(Keys::new().set("horizon", SimDuration::from_secs(600.0)).set("runs", 4).set("seed", 11))
        .client("caller", Keys::new().set("arrival", arrival).set("calls", "desk"))
        .service("desk", Keys::new().set("replicas", clerks).set("demand", demand).set("balancing", "random"))
}

pub(crate) fn show(out: &mut dyn Write) -> Result<(), Box<dyn Error>> {
    for clerks in 1..=3 {
        // Building checks everything that reading a file checks.
        let scenario = desk(clerks).build()?;
        let outcome = run(&scenario, &Options::default(), &())?;
        let wait = outcome.estimates_of("service.desk").iter().find(|one| one.metric == "wait_mean");
        if let Some((value, (low, high))) = wait.and_then(|wait| wait.value.zip(wait.interval)) {
            writeln!(out, "{clerks} replicas: {value:.4} s in the queue ({low:.4} to {high:.4})")?;
        }
    }
    // An error names the part, the key, and what was expected.
    let misspelt = Builder::new("desk").service("desk", Keys::new().set("demnd", "100ms"));
    if let Err(misfits) = misspelt.build() {
        writeln!(out, "{misfits}")?;
    }
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    show(&mut io::stdout())
}
