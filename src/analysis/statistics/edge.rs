//! What is known of a share that is the same in every run because nothing else was ever seen: neither certainty, for
//! the next run may differ, nor nothing.

/// What stays possible beside a share of 0 or 1 that every run had.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// Independent chances to see something else; each run is one, so that there are at least as many as runs.
    pub chances: u64,
    /// What is known instead where the share is 1 because the part was never down.
    pub outages: Option<Unseen>,
}

/// What is known of outages of which none was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Unseen {
    /// There cannot be any.
    Impossible,
    /// They begin like a Poisson process, and on average last no longer than this.
    AtMost {
        /// How long none was seen \[s\].
        time: f64,
        /// That length \[s\].
        longest: f64,
    },
    /// Nothing says how long they last.
    Unbounded,
}

impl Edge {
    /// The interval at a level of a share of 0 or 1; `None` where nothing bounds it.
    ///
    /// ```text
    /// chances:  the other end is at most 1 - (1 - confidence)^(1 / chances)
    /// outages:  time down is at most -ln(1 - confidence) / time * longest
    /// ```
    ///
    /// Source: Clopper and Pearson (1934), the case of no failure; Garwood (1936), the same of a Poisson process.
    pub fn interval(&self, share: f64, runs: usize, confidence: f64) -> Option<(f64, f64)> {
        let is_upper = share > 0.5;
        let other = match self.outages.filter(|_| is_upper) {
            None => 1.0 - none_seen_limit(confidence, self.chances.max(runs as u64)),
            Some(Unseen::Impossible) => 0.0,
            Some(Unseen::AtMost { time, longest }) => {
                (super::poisson_upper(0, confidence) / time * longest).min(1.0)
            }
            Some(Unseen::Unbounded) => return None,
        };
        Some(if is_upper { (1.0 - other, 1.0) } else { (0.0, other) })
    }

    /// The same had there been so many times as many runs.
    pub(super) fn extended(&self, runs: usize, times: f64) -> Self {
        let chances = (self.chances.max(runs as u64) as f64 * times) as u64;
        let outages = self.outages.map(|outages| match outages {
            Unseen::AtMost { time, longest } => Unseen::AtMost { time: time * times, longest },
            same => same,
        });
        Self { chances, outages }
    }
}

/// Lower limit of a share of which no exception was seen in `chances` independent chances.
///
/// ```text
/// (1 - confidence)^(1 / chances)
/// ```
///
/// Source: Clopper and Pearson (1934), the case of no failure.
pub fn none_seen_limit(confidence: f64, chances: u64) -> f64 {
    (1.0 - confidence).powf(1.0 / chances as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9, "{left} is not {right}");
    }

    #[test]
    fn each_run_is_a_chance() {
        let edge = Edge { chances: 0, outages: None };
        // 40 clean runs: 1 - 0.05^(1/40) = 7.2 %.
        let (low, high) = edge.interval(1.0, 40, 0.95).unwrap();
        close(low, 0.05_f64.powf(1.0 / 40.0));
        close(high, 1.0);
        assert!((0.0721 - (1.0 - low)).abs() < 0.0001);
        // 2,995 of them prove 99.9 %, one fewer does not.
        let proves = |runs| edge.interval(1.0, runs, 0.95).unwrap().0 >= 0.999;
        assert!(proves(2995) && !proves(2994));
        // 100 runs in which everything failed.
        let (low, high) = edge.interval(0.0, 100, 0.95).unwrap();
        close(low, 0.0);
        assert!((high - 0.0295).abs() < 0.0001, "{high}");
        // More windows than runs count, fewer do not take anything away.
        assert!(Edge { chances: 59, outages: None }.interval(1.0, 10, 0.95).unwrap().0 > 0.95);
    }

    #[test]
    fn unseen_outages_are_bounded_by_their_rate_and_length() {
        let edge = |outages| Edge { chances: 131, outages: Some(outages) };
        // None in 87,600 hours, each of at most an hour: -ln(0.05) / 87,600 of the time.
        let bound = Unseen::AtMost { time: 87_600.0 * 3600.0, longest: 3600.0 };
        let (low, _) = edge(bound).interval(1.0, 10, 0.95).unwrap();
        close(low, 1.0 + 0.05_f64.ln() / 87_600.0);
        assert!((low - 0.999_966).abs() < 1e-6);
        assert_eq!(edge(Unseen::Impossible).interval(1.0, 10, 0.95), Some((1.0, 1.0)));
        assert_eq!(edge(Unseen::Unbounded).interval(1.0, 10, 0.95), None);
        // What was never up is no question of outages unseen.
        assert!(edge(Unseen::Unbounded).interval(0.0, 10, 0.95).unwrap().1 < 0.03);
    }
}
