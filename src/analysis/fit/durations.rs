//! What was recorded.

/// Durations of at least one thing that ended, and of those that were still going on when they were last seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Durations {
    observed: Vec<Tie>,
    censored: Vec<Tie>,
}

/// Equal durations.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tie {
    /// How long \[s\], above 0.
    pub time: f64,
    /// How many, a whole number.
    pub count: f64,
}

/// A step of the estimated distribution function, at a duration that was seen to end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Where it stands \[s\].
    pub time: f64,
    /// The estimated probability of a shorter duration.
    pub before: f64,
    /// The estimated probability of at most this duration.
    pub after: f64,
}

/// Why numbers are no durations that a law could be fitted to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Negative, zero or not a number.
    #[error("a duration is not above zero")]
    NotPositive,
    /// Nothing ended.
    #[error("no duration was seen to end")]
    NoneEnded,
}

impl Durations {
    /// Sorts durations \[s\] that were seen to end, and others of which it is only known that they are longer; these
    /// say nothing where they are zero.
    ///
    /// # Errors
    ///
    /// [`Unusable`].
    pub fn new(observed: Vec<f64>, censored: Vec<f64>) -> Result<Self, Unusable> {
        let once = |times: Vec<f64>| times.into_iter().map(|time| (time, 1)).collect();
        Self::counted(once(observed), once(censored))
    }

    /// As [`Durations::new`], each duration with how often it was met.
    ///
    /// # Errors
    ///
    /// [`Unusable`].
    pub fn counted(observed: Vec<(f64, u64)>, mut censored: Vec<(f64, u64)>) -> Result<Self, Unusable> {
        censored.retain(|(time, _)| *time != 0.0);
        if observed.iter().chain(&censored).any(|(time, _)| !(time.is_finite() && *time > 0.0)) {
            return Err(Unusable::NotPositive);
        }
        if observed.is_empty() {
            return Err(Unusable::NoneEnded);
        }
        Ok(Self { observed: tied(observed), censored: tied(censored) })
    }

    /// Those that ended, rising.
    pub fn observed(&self) -> &[Tie] {
        &self.observed
    }

    /// Those that were still going on, rising.
    pub fn censored(&self) -> &[Tie] {
        &self.censored
    }

    /// How many ended.
    pub fn events(&self) -> f64 {
        self.observed.iter().map(|one| one.count).sum()
    }

    /// How many there are.
    pub fn count(&self) -> f64 {
        self.all().map(|one| one.count).sum()
    }

    /// All, those that ended first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Tie> + Clone {
        self.observed.iter().chain(&self.censored)
    }

    /// Their sum \[s\].
    pub fn total(&self) -> f64 {
        self.all().map(|one| one.count * one.time).sum()
    }

    /// The longest \[s\].
    pub fn longest(&self) -> f64 {
        let last = |ties: &[Tie]| ties.last().map_or(0.0, |one| one.time);
        last(&self.observed).max(last(&self.censored))
    }

    /// Kaplan and Meier's estimate of the distribution function; without censoring, the share of durations so long.
    ///
    /// ```text
    /// 1 - F(t) = product over x_i <= t of (1 - d_i / n_i)
    /// ```
    ///
    /// where `d_i` ended at `x_i` and `n_i` lasted at least that long.
    ///
    /// Source: Kaplan and Meier, Nonparametric estimation from incomplete observations (1958), equation 2b.
    pub fn kaplan_meier(&self) -> Vec<Step> {
        steps(&self.observed, &self.censored, Going::Longer)
    }

    /// The same estimate for the time until observation ends, which is what ends those that go on.
    pub(super) fn end_of_observation(&self) -> Vec<Step> {
        steps(&self.censored, &self.observed, Going::Shorter)
    }
}

/// What is at risk at a time at which others leave too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Going {
    /// Those that leave at the same time last longer.
    Longer,
    /// They left just before.
    Shorter,
}

fn steps(ending: &[Tie], leaving: &[Tie], going: Going) -> Vec<Step> {
    let mut at_risk: f64 = ending.iter().chain(leaving).map(|one| one.count).sum();
    let mut left = leaving.iter().peekable();
    let (mut survival, mut steps) = (1.0, Vec::with_capacity(ending.len()));
    for tie in ending {
        let is_gone = |one: &&Tie| match going {
            Going::Longer => one.time < tie.time,
            Going::Shorter => one.time <= tie.time,
        };
        while let Some(one) = left.next_if(is_gone) {
            at_risk -= one.count;
        }
        let before = 1.0 - survival;
        // Counts are whole, so that the last step of complete data is exact.
        survival *= (at_risk - tie.count) / at_risk;
        at_risk -= tie.count;
        steps.push(Step { time: tie.time, before, after: 1.0 - survival });
    }
    steps
}

fn tied(mut times: Vec<(f64, u64)>) -> Vec<Tie> {
    times.sort_unstable_by(|(one, _), (other, _)| one.total_cmp(other));
    times
        .chunk_by(|(one, _), (other, _)| one.total_cmp(other).is_eq())
        .map(|equal| Tie {
            time: equal[0].0,
            count: equal.iter().map(|(_, count)| count).sum::<u64>() as f64,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kaplan_and_meier_agree_with_a_count_by_hand() {
        // Remission of leukaemia under 6-MP, weeks: Freireich (1963), as in Kalbfleisch and Prentice, table 1.
        let ended = vec![6.0, 6.0, 6.0, 7.0, 10.0, 13.0, 16.0, 22.0, 23.0];
        let going = vec![6.0, 9.0, 10.0, 11.0, 17.0, 19.0, 20.0, 25.0, 32.0, 32.0, 34.0, 35.0];
        let steps = Durations::new(ended, going).unwrap().kaplan_meier();
        let survival: Vec<f64> = steps.iter().map(|step| 1.0 - step.after).collect();
        let published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448];
        assert_eq!(survival.len(), published.len());
        for (found, printed) in survival.iter().zip(published) {
            assert!((found - printed).abs() < 5e-4 + 1e-9, "{found} is not {printed}");
        }
    }

    #[test]
    fn complete_durations_have_the_shares_that_were_counted() {
        let durations = Durations::new(vec![3.0, 1.0, 3.0, 2.0, 3.0], Vec::new()).unwrap();
        assert_eq!(durations.observed().len(), 3);
        let after: Vec<f64> = durations.kaplan_meier().iter().map(|step| step.after).collect();
        for (found, share) in after.iter().zip([0.2, 0.4, 1.0]) {
            assert!((found - share).abs() < 1e-12, "{after:?}");
        }
        assert!((durations.total() - 12.0).abs() < 1e-12 && (durations.longest() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn what_is_no_duration_is_refused() {
        assert_eq!(Durations::new(vec![1.0, 0.0], vec![]), Err(Unusable::NotPositive));
        assert_eq!(Durations::new(vec![1.0], vec![f64::NAN]), Err(Unusable::NotPositive));
        assert_eq!(Durations::new(vec![], vec![1.0]), Err(Unusable::NoneEnded));
        assert!(Durations::new(vec![1.0], vec![0.0]).unwrap().censored().is_empty());
    }
}
