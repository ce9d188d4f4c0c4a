//! The properties of the product, one file each.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

mod distribution;
