//! Known parameters come back, as often and as near as theory says.

use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::SeedableRng;

use super::*;
use crate::analysis::numeric::integrate;

/// Laws with parameters of every kind.
fn laws() -> Vec<Law> {
    vec![
        Law::Exponential { mean: 300.0 },
        Law::Gamma { shape: 0.6, mean: 40.0 },
        Law::Gamma { shape: 4.0, mean: 0.02 },
        Law::Hyperexponential { branches: vec![(0.4, 5.0), (0.6, 200.0)] },
        Law::Lognormal { mu: 8.4, sigma: 1.15 },
        Law::weibull(227.0, 0.47),
        Law::weibull(2.0, 2.5),
    ]
}

/// Logarithms of the parameters and the mean, the mean only where it is one of them.
fn logs(family: &Family, law: &Law) -> Vec<f64> {
    let mut values = family.values(law);
    if values.len() < family.degrees {
        values.push(law.mean());
    }
    values.iter().map(|value| value.ln()).collect()
}

fn law_at(family: &Family, logs: &[f64]) -> Law {
    let values: Vec<f64> = logs.iter().map(|log| log.exp()).collect();
    let parameters = family.parameters.len();
    family.law(&values[..parameters], values.last().copied().unwrap_or(f64::NAN)).unwrap()
}

/// Standard errors of the logarithms of the parameters for `count` durations, each watched for `end` seconds, from the
/// Fisher information.
fn standard_errors(family: &Family, law: &Law, count: usize, end: f64) -> Vec<f64> {
    const STEP: f64 = 1e-5;
    let at = logs(family, law);
    let degrees = at.len();
    let slope = |number: usize, of: &dyn Fn(&Law) -> f64| {
        let moved = |by: f64| {
            let mut moved = at.clone();
            moved[number] += by;
            of(&law_at(family, &moved))
        };
        (moved(STEP) - moved(-STEP)) / (2.0 * STEP)
    };
    let mut information = vec![vec![0.0; degrees]; degrees];
    for (row, line) in information.iter_mut().enumerate() {
        for (column, entry) in line.iter_mut().enumerate() {
            // Over shares, so that a density that is infinite at zero does no harm.
            let both = |share: f64| {
                let time = law.quantile(share);
                slope(row, &|one| one.log_density(time)) * slope(column, &|one| one.log_density(time))
            };
            let ended = if end.is_finite() { law.cdf(end) } else { 1.0 };
            *entry = integrate(0.0, ended, both);
            if end.is_finite() {
                let going = |one: &Law| one.log_survival(end);
                *entry += law.survival(end) * slope(row, &going) * slope(column, &going);
            }
            *entry *= count as f64;
        }
    }
    (0..degrees).map(|number| inverse_diagonal(&information, number).sqrt()).collect()
}

/// An entry of the diagonal of the inverse, by elimination.
fn inverse_diagonal(matrix: &[Vec<f64>], number: usize) -> f64 {
    let size = matrix.len();
    let mut rows: Vec<Vec<f64>> = matrix.to_vec();
    for (place, row) in rows.iter_mut().enumerate() {
        row.push(f64::from(u8::from(place == number)));
    }
    for pivot in 0..size {
        let line = rows[pivot].clone();
        for (place, row) in rows.iter_mut().enumerate().filter(|(place, _)| *place != pivot) {
            let factor = row[pivot] / line[pivot];
            let _ = place;
            row.iter_mut().zip(&line).for_each(|(entry, above)| *entry -= factor * above);
        }
    }
    rows[number][size] / rows[number][number]
}

fn stream(seed: u64) -> Xoshiro256PlusPlus {
    Xoshiro256PlusPlus::seed_from_u64(seed)
}

fn synthetic(law: &Law, count: usize, end: f64, seed: u64) -> Durations {
    let mut random = stream(seed);
    let all: Vec<f64> = (0..count).map(|_| bootstrap::sample(law, &mut random).unwrap()).collect();
    let (ended, going): (Vec<f64>, Vec<f64>) = all.into_iter().partition(|time| *time <= end);
    Durations::new(ended, vec![end; going.len()]).unwrap()
}

