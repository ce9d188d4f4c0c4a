//! What a step from one design to the next dearer and better one costs: for each nine, and for each minute without it.

use super::comparison::Pairing;
use super::interval::{jackknife_error, log, t_quantile};
use super::sample::Sample;
use crate::units::MONTH_HOURS;

/// Minutes of a month.
const MONTH_MINUTES: f64 = MONTH_HOURS * 60.0;

/// One design: what it costs, and how available it is.
#[derive(Debug, Clone, Copy)]
pub struct Design<'a> {
    /// Money in a month.
    pub cost: &'a Sample,
    /// A share of time or requests.
    pub availability: &'a Sample,
}

/// Where a design stands among others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Stand {
    /// It has no cost or no availability.
    Unknown,
    /// The cheapest of those that no other beats.
    Cheapest,
    /// The next of them, after another.
    Step(Step),
    /// This other costs no more and is as available.
    Dominated(usize),
}

/// The step from the next cheaper design.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// That design.
    pub from: usize,
    /// Money in a month for a nine more.
    pub per_nine: Result<Worth, Unsaid>,
    /// Money for each minute less in which it is not available; 730 h are a month.
    pub per_minute: Result<Worth, Unsaid>,
}

/// A ratio with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Worth {
    /// The ratio.
    pub value: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// Why nothing is said about a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unsaid {
    /// Of one of the two fewer than two runs say anything.
    TooFewRuns,
    /// One of the two was always available, or never.
    NoneSeen,
    /// The interval of what is gained reaches 0.
    NotTold,
}

impl Unsaid {
    /// The reason in words.
    pub const fn text(self) -> &'static str {
        match self {
            Self::TooFewRuns => "too few runs for an interval",
            Self::NoneSeen => "no failure was seen",
            Self::NotTold => "not told apart",
        }
    }
}

