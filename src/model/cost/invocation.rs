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

    /// What requests cost in sum, beside their number: the times that are billed on instances of so much memory \[MB\], on
    /// those that are kept ready, and for how long these were wanted; all summed \[ns\] \[USD\].
    pub fn of_times(&self, megabytes: f64, [billed, on_ready, ready]: [u128; 3]) -> [f64; 2] {
        let on_ready = self.provisioned_duration.unwrap_or(self.duration).of(megabytes, on_ready);
        [self.duration.of(megabytes, billed) + on_ready, self.provisioned.of(megabytes, ready)]
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

    fn lambda() -> InvocationPrice {
        InvocationPrice {
            request: PerRequest::new(0.2).unwrap(),
            duration: PerGbSecond::new(0.000_016_666_7).unwrap(),
            round: SimDuration::from_nanos(1_000_000),
            init: true,
            provisioned: PerGbSecond::new(0.000_004_166_7).unwrap(),
            provisioned_duration: PerGbSecond::new(0.000_009_722_2),
        }
    }

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 1e-9 * wanted, "{found} instead of {wanted}");
    }

    #[test]
    fn a_million_calls_of_a_tenth_second_with_128_mb() {
        let [calls, _] = lambda().of_times(128.0, [100_000_000_000_000, 0, 0]);
        near(calls, 1e5 * 0.125 * 0.000_016_666_7);
        let all = lambda().request.of(1_000_000) + calls;
        assert!((all - 0.4083).abs() < 0.00005, "{all}");
    }

    #[test]
    fn times_are_rounded_up() {
        let to_ms = |took| InvocationPrice::billed(1_000_000, took);
        for (took, wanted) in [(0, 0), (1, 1), (1_000_000, 1), (1_000_001, 2), (99_200_000, 100)] {
            assert_eq!(to_ms(took), wanted * 1_000_000);
        }
        assert_eq!(InvocationPrice::billed(100_000_000, 101_000_000), 200_000_000);
    }

    #[test]
    fn what_is_kept_ready_is_paid_for_apart() {
        let hour = 3_600_000_000_000;
        let [on_ready, ready] = lambda().of_times(1024.0, [0, hour, hour]);
        near(on_ready, 3_600.0 * 0.000_009_722_2);
        near(ready, 0.015_000_12);
        // Without a price of its own a call costs what it costs elsewhere.
        let plain = InvocationPrice { provisioned_duration: None, ..lambda() };
        near(plain.of_times(1024.0, [0, hour, 0])[0], 3_600.0 * 0.000_016_666_7);
    }
}
