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

/// Why attempts of a client were led to records whose replicas did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LedAstray {
    /// Measured attempts that went by names.
    pub attempts: u64,
    /// Those that were led astray, by reason.
    pub reasons: [u64; Astray::COUNT],
}

/// Why an attempt was led astray: the first of these without which it would not have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Astray {
    /// No record works that would be answered instead.
    Forced,
    /// Nobody had found that the record does not work.
    Undetected,
    /// Name servers did not answer by that yet.
    Unpropagated,
    /// The resolver kept what it had, for as long as it may.
    Kept,
    /// The resolver is one of those that keep it for another time than they should.
    Overstayed,
}

impl Astray {
    /// How many there are.
    pub const COUNT: usize = 5;
}

impl LedAstray {
    /// The same with that of another name.
    #[must_use]
    pub fn plus(mut self, other: Self) -> Self {
        self.attempts += other.attempts;
        for (one, more) in self.reasons.iter_mut().zip(other.reasons) {
            *one += more;
        }
        self
    }
}
