//! Reads scenario files: from text to a validated system, or to every mistake at once.
