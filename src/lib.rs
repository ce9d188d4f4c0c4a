//! Ninefold simulates a fleet of services under load and failure and says, with confidence intervals, how many nines
//! a high-availability strategy buys, at what latency.
//!
//! Data flows one way: scenario file → [`document`] → [`scenario`] → [`engine`] → [`measure`] → [`analysis`] →
//! [`output`]; [`experiment`] joins them and [`cli`] is what a user types. What follows is a tour of the library; the
//! folder `examples/` has the same as programs.
//!
//! # Read a scenario and run it
//!
//! A scenario says which clients ask which services, what goes wrong, and for how long it is simulated how often.
//! [`scenario::source::read`] reads a file; here the text is given. What comes out was checked, and whatever is wrong
//! with it is reported at once, each mistake with its place.
//!
//! ```
//! use ninefold::experiment::{Options, run};
//! use ninefold::scenario::{Places, Source, load};
//!
//! let text = r#"
//!     run = { horizon = "10min", runs = 4, seed = 7 }
//!     client.caller = { arrival = { process = "poisson", rate = "5/s" }, calls = "desk" }
//!     service.desk = { demand = { distribution = "exponential", mean = "100ms" } }
//! "#;
//! let source = Source { name: "desk.toml".to_owned(), text: text.to_owned() };
//! let scenario = load(source, &[], &Places::default())?;
//! let outcome = run(&scenario, &Options::default(), &())?;
//! assert_eq!(outcome.runs(), 4);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Read the estimates
//!
//! An [`Estimate`](experiment::Estimate) has a scope, a metric, its unit, a value, and an interval that covers the true
//! value with the confidence that the scenario asks for. The value of a metric that was nowhere observed is `None`, not
//! zero. This queue has an exact answer too: an M/M/1 queue at half load answers after 200 ms on average.
//!
//! ```
//! # use ninefold::experiment::{Options, run};
//! # use ninefold::scenario::{Places, Source, load};
//! # let text = r#"
//! #     run = { horizon = "10min", runs = 4, seed = 7 }
//! #     client.caller = { arrival = { process = "poisson", rate = "5/s" }, calls = "desk" }
//! #     service.desk = { demand = { distribution = "exponential", mean = "100ms" } }
//! # "#;
//! # let source = Source { name: "desk.toml".to_owned(), text: text.to_owned() };
//! # let scenario = load(source, &[], &Places::default())?;
//! # let outcome = run(&scenario, &Options::default(), &())?;
//! let estimates = outcome.estimates_of("client.caller");
//! let latency = estimates.iter().find(|one| one.metric == "latency_mean").ok_or("no such metric")?;
//! let (low, high) = latency.interval.ok_or("too few runs")?;
//! assert!(latency.unit == "s" && low < high && (0.15..0.25).contains(&latency.value.unwrap_or(0.0)));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Compare two variants
//!
//! An [`Override`](scenario::Override) sets one value before a scenario is read. Variants of a scenario meet the same
//! requests and faults, so that [`compare`](experiment::compare::compare) can pair their runs: it takes few of them to
//! tell two strategies apart. Here a second replica stands in while the first is down.
//!
//! ```
//! use ninefold::experiment::Options;
//! use ninefold::experiment::compare::{Question, Standing, Variant, compare};
//! use ninefold::scenario::{Override, Places, Source, load};
//!
//! let text = r#"
//!     run = { horizon = "10min", runs = 4, seed = 7 }
//!     client.caller = { arrival = { process = "poisson", rate = "5/s" }, calls = "desk" }
//!     service.desk = { replicas = 1, demand = "10ms" }
//!     fault.crash = { kind = "crash", on = "service.desk.1", at = "2min", lasts = "1min" }
//! "#;
//! let mut variants = Vec::new();
//! for replicas in ["1", "2"] {
//!     let source = Source { name: "desk.toml".to_owned(), text: text.to_owned() };
//!     let change = Override { path: "service.desk.replicas".to_owned(), value: replicas.to_owned() };
//!     let scenario = load(source, &[change], &Places::default())?;
//!     variants.push(Variant { label: format!("{replicas} replicas"), scenario });
//! }
//! let metrics = vec!["client.caller/availability_request".to_owned()];
//! let question = Question { metrics, runs: 4, runs_max: 4 };
//! let compared = compare(&variants, None, &question, &Options::default(), &())?;
//! let pair = &compared.metrics[0].pairs[0];
//! assert!(pair.is_paired && pair.verdict == Standing::Better);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Build a scenario in code
//!
//! A [`Builder`](scenario::Builder) takes the keys that a file would have, checks what a file's reader checks, and names
//! part and key of what is wrong. There is no other way to a [`System`](model::system::System), so that one that runs
//! was checked.
//!
//! ```
//! use ninefold::scenario::{Builder, Keys};
//! use ninefold::units::SimDuration;
//!
//! let demand = Keys::of("distribution", "exponential").set("mean", SimDuration::from_secs(0.1));
//! let wrong = Builder::new("desk")
//!     .run(Keys::new().set("horizon", "10min"))
//!     .service("desk", Keys::new().set("demand", demand).set("balancing", "round-robbin"))
//!     .build()
//!     .unwrap_err();
//! assert_eq!(wrong.0[0].path, "service.desk.balancing");
//! assert_eq!(wrong.0[0].message, "no balancing policy is called \"round-robbin\"");
//! ```
//!
//! # Add a policy
//!
//! A policy is a small state machine: it is given what its decider knows and answers a decision. One from outside the
//! crate implements the trait of its room, declares its settings with [`settings!`], and is registered in a
//! [`Catalogue`](scenario::Catalogue) with which scenarios are read: [there](scenario::Catalogue) is a small one, and
//! `examples/own_balancer.rs` has one that learns from failures.

pub mod analysis;
pub mod chain;
pub mod cli;
pub mod document;
pub mod engine;
pub mod experiment;
pub mod kernel;
pub mod limit;
pub mod measure;
pub mod model;
pub mod output;
pub mod reason;
pub mod registry;
pub mod scenario;
pub mod units;
