//! Exact answers: the formulas that a claim can name.
//!
//! An oracle turns arguments, each a list of numbers in base units, into one number. It shares no code with the
//! simulator, or it would confirm the simulator's mistakes. To add one: write `<name>.rs` with its formula and its
//! [`Oracle`], and add its `mod` line and its row to [`CATALOGUE`].

mod harmonic;
mod weighted_split;

use std::collections::BTreeMap;

pub use harmonic::{harmonic_availability, harmonic_recovery};
pub use weighted_split::weighted_split;

/// Why a formula has no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OracleError {
    /// There is no such formula.
    #[error("no formula is called \"{name}\"")]
    UnknownFormula {
        /// What was asked for.
        name: String,
    },
    /// An argument is not there.
    #[error("the argument \"{argument}\" is missing")]
    Missing {
        /// Its name.
        argument: &'static str,
    },
    /// An argument that the formula does not have.
    #[error("the formula has no argument \"{argument}\"")]
    UnknownArgument {
        /// Its name.
        argument: String,
    },
    /// A list where one number is needed, or none where some are.
    #[error("the argument \"{argument}\" has {found} values instead of {expected}")]
    Count {
        /// Its name.
        argument: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: &'static str,
    },
    /// A value outside the domain of the formula.
    #[error("the argument \"{argument}\" is {value}, but must be {expected}")]
    Domain {
        /// Its name.
        argument: &'static str,
        /// The value.
        value: f64,
        /// Where it should lie.
        expected: &'static str,
    },
    /// More work arrives than can be done, so that nothing settles.
    #[error("the load is {load} of the capacity: there is no steady state")]
    Unstable {
        /// Arrival rate over capacity.
        load: f64,
    },
}

/// An argument of a formula.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Argument {
    /// Its name in a claim.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// Whether it is a list.
    pub is_list: bool,
    /// What it is.
    pub meaning: &'static str,
}

/// One formula of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Oracle {
    /// Its name in a claim.
    pub name: &'static str,
    /// What it predicts, in one sentence.
    pub summary: &'static str,
    /// The formula in one line.
    pub formula: &'static str,
    /// When it is exact.
    pub domain: &'static str,
    /// Where it is from.
    pub source: &'static str,
    /// Its arguments.
    pub arguments: &'static [Argument],
    /// The unit of the answer.
    pub unit: &'static str,
    answer: fn(&Arguments<'_>) -> Result<f64, OracleError>,
}

/// Every formula, in the order of names.
pub const CATALOGUE: &[Oracle] = &[harmonic::AVAILABILITY, harmonic::RECOVERY, weighted_split::ORACLE];

/// The formula of this name.
pub fn find(name: &str) -> Option<&'static Oracle> {
    CATALOGUE.iter().find(|oracle| oracle.name == name)
}

/// The answer of the formula called `name`; arguments are in base units (seconds, 1/s, ratios).
///
/// # Errors
///
/// An unknown name, arguments that are missing, unknown or outside the formula's domain.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
/// let arguments = BTreeMap::from([("t".to_owned(), vec![30.0, 60.0])]);
/// let answer = ninefold::analysis::oracle::solve("harmonic-recovery", &arguments);
/// assert_eq!(answer, Ok(20.0));
/// ```
pub fn solve(name: &str, arguments: &BTreeMap<String, Vec<f64>>) -> Result<f64, OracleError> {
    let oracle = find(name).ok_or_else(|| OracleError::UnknownFormula { name: name.to_owned() })?;
    for argument in arguments.keys() {
        if !oracle.arguments.iter().any(|known| known.name == argument) {
            return Err(OracleError::UnknownArgument { argument: argument.clone() });
        }
    }
    (oracle.answer)(&Arguments { given: arguments })
}

/// The arguments of one question.
struct Arguments<'a> {
    given: &'a BTreeMap<String, Vec<f64>>,
}

impl Arguments<'_> {
    /// A list that is not empty.
    fn list(&self, argument: &'static str) -> Result<&[f64], OracleError> {
        let values = self.given.get(argument).ok_or(OracleError::Missing { argument })?;
        if values.is_empty() {
            return Err(OracleError::Count { argument, found: 0, expected: "at least one" });
        }
        Ok(values)
    }

    /// One number.
    fn number(&self, argument: &'static str) -> Result<f64, OracleError> {
        match self.list(argument)? {
            [value] => Ok(*value),
            values => Err(OracleError::Count { argument, found: values.len(), expected: "one" }),
        }
    }
}

/// The values, if each is positive and finite.
fn positive<'v>(argument: &'static str, values: &'v [f64]) -> Result<&'v [f64], OracleError> {
    match values.iter().find(|value| !(value.is_finite() && **value > 0.0)) {
        Some(value) => Err(OracleError::Domain { argument, value: *value, expected: "positive and finite" }),
        None => Ok(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(given: &[(&str, &[f64])]) -> BTreeMap<String, Vec<f64>> {
        given.iter().map(|(name, values)| ((*name).to_owned(), values.to_vec())).collect()
    }

    #[test]
    fn the_catalogue_is_in_the_order_of_names() {
        assert!(CATALOGUE.windows(2).all(|pair| pair[0].name < pair[1].name));
    }

    #[test]
    fn wrong_arguments_are_named() {
        assert_eq!(
            solve("harmonic", &arguments(&[])),
            Err(OracleError::UnknownFormula { name: "harmonic".to_owned() })
        );
        assert_eq!(solve("harmonic-recovery", &arguments(&[])), Err(OracleError::Missing { argument: "t" }));
        assert_eq!(
            solve("harmonic-recovery", &arguments(&[("t", &[1.0]), ("u", &[1.0])])),
            Err(OracleError::UnknownArgument { argument: "u".to_owned() })
        );
        assert_eq!(
            solve("weighted-split", &arguments(&[("p", &[1.0]), ("rate", &[0.1, 0.2])])),
            Err(OracleError::Count { argument: "rate", found: 2, expected: "one" })
        );
        assert_eq!(
            solve("harmonic-recovery", &arguments(&[("t", &[])])),
            Err(OracleError::Count { argument: "t", found: 0, expected: "at least one" })
        );
    }
}
