//! The law of durations of which some percentiles are known.

/// The shares for which a duration is known: of a record of Azure Functions 2019.
pub const SHARES: [f64; 7] = [0.0, 0.01, 0.25, 0.5, 0.75, 0.99, 1.0];

/// Durations of which percentiles are known, in a straight line between them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Percentiles {
    /// At each of [`SHARES`] \[s\], rising.
    seconds: [f32; SHARES.len()],
}

impl Percentiles {
    /// With these durations \[s\] at [`SHARES`]; `None` where they do not rise, or are no times.
    pub fn new(seconds: [f64; SHARES.len()]) -> Option<Self> {
        let are_times = seconds.iter().all(|one| one.is_finite() && *one >= 0.0);
        (are_times && seconds.is_sorted()).then(|| Self { seconds: seconds.map(|one| one as f32) })
    }

    /// The duration \[s\] that a share (0 to 1) of all does not exceed.
    pub fn at(&self, share: f64) -> f64 {
        let place = SHARES.partition_point(|one| *one <= share).clamp(1, SHARES.len() - 1);
        let (low, high) = (SHARES[place - 1], SHARES[place]);
        let (from, to) = (f64::from(self.seconds[place - 1]), f64::from(self.seconds[place]));
        from + (to - from) * ((share - low) / (high - low)).clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_met_and_joined_by_lines() {
        let law = Percentiles::new([1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]).unwrap();
        for (share, expected) in
            [(0.0, 1.0), (0.005, 1.5), (0.01, 2.0), (0.5, 8.0), (0.625, 12.0), (0.995, 48.0), (1.0, 64.0)]
        {
            assert!((law.at(share) - expected).abs() < 1e-9, "{share}: {}", law.at(share));
        }
        assert_eq!(Percentiles::new([1.0, 0.5, 4.0, 8.0, 16.0, 32.0, 64.0]), None);
        assert_eq!(Percentiles::new([-1.0, 0.5, 4.0, 8.0, 16.0, 32.0, 64.0]), None);
    }
}
