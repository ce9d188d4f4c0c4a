//! Properties of the product, one file each.

mod diagnostics;
mod distribution;
mod plot;
