//! Exact answers: the formulas that a claim can name and `solve` works out.
//!
//! An oracle turns arguments, each a list of numbers in base units or of distributions, into named answers. It shares
//! no code with the simulator, or it would confirm the simulator's mistakes. To add one: write `<room>/<name>.rs` with
//! its formula and its [`Oracle`], its `mod` line, and its row in the room's list.

mod article;
mod availability;
mod backup;
mod balancing;
mod budget;
mod caching;
mod domain;
mod levels;
mod precision;
mod queueing;
mod rare;
mod relaxation;
mod resilience;
mod serverless;

use std::collections::BTreeMap;

pub use article::*;
pub use availability::*;
pub use backup::*;
pub use balancing::*;
pub use budget::*;
pub use caching::*;
pub use precision::*;
pub use queueing::*;
pub use rare::*;
pub use resilience::*;
pub use serverless::*;

use super::law::Law;
use crate::units::plain;

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
    /// A distribution where numbers are needed, or the reverse.
    #[error("the argument \"{argument}\" is not {expected}")]
    Kind {
        /// Its name.
        argument: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// An answer that the formula does not give.
    #[error("the formula has no answer \"{answer}\"; it has {known}")]
    UnknownAnswer {
        /// What was asked for.
        answer: String,
        /// Those that it has, with commas between.
        known: String,
    },
    /// A value outside the domain of the formula.
    #[error("the argument \"{argument}\" is {}, but must be {expected}", plain(*value))]
    Domain {
        /// Its name.
        argument: &'static str,
        /// The value.
        value: f64,
        /// Where it should lie.
        expected: &'static str,
    },
    /// Arguments that are possible one by one, but not together.
    #[error("{reason}")]
    Outside {
        /// What is wrong, a lowercase sentence.
        reason: String,
    },
    /// More work arrives than can be done, so that nothing settles.
    #[error("the load is {} of the capacity: there is no steady state", plain(*load))]
    Unstable {
        /// Arrival rate over capacity.
        load: f64,
    },
}

/// What an argument of a formula is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One number.
    Number,
    /// Some numbers.
    Numbers,
    /// One distribution; a number is one that is always the same.
    Law,
    /// Some distributions.
    Laws,
}

impl Kind {
    /// As `list` and `solve` say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Numbers => "list of numbers",
            Self::Law => "distribution",
            Self::Laws => "list of distributions in brackets",
        }
    }
}

/// An argument of a formula.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Argument {
    /// Its name in a claim.
    pub name: &'static str,
    /// Its unit; that of the values of a distribution.
    pub unit: &'static str,
    /// What it is made of.
    pub kind: Kind,
    /// What it is.
    pub meaning: &'static str,
    /// Its value where it is not given; without one it must be.
    pub otherwise: Option<f64>,
}

impl Argument {
    /// One number.
    pub(in crate::analysis::oracle) const fn number(
        name: &'static str,
        unit: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, unit, kind: Kind::Number, meaning, otherwise: None }
    }

    /// The same argument of another kind.
    pub(in crate::analysis::oracle) const fn of(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same argument, which need not be given.
    pub(in crate::analysis::oracle) const fn or(self, otherwise: f64) -> Self {
        Self { otherwise: Some(otherwise), ..self }
    }
}

/// One answer of a formula. Where it is that of a metric, its name is the metric's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer {
    /// Its name.
    pub name: &'static str,
    /// Its unit.
    pub unit: &'static str,
    /// What it is.
    pub meaning: &'static str,
}

impl Answer {
    /// An answer of this name, unit and meaning.
    pub(in crate::analysis::oracle) const fn new(
        name: &'static str,
        unit: &'static str,
        meaning: &'static str,
    ) -> Self {
        Self { name, unit, meaning }
    }
}

/// The value of an answer: one number, or one for each part (class, station, ...).
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// One number.
    Number(f64),
    /// One for each part.
    List(Vec<f64>),
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<Vec<f64>> for Value {
    fn from(values: Vec<f64>) -> Self {
        Self::List(values)
    }
}

/// One formula of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Oracle {
    /// Its name in a claim.
    pub name: &'static str,
    /// What it predicts, in one sentence.
    pub summary: &'static str,
    /// The formula in one line, or in a few.
    pub formula: &'static str,
    /// When it is exact.
    pub domain: &'static str,
    /// Where it is from.
    pub source: &'static str,
    /// Its arguments.
    pub arguments: &'static [Argument],
    /// Its answers; the first one is meant where none is named.
    pub answers: &'static [Answer],
    /// Works out the answers, in the order of `answers`.
    solve: fn(&Arguments<'_>) -> Result<Vec<Value>, OracleError>,
}

/// What one argument is given as.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// Numbers in base units.
    Numbers(Vec<f64>),
    /// Distributions of seconds.
    Laws(Vec<Law>),
}

