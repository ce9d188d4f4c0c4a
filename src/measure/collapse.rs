//! When a client collapses: it is answered badly under conditions under which the same run answered it well before.

use crate::units::SimDuration;

/// Steps in a stretch, over which conditions are averaged and which must all be low, or none of them.
pub const STRETCH: usize = 4;
/// Conditions within this share of each other are the same.
const TOLERANCE: f64 = 0.01;

/// The requests that were first tried in one step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Step {
    /// How many there were.
    pub owned: u64,
    /// How many of them were answered well, whenever that was; unfinished ones were not.
    pub good: u64,
}

impl Step {
    /// Whether less than a share of its requests were answered well; a step without requests is not low.
    pub fn is_low(self, below: f64) -> bool {
        (self.good as f64) < below * self.owned as f64
    }
}

/// Under which conditions each step was, as far as they change at all: one list for each rate of requests and for each
/// capacity, with one value for each step.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Conditions {
    /// Means over steps of intended rates; higher ones are harder.
    pub rates: Vec<Vec<f64>>,
    /// Means over steps of capacities; lower ones are harder.
    pub capacities: Vec<Vec<f64>>,
}

impl Conditions {
    /// What the stretch from a step on asks for: rates, and capacities with the sign turned, so that more is harder.
    fn over(&self, from: usize) -> Vec<f64> {
        let sum = |values: &Vec<f64>| values[from..from + STRETCH].iter().sum::<f64>();
        let capacities = self.capacities.iter().map(|values| -sum(values));
        self.rates.iter().map(sum).chain(capacities).collect()
    }
}

/// Whether a stretch was at least as hard as another: no rate lower and no capacity higher anywhere, but for the tolerance.
fn is_as_hard(earlier: &[f64], now: &[f64]) -> bool {
    earlier.iter().zip(now).all(|(earlier, now)| *earlier >= now - TOLERANCE * now.abs())
}

/// The collapses of one client in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Collapses {
    /// How many began.
    pub begun: u64,
    /// How many of them ended.
    pub ended: u64,
    /// Time in collapse.
    pub collapsed: SimDuration,
    /// Time that was watched, from 0 on.
    pub watched: SimDuration,
}

impl Collapses {
    /// Whether the run ends in one.
    pub fn is_lasting(&self) -> bool {
        self.begun > self.ended
    }

    /// The time not collapsed.
    pub fn calm(&self) -> SimDuration {
        self.watched - self.collapsed
    }
}

/// The collapses in a series of steps, each so long.
///
/// A step is low when less than `below` of the requests first tried in it are answered well. A collapse begins with the
/// first stretch of four low steps for which an earlier stretch of four steps, none of them low, had no lower rate and
/// no higher capacity anywhere, to 1 %; it ends with the first stretch of four steps none of which is low. It lasts from
/// the start of the one stretch to the start of the other.
///
/// There are so many `steps`, and `low` are the numbers of the low ones, rising. `conditions` is asked only where four low
/// steps follow four that are not: most runs have no such steps.
pub fn collapses(
    (steps, low): (usize, &[usize]),
    length: SimDuration,
    conditions: impl FnOnce() -> Conditions,
) -> Collapses {
    let time = |steps: usize| SimDuration::from_nanos(length.as_nanos().saturating_mul(steps as u64));
    let mut found = Collapses { watched: time(steps), ..Collapses::default() };
    if !may_collapse(low) {
        return found;
    }
    let mut is_low = vec![false; steps];
    for number in low {
        is_low[*number] = true;
    }
    let stretches = || is_low.windows(STRETCH).enumerate();
    let all_low = |stretch: &[bool]| stretch.iter().all(|low| *low);
    let none_low = |stretch: &[bool]| !stretch.iter().any(|low| *low);
    let conditions = conditions();
    let mut hardest = Hardest::default();
    let mut since = None;
    for (from, stretch) in stretches() {
        if none_low(stretch) {
            hardest.add(conditions.over(from));
            if let Some(begin) = since.take() {
                found.ended += 1;
                found.collapsed += time(from - begin);
            }
        } else if since.is_none() && all_low(stretch) && hardest.has(&conditions.over(from)) {
            found.begun += 1;
            since = Some(from);
        }
    }
    if let Some(begin) = since {
        found.collapsed += time(steps - begin);
    }
    found
}

/// Whether a stretch of low steps comes after one without any.
fn may_collapse(low: &[usize]) -> bool {
    // Steps that are not low stand before the first low one, or between two.
    let before = low.first().copied().unwrap_or(0);
    let between = |pair: &[usize]| pair[1] - pair[0] > STRETCH;
    let after =
        if before >= STRETCH { Some(0) } else { low.windows(2).position(between).map(|place| place + 1) };
    let all_low = |stretch: &[usize]| stretch[STRETCH - 1] - stretch[0] == STRETCH - 1;
    after.is_some_and(|after| low[after..].windows(STRETCH).any(all_low))
}

/// The hardest conditions under which all went well: none of them is as hard as another.
#[derive(Debug, Default)]
struct Hardest(Vec<Vec<f64>>);

