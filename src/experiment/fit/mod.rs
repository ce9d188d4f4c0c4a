//! Laws fitted to recorded durations, with intervals and levels from resamples that are drawn in parallel.

mod error;
mod filter;
mod read;

use rayon::prelude::*;

use super::schedule::pool;
use super::{ExperimentError, Observer, Options};
use crate::analysis::fit::{Bootstrap, Refit, aic, anderson_darling, interval, level, log_likelihood};
use crate::kernel::stream::{Purpose, Streams};

pub use crate::analysis::fit::{Durations, FAMILIES, Family, Parameter, Step, Unfit};
pub use crate::analysis::law::Law;
pub use error::ReadError;
pub use filter::Filter;
pub use read::{Moment, Recorded, Wanted, What, Zeros, read};

/// What is fitted, and how sure it has to be.
#[derive(Debug, Clone)]
pub struct Request {
    /// The families that are tried.
    pub families: Vec<&'static Family>,
    /// Resamples for each of them; without any there are no intervals and levels.
    pub resamples: u32,
    /// Where the resamples come from.
    pub seed: u64,
    /// Confidence of the intervals, strictly between 0 and 1.
    pub confidence: f64,
}

/// What came of a fit.
#[derive(Debug, Clone)]
pub struct Fits {
    /// The fitted laws; the best, by Akaike's criterion, comes first.
    pub fitted: Vec<Fitted>,
    /// Families that could not be fitted, and why.
    pub unfit: Vec<(&'static str, Unfit)>,
}

/// A fitted law.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// Its family.
    pub family: &'static Family,
    /// The most likely law.
    pub law: Law,
    /// The parameters of the family, then what is derived from them.
    pub parameters: Vec<Estimated>,
    /// The mean \[s\].
    pub mean: Estimated,
    /// Whether the mean lies beyond the longest recorded duration, so that the law alone says it.
    pub mean_is_extrapolated: bool,
    /// The logarithm of the likelihood.
    pub log_likelihood: f64,
    /// Akaike's criterion.
    pub aic: f64,
    /// Anderson and Darling's statistic.
    pub a_squared: f64,
    /// How often it would be so large if the law were right.
    pub level: Option<f64>,
    /// Resamples that could be fitted.
    pub refits: u32,
}

/// A number with its interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimated {
    /// What it is.
    pub parameter: Parameter,
    /// The most likely value.
    pub value: f64,
    /// Its interval, where there are resamples enough.
    pub interval: Option<(f64, f64)>,
}

/// Fits every family that is asked for.
///
/// # Errors
///
/// [`ExperimentError::Threads`] and [`ExperimentError::Cancelled`].
pub fn fit(
    durations: &Durations,
    request: &Request,
    options: &Options,
    observer: &dyn Observer,
) -> Result<Fits, ExperimentError> {
    let pool = pool(options)?;
    let mut fits = Fits { fitted: Vec::new(), unfit: Vec::new() };
    let planned = request.families.len() as u32;
    for (done, family) in request.families.iter().copied().enumerate() {
        observer.finished(done as u32, planned);
        match family.fit(durations) {
            Ok(law) => {
                let refits = pool.install(|| resample(family, &law, durations, (request, observer)));
                fits.fitted.push(judge(family, law, durations, (&refits, request.confidence)));
            }
            Err(unfit) => fits.unfit.push((family.name, unfit)),
        }
        if observer.cancelled() {
            return Err(ExperimentError::Cancelled);
        }
    }
    fits.fitted.sort_by(|one, other| one.aic.total_cmp(&other.aic));
    Ok(fits)
}

/// Every resample has a stream of its own, so that neither threads nor other families matter.
fn resample(
    family: &'static Family,
    law: &Law,
    durations: &Durations,
    (request, observer): (&Request, &dyn Observer),
) -> Vec<Refit> {
    let bootstrap = Bootstrap::new(family, law, durations);
    let owner = family.name.bytes().fold(0, |key: u32, byte| key.wrapping_mul(31).wrapping_add(byte.into()));
    let one = |number: u32| {
        if observer.cancelled() {
            return None;
        }
        bootstrap.refit(&mut Streams::new(request.seed, number).stream(Purpose::Resample, owner))
    };
    (0..request.resamples).into_par_iter().filter_map(one).collect()
}

/// Puts together what is known of a law.
fn judge(
    family: &'static Family,
    law: Law,
    durations: &Durations,
    (refits, confidence): (&[Refit], f64),
) -> Fitted {
    let estimated = |place: usize, parameter: Parameter, value: f64| {
        let resampled: Vec<f64> =
            refits.iter().filter_map(|refit| refit.values.get(place).copied()).collect();
        Estimated { parameter, value, interval: interval(value, &resampled, parameter.unit, confidence) }
    };
    let values = family.values(&law);
    let parameters = family.parameters.iter().zip(&values).enumerate();
    let mut parameters: Vec<Estimated> =
        parameters.map(|(place, (parameter, value))| estimated(place, *parameter, *value)).collect();
    let derived = family.derived.iter().zip(family.derived(&law)).enumerate();
    parameters.extend(derived.map(|(place, (one, value))| estimated(values.len() + 1 + place, *one, value)));
    let mean = estimated(values.len(), Parameter { name: "mean", unit: "s" }, law.mean());
    let a_squared = anderson_darling(&law, durations);
    let distances: Vec<f64> = refits.iter().map(|refit| refit.a_squared).collect();
    let log_likelihood = log_likelihood(&law, durations);
    Fitted {
        family,
        parameters,
        mean,
        mean_is_extrapolated: law.mean() > durations.longest(),
        log_likelihood,
        aic: aic(log_likelihood, family.degrees),
        a_squared,
        level: level(a_squared, &distances),
        refits: refits.len() as u32,
        law,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(threads: usize, families: Vec<&'static Family>) -> Fits {
        let times = (1..200).map(|number| f64::from(number * number % 211) + 0.5).collect();
        let durations = Durations::new(times, vec![250.0; 20]).unwrap();
        let request = Request { families, resamples: 60, seed: 5, confidence: 0.9 };
        fit(&durations, &request, &Options { threads: Some(threads), ..Options::default() }, &()).unwrap()
    }

    #[test]
    fn neither_threads_nor_other_families_matter() {
        let (one, three) = (fits(1, FAMILIES.iter().collect()), fits(3, FAMILIES.iter().collect()));
        assert_eq!(format!("{one:?}"), format!("{three:?}"));
        let alone = fits(1, vec![Family::named("gamma").unwrap()]);
        let among = one.fitted.iter().find(|fitted| fitted.family.name == "gamma").unwrap();
        assert_eq!(format!("{:?}", alone.fitted[0]), format!("{among:?}"));
    }

    #[test]
    fn the_best_law_comes_first_and_every_number_has_an_interval_that_holds_it() {
        let fits = fits(2, FAMILIES.iter().collect());
        assert!(fits.fitted.is_sorted_by(|one, other| one.aic <= other.aic));
        for fitted in &fits.fitted {
            for one in fitted.parameters.iter().chain([&fitted.mean]) {
                let (low, high) = one.interval.unwrap();
                assert!(low < high && low < one.value * 1.05 && one.value < high * 1.05, "{fitted:?}");
            }
        }
    }
}
