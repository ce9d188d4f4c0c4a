//! What a user reads: files, tables and figures. Everything here is pure presentation of results.

pub mod folder;
pub mod manifest;
pub mod measured;
pub mod number;
pub mod paint;
pub mod plot;
pub mod row;
