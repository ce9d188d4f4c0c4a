//! What a user types, and what it does.
