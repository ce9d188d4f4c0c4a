//! What the call of a function costs.

use super::price::{PerGbSecond, PerRequest};
use crate::units::SimDuration;

crate::settings! {
    /// What is paid for a function.
    pub struct InvocationPrice {
        /// For each call that is let in.
        request: PerRequest = PerRequest::default(),
        /// For the memory of an instance over the time that a call takes.
        duration: PerGbSecond = PerGbSecond::default(),
        /// Times are rounded up to whole multiples of this.
        #[range = "> 0"]
        round: SimDuration = SimDuration::from_nanos(1_000_000),
        /// Whether the time of a cold start counts too.
        init: bool = true,
        /// For the memory of an instance that is provisioned, from when it is wanted until it no longer is.
        provisioned: PerGbSecond = PerGbSecond::default(),
        /// For the memory of an instance that is kept ready, over the time that a call takes, in place of `duration`; as
        /// `duration` where absent.
        provisioned_duration: Option<PerGbSecond> = None,
    }
}

crate::tables! {
    InvocationPrice = "a table such as { request = \"0.20/million\", duration = \"0.0000166667/GBs\" }",
}

impl InvocationPrice {
    /// The time that is billed for one that took so long, its cold start included where that counts \[ns\]: never less.
    ///
    /// ```text
    /// billed = ceil((took [+ init]) / round) x round
    /// ```
    ///
    /// Source: AWS Lambda pricing, which rounds up to 1 ms, and to 100 ms before December 2020.
    #[inline(always)]
    pub const fn billed(round: u64, took: u64) -> u64 {
        took.div_ceil(round).saturating_mul(round)
    }

    /// Whether anything is paid for memory over time.
    pub fn has_memory(&self) -> bool {
        let more = self.provisioned_duration.is_some_and(PerGbSecond::is_positive);
        self.duration.is_positive() || self.provisioned.is_positive() || more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rounded_up() {
        let to_ms = |took| InvocationPrice::billed(1_000_000, took);
        for (took, wanted) in [(0, 0), (1, 1), (1_000_000, 1), (1_000_001, 2), (99_200_000, 100)] {
            assert_eq!(to_ms(took), wanted * 1_000_000);
        }
        assert_eq!(InvocationPrice::billed(100_000_000, 101_000_000), 200_000_000);
    }

    #[test]
    fn a_million_calls_of_a_tenth_second_with_128_mb() {
        let price = |text: f64| PerGbSecond::new(text).unwrap().tiers();
        let times = PerGbSecond::amount(128.0, 100_000_000_000_000);
        let calls = PerRequest::new(0.2).unwrap().tiers().bill(PerRequest::amount(1_000_000));
        let all = calls + price(0.000_016_666_7).bill(times);
        assert!(
            (all - (0.2 + 0.125e5 * 0.000_016_666_7)).abs() < 1e-12 && (all - 0.4083).abs() < 0.00005,
            "{all}"
        );
    }
}
