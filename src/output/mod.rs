//! What a user reads: files, tables and figures. Everything here is pure presentation of results.

pub mod folder;
pub mod number;
pub mod plot;
pub mod row;