impl Hardest {
    fn add(&mut self, one: Vec<f64>) {
        // Rounding must not make the same conditions many.
        let covers = |earlier: &[f64], one: &[f64]| {
            earlier.iter().zip(one).all(|(earlier, one)| *earlier >= one - 1e-9 * one.abs())
        };
        if let Some(place) = self.0.iter().position(|earlier| covers(earlier, &one)) {
            // What covers one stretch often covers the next, too.
            self.0.swap(0, place);
            return;
        }
        self.0.retain(|earlier| !covers(&one, earlier));
        self.0.insert(0, one);
    }

    fn has(&self, now: &[f64]) -> bool {
        self.0.iter().any(|earlier| is_as_hard(earlier, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> SimDuration {
        SimDuration::from_nanos(seconds * 1_000_000_000)
    }

    /// `+` is a step that is answered well, `-` one that is not, `.` one without requests.
    fn steps(text: &str) -> Vec<Step> {
        let step = |one| match one {
            '+' => Step { owned: 100, good: 99 },
            '-' => Step { owned: 100, good: 20 },
            _ => Step::default(),
        };
        text.chars().map(step).collect()
    }

    fn find(text: &str, rates: &[&[f64]], capacities: &[&[f64]]) -> Collapses {
        let all = |lists: &[&[f64]]| lists.iter().map(|one| one.to_vec()).collect();
        let conditions = Conditions { rates: all(rates), capacities: all(capacities) };
        let steps = steps(text);
        let low: Vec<usize> = (0..steps.len()).filter(|number| steps[*number].is_low(0.5)).collect();
        collapses((steps.len(), &low), seconds(1), || conditions)
    }

    fn begun(text: &str) -> u64 {
        find(text, &[], &[]).begun
    }

    #[test]
    fn four_low_steps_after_four_good_ones_are_a_collapse() {
        assert_eq!(begun("++++----"), 1);
        assert_eq!(begun("++++---+"), 0);
        assert_eq!(begun("+++-----"), 0);
        assert_eq!(begun("----++++"), 0, "overload from the start");
        // Steps without requests are not low.
        assert_eq!(begun("....----"), 1);
        assert_eq!(begun("++++--.--"), 0);
    }

    #[test]
    fn half_is_not_low() {
        assert!(!Step { owned: 10, good: 5 }.is_low(0.5));
        assert!(Step { owned: 10, good: 4 }.is_low(0.5));
        assert!(!Step::default().is_low(0.5));
    }

    #[test]
    fn a_collapse_ends_with_the_first_four_good_steps() {
        // Begins at 4, ends at 12; three good steps do not end it.
        let found = find("++++----+++-++++", &[], &[]);
        assert_eq!((found.begun, found.ended, found.is_lasting()), (1, 1, false));
        assert_eq!((found.collapsed, found.watched), (seconds(8), seconds(16)));
        let found = find("++++----++++------", &[], &[]);
        assert_eq!((found.begun, found.ended, found.is_lasting()), (2, 1, true));
        assert_eq!(found.collapsed, seconds(4 + 6));
    }

    #[test]
    fn an_outage_is_no_collapse_but_what_outlives_it_is() {
        let capacity = |text: &str| -> Vec<f64> {
            text.chars().map(|one| f64::from(one.to_digit(10).unwrap())).collect()
        };
        let out = capacity("444422222222");
        assert_eq!(find("++++--------", &[], &[&out]).begun, 0);
        let back = capacity("444422224444");
        let found = find("++++--------", &[], &[&back]);
        // The first stretch at full capacity begins with step 8.
        assert_eq!((found.begun, found.collapsed), (1, seconds(4)));
        // Where somebody is always down, a good stretch at that capacity counts.
        let often = capacity("333333333333");
        assert_eq!(find("++++--------", &[], &[&often]).begun, 1);
    }

    #[test]
    fn a_peak_beyond_capacity_is_no_collapse_but_what_outlives_it_is() {
        let peak = [10.0, 10.0, 10.0, 10.0, 30.0, 30.0, 30.0, 30.0, 10.0, 10.0, 10.0, 10.0];
        assert_eq!(find("++++----++++", &[&peak], &[]).begun, 0);
        let found = find("++++--------", &[&peak], &[]);
        assert_eq!((found.begun, found.collapsed), (1, seconds(4)));
    }

    #[test]
    fn conditions_are_compared_to_one_per_cent_and_each_by_itself() {
        let rate = |factor: f64| {
            vec![100.0, 100.0, 100.0, 100.0, 100.0 * factor, 100.0 * factor, 100.0 * factor, 100.0 * factor]
        };
        assert_eq!(find("++++----", &[&rate(1.009)], &[]).begun, 1);
        assert_eq!(find("++++----", &[&rate(1.02)], &[]).begun, 0);
        assert_eq!(find("++++----", &[], &[&rate(0.991)]).begun, 1);
        assert_eq!(find("++++----", &[], &[&rate(0.98)]).begun, 0);
        // One stretch bore the rate, another the capacity, none both.
        let rates = [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0, 2.0];
        let capacities = [2.0, 2.0, 2.0, 2.0, 4.0, 4.0, 4.0, 4.0, 2.0, 2.0, 2.0, 2.0];
        let both: [&[f64]; 1] = [&capacities];
        assert_eq!(find("++++++++----", &[&rates], &both).begun, 0);
    }
}
