//! Small dense matrices, as lists of rows.

/// Rows of equal length.
pub type Matrix = Vec<Vec<f64>>;

/// A square matrix of `size` rows whose entries are `entry(row, column)`.
pub fn square(size: usize, entry: impl Fn(usize, usize) -> f64) -> Matrix {
    (0..size).map(|row| (0..size).map(|column| entry(row, column)).collect()).collect()
}

/// The product of two matrices that fit.
pub fn multiply(left: &[Vec<f64>], right: &[Vec<f64>]) -> Matrix {
    let columns = right.first().map_or(0, Vec::len);
    let times = |row: &Vec<f64>| {
        let mut product = vec![0.0; columns];
        for (factor, other) in row.iter().zip(right).filter(|(factor, _)| **factor != 0.0) {
            product.iter_mut().zip(other).for_each(|(sum, value)| *sum += factor * value);
        }
        product
    };
    left.iter().map(times).collect()
}

/// The sum of two matrices of one size.
pub fn add(left: &[Vec<f64>], right: &[Vec<f64>]) -> Matrix {
    let rows = |(one, two): (&Vec<f64>, &Vec<f64>)| one.iter().zip(two).map(|(one, two)| one + two).collect();
    left.iter().zip(right).map(rows).collect()
}

/// X with `matrix` X = `right`, by elimination with the largest pivot; `None` for a singular matrix.
pub fn solve(matrix: &[Vec<f64>], right: &[Vec<f64>]) -> Option<Matrix> {
    let size = matrix.len();
    let mut rows: Matrix =
        matrix.iter().zip(right).map(|(left, right)| left.iter().chain(right).copied().collect()).collect();
    for place in 0..size {
        let height = |row: &usize| rows[*row][place].abs();
        let best = (place..size).max_by(|one, two| height(one).total_cmp(&height(two)))?;
        rows.swap(place, best);
        let pivot = rows[place][place];
        if pivot == 0.0 || !pivot.is_finite() {
            return None;
        }
        rows[place].iter_mut().for_each(|value| *value /= pivot);
        let chosen = rows[place].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(number, _)| *number != place) {
            let factor = row[place];
            if factor != 0.0 {
                row.iter_mut().zip(&chosen).skip(place).for_each(|(value, other)| *value -= factor * other);
            }
        }
    }
    Some(rows.into_iter().map(|row| row[size..].to_vec()).collect())
}

/// The matrix with rows and columns exchanged.
pub fn transposed(matrix: &[Vec<f64>]) -> Matrix {
    let columns = matrix.first().map_or(0, Vec::len);
    (0..columns).map(|column| matrix.iter().map(|row| row[column]).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solution_gives_back_the_right_side() {
        let matrix = square(5, |row, column| ((row * 7 + column * 3) % 11) as f64 - 2.0);
        let right = square(5, |row, column| (row + 2 * column) as f64);
        let back = multiply(&matrix, &solve(&matrix, &right).unwrap());
        for (row, wanted) in back.iter().flatten().zip(right.iter().flatten()) {
            assert!((row - wanted).abs() < 1e-10);
        }
        assert!(solve(&square(2, |_, _| 1.0), &square(2, |_, _| 1.0)).is_none());
        let sum = add(&matrix, &transposed(&matrix));
        assert!(sum == transposed(&sum));
    }
}