/// The rooms with their lists.
const ROOMS: &[(&str, &[Oracle])] = &[
    ("article", article::ROWS),
    ("availability", availability::ROWS),
    ("backup", backup::ROWS),
    ("balancing", balancing::ROWS),
    ("budget", budget::ROWS),
    ("caching", caching::ROWS),
    ("precision", precision::ROWS),
    ("queueing", queueing::ROWS),
    ("rare", rare::ROWS),
    ("resilience", resilience::ROWS),
    ("serverless", serverless::ROWS),
];

/// The rooms of formulas by their names, each with its formulas in the order of names.
pub fn rooms() -> impl Iterator<Item = (&'static str, &'static [Oracle])> + Clone {
    ROOMS.iter().copied()
}

/// Every formula, room by room.
pub fn catalogue() -> impl Iterator<Item = &'static Oracle> + Clone {
    rooms().flat_map(|(_, formulas)| formulas)
}

/// The formula of this name.
///
/// # Errors
///
/// [`OracleError::UnknownFormula`].
pub fn find(name: &str) -> Result<&'static Oracle, OracleError> {
    catalogue()
        .find(|oracle| oracle.name == name)
        .ok_or_else(|| OracleError::UnknownFormula { name: name.to_owned() })
}

impl Oracle {
    /// The answers to these arguments, which are in base units (seconds, 1/s, ratios), in the order of
    /// [`Oracle::answers`].
    ///
    /// # Errors
    ///
    /// Arguments that are missing, unknown, of the wrong kind or outside the formula's domain.
    pub fn solve(&self, given: &BTreeMap<String, Given>) -> Result<Vec<Value>, OracleError> {
        if let Some(argument) =
            given.keys().find(|name| self.arguments.iter().all(|known| known.name != name.as_str()))
        {
            return Err(OracleError::UnknownArgument { argument: argument.clone() });
        }
        let values = (self.solve)(&Arguments { oracle: self, given })?;
        let is_lost = |value: &Value| match value {
            Value::Number(value) => value.is_nan(),
            Value::List(values) => values.iter().any(|value| value.is_nan()),
        };
        if let Some((answer, _)) = self.answers.iter().zip(&values).find(|(_, value)| is_lost(value)) {
            let reason =
                format!("\"{}\" cannot be worked out: the arguments are too large or too small", answer.name);
            return Err(OracleError::Outside { reason });
        }
        Ok(values)
    }

    /// The answer of this name, which must be one number; the first one where no name is given.
    ///
    /// # Errors
    ///
    /// As [`Oracle::solve`]; an answer that is unknown or a list.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::collections::BTreeMap;
    /// use ninefold::analysis::oracle::{find, Given};
    /// let arguments = BTreeMap::from([("t".to_owned(), Given::Numbers(vec![30.0, 60.0]))]);
    /// let answer = find("harmonic-recovery").unwrap().answer(None, &arguments);
    /// assert_eq!(answer, Ok(20.0));
    /// ```
    pub fn answer(&self, name: Option<&str>, given: &BTreeMap<String, Given>) -> Result<f64, OracleError> {
        let unknown = |answer: &str| OracleError::UnknownAnswer {
            answer: answer.to_owned(),
            known: self.answers.iter().map(|answer| answer.name).collect::<Vec<_>>().join(", "),
        };
        let place = match name {
            Some(name) => {
                self.answers.iter().position(|answer| answer.name == name).ok_or_else(|| unknown(name))?
            }
            None => 0,
        };
        match self.solve(given)?.get(place) {
            Some(Value::Number(value)) => Ok(*value),
            Some(Value::List(values)) => {
                let name = self.answers[place].name;
                Err(OracleError::Outside {
                    reason: format!("the answer \"{name}\" is a list of {} numbers, not one", values.len()),
                })
            }
            None => Err(unknown(name.unwrap_or_default())),
        }
    }
}

/// The arguments of one question.
struct Arguments<'a> {
    oracle: &'a Oracle,
    given: &'a BTreeMap<String, Given>,
}