/// Whether there is anything to weigh: two designs or more, of which one costs something.
pub fn is_contested(designs: &[Option<Design<'_>>]) -> bool {
    let costs = |one: &Design<'_>| one.cost.pooled().is_some_and(|cost| cost > 0.0);
    designs.iter().flatten().count() > 1 && designs.iter().flatten().any(costs)
}

/// Where each design stands, at a level of confidence; `pairing` says whether the runs of two belong together.
///
/// ```text
/// per nine   = (c2 - c1) / (n2 - n1),  n = -log10(1 - A)
/// per minute = (c2 - c1) / (43800 (A2 - A1))
/// ```
///
/// between neighbours on the front of pooled cost and availability. Intervals are those of the jackknife over runs, on the
/// log scale; nothing is said where that of the difference below the line reaches 0, as the ratio then may be anything.
///
/// Source: Efron and Tibshirani, An Introduction to the Bootstrap, chapter 11; for ratios whose denominator may vanish,
/// Fieller (1954).
pub fn tradeoff(
    designs: &[Option<Design<'_>>],
    pairing: &dyn Fn(usize, usize) -> Pairing,
    confidence: f64,
) -> Vec<Stand> {
    let pooled =
        |one: &Option<Design<'_>>| one.and_then(|one| Some((one.cost.pooled()?, one.availability.pooled()?)));
    let values: Vec<Option<(f64, f64)>> = designs.iter().map(pooled).collect();
    let mut order: Vec<usize> = (0..designs.len()).filter(|one| values[*one].is_some()).collect();
    let key = |one: usize| values[one].unwrap_or_default();
    order.sort_by(|one, other| {
        let ((cost, share), (other_cost, other_share)) = (key(*one), key(*other));
        cost.total_cmp(&other_cost).then(other_share.total_cmp(&share)).then(one.cmp(other))
    });
    let mut stands = vec![Stand::Unknown; designs.len()];
    let mut last: Option<usize> = None;
    for one in order {
        stands[one] = match last {
            None => Stand::Cheapest,
            Some(best) if key(one).1 <= key(best).1 => {
                stands[one] = Stand::Dominated(best);
                continue;
            }
            Some(best) => Stand::Step(step(designs, (best, one), pairing(best, one), confidence)),
        };
        last = Some(one);
    }
    stands
}

fn step(
    designs: &[Option<Design<'_>>],
    (from, to): (usize, usize),
    pairing: Pairing,
    confidence: f64,
) -> Step {
    let sides = [from, to].map(|one| designs[one].ok_or(Unsaid::TooFewRuns).and_then(|one| Side::new(&one)));
    let worth = |gain: fn(f64) -> f64| {
        let [one, two] = &sides;
        let (one, two) = (one.as_ref().map_err(|why| *why)?, two.as_ref().map_err(|why| *why)?);
        ratio([one, two], gain, pairing, confidence)
    };
    Step {
        from,
        per_nine: worth(|share| -(1.0 - share).log10()),
        per_minute: worth(|share| share * MONTH_MINUTES),
    }
}

/// A design: pooled, and without each run.
struct Side {
    cost: f64,
    share: f64,
    costs: Vec<f64>,
    shares: Vec<f64>,
}

impl Side {
    fn new(design: &Design<'_>) -> Result<Self, Unsaid> {
        let both = |sample: &Sample| sample.pooled().zip(sample.without_each()).ok_or(Unsaid::TooFewRuns);
        let ((cost, costs), (share, shares)) = (both(design.cost)?, both(design.availability)?);
        if costs.len() < 2 || shares.len() != costs.len() {
            return Err(Unsaid::TooFewRuns);
        }
        let is_inside = |share: &f64| *share > 0.0 && *share < 1.0;
        if !is_inside(&share) || !shares.iter().all(is_inside) {
            return Err(Unsaid::NoneSeen);
        }
        Ok(Self { cost, share, costs, shares })
    }

    fn runs(&self) -> usize {
        self.costs.len()
    }

    /// Cost and share; of a number those without that run.
    fn at(&self, run: Option<usize>) -> (f64, f64) {
        run.map_or((self.cost, self.share), |run| (self.costs[run], self.shares[run]))
    }
}

/// What is paid for what is gained, second over first.
fn ratio(
    sides: [&Side; 2],
    gain: fn(f64) -> f64,
    pairing: Pairing,
    confidence: f64,
) -> Result<Worth, Unsaid> {
    let [one, two] = sides;
    let paid_and_gained = |first: Option<usize>, second: Option<usize>| {
        let ((cost, share), (other_cost, other_share)) = (one.at(first), two.at(second));
        (other_cost - cost, gain(other_share) - gain(share))
    };
    // Paired, a run is left out of both; else of one side after the other, whose variances add up.
    let is_paired = pairing == Pairing::Paired && one.runs() == two.runs();
    let left_out: Vec<Vec<(f64, f64)>> = if is_paired {
        vec![(0..one.runs()).map(|run| paid_and_gained(Some(run), Some(run))).collect()]
    } else {
        let first = (0..one.runs()).map(|run| paid_and_gained(Some(run), None)).collect();
        vec![first, (0..two.runs()).map(|run| paid_and_gained(None, Some(run))).collect()]
    };
    let error = |of: &dyn Fn(&(f64, f64)) -> f64| {
        let squares =
            left_out.iter().map(|side| jackknife_error(&side.iter().map(of).collect::<Vec<_>>()).powi(2));
        squares.sum::<f64>().sqrt()
    };
    let t = t_quantile(confidence, one.runs().min(two.runs()) as f64 - 1.0);
    let (paid, gained) = paid_and_gained(None, None);
    if gained - t * error(&|(_, gained)| *gained) <= 0.0 {
        return Err(Unsaid::NotTold);
    }
    let value = paid / gained;
    let (low, high) =
        if paid > 0.0 { log(value, t * error(&|(paid, gained)| paid / gained)) } else { (value, value) };
    Ok(Worth { value, low, high })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::statistics::Fraction;

    /// So much in each run, of 1,000.
    fn shares(of_a_thousand: &[f64]) -> Sample {
        Sample::Ratios(
            of_a_thousand.iter().map(|good| Fraction { numerator: *good, denominator: 1_000.0 }).collect(),
        )
    }

    fn costs(each: &[f64]) -> Sample {
        Sample::Ratios(each.iter().map(|cost| Fraction { numerator: *cost, denominator: 1.0 }).collect())
    }

    fn stands(designs: &[(Sample, Sample)], pairing: Pairing) -> Vec<Stand> {
        let designs: Vec<_> =
            designs.iter().map(|(cost, availability)| Some(Design { cost, availability })).collect();
        tradeoff(&designs, &|_, _| pairing, 0.95)
    }

    #[test]
    fn a_nine_and_a_minute_have_their_price() {
        // From 90 % to 99 % for 30 a month: one nine, and 9 % of 43,800 minutes.
        let designs = [
            (costs(&[40.0; 4]), shares(&[990.0, 991.0, 989.0, 990.0])),
            (costs(&[10.0; 4]), shares(&[900.0, 901.0, 899.0, 900.0])),
        ];
        let found = stands(&designs, Pairing::Paired);
        assert_eq!(found[1], Stand::Cheapest);
        let Stand::Step(Step { from: 1, per_nine: Ok(nine), per_minute: Ok(minute) }) = found[0] else {
            panic!("{found:?}")
        };
        assert!((nine.value - 30.0).abs() < 1e-9, "{nine:?}");
        assert!((minute.value - 30.0 / (0.09 * 43_800.0)).abs() < 1e-12, "{minute:?}");
        assert!(nine.low < 30.0 && nine.high > 30.0);
        // What runs have in common drops out of the minutes: the difference is the same in each.
        assert!((minute.high - minute.low) < 1e-9 * minute.value);
        let apart = stands(&designs, Pairing::Unpaired);
        let Stand::Step(Step { per_minute: Ok(wide), .. }) = apart[0] else { panic!("{apart:?}") };
        assert!(wide.high - wide.low > 1e-4 * wide.value);
    }

    #[test]
    fn the_interval_is_that_of_the_jackknife() {
        let (cheap, dear) = ([900.0, 910.0, 890.0, 905.0, 895.0], [990.0, 992.0, 985.0, 991.0, 992.0]);
        let designs = [(costs(&[10.0; 5]), shares(&cheap)), (costs(&[40.0; 5]), shares(&dear))];
        let found = stands(&designs, Pairing::Paired);
        let Stand::Step(Step { per_nine: Ok(nine), .. }) = found[1] else { panic!("{found:?}") };
        let nines = |all: &[f64], without: usize| {
            let left: Vec<f64> = (0..5).filter(|run| *run != without).map(|run| all[run]).collect();
            -(1.0 - left.iter().sum::<f64>() / left.len() as f64 / 1_000.0).log10()
        };
        let each: Vec<f64> = (0..5).map(|run| 30.0 / (nines(&dear, run) - nines(&cheap, run))).collect();
        let mean = each.iter().sum::<f64>() / 5.0;
        let error = (0.8 * each.iter().map(|one| (one - mean).powi(2)).sum::<f64>()).sqrt();
        let reach = (2.776_445 * error / nine.value).exp();
        assert!((nine.high / (nine.value * reach) - 1.0).abs() < 1e-6, "{nine:?}");
        assert!((nine.low / (nine.value / reach) - 1.0).abs() < 1e-6, "{nine:?}");
    }

    #[test]
    fn what_is_beaten_or_not_told_apart_has_no_price() {
        let designs = [
            (costs(&[10.0; 3]), shares(&[900.0, 920.0, 880.0])),
            (costs(&[20.0; 3]), shares(&[890.0, 900.0, 880.0])),
            (costs(&[30.0; 3]), shares(&[890.0, 930.0, 890.0])),
            (costs(&[40.0; 3]), shares(&[1_000.0; 3])),
            (costs(&[10.0; 3]), shares(&[900.0, 920.0, 880.0])),
        ];
        let found = stands(&designs, Pairing::Paired);
        assert_eq!(found[0], Stand::Cheapest);
        assert_eq!((found[1], found[4]), (Stand::Dominated(0), Stand::Dominated(0)));
        let not_told = Err(Unsaid::NotTold);
        assert_eq!(found[2], Stand::Step(Step { from: 0, per_nine: not_told, per_minute: not_told }));
        let none_seen = Err(Unsaid::NoneSeen);
        assert_eq!(found[3], Stand::Step(Step { from: 2, per_nine: none_seen, per_minute: none_seen }));
        assert_eq!(tradeoff(&[None], &|_, _| Pairing::Paired, 0.95), [Stand::Unknown]);
        let once = [(costs(&[1.0]), shares(&[900.0])), (costs(&[2.0]), shares(&[950.0]))];
        let Stand::Step(step) = stands(&once, Pairing::Paired)[1] else { panic!("it is a step") };
        assert_eq!(step.per_nine, Err(Unsaid::TooFewRuns));
    }
}
