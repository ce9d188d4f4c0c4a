//! Decides the claims of scenarios, with as many runs as that takes.
