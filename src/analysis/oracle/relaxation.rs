//! How long a chain of births and deaths remembers how it began.

use super::Answer;

/// The answer of formulas that know it.
pub(in crate::analysis::oracle) const RELAXATION: Answer = Answer::new(
    "relaxation_time",
    "s",
    "time in which what is left of the beginning falls to 1/e at the latest, where times are exponential",
);

/// An upper bound of the relaxation time of a chain of births and deaths, exact for independent units and for M/M/1.
///
/// ```text
/// 1 / max over d >= 1 of min over i of (birth(i) + death(i + 1) - d birth(i + 1) - death(i) / d)
/// ```
///
/// `birth` and `death` are rates \[1/s\] by state, linear between the states `corners`, of which 0 is the first; beyond
/// the last one, if the chain goes on, they are constant. Infinite where the bound says nothing.
///
/// Source: Granovsky and Zeifman, The decay function of nonhomogeneous birth-death processes (1997), with weights that
/// rise by the factor d.
pub(in crate::analysis::oracle) fn relaxation_time(
    birth: impl Fn(u32) -> f64,
    death: impl Fn(u32) -> f64,
    corners: &[u32],
) -> f64 {
    let decay = |factor: f64| {
        let at = |state: &u32| {
            let next = state.saturating_add(1);
            birth(*state) + death(next) - factor * birth(next) - death(*state) / factor
        };
        corners.iter().map(at).fold(f64::INFINITY, f64::min)
    };
    // Each of the terms is concave in the factor, and so is the least of them.
    let beyond = birth(1);
    let (mut low, mut high) =
        (1.0, if beyond > 0.0 { ((birth(0) + death(1)) / beyond).max(1.0) } else { 1.0 });
    for _ in 0..200 {
        let third = (high - low) / 3.0;
        if decay(low + third) < decay(high - third) {
            low += third;
        } else {
            high -= third;
        }
    }
    let found = decay(f64::midpoint(low, high)).max(decay(1.0));
    if found > 0.0 { 1.0 / found } else { f64::INFINITY }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_forgets_as_kleinrock_says() {
        for load in [0.1_f64, 0.5, 0.8, 0.99] {
            let found = relaxation_time(|_| load, |state| f64::from(state.min(1)), &[0, 1]);
            assert!((found * (1.0 - load.sqrt()).powi(2) - 1.0).abs() < 1e-6, "{load}: {found}");
        }
    }

    #[test]
    fn independent_units_forget_as_fast_as_one() {
        let units = 5;
        let birth = |failed: u32| f64::from(units - failed.min(units)) * 0.02;
        let found = relaxation_time(birth, f64::from, &[0, units - 1]);
        assert!((found - 1.0 / 1.02).abs() < 1e-9, "{found}");
    }

    /// The second eigenvalue of a short chain, by powers of the matrix.
    #[test]
    fn it_is_a_bound_of_the_slowest_decay() {
        for (servers, load) in [(3, 0.5), (3, 0.9), (10, 0.8)] {
            let rate = f64::from(servers) * load;
            let death = |state: u32| f64::from(state.min(servers));
            let bound = relaxation_time(|_| rate, death, &[0, servers - 1, servers]);
            // The mean of the number inside goes to its limit at least as fast as the bound says.
            let states = 400_usize;
            let step = 0.01;
            let mut chances = vec![0.0; states];
            chances[0] = 1.0;
            let mean =
                |chances: &[f64]| chances.iter().enumerate().map(|(n, one)| n as f64 * one).sum::<f64>();
            let mut means = Vec::new();
            for _ in 0..6000 {
                let mut next = chances.clone();
                for state in 0..states {
                    let up = if state + 1 < states { rate * step * chances[state] } else { 0.0 };
                    let down = death(state as u32) * step * chances[state];
                    next[state] -= up + down;
                    if state + 1 < states {
                        next[state + 1] += up;
                    }
                    if state > 0 {
                        next[state - 1] += down;
                    }
                }
                chances = next;
                means.push(mean(&chances));
            }
            // Near its end the change itself decays at the slowest rate.
            let change = |at: usize| means[at + 100] - means[at];
            let slowest = (change(200) / change(700)).ln() / 5.0;
            assert!(1.0 / bound <= slowest * 1.02, "{servers} {load}: {bound} {slowest}");
        }
    }
}
