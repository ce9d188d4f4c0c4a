//! A trace for those who have none: drawn from what was published of one.
//!
//! All shares are those of Shahrad et al. (USENIX ATC 2020) for the Azure Functions of two weeks in July 2019: functions
//! and calls by trigger (figure 3), functions by app (section 3.2), calls by app (figure 5: 45 % are called once an hour or
//! less, 81 % once a minute or less), average durations (figure 7) and memory by app (figure 8) as fitted there. Calls
//! of timers come at regular times, all others as a Poisson process: neither bursts nor times of day are drawn.

use super::{Calls, Durations, Labels, Recurrence, Trace, Traits};
use crate::kernel::stream::{Draw, Purpose, draw, mix};
use crate::units::SimDuration;
use rand::RngExt;
use statrs::function::erf::erfc_inv;

/// Shares of functions and of calls of each kind of trigger \[%\]: HTTP, queue, event, orchestration, timer, storage, others.
const TRIGGERS: [(f64, f64); 7] =
    [(55.0, 35.9), (15.2, 33.5), (2.2, 24.7), (6.9, 2.3), (15.6, 2.0), (2.8, 0.7), (2.2, 1.0)];
/// Which of them is the timer.
const TIMER: usize = 4;
/// Shares of apps by their number of functions, from the one number to the other \[%\].
const APPS: [(f64, u32, u32); 6] =
    [(54.0, 1, 1), (16.0, 2, 2), (10.0, 3, 3), (8.0, 4, 5), (7.0, 6, 10), (5.0, 11, 30)];
/// How far calls of functions lie apart, as the deviation of the logarithm: ln 60 / (z(81 %) - z(45 %)), the lognormal law
/// that meets both published shares.
const SPREAD: f64 = 4.079;
/// Average durations: mean and deviation of the logarithm of seconds.
const DURATION: (f64, f64) = (-0.38, 2.36);
/// Memory of apps: the Burr law of type XII, its two shapes and its scale \[MB\].
const MEMORY: (f64, f64, f64) = (11.652, 0.221, 107.083);
/// Names the population, which is the same under every seed.
const NAME: u64 = 0x5368_6168_7261_6432;

/// A population of so many functions, whose calls are expected to be so many in each period.
pub fn synthetic(count: u32, invocations: f64, period: SimDuration) -> Trace {
    let mut functions = Vec::with_capacity(count as usize);
    let mut durations = Vec::with_capacity(count as usize);
    let mut weights = Vec::with_capacity(count as usize);
    let mut triggers = Vec::with_capacity(count as usize);
    let mut sums = [0.0; TRIGGERS.len()];
    let mut app = (0, 0, 0);
    for number in 0..count {
        let name = mix(NAME, u64::from(number));
        let mut random = draw(name, Purpose::Trace);
        if app.1 == 0 {
            app = (number, functions_of_app(&mut random), memory(&mut random));
        }
        app.1 -= 1;
        functions.push(Traits { name, app: app.0, megabytes: app.2 });
        let trigger = trigger(&mut random);
        let weight = (SPREAD * normal(&mut random)).exp();
        sums[trigger] += weight;
        weights.push(weight);
        triggers.push(trigger as u8);
        durations.push((DURATION.0 + DURATION.1 * normal(&mut random)).exp() as f32);
    }
    let known: f64 =
        TRIGGERS.iter().zip(&sums).filter(|(_, sum)| **sum > 0.0).map(|((_, share), _)| share).sum();
    let expected: Vec<f64> = weights
        .iter()
        .zip(&triggers)
        .map(|(weight, trigger)| {
            let trigger = usize::from(*trigger);
            invocations * TRIGGERS[trigger].1 / known * weight / sums[trigger]
        })
        .collect();
    let recurrence = |(calls, trigger): (&f64, &u8)| Recurrence {
        gap: (period.as_secs() / calls) as f32,
        is_timed: usize::from(*trigger) == TIMER,
    };
    let calls = expected.iter().zip(&triggers).map(recurrence).collect();
    Trace::new(functions, (Durations::Each(durations), Calls::Rates(calls), Labels::Numbers), &expected)
}

/// A draw of the standard normal law.
fn normal(random: &mut Draw) -> f64 {
    // Neither end of the interval, whose quantiles are infinite.
    let share = random.random::<f64>().clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    -std::f64::consts::SQRT_2 * erfc_inv(2.0 * share)
}

