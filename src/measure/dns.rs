//! What names were resolved to.

/// What became of a name for measured attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DnsMeasure {
    /// Attempts that went by it.
    pub attempts: u64,
    /// Those whose record would not have been answered at that instant.
    pub stale: u64,
    /// Those for which there was no answer.
    pub unresolved: u64,
    /// How often a record was found sound, or not sound any more, in the measured part.
    pub changes: u64,
}

/// What became of a record of a name for measured attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AnswerMeasure {
    /// Attempts that went to it.
    pub answered: u64,
    /// Attempts that went by its name.
    pub attempts: u64,
}
