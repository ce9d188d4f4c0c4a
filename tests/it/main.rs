//! What holds for the product as a whole, one file per property.

mod repository;
mod tidy;