/// Which of several shares a draw falls into.
fn pick(random: &mut Draw, shares: impl Iterator<Item = f64> + Clone) -> usize {
    let mut left = random.random::<f64>() * shares.clone().sum::<f64>();
    let last = shares.clone().count() - 1;
    let found = shares.into_iter().position(|share| {
        left -= share;
        left < 0.0
    });
    found.unwrap_or(last)
}

fn trigger(random: &mut Draw) -> usize {
    pick(random, TRIGGERS.iter().map(|(functions, _)| *functions))
}

fn functions_of_app(random: &mut Draw) -> u32 {
    let (_, from, to) = APPS[pick(random, APPS.iter().map(|(share, ..)| *share))];
    random.random_range(from..=to)
}

/// Memory of an app \[MB\].
fn memory(random: &mut Draw) -> u32 {
    let (c, k, scale) = MEMORY;
    let share = random.random::<f64>();
    (scale * ((1.0 - share).powf(-1.0 / k) - 1.0).powf(1.0 / c)).round().max(1.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day() -> SimDuration {
        SimDuration::from_secs(86_400.0)
    }

    fn share(trace: &Trace, of: impl Fn(usize) -> bool) -> f64 {
        (0..trace.functions.len()).filter(|number| of(*number)).count() as f64 / trace.functions.len() as f64
    }

    #[test]
    fn published_shares_are_met() {
        let trace = synthetic(40_000, 1e6, day());
        let Calls::Rates(calls) = &trace.calls else { panic!("{:?}", trace.calls) };
        assert!((trace.steady_rate().unwrap() * 86_400.0 - 1e6).abs() < 1.0);
        // Timers: 15.6 of 99.9 % of functions, within five standard errors, and 2.0 of 100.1 % of calls.
        assert!((share(&trace, |one| calls[one].is_timed) - 0.1562).abs() < 5.0 * 0.0018);
        let timed: f64 = calls.iter().filter(|one| one.is_timed).map(|one| f64::from(one.gap).recip()).sum();
        assert!((timed * 86_400.0 / 1e6 - 0.01998).abs() < 1e-4, "{timed}");
        // Half of all averages are below exp(-0.38) = 0.684 s.
        let Durations::Each(durations) = &trace.durations else { panic!("durations are of functions") };
        assert!((share(&trace, |one| durations[one] < 0.6839) - 0.5).abs() < 5.0 * 0.0025);
        // The quantiles of the Burr law: 50 % at 158 MB, 90 % at 262 MB; functions of one app have one memory.
        let apps: Vec<Traits> = (0..)
            .zip(&trace.functions)
            .filter(|(number, one)| one.app == *number)
            .map(|(_, one)| *one)
            .collect();
        let below = |megabytes: f64| {
            apps.iter().filter(|one| f64::from(one.megabytes) <= megabytes).count() as f64 / apps.len() as f64
        };
        let burr = |x: f64| 1.0 - (1.0 + (x / 107.083).powf(11.652)).powf(-0.221);
        for megabytes in [120.0, 170.0, 400.0] {
            // A size stands for all that are rounded to it.
            assert!(
                (below(megabytes) - burr(megabytes + 0.5)).abs() < 0.02,
                "{megabytes}: {}",
                below(megabytes)
            );
        }
        // Apps with one function: 54 %.
        let mut sizes = vec![0; trace.functions.len()];
        trace.functions.iter().for_each(|one| sizes[one.app as usize] += 1);
        let alone = sizes.iter().filter(|size| **size == 1).count() as f64 / apps.len() as f64;
        assert!((alone - 0.54).abs() < 0.02, "{alone}");
    }

    #[test]
    fn popularity_has_the_published_spread() {
        let trace = synthetic(40_000, 1e6, day());
        let Calls::Rates(calls) = &trace.calls else { panic!("{:?}", trace.calls) };
        let mut gaps: Vec<f64> =
            calls.iter().filter(|one| !one.is_timed).map(|one| f64::from(one.gap)).collect();
        gaps.sort_by(f64::total_cmp);
        // Between the functions that 45 % and 81 % call less lies a factor of 60, that of minutes in an hour.
        let at = |share: f64| gaps[((1.0 - share) * gaps.len() as f64) as usize];
        let factor = at(0.45) / at(0.81);
        assert!((factor.ln() - 60_f64.ln()).abs() < 0.35, "{factor}");
    }

    #[test]
    fn a_function_keeps_its_traits_whatever_else_there_is() {
        let (few, many) = (synthetic(100, 1e3, day()), synthetic(1_000, 1e6, day()));
        assert_eq!(few.functions[..], many.functions[..100]);
        assert_eq!(few.listed.len(), 100);
        assert_eq!(synthetic(3_000, 1e3, day()).listed.len(), 2_000);
    }
}
