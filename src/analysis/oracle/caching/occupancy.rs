//! How many of some independent objects are there, seen by each of them.

/// The probability that exactly, and that at most, `most` of the others are there, for each object, where `inside` is
/// the probability of each to be there.
///
/// Objects that are likely there and those that are not are counted apart: taking one away from a count is stable
/// from the small end for an unlikely one and from the large end for a likely one.
pub(super) fn seen_by_each(inside: &[f64], most: usize) -> Vec<(f64, f64)> {
    let is_likely = |chance: &f64| *chance > 0.5;
    let (likely, unlikely): (Vec<f64>, Vec<f64>) = inside.iter().partition(|chance| is_likely(chance));
    // So many likely ones are at most `most` with less than exp(-50), by Chernoff's bound.
    if likely.len() > 4 * most + 200 {
        return vec![(0.0, 0.0); inside.len()];
    }
    let (many, few) = (count(&likely, likely.len()), count(&unlikely, most));
    let one = |chance: &f64| {
        if is_likely(chance) {
            meet(&few, &without_likely(&many, *chance), most)
        } else {
            meet(&without_unlikely(&few, *chance), &many, most)
        }
    };
    inside.iter().map(one).collect()
}

/// The probabilities of 0, 1, ... `most` there.
fn count(inside: &[f64], most: usize) -> Vec<f64> {
    let mut chances = vec![0.0; most + 1];
    chances[0] = 1.0;
    for (seen, chance) in inside.iter().enumerate() {
        for number in (1..=most.min(seen + 1)).rev() {
            chances[number] += (chances[number - 1] - chances[number]) * chance;
        }
        chances[0] *= 1.0 - chance;
    }
    chances
}

/// A count without one that is there with at most one half.
fn without_unlikely(count: &[f64], chance: f64) -> Vec<f64> {
    let mut before = 0.0;
    let step = |all: &f64| {
        before = (all - chance * before) / (1.0 - chance);
        before
    };
    count.iter().map(step).collect()
}

/// A whole count without one that is there with more than one half.
fn without_likely(count: &[f64], chance: f64) -> Vec<f64> {
    let mut above = 0.0;
    let step = |all: &f64| {
        above = (all - (1.0 - chance) * above) / chance;
        above
    };
    let mut rest: Vec<f64> = count[1..].iter().rev().map(step).collect();
    rest.reverse();
    rest
}

/// The probability that two counts are exactly, and at most, `most` together.
fn meet(few: &[f64], many: &[f64], most: usize) -> (f64, f64) {
    let mut sum = 0.0;
    let add = |chance: &f64| {
        sum += chance;
        sum
    };
    let upto: Vec<f64> = few.iter().map(add).collect();
    let pairs = || many.iter().take(most + 1).enumerate();
    (
        pairs().map(|(number, chance)| chance * few[most - number]).sum(),
        pairs().map(|(number, chance)| chance * upto[most - number]).sum(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All subsets of the others.
    #[test]
    fn each_sees_what_all_subsets_say() {
        let inside = [0.9, 0.2, 0.5, 0.999, 0.04, 0.7, 0.55];
        for most in 0..7 {
            let seen = seen_by_each(&inside, most);
            for (one, (exactly, at_most)) in seen.iter().enumerate() {
                let (mut exact, mut upto) = (0.0, 0.0);
                for subset in (0..1_u32 << inside.len()).filter(|subset| subset >> one & 1 == 0) {
                    let others = (0..inside.len()).filter(|other| *other != one);
                    let share = |other: usize| {
                        if subset >> other & 1 == 1 { inside[other] } else { 1.0 - inside[other] }
                    };
                    let chance: f64 = others.map(share).product();
                    let number = subset.count_ones() as usize;
                    exact += if number == most { chance } else { 0.0 };
                    upto += if number <= most { chance } else { 0.0 };
                }
                assert!((exactly - exact).abs() < 1e-13 && (at_most - upto).abs() < 1e-13, "{one} {most}");
            }
        }
    }

    #[test]
    fn a_crowd_leaves_no_room() {
        assert!(seen_by_each(&[0.51; 300], 10).iter().all(|(exactly, _)| exactly.abs() < 1e-300));
    }
}
