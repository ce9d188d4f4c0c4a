//! What several rows of the catalogue are taken of, and how metrics come from an availability.

use super::{Derivation, Evidence};
use crate::measure::{ClientMeasure, Collapses, UpTime};

/// A year of 365.25 days in seconds.
pub(super) const YEAR: f64 = 365.25 * 86_400.0;

pub(super) const NINES: Derivation = Derivation {
    // Nothing is added to minus zero, so that no nines are not "-0".
    value: |availability, _| Some(0.0 - (1.0 - availability).log10()),
    base: |availability| -(1.0 - availability).log10(),
    adds_up: false,
};

pub(super) const DOWNTIME: Derivation = Derivation {
    value: |availability, _| Some((1.0 - availability) * YEAR),
    base: |availability| 1.0 - availability,
    adds_up: true,
};

pub(super) const BUDGET: Derivation = Derivation {
    value: |availability, target| Some(1.0 - (1.0 - availability) / (1.0 - target?)),
    // What is left of a budget may be negative.
    base: |_| f64::NAN,
    adds_up: true,
};

/// The requests that did not fail of all finished ones.
pub(super) fn answered(client: &ClientMeasure) -> Option<Evidence<'static>> {
    answered_if(client, true)
}

/// The requests that did not fail of all finished ones; of none where the run is not one of those asked for.
pub(super) fn answered_if(client: &ClientMeasure, counts: bool) -> Option<Evidence<'static>> {
    let finished = if counts { client.finished() } else { 0 };
    Evidence::share(finished.saturating_sub(client.failed()), finished)
}

pub(super) fn has_collapsed(found: Collapses) -> bool {
    found.begun > 0
}

pub(super) fn time_up(up: &UpTime) -> Option<Evidence<'static>> {
    Evidence::integrals(up.up, up.up + up.down)
}
