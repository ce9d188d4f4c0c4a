//! What came of a fit: a table with what to paste into a scenario, JSON, files.

pub mod files;
pub mod json;
pub mod notation;
pub mod table;
