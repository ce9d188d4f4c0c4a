//! What deployments did in a run.

/// What a deployment did in the measured part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DeployMeasure {
    /// Releases that began to be built.
    pub begun: u64,
    /// Those in which tests found what is wrong.
    pub caught: u64,
    /// Releases that came out.
    pub out: u64,
    /// Those of them that are bad.
    pub bad: u64,
    /// Releases that were completed.
    pub complete: u64,
    /// Time from their begin to that, summed (ns).
    pub took: u128,
    /// Bad ones that nobody took back.
    pub passed: u64,
    /// Releases that were taken back.
    pub rollbacks: u64,
    /// Those of them that are not bad.
    pub rollbacks_false: u64,
    /// Requests that failed while a bad release showed.
    pub exposed: u64,
}
