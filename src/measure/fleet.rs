//! How a fleet fitted its work, and how its spares took over.

/// How a fleet that changes fitted its work: means of steps of the measured part are compared, each of a second or of a
/// hundred-thousandth of that part, whichever is longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ProvisionMeasure {
    /// Time in which more was inside than replicas that were up had slots \[ns\].
    pub under: u64,
    /// Replicas that were up beyond those whose slots what was inside filled, integrated [replica ns].
    pub over: u128,
}

/// How spares of a service took over in the measured part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StandbyMeasure {
    /// Switches to a spare that began because one that served had failed.
    pub failovers: u64,
    /// Those of them that somebody had to make by hand.
    pub uncovered: u64,
    /// Takeovers after failures that were completed.
    pub switched: u64,
    /// How long they took from when the failure was known, summed (ns).
    pub switching: u128,
}
