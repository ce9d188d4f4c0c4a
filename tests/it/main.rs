//! What holds for the product as a whole, one file per property.

mod distribution;
mod repository;
mod tidy;
