//! The text of a Markov chain: a model of guarded commands, or a table of rates.

use ninefold::chain::{Model, Question, read_model, read_rates, read_rewards};

/// States up to which a chain is asked: beyond, a single answer takes too long to try many.
const STATES_MAX: usize = 300;

/// The line between a chain and what belongs to it.
const BETWEEN: &str = "\n===\n";

/// Reads a chain both ways, with what follows the line `===` as constants or rewards, and asks it.
pub(crate) fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (text, further) = text.split_once(BETWEEN).unwrap_or((text, ""));
    let constants: Vec<String> = further.lines().map(str::to_owned).collect();
    match read_model(text, &constants) {
        Ok(model) => ask(&model),
        Err(findings) => assert!(findings.has_errors()),
    }
    match read_rates(text, 1.0) {
        Ok(mut model) => {
            if let Ok(rewards) = read_rewards(&model, further, 1) {
                model.add_rewards(rewards);
            }
            ask(&model);
        }
        Err(findings) => assert!(findings.has_errors()),
    }
}

fn ask(model: &Model) {
    let states = model.chain.states();
    if states > STATES_MAX {
        return;
    }
    (0..states).for_each(|state| assert!(!model.name(state).is_empty(), "state {state} has no name"));
    let last = Some((0..states).map(|state| state + 1 == states).collect());
    let label = model.labels.first().map(|(_, set)| set.clone());
    for question in [
        Question::default(),
        Question { at: Some(1.5), ..Question::default() },
        Question { until: last.clone(), ..Question::default() },
        Question { until: label, before: last, start: Some(states / 2), ..Question::default() },
    ] {
        let Ok(found) = model.answer(&question) else { continue };
        for answer in found.answers {
            assert!(!answer.value.is_nan(), "{} of {:?} is no number", answer.name, answer.of);
        }
    }
}
