//! What is done with bytes that may be anything: there is an answer or an error, never a panic. The fuzzer calls these
//! functions, and so do the tests.

pub(crate) mod chain;
pub(crate) mod data;
pub(crate) mod experiment;
pub(crate) mod part;
pub(crate) mod scenario;
pub(crate) mod simulation;

use ninefold::scenario::{Rejected, Source, render};

/// A target of the fuzzer: its name, and what is done with its bytes.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target; each has a program and a corpus of its name below `fuzz/`.
pub(crate) const TARGETS: [Target; 6] = [
    ("chain", chain::read),
    ("data", data::read),
    ("experiment", experiment::read),
    ("part", part::read),
    ("scenario", scenario::read),
    ("simulation", simulation::read),
];

fn source(text: &str) -> Source {
    Source { name: "any.toml".to_owned(), text: text.to_owned() }
}

/// What is refused has a reason that can be shown.
fn is_explained(rejected: &Rejected) {
    assert!(rejected.findings.has_errors(), "refused without an error");
    assert!(!render(&rejected.findings, &rejected.sources, false).is_empty());
}
