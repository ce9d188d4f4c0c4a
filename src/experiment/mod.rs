//! Joins scenario, engine and analysis: runs in parallel, estimates, claims.
