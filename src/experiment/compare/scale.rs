//! On which scale two variants are compared.

use crate::measure::metric::Quantity;

/// The number whose ratio is taken, from the pooled value: of an availability, what is missing to 1.
pub(in crate::experiment) fn base(quantity: Quantity) -> fn(f64) -> f64 {
    match quantity.derivation() {
        Some(derivation) => derivation.base,
        None if quantity.is_availability() => |availability| 1.0 - availability,
        None => |value| value,
    }
}
