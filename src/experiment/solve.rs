//! Exact answers that are asked for one by one.

use std::collections::BTreeMap;

use super::theory;
use crate::analysis::oracle::{Oracle, OracleError, Value, find};
use crate::scenario::Given;

/// The answers of a formula.
#[derive(Debug, Clone)]
pub struct Solved {
    /// The formula.
    pub oracle: &'static Oracle,
    /// What it was asked, in base units.
    pub arguments: BTreeMap<String, Given>,
    /// Its answers, in the order in which it names them.
    pub values: Vec<Value>,
}

/// Works out the answers of the formula of this name.
///
/// # Errors
///
/// An unknown formula; arguments that are missing, unknown, of the wrong kind or outside its domain.
///
/// # Examples
///
/// ```
/// use std::collections::BTreeMap;
/// use ninefold::scenario::Given;
/// let arguments = BTreeMap::from([("t".to_owned(), Given::Numbers(vec![4.0, 6.0]))]);
/// let solved = ninefold::experiment::solve("harmonic-recovery", arguments).unwrap();
/// assert_eq!(solved.oracle.answers[0].name, "recovery_mean");
/// ```
pub fn solve(name: &str, arguments: BTreeMap<String, Given>) -> Result<Solved, OracleError> {
    let oracle = find(name)?;
    let values = oracle.solve(&theory::given(&arguments)?)?;
    Ok(Solved { oracle, arguments, values })
}