impl Arguments<'_> {
    /// Some numbers, at least one.
    fn numbers(&self, argument: &'static str) -> Result<Vec<f64>, OracleError> {
        let otherwise = self.oracle.arguments.iter().find(|known| known.name == argument);
        match (self.given.get(argument), otherwise.and_then(|known| known.otherwise)) {
            (Some(Given::Numbers(values)), _) if values.is_empty() => {
                Err(OracleError::Count { argument, found: 0, expected: "at least one" })
            }
            (Some(Given::Numbers(values)), _) => Ok(values.clone()),
            (Some(Given::Laws(_)), _) => Err(OracleError::Kind { argument, expected: "a number" }),
            (None, Some(otherwise)) => Ok(vec![otherwise]),
            (None, None) => Err(OracleError::Missing { argument }),
        }
    }

    /// One number.
    fn number(&self, argument: &'static str) -> Result<f64, OracleError> {
        match self.numbers(argument)?[..] {
            [value] => Ok(value),
            ref values => Err(OracleError::Count { argument, found: values.len(), expected: "one" }),
        }
    }

    /// One number that is positive and finite.
    fn positive(&self, argument: &'static str) -> Result<f64, OracleError> {
        let value = self.number(argument)?;
        positive(argument, &[value])?;
        Ok(value)
    }

    /// One whole number of at least `least`.
    fn count(&self, argument: &'static str, least: u32) -> Result<u32, OracleError> {
        let value = self.number(argument)?;
        let is_whole = value.fract() == 0.0 && (f64::from(least)..=f64::from(u32::MAX)).contains(&value);
        if is_whole {
            return domain::counted(argument, value as u32);
        }
        let expected = if least == 0 { "a whole number" } else { "a whole number above 0" };
        Err(OracleError::Domain { argument, value, expected })
    }

    /// Some distributions, at least one.
    fn laws(&self, argument: &'static str) -> Result<Vec<Law>, OracleError> {
        match self.given.get(argument) {
            Some(Given::Laws(laws)) if laws.is_empty() => {
                Err(OracleError::Count { argument, found: 0, expected: "at least one" })
            }
            Some(Given::Laws(laws)) => Ok(laws.clone()),
            _ => {
                let values = self.numbers(argument)?;
                if let Some(value) = values.iter().find(|value| !(value.is_finite() && **value >= 0.0)) {
                    let expected = "finite and at least 0";
                    return Err(OracleError::Domain { argument, value: *value, expected });
                }
                Ok(values.into_iter().map(|value| Law::Constant { value }).collect())
            }
        }
    }

    /// One distribution.
    fn law(&self, argument: &'static str) -> Result<Law, OracleError> {
        let mut laws = self.laws(argument)?;
        match (laws.pop(), laws.len()) {
            (Some(law), 0) => Ok(law),
            (_, others) => Err(OracleError::Count { argument, found: others + 1, expected: "one" }),
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

    fn numbers(given: &[(&str, &[f64])]) -> BTreeMap<String, Given> {
        given.iter().map(|(name, values)| ((*name).to_owned(), Given::Numbers(values.to_vec()))).collect()
    }

    fn answer(name: &str, given: &[(&str, &[f64])]) -> Result<f64, OracleError> {
        find(name)?.answer(None, &numbers(given))
    }

    #[test]
    fn names_are_unique_and_every_formula_says_what_it_answers() {
        let mut names: Vec<_> = catalogue().map(|oracle| oracle.name).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
        for oracle in catalogue() {
            assert!(!oracle.answers.is_empty() && !oracle.source.is_empty(), "{}", oracle.name);
            assert!(oracle.domain.ends_with('.') && oracle.summary.ends_with('.'), "{}", oracle.name);
        }
        for (_, room) in ROOMS {
            assert!(
                room.windows(2).all(|pair| pair[0].name < pair[1].name),
                "rows are in the order of names"
            );
        }
    }

    #[test]
    fn wrong_arguments_are_named() {
        let unknown = OracleError::UnknownFormula { name: "harmonic".to_owned() };
        assert_eq!(answer("harmonic", &[]), Err(unknown));
        assert_eq!(answer("harmonic-recovery", &[]), Err(OracleError::Missing { argument: "t" }));
        let unknown = OracleError::UnknownArgument { argument: "u".to_owned() };
        assert_eq!(answer("harmonic-recovery", &[("t", &[1.0]), ("u", &[1.0])]), Err(unknown));
        let two = OracleError::Count { argument: "rate", found: 2, expected: "one" };
        assert_eq!(answer("weighted-split", &[("p", &[1.0]), ("rate", &[0.1, 0.2])]), Err(two));
        let none = OracleError::Count { argument: "t", found: 0, expected: "at least one" };
        assert_eq!(answer("harmonic-recovery", &[("t", &[])]), Err(none));
        let law = BTreeMap::from([("t".to_owned(), Given::Laws(vec![Law::Exponential { mean: 1.0 }]))]);
        let kind = OracleError::Kind { argument: "t", expected: "a number" };
        assert_eq!(find("harmonic-recovery").unwrap().answer(None, &law), Err(kind));
        let asked = find("harmonic-recovery").unwrap().answer(Some("mttr"), &numbers(&[("t", &[1.0])]));
        assert_eq!(
            asked,
            Err(OracleError::UnknownAnswer { answer: "mttr".into(), known: "recovery_mean".into() })
        );
    }
}
