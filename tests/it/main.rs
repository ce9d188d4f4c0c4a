//! The properties of the product, one file each.

mod distribution;