/// How many of 95 % intervals may hold the truth, so that a right one is outside once in a million.
fn allowed(trials: usize) -> (f64, f64) {
    let spread = 4.9 * (0.95 * 0.05 * trials as f64).sqrt();
    (0.95 * trials as f64 - spread, 0.95 * trials as f64 + spread)
}

/// The truth lies within 1.96 standard errors of what was fitted as often as it should.
fn recovers(share_ended: f64) {
    const TRIALS: usize = 200;
    const COUNT: usize = 1500;
    for law in laws() {
        let family = Family::named(law.name()).unwrap();
        let end = if share_ended < 1.0 { law.quantile(share_ended) } else { f64::INFINITY };
        let errors = standard_errors(family, &law, COUNT, end);
        let truth = logs(family, &law);
        let mut near = vec![0.0; truth.len()];
        for seed in 0..TRIALS {
            let found = family.fit(&synthetic(&law, COUNT, end, seed as u64)).unwrap();
            let found = logs(family, &found);
            for number in 0..truth.len() {
                near[number] +=
                    f64::from(u8::from((found[number] - truth[number]).abs() < 1.96 * errors[number]));
            }
        }
        let (low, high) = allowed(TRIALS);
        assert!(
            near.iter().all(|count| (low..=high).contains(count)),
            "{law:?} {share_ended}: {near:?}, {errors:?}"
        );
    }
}

#[test]
fn known_parameters_come_back_from_complete_durations() {
    recovers(1.0);
}

#[test]
fn known_parameters_come_back_where_a_third_was_not_seen_to_end() {
    recovers(0.67);
}

#[test]
fn standard_errors_are_those_of_textbooks() {
    let close =
        |found: f64, wanted: f64| assert!((found / wanted - 1.0).abs() < 1e-6, "{found} is not {wanted}");
    let named = |name: &str| Family::named(name).unwrap();
    // ln of the shape of a Weibull law: sqrt(6 / n) / pi; of a mean without memory: 1 / sqrt(events).
    let found = standard_errors(named("weibull"), &Law::weibull(3.0, 0.8), 100, f64::INFINITY);
    close(found[0], 0.06_f64.sqrt() / std::f64::consts::PI);
    let law = Law::Exponential { mean: 2.0 };
    close(standard_errors(named("exponential"), &law, 100, law.quantile(0.64))[0], 0.125);
}

/// No neighbour is more likely than what was fitted, with durations of every kind.
#[test]
fn what_is_fitted_is_the_most_likely() {
    for (number, law) in laws().iter().enumerate() {
        for share in [1.0, 0.6] {
            let end = if share < 1.0 { law.quantile(share) } else { f64::INFINITY };
            let durations = synthetic(law, 300, end, 40 + number as u64);
            for family in FAMILIES {
                let Ok(found) = family.fit(&durations) else { continue };
                let best = log_likelihood(&found, &durations);
                let at = logs(family, &found);
                for place in 0..at.len() {
                    for by in [-0.003, 0.003] {
                        let mut moved = at.clone();
                        moved[place] += by;
                        if family.degrees == 3 && moved[0] >= 0.0 {
                            continue;
                        }
                        let other = log_likelihood(&law_at(family, &moved), &durations);
                        assert!(other <= best + 1e-9, "{} of {law:?}: {best} < {other}", family.name);
                    }
                }
            }
        }
    }
}

