//! Properties of the product, one file each.

mod plot;
