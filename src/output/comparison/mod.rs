//! What a user reads about a comparison: sentences, tables, files; the forest plot is with the other figures.

pub mod files;
pub mod json;
pub mod sentence;
pub mod table;