#[test]
fn the_textbook_example_comes_out() {
    // Remission of leukaemia under 6-MP (Freireich 1963): Kalbfleisch and Prentice, The Statistical Analysis of Failure
    // Time Data (2002), find an exponential with 359 weeks and 9 ends, and a Weibull shape of 1.354, scale 33.77.
    let ended = vec![6.0, 6.0, 6.0, 7.0, 10.0, 13.0, 16.0, 22.0, 23.0];
    let going = vec![6.0, 9.0, 10.0, 11.0, 17.0, 19.0, 20.0, 25.0, 32.0, 32.0, 34.0, 35.0];
    let durations = Durations::new(ended, going).unwrap();
    let mean = Family::named("exponential").unwrap().fit(&durations).unwrap().mean();
    assert!((mean - 359.0 / 9.0).abs() < 1e-9);
    let Ok(Law::Weibull { shape, scale }) = Family::named("weibull").unwrap().fit(&durations) else {
        panic!()
    };
    assert!((shape - 1.354).abs() < 5e-4 && (scale - 33.77).abs() < 5e-3, "{shape} {scale}");
}

#[test]
fn units_do_not_matter() {
    for law in laws() {
        let one = synthetic(&law, 200, law.quantile(0.8), 3);
        let scaled = |ties: &[Tie]| {
            ties.iter().flat_map(|tie| vec![tie.time * 1e6; tie.count as usize]).collect::<Vec<f64>>()
        };
        let other = Durations::new(scaled(one.observed()), scaled(one.censored())).unwrap();
        for family in FAMILIES {
            let (Ok(small), Ok(large)) = (family.fit(&one), family.fit(&other)) else { continue };
            let ratio = large.mean() / small.mean() / 1e6;
            assert!((ratio - 1.0).abs() < 1e-5, "{} of {law:?}: {ratio}", family.name);
            let apart = anderson_darling(&large, &other) / anderson_darling(&small, &one);
            assert!((apart - 1.0).abs() < 1e-5, "{} of {law:?}: {apart}", family.name);
        }
    }
}

#[test]
fn what_cannot_be_fitted_says_why() {
    let fit = |name: &str, times: Vec<f64>| {
        Family::named(name).unwrap().fit(&Durations::new(times, Vec::new()).unwrap())
    };
    assert_eq!(fit("weibull", vec![2.0; 9]), Err(Unfit::TooFew { needed: 2 }));
    assert_eq!(fit("exponential", vec![2.0; 9]), Ok(Law::Exponential { mean: 2.0 }));
    let regular = (1..50).map(|number| 10.0 + f64::from(number) / 10.0).collect();
    assert!(matches!(fit("hyperexponential", regular), Err(Unfit::NoMixture { .. })));
    assert!(Family::named("normal").is_none());
}

#[test]
fn ties_and_a_single_long_duration_are_fitted() {
    let mut times = vec![60.0; 40];
    times.extend(vec![120.0; 20]);
    times.push(1e7);
    let durations = Durations::new(times, vec![3e7, 60.0]).unwrap();
    for family in FAMILIES {
        let law = family.fit(&durations).unwrap();
        assert!(anderson_darling(&law, &durations).is_finite(), "{law:?}");
    }
}

#[test]
fn resamples_are_censored_like_the_record() {
    let law = Law::weibull(100.0, 0.7);
    let mut random = stream(9);
    // Everyone is watched for a time of their own.
    let pairs: Vec<(f64, f64)> = (0..4000)
        .map(|_| {
            let end = Law::Uniform { low: 10.0, high: 300.0 };
            (bootstrap::sample(&law, &mut random).unwrap(), bootstrap::sample(&end, &mut random).unwrap())
        })
        .collect();
    let ended = pairs.iter().filter(|(time, end)| time <= end).map(|pair| pair.0).collect();
    let going = pairs.iter().filter(|(time, end)| time > end).map(|pair| pair.1).collect();
    let durations = Durations::new(ended, going).unwrap();
    let family = Family::named("weibull").unwrap();
    let fitted = family.fit(&durations).unwrap();
    let bootstrap = Bootstrap::new(family, &fitted, &durations);
    let events: Vec<f64> = (0..50).map(|_| bootstrap.resample(&mut random).unwrap().events()).collect();
    let mean = events.iter().sum::<f64>() / 50.0;
    // A count of 4,000 with a share near 0.7 has a deviation of 29; that of the record is in the difference too.
    assert!((mean - durations.events()).abs() < 4.9 * 29.0 * (1.0_f64 + 1.0 / 50.0).sqrt(), "{mean}");
    assert!(events.iter().any(|one| (one - events[0]).abs() > 0.5));
}

