//! Chains of levels (how many are inside) and phases (all else), whose level moves by one at a time.

use crate::analysis::linear::{Matrix, add, multiply, solve, square, transposed};
use crate::analysis::oracle::OracleError;

/// The rates out of one level: from a phase (row) to a phase (column).
#[derive(Debug, Clone)]
pub(in crate::analysis::oracle) struct Moves {
    /// To the next level.
    pub(in crate::analysis::oracle) up: Matrix,
    /// Within the level, nothing on the diagonal.
    pub(in crate::analysis::oracle) within: Matrix,
    /// To the level before; none from the first level.
    pub(in crate::analysis::oracle) down: Matrix,
}

impl Moves {
    /// The generator within the level: what leaves a phase stands on its diagonal.
    fn generator(&self) -> Matrix {
        let out =
            |row: usize| [&self.up, &self.within, &self.down].iter().flat_map(|all| &all[row]).sum::<f64>();
        square(self.up.len(), |row, column| {
            self.within[row][column] - if row == column { out(row) } else { 0.0 }
        })
    }
}

/// How little the levels that are left out may weigh.
const NEGLIGIBLE: f64 = 1e-17;

/// No steady state that this can work out needs more levels.
const LEVELS_MAX: usize = 2_000_000;

/// The steady state: the probability of each phase, level by level, until the rest weighs nothing.
///
/// From the level `same` on all levels move alike. There the probability of a level is that of the one before times a
/// matrix R, which logarithmic reduction gives; below, each level has an R of its own.
///
/// Source: Latouche and Ramaswami, A logarithmic reduction algorithm for quasi-birth-death processes, Journal of Applied
/// Probability 30 (1993).
///
/// # Errors
///
/// A chain without a steady state.
pub(in crate::analysis::oracle) fn steady_state(
    same: usize,
    moves: impl Fn(usize) -> Moves,
) -> Result<Vec<Vec<f64>>, OracleError> {
    let none = || OracleError::Outside { reason: "no steady state can be found".to_owned() };
    let last = same.max(1);
    let above = ratio(&moves(last)).ok_or_else(none)?;
    let mut ratios = vec![above.clone()];
    for level in (0..last).rev() {
        let next = moves(level + 1);
        let returning = multiply(&ratios[ratios.len() - 1], &moves(level + 2).down);
        ratios.push(onward(&moves(level).up, &add(&next.generator(), &returning)).ok_or_else(none)?);
    }
    // The last one pushed leads from level 0 to level 1.
    ratios.reverse();
    let back = add(&moves(0).generator(), &multiply(&ratios[0], &moves(1).down));
    let mut levels = vec![balanced(&back).ok_or_else(none)?];
    let mut total: f64 = levels[0].iter().sum();
    loop {
        let before = &levels[levels.len() - 1];
        let ratio = ratios.get(levels.len() - 1).unwrap_or(&above);
        let level = multiply(std::slice::from_ref(before), ratio).swap_remove(0);
        let weight: f64 = level.iter().sum();
        total += weight;
        let is_over = levels.len() > last && weight <= NEGLIGIBLE * total;
        levels.push(level);
        if is_over {
            break;
        }
        if levels.len() > LEVELS_MAX || !weight.is_finite() {
            return Err(none());
        }
    }
    levels.iter_mut().flatten().for_each(|chance| *chance /= total);
    Ok(levels)
}

/// X with X (-`generator`) = `up`.
fn onward(up: &Matrix, generator: &Matrix) -> Option<Matrix> {
    let negative = square(generator.len(), |row, column| -generator[column][row]);
    Some(transposed(&solve(&negative, &transposed(up))?))
}

/// The matrix that leads from each level to the next where all levels are alike.
fn ratio(moves: &Moves) -> Option<Matrix> {
    const STEPS_MAX: usize = 64;
    let size = moves.up.len();
    let generator = moves.generator();
    let negative = square(size, |row, column| -generator[row][column]);
    let (mut higher, mut lower) = (solve(&negative, &moves.up)?, solve(&negative, &moves.down)?);
    // Where one arrives first, one level down.
    let (mut first, mut climb) = (lower.clone(), higher.clone());
    for _ in 0..STEPS_MAX {
        let back = add(&multiply(&higher, &lower), &multiply(&lower, &higher));
        let rest = square(size, |row, column| f64::from(row == column) - back[row][column]);
        (higher, lower) =
            (solve(&rest, &multiply(&higher, &higher))?, solve(&rest, &multiply(&lower, &lower))?);
        let added = multiply(&climb, &lower);
        climb = multiply(&climb, &higher);
        let change = added.iter().flatten().fold(0.0_f64, |most, value| most.max(value.abs()));
        first = add(&first, &added);
        if change < 1e-16 {
            break;
        }
    }
    onward(&moves.up, &add(&generator, &multiply(&moves.up, &first)))
}

/// The probabilities that balance a generator whose last equation follows from the others.
fn balanced(generator: &Matrix) -> Option<Vec<f64>> {
    let size = generator.len();
    let equations = square(size, |row, column| if row + 1 == size { 1.0 } else { generator[column][row] });
    let sums: Matrix = (1..=size).map(|row| vec![f64::from(row == size)]).collect();
    Some(solve(&equations, &sums)?.into_iter().flatten().collect())
}

#[cfg(test)]
mod tests {
    use super::super::mmc;
    use super::*;

    #[test]
    fn one_phase_is_a_birth_death_chain() {
        let moves = |level: usize| Moves {
            up: vec![vec![2.4]],
            within: vec![vec![0.0]],
            down: vec![vec![level.min(3) as f64]],
        };
        let levels = steady_state(3, moves).unwrap();
        let mean: f64 = levels.iter().enumerate().map(|(level, chance)| level as f64 * chance[0]).sum();
        assert!((mean / mmc(2.4, 1.0, 3).unwrap().in_system_mean - 1.0).abs() < 1e-12);
        let overload = |level: usize| Moves {
            up: vec![vec![4.0]],
            within: vec![vec![0.0]],
            down: vec![vec![level.min(3) as f64]],
        };
        assert!(steady_state(3, overload).is_err());
    }
}
