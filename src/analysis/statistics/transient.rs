//! Where the transient of a series ends.

/// Where MSER cuts a series, and what it minimises.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    /// Observations that are cut off, a multiple of the batch.
    pub observations: usize,
    /// The statistic at the cut.
    pub value: f64,
    /// Whether what is left is steady: the cut is not the latest that was tried.
    pub is_steady: bool,
}

/// The cut of the marginal standard error rule, on means of `batch` observations (5 for MSER-5).
///
/// ```text
/// z_j = mean of batch j of n,  d = 0 .. n / 2
/// the first d that minimises  sum_{j > d} (z_j - mean of those)^2 / (n - d)^2
/// ```
///
/// `series` has one observation per equal step of time; an incomplete last batch is left out. Later cuts than half the
/// series are not tried, because few batches look steady by chance; a minimum at the last means that there is no steady
/// state. `None` with fewer than four batches.
///
/// Source: White (1997), "An effective truncation heuristic for bias reduction in simulation output"; Franklin and White
/// (2008) for MSER-5.
pub fn mser(series: &[f64], batch: usize) -> Option<Cut> {
    let means: Vec<f64> =
        series.chunks_exact(batch.max(1)).map(|one| one.iter().sum::<f64>() / one.len() as f64).collect();
    let latest = means.len() / 2;
    if means.len() < 4 {
        return None;
    }
    // From the end, each step adds one batch to mean and squares (Welford).
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    let mut values = vec![f64::INFINITY; latest + 1];
    for (place, one) in means.iter().enumerate().rev() {
        count += 1.0;
        let shift = one - mean;
        mean += shift / count;
        squares += shift * (one - mean);
        if let Some(value) = values.get_mut(place) {
            *value = squares / (count * count);
        }
    }
    let first = |best: usize, place: usize| if values[place] < values[best] { place } else { best };
    let cut = (0..=latest).fold(0, first);
    Some(Cut { observations: cut * batch, value: values[cut], is_steady: cut < latest })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A decaying start with noise that every program draws alike.
    fn series() -> Vec<f64> {
        let noise = |k: u64| ((k * 7919 + 104_729) % 10_007) as f64 / 10_007.0 - 0.5;
        (0..1000_u64).map(|k| 5.0 * (-(k as f64) / 30.0).exp() + noise(k)).collect()
    }

    #[test]
    fn a_decaying_start_is_cut_where_it_should_be() {
        // Computed directly from the definition by another program.
        let cut = mser(&series(), 5).unwrap();
        assert_eq!((cut.observations, cut.is_steady), (135, true));
        assert!((cut.value / 2.002_352_583e-5 - 1.0).abs() < 1e-9, "{cut:?}");
        let left = &series()[135..];
        assert!((left.iter().sum::<f64>() / left.len() as f64 - 0.000_631_941_749_7).abs() < 1e-12);
    }

    #[test]
    fn what_is_steady_from_the_start_is_not_cut() {
        assert_eq!(mser(&[3.0; 100], 5).unwrap().observations, 0);
        assert_eq!(mser(&[1.0, 2.0], 5), None);
    }

    #[test]
    fn what_grows_for_ever_has_no_steady_state() {
        let ramp: Vec<f64> = (0..1000).map(f64::from).collect();
        assert!(!mser(&ramp, 5).unwrap().is_steady);
    }
}