#[test]
fn intervals_of_a_mean_without_memory_are_exact() {
    const TRIALS: usize = 300;
    let law = Law::Exponential { mean: 7.0 };
    let family = Family::named("exponential").unwrap();
    let holds = |seed: usize| {
        let durations = synthetic(&law, 12, f64::INFINITY, seed as u64);
        let fitted = family.fit(&durations).unwrap();
        let bootstrap = Bootstrap::new(family, &fitted, &durations);
        let mut random = stream(1_000_000 + seed as u64);
        let means: Vec<f64> = (0..399).map(|_| bootstrap.refit(&mut random).unwrap().values[0]).collect();
        let (low, high) = interval(fitted.mean(), &means, "s", 0.95).unwrap();
        low < 7.0 && 7.0 < high
    };
    let held = (0..TRIALS).filter(|seed| holds(*seed)).count() as f64;
    let (low, high) = allowed(TRIALS);
    assert!((low..=high).contains(&held), "{held}");
}

#[test]
fn levels_are_uniform_where_the_law_is_right() {
    // Of 40 levels each tenth has 4; the slow tier has more and every law.
    uniform_levels(&Law::weibull(5.0, 0.8), 40, 99, f64::INFINITY);
}

#[test]
fn levels_are_uniform_for_every_law() {
    if std::env::var_os("NINEFOLD_SLOW").is_none_or(|value| value != "1") {
        return;
    }
    for law in laws() {
        uniform_levels(&law, 300, 199, f64::INFINITY);
        uniform_levels(&law, 300, 199, law.quantile(0.7));
    }
}

/// The distribution of levels is no further from the uniform one than chance allows (Kolmogorov, once in a million).
fn uniform_levels(law: &Law, trials: usize, resamples: usize, end: f64) {
    let family = Family::named(law.name()).unwrap();
    let mut levels: Vec<f64> = Vec::new();
    for seed in 0..trials {
        let durations = synthetic(law, 100, end, 77 + seed as u64);
        let Ok(fitted) = family.fit(&durations) else { continue };
        let bootstrap = Bootstrap::new(family, &fitted, &durations);
        let mut random = stream(500_000 + seed as u64);
        let refits: Vec<f64> =
            (0..resamples).filter_map(|_| Some(bootstrap.refit(&mut random)?.a_squared)).collect();
        levels.push(level(anderson_darling(&fitted, &durations), &refits).unwrap());
    }
    levels.sort_unstable_by(f64::total_cmp);
    let count = levels.len() as f64;
    assert!(count > 0.95 * trials as f64, "{law:?}: only {count} were fitted");
    let furthest = levels.iter().enumerate().map(|(place, level)| {
        ((place + 1) as f64 / count - level).abs().max((level - place as f64 / count).abs())
    });
    let distance = furthest.fold(0.0, f64::max);
    // 2 exp(-2 x^2) = 1e-6; levels are steps of 1 / (resamples + 1).
    let limit = 2.69 / count.sqrt() + 1.0 / (resamples + 1) as f64;
    assert!(distance < limit, "{law:?}: {distance} of {limit}");
}

#[test]
fn a_wrong_law_has_a_low_level() {
    let durations = synthetic(&Law::Lognormal { mu: 0.0, sigma: 1.5 }, 400, f64::INFINITY, 5);
    let family = Family::named("exponential").unwrap();
    let fitted = family.fit(&durations).unwrap();
    let bootstrap = Bootstrap::new(family, &fitted, &durations);
    let mut random = stream(1);
    let refits: Vec<f64> = (0..99).map(|_| bootstrap.refit(&mut random).unwrap().a_squared).collect();
    let found = level(anderson_darling(&fitted, &durations), &refits).unwrap();
    assert!((found - 0.01).abs() < 1e-12, "{found}");
}
