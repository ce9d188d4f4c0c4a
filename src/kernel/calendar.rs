//! Future events in total order: time, rank, sequence.
