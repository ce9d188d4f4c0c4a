//! What a caller does about failure.

pub mod retry;
