//! A fit for machines: one JSON document, base units only.

use serde::Serialize;

use super::files::FitManifest;
use super::notation::toml;
use crate::experiment::fit::{Durations, Estimated, Fits, Fitted};
use crate::output::digits;

#[derive(Debug, Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    manifest: &'a FitManifest,
    durations: Count,
    laws: Vec<Law<'a>>,
    unfit: Vec<Unfit<'a>>,
}

#[derive(Debug, Serialize)]
struct Count {
    ended: f64,
    censored: f64,
    total_s: f64,
}

#[derive(Debug, Serialize)]
struct Law<'a> {
    #[serde(rename = "law")]
    name: &'a str,
    toml: Option<String>,
    mean_is_extrapolated: bool,
    parameters: Vec<Number<'a>>,
    log_likelihood: f64,
    aic: f64,
    aic_difference: f64,
    a_squared: f64,
    p: Option<f64>,
    refits: u32,
}

#[derive(Debug, Serialize)]
struct Number<'a> {
    name: &'a str,
    unit: &'a str,
    value: f64,
    ci_low: Option<f64>,
    ci_high: Option<f64>,
}

#[derive(Debug, Serialize)]
struct Unfit<'a> {
    law: &'a str,
    reason: String,
}

/// The fit as JSON.
///
/// # Errors
///
/// Only what the serialiser itself says.
pub fn json(manifest: &FitManifest, durations: &Durations, fits: &Fits) -> Result<String, serde_json::Error> {
    let best = fits.fitted.first().map_or(0.0, |fitted| fitted.aic);
    let (ended, count) = (durations.events(), durations.count());
    let unfit = fits.unfit.iter().map(|(law, unfit)| Unfit { law, reason: unfit.to_string() });
    digits::pretty(&Document {
        manifest,
        durations: Count { ended, censored: count - ended, total_s: durations.total() },
        laws: fits.fitted.iter().map(|fitted| law(fitted, best)).collect(),
        unfit: unfit.collect(),
    })
}

fn law(fitted: &Fitted, best: f64) -> Law<'_> {
    let number = |one: &Estimated| Number {
        name: one.parameter.name,
        unit: one.parameter.unit,
        value: one.value,
        ci_low: one.interval.map(|(low, _)| low),
        ci_high: one.interval.map(|(_, high)| high),
    };
    Law {
        name: fitted.family.name,
        toml: toml(&fitted.law, fitted.mean_is_extrapolated),
        mean_is_extrapolated: fitted.mean_is_extrapolated,
        parameters: fitted.parameters.iter().chain([&fitted.mean]).map(number).collect(),
        log_likelihood: fitted.log_likelihood,
        aic: fitted.aic,
        aic_difference: fitted.aic - best,
        a_squared: fitted.a_squared,
        p: fitted.level,
        refits: fitted.refits,
    }
}
