//! Shares of good answers in one interval, and who among many is an outlier by them.

/// What was seen of one replica since the last look.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    good: u64,
    all: u64,
}

impl Bucket {
    pub(super) fn note(&mut self, is_good: bool) {
        self.good += u64::from(is_good);
        self.all += 1;
    }
}

/// The success rates of the replicas of which at least `volume` answers were seen, in percent.
pub(super) fn rates<'a>(buckets: impl Iterator<Item = (u32, &'a Bucket)>, volume: u32) -> Vec<(u32, f64)> {
    let seen = buckets.filter(|(_, bucket)| bucket.all >= u64::from(volume).max(1));
    seen.map(|(replica, bucket)| (replica, 100.0 * bucket.good as f64 / bucket.all as f64)).collect()
}

/// The mean of success rates less their standard deviation (that of the whole, not of a sample) times `factor` / 1000.
///
/// With one that deviates among n, it lies sqrt(n - 1) deviations from the mean, however far that is: at a factor of
/// 1900 one of four is never an outlier, one of five always.
pub(super) fn threshold(rates: &[(u32, f64)], factor: u32) -> f64 {
    let count = rates.len() as f64;
    let mean = rates.iter().map(|(_, rate)| rate).sum::<f64>() / count;
    let variance = rates.iter().map(|(_, rate)| (rate - mean).powi(2)).sum::<f64>() / count;
    mean - f64::from(factor) / 1000.0 * variance.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(rates: &[f64]) -> Vec<(u32, f64)> {
        (0..).zip(rates.iter().copied()).collect()
    }

    #[test]
    fn the_threshold_is_that_of_the_published_examples() {
        let five = numbered(&[50.0, 100.0, 100.0, 100.0, 100.0]);
        assert!((threshold(&five, 1900) - 52.0).abs() < 1e-9);
        let mut ten = vec![100.0; 10];
        ten[0] = 50.0;
        assert!((threshold(&numbered(&ten), 1900) - 66.5).abs() < 1e-9);
    }

    #[test]
    fn one_of_four_is_never_an_outlier_and_one_of_five_always() {
        for rate in [0.0, 50.0, 99.9] {
            let four = numbered(&[rate, 100.0, 100.0, 100.0]);
            assert!(rate >= threshold(&four, 1900), "{rate}");
            let five = numbered(&[rate, 100.0, 100.0, 100.0, 100.0]);
            assert!(rate < threshold(&five, 1900), "{rate}");
        }
    }

    #[test]
    fn too_few_answers_say_nothing() {
        let mut buckets = [Bucket::default(); 3];
        for number in 0..10 {
            buckets[1].note(number % 2 == 0);
        }
        buckets[2].note(true);
        let numbered = || (0..).zip(&buckets);
        assert_eq!(rates(numbered(), 10), [(1, 50.0)]);
        assert_eq!(rates(numbered(), 11), []);
        // Of whom nothing was seen there is no rate, whatever volume is asked for.
        assert_eq!(rates(numbered(), 0), [(1, 50.0), (2, 100.0)]);
    }
}
