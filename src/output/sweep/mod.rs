//! A sweep: the parts that keep finished points while it goes on, its files, and its table.

pub mod files;
pub mod part;
pub mod plan;
mod spending;
pub mod table;
