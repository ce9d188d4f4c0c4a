//! What a user reads: files, tables and figures. Everything here is pure presentation of results.

pub mod catalogue;
pub mod claim;
mod collapse;
mod columns;
pub mod comparison;
pub(crate) mod digits;
pub mod finding;
pub mod fit;
pub mod folder;
pub mod json;
pub mod manifest;
pub mod measured;
pub mod number;
pub mod paint;
pub mod plot;
pub mod reference;
pub mod results;
pub mod row;
pub mod solve;
pub mod spending;
pub mod staging;
pub mod sweep;
pub mod table;
pub mod theory;
