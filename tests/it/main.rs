//! Properties of the product, one file each.

mod distribution;
mod plot;
