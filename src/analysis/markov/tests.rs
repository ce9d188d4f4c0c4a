use proptest::prelude::*;

use super::*;

/// States 0 to n with a rate up and a rate down between neighbours.
fn birth_death(up: &[f64], down: &[f64]) -> Chain {
    let ups = up.iter().enumerate().map(|(state, rate)| (state, state + 1, *rate));
    let downs = down.iter().enumerate().map(|(state, rate)| (state + 1, state, *rate));
    Chain::new(up.len() + 1, ups.chain(downs)).unwrap()
}

/// The long run of a birth-death chain as the product of its ratios.
fn products(up: &[f64], down: &[f64]) -> Vec<f64> {
    let mut shares = vec![1.0];
    for (up, down) in up.iter().zip(down) {
        shares.push(shares[shares.len() - 1] * up / down);
    }
    let sum: f64 = shares.iter().sum();
    shares.iter().map(|share| share / sum).collect()
}

#[track_caller]
fn close(found: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(found.len(), expected.len());
    for (place, (found, expected)) in found.iter().zip(expected).enumerate() {
        assert!((found / expected - 1.0).abs() <= tolerance, "{place}: {found:e} is not {expected:e}");
    }
}

fn at(states: usize, state: usize) -> Vec<f64> {
    let mut start = vec![0.0; states];
    start[state] = 1.0;
    start
}

fn only(states: usize, state: usize) -> Vec<bool> {
    (0..states).map(|one| one == state).collect()
}

/// The long run by counting trees: the weight of a state is the sum, over all trees that lead to it, of the product of
/// their rates (Markov chain tree theorem). Nothing is subtracted, so every digit but the last few is right.
fn trees(rates: &[Vec<f64>]) -> Vec<f64> {
    let states = rates.len();
    let weight = |root: usize| -> f64 {
        let mut total = 0.0;
        for code in 0..states.pow(states as u32) {
            let next: Vec<usize> =
                (0..states).map(|state| code / states.pow(state as u32) % states).collect();
            let leads = |start: usize| {
                (0..states).fold(start, |state, _| if state == root { root } else { next[state] })
            };
            // The root has no choice, so only one of its choices is counted.
            if next[root] == root && (0..states).all(|start| leads(start) == root) {
                total += (0..states)
                    .filter(|state| *state != root)
                    .map(|state| rates[state][next[state]])
                    .product::<f64>();
            }
        }
        total
    };
    let weights: Vec<f64> = (0..states).map(weight).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

fn full(rates: &[Vec<f64>]) -> Chain {
    let edges = rates
        .iter()
        .enumerate()
        .flat_map(|(from, row)| row.iter().enumerate().map(move |(to, rate)| (from, to, *rate)));
    Chain::new(rates.len(), edges).unwrap()
}

#[test]
fn a_queue_with_room_for_k_is_geometric() {
    let (up, down) = (vec![0.9; 5], vec![1.0; 5]);
    let steady = birth_death(&up, &down).steady().unwrap();
    close(&steady.probabilities, &products(&up, &down), 1e-14);
    // (1 - r) r^K / (1 - r^(K + 1)) at r = 0.9 and K = 5.
    let blocked = 0.1 * 0.9_f64.powi(5) / (1.0 - 0.9_f64.powi(6));
    assert!((steady.probabilities[5] / blocked - 1.0).abs() < 1e-14);
    assert!(steady.residual < 1e-14 && steady.cycles == 0);
}

#[test]
fn machines_with_one_repairer_wait_as_their_formula_says() {
    // p_k = p_0 n! / (n - k)! (failure rate / repair rate)^k.
    let (machines, ratio) = (6, 0.01_f64);
    let up: Vec<f64> = (0..machines).map(|broken| f64::from(machines - broken) * ratio).collect();
    let weights: Vec<f64> = (0..=machines)
        .map(|broken| {
            ((machines - broken + 1)..=machines).map(f64::from).product::<f64>() * ratio.powi(broken)
        })
        .collect();
    let sum: f64 = weights.iter().sum();
    let expected: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
    close(&birth_death(&up, &[1.0; 6]).steady().unwrap().probabilities, &expected, 1e-14);
}

#[test]
fn rates_far_apart_cost_no_digits() {
    for seed in 0..20_u64 {
        // Powers of ten from -12 to 3, as the digits of a multiplication give them.
        let rate = |from: usize, to: usize| {
            let mixed = (seed * 25 + (from * 5 + to) as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            10_f64.powi((mixed % 16) as i32 - 12) * (1.0 + (mixed % 7) as f64)
        };
        let rates: Vec<Vec<f64>> = (0..5)
            .map(|from| (0..5).map(|to| if from == to { 0.0 } else { rate(from, to) }).collect())
            .collect();
        close(&full(&rates).steady().unwrap().probabilities, &trees(&rates), 1e-14);
    }
}

#[test]
fn a_mean_time_of_aeons_is_precise() {
    // From k to k + 1 it takes on average m_k = (1 + down m_(k-1)) / up.
    let (up, down) = (1e-9, 1e3);
    let mut step = 1.0 / up;
    let mut expected = step;
    for _ in 1..6 {
        step = (1.0 + down * step) / up;
        expected += step;
    }
    let chain = birth_death(&[up; 6], &[down; 6]);
    let times = chain.mean_times_to(&only(7, 6)).unwrap();
    assert!((times[0] / expected - 1.0).abs() < 1e-13, "{} {expected}", times[0]);
    let alone = chain.mean_time_to(&at(7, 0), &only(7, 6)).unwrap();
    assert!((alone / expected - 1.0).abs() < 1e-13, "{alone} {expected}");
    assert!(times[6].abs() < f64::MIN_POSITIVE);
}

#[test]
fn a_gambler_is_ruined_as_the_formula_says() {
    let (up, down, coins) = (0.5, 1.0, 20);
    let chain = birth_death(&vec![up; coins], &vec![down; coins]);
    let won = chain.probabilities_of(&only(coins + 1, coins), &only(coins + 1, 0)).unwrap();
    let ratio: f64 = down / up;
    for (start, found) in won.iter().enumerate().skip(1) {
        let expected = (ratio.powi(start as i32) - 1.0) / (ratio.powi(coins as i32) - 1.0);
        assert!((found / expected - 1.0).abs() < 1e-13, "{start}: {found}");
        let alone = chain
            .probability_of(&at(coins + 1, start), &only(coins + 1, coins), &only(coins + 1, 0))
            .unwrap();
        assert!((alone / expected - 1.0).abs() < 1e-13, "{start}: {alone}");
    }
}

#[test]
fn where_a_chain_ends_depends_on_its_start() {
    // From 1 to the trap 0 at rate 1, to the pair (2, 3) at rate 3.
    let chain = Chain::new(4, [(1, 0, 1.0), (1, 2, 3.0), (2, 3, 1.0), (3, 2, 4.0)]).unwrap();
    assert_eq!(chain.steady(), Err(ChainError::Reducible { classes: 2 }));
    let steady = chain.steady_from(&[0.0, 1.0, 0.0, 0.0]).unwrap();
    let expected = [0.25, 0.0, 0.6, 0.15];
    for (found, expected) in steady.probabilities.iter().zip(expected) {
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }
    let within = chain.steady_from(&[0.0, 0.0, 0.0, 1.0]).unwrap();
    assert!((within.probabilities[2] - 0.8).abs() < 1e-15 && within.probabilities[0].abs() < 1e-300);
    assert_eq!(chain.closed_classes(), [vec![0], vec![2, 3]]);
    // The pair may never be reached, the trap or the pair always is.
    assert!(chain.mean_times_to(&only(4, 3)).unwrap()[1].is_infinite());
    assert!(chain.mean_time_to(&at(4, 1), &only(4, 3)).unwrap().is_infinite());
    let either = chain.mean_times_to(&[true, false, true, false]).unwrap();
    assert!((either[1] - 0.25).abs() < 1e-15);
}

#[test]
fn a_chain_that_is_left_for_good_has_one_long_run() {
    let chain = Chain::new(3, [(0, 1, 1.0), (1, 2, 2.0), (2, 1, 6.0)]).unwrap();
    let steady = chain.steady().unwrap();
    assert!(steady.probabilities[0].abs() < 1e-300 && (steady.probabilities[1] - 0.75).abs() < 1e-15);
}

/// A grid of two queues in a row, the first with room for `wide` and the second for `high`.
fn tandem(wide: usize, high: usize, rates: [f64; 3]) -> Chain {
    let state = |one: usize, two: usize| one * (high + 1) + two;
    let mut edges = Vec::new();
    for one in 0..=wide {
        for two in 0..=high {
            if one < wide {
                edges.push((state(one, two), state(one + 1, two), rates[0]));
            }
            if one > 0 && two < high {
                edges.push((state(one, two), state(one - 1, two + 1), rates[1]));
            }
            if two > 0 {
                edges.push((state(one, two), state(one, two - 1), rates[2]));
            }
        }
    }
    Chain::new((wide + 1) * (high + 1), edges).unwrap()
}

#[test]
fn sweeps_find_what_elimination_finds() {
    for chain in [
        tandem(30, 30, [0.5, 1.0, 0.8]),
        tandem(40, 20, [1.0, 1.0, 1.0]),
        birth_death(&[0.4; 1500], &[1.0; 1500]),
        birth_death(&[1.0; 900], &[1.0; 900]),
    ] {
        let dense = chain.steady().unwrap();
        assert_eq!(dense.cycles, 0);
        let swept = multilevel::steady(&chain).unwrap();
        assert!(swept.residual <= RESIDUAL_MAX && swept.cycles > 0);
        for (state, (found, expected)) in swept.probabilities.iter().zip(&dense.probabilities).enumerate() {
            // Where a float begins to lose digits, there are none to compare.
            if *expected > 1e-200 {
                assert!(
                    (found / expected - 1.0).abs() < 1e-7,
                    "{state}: {found:e} {expected:e}, {}",
                    swept.cycles
                );
            }
        }
    }
}

#[test]
fn a_chain_of_some_thousand_states_is_swept() {
    let (up, down) = (vec![0.9; 4999], vec![1.0; 4999]);
    let steady = birth_death(&up, &down).steady().unwrap();
    assert!(steady.cycles > 0);
    close(&steady.probabilities[..1000], &products(&up, &down)[..1000], 1e-8);
    // Ten in a busy period: the same answer as a chain of eleven states has.
    let chain = birth_death(&up, &down);
    let (start, top, empty) = (at(5000, 1), only(5000, 10), only(5000, 0));
    let likely = chain.probability_of(&start, &top, &empty).unwrap();
    let ratio: f64 = 1.0 / 0.9;
    assert!((likely * (ratio.powi(10) - 1.0) / (ratio - 1.0) - 1.0).abs() < 1e-12, "{likely}");
    // From 2999 down to 0 each step takes 1 / (down - up) but for the wall far above.
    let time = chain.mean_time_to(&at(5000, 2999), &empty).unwrap();
    assert!((time / 29_990.0 - 1.0).abs() < 1e-8, "{time}");
    assert_eq!(chain.mean_times_to(&empty), Err(ChainError::TooLarge { states: 4999, limit: DENSE_MAX }));
}

#[test]
fn a_unit_is_up_at_a_time_as_its_formula_says() {
    let (fails, mends) = (1e-3, 0.5);
    let chain = Chain::new(2, [(0, 1, fails), (1, 0, mends)]).unwrap();
    let sum = fails + mends;
    for time in [0.0, 1e-3, 1.0, 20.0, 1e4, 1e9, 1e14] {
        let found = chain.transient(&[1.0, 0.0], time).unwrap();
        let decay = -(-sum * time).exp_m1();
        let down = fails / sum * decay;
        let been_down = fails / sum * (time - decay / sum);
        assert!(
            (found.probabilities[1] - down).abs() <= 1e-12 * down,
            "{time}: {}",
            found.probabilities[1] / down - 1.0
        );
        if time >= 1.0 {
            let off = found.occupation[1] / been_down - 1.0;
            assert!(off.abs() < 1e-11, "{time}: {off:e}");
        }
        assert!((found.occupation.iter().sum::<f64>() - time).abs() <= 1e-12 * time);
    }
}

#[test]
fn a_pure_birth_chain_counts_like_a_poisson_law() {
    let chain = Chain::new(60, (0..59).map(|state| (state, state + 1, 2.0))).unwrap();
    let found = chain.transient(&at(60, 0), 3.0).unwrap();
    let mut expected = (-6.0_f64).exp();
    for (count, probability) in found.probabilities.iter().enumerate().take(40) {
        assert!((probability / expected - 1.0).abs() < 1e-12, "{count}: {probability:e} {expected:e}");
        expected *= 6.0 / (count + 1) as f64;
    }
}

#[test]
fn a_time_too_long_to_follow_is_refused() {
    // Two parts that hardly ever meet, each with fast rates: it takes too many steps to settle.
    let chain =
        Chain::new(4, [(0, 1, 1e6), (1, 0, 1e6), (2, 3, 1e6), (3, 2, 1e6), (1, 2, 1e-9), (2, 1, 1e-9)])
            .unwrap();
    let refused = chain.transient_within(&at(4, 0), 1e6, 1000.0);
    assert!(matches!(refused, Err(ChainError::TooLong { .. })), "{refused:?}");
}

#[test]
fn what_is_no_chain_is_refused() {
    assert_eq!(Chain::new(0, []), Err(ChainError::Empty));
    let unknown = ChainError::UnknownState { state: 2, states: 2 };
    assert_eq!(Chain::new(2, [(0, 2, 1.0)]), Err(unknown));
    assert_eq!(Chain::new(2, [(0, 1, -1.0)]), Err(ChainError::Rate { from: 0, to: 1, rate: -1.0 }));
    assert!(Chain::new(2, [(0, 1, f64::NAN)]).is_err());
    assert!(Chain::new(2, [(0, 1, f64::INFINITY)]).is_err());
    assert_eq!(Chain::new(2, [(0, 1, f64::MAX), (0, 1, f64::MAX)]), Err(ChainError::Range));
    let chain = Chain::new(2, [(0, 1, 1.0), (1, 0, 1.0)]).unwrap();
    assert_eq!(chain.transient(&[0.5, 0.4], 1.0), Err(ChainError::Start { sum: 0.9 }));
    assert!(chain.transient(&[1.5, -0.5], 1.0).is_err());
    assert_eq!(chain.transient(&[1.0], 1.0), Err(ChainError::Length { found: 1, states: 2 }));
    assert_eq!(chain.transient(&[1.0, 0.0], -1.0), Err(ChainError::Time { time: -1.0 }));
    assert!(mean_reward(&[1.0], &[f64::NAN]).is_err());
    assert!(mean_reward(&[1.0], &[]).is_err());
    assert!(chain.mean_times_to(&[true]).is_err());
}

#[test]
fn equal_rates_add_up_and_loops_are_left_out() {
    let chain = Chain::new(2, [(0, 1, 1.0), (0, 0, 5.0), (1, 0, 1.0), (0, 1, 2.0), (1, 1, 0.0)]).unwrap();
    assert_eq!(chain.transitions(), 2);
    assert_eq!(chain.row(0).collect::<Vec<_>>(), [(1, 3.0)]);
    assert_eq!(chain, Chain::new(2, [(0, 1, 3.0), (1, 0, 1.0)]).unwrap());
}

prop_compose! {
    /// Full chains of up to eight states with rates from 10^-6 to 10^3.
    fn chains()(states in 2_usize..8)(
        powers in prop::collection::vec(-6.0_f64..3.0, states * states),
        states in Just(states),
    ) -> Vec<Vec<f64>> {
        (0..states)
            .map(|from| (0..states).map(|to| if from == to { 0.0 } else { 10_f64.powf(powers[from * states + to]) }).collect())
            .collect()
    }
}

proptest! {
    #[test]
    fn every_long_run_balances(rates in chains()) {
        let chain = full(&rates);
        let steady = chain.steady().unwrap();
        let sum: f64 = steady.probabilities.iter().sum();
        prop_assert!((sum - 1.0).abs() < 1e-14);
        prop_assert!(steady.residual < 1e-13, "{}", steady.residual);
        for state in 0..chain.states() {
            let from_all = steady.probabilities.iter().zip(&rates);
            let inflow: f64 = from_all.map(|(share, row)| share * row[state]).sum();
            let outflow = steady.probabilities[state] * chain.exit_rate(state);
            prop_assert!((inflow / outflow - 1.0).abs() < 1e-13);
        }
    }

    #[test]
    fn one_start_agrees_with_all_starts(rates in chains()) {
        let chain = full(&rates);
        let states = chain.states();
        let (wanted, avoided) = (only(states, states - 1), only(states, states / 2));
        let times = chain.mean_times_to(&wanted).unwrap();
        let chances = chain.probabilities_of(&wanted, &avoided).unwrap();
        for state in 0..states - 1 {
            let alone = chain.mean_time_to(&at(states, state), &wanted).unwrap();
            prop_assert!((alone / times[state] - 1.0).abs() < 1e-12);
            let chance = chain.probability_of(&at(states, state), &wanted, &avoided).unwrap();
            prop_assert!((0.0..=1.0).contains(&chances[state]));
            prop_assert!((chance - chances[state]).abs() <= 1e-12 * chances[state]);
        }
    }

    #[test]
    fn time_goes_on_where_it_stopped(rates in chains(), first in 0.0_f64..0.02, second in 0.0_f64..0.02) {
        let chain = full(&rates);
        let start = at(chain.states(), 0);
        let whole = chain.transient(&start, first + second).unwrap();
        let half = chain.transient(&start, first).unwrap();
        // Starting probabilities have a sum of 1 to the last digit only by chance.
        let rest = chain.transient(&half.probabilities, second).unwrap();
        for state in 0..chain.states() {
            prop_assert!((whole.probabilities[state] - rest.probabilities[state]).abs() < 1e-12);
            let been = half.occupation[state] + rest.occupation[state];
            prop_assert!((whole.occupation[state] - been).abs() < 1e-12);
        }
    }
}

/// Slow: a million states, against the product of two geometric laws that two queues in a row have where their rooms
/// are never full.
#[test]
fn a_million_states_are_swept() {
    if std::env::var_os("NINEFOLD_SLOW").is_none() {
        return;
    }
    let chain = tandem(999, 999, [0.5, 1.0, 0.8]);
    assert_eq!(chain.states(), 1_000_000);
    let steady = chain.steady().unwrap();
    let (one, two): (f64, f64) = (0.5, 0.625);
    for (first, second) in [(0, 0), (3, 1), (10, 10), (40, 20), (0, 60)] {
        let expected = (1.0 - one) * one.powi(first) * (1.0 - two) * two.powi(second);
        let found = steady.probabilities[first as usize * 1000 + second as usize];
        assert!((found / expected - 1.0).abs() < 1e-8, "{first} {second}: {found:e} {expected:e}");
    }
}
