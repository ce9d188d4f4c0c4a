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
        /// For the memory of an instance that is kept ready, over the time that it is.
        provisioned: PerGbSecond = PerGbSecond::default(),
        /// For the memory of an instance that is kept ready, over the time that a call takes, in place of `duration`; as
        /// `duration` where absent.
        provisioned_duration: Option<PerGbSecond> = None,
    }
}

crate::tables! {
    InvocationPrice = "a table such as { request = \"0.20/million\", duration = \"0.0000166667/GBs\" }",
}

/// A call of a function.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Invocation {
    /// How long it took, its cold start left out.
    pub took: SimDuration,
    /// How long its own cold start took; none where the instance was there.
    pub init: SimDuration,
    /// Memory of the instance \[MB, of which 1,024 are a GB\].
    pub megabytes: f64,
    /// Whether the instance is one that is kept ready.
    pub is_provisioned: bool,
}

impl InvocationPrice {
    /// What one call costs \[USD\]: its request, and its memory over the time that is billed.
    ///
    /// ```text
    /// cost = request + memory x duration x ceil((took [+ init]) / round) x round
    /// ```
    ///
    /// Source: AWS Lambda pricing; a million calls of 100 ms with 128 MB cost 0.4083 USD.
    pub fn of(&self, call: &Invocation) -> f64 {
        let price = self.provisioned_duration.filter(|_| call.is_provisioned).unwrap_or(self.duration);
        self.request.of(1) + price.of(call.megabytes, self.billed(call).as_nanos().into())
    }

    /// The time that is billed: never less than what it took.
    pub fn billed(&self, call: &Invocation) -> SimDuration {
        let took = if self.init { call.took + call.init } else { call.took };
        let round = self.round.as_nanos().max(1);
        SimDuration::from_nanos(took.as_nanos().div_ceil(round).saturating_mul(round))
    }

    /// What requests cost in sum, beside their number: the times that are billed on instances of so much memory \[MB\], on
    /// those that are kept ready, and for how long these were ready; all summed \[ns\] \[USD\].
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

    fn call(millis: f64) -> Invocation {
        Invocation {
            took: SimDuration::from_secs(millis / 1e3),
            init: SimDuration::ZERO,
            megabytes: 128.0,
            is_provisioned: false,
        }
    }

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 1e-9 * wanted, "{found} instead of {wanted}");
    }

    #[test]
    fn a_million_calls_of_a_tenth_second_with_128_mb() {
        let all = 1e6 * lambda().of(&call(100.0));
        assert!((all - 0.4083).abs() < 0.00005, "{all}");
        near(all, 0.2 + 1e5 * 0.125 * 0.000_016_666_7);
    }

    #[test]
    fn times_are_rounded_up() {
        for (millis, wanted) in [(0.0, 0.0), (0.000_001, 1.0), (1.0, 1.0), (1.000_001, 2.0), (99.2, 100.0)] {
            near(lambda().billed(&call(millis)).as_secs() + 1.0, wanted / 1e3 + 1.0);
        }
        let hundred = InvocationPrice { round: SimDuration::from_secs(0.1), ..lambda() };
        assert_eq!(hundred.billed(&call(101.0)), SimDuration::from_secs(0.2));
        for millis in [0.3, 17.0, 250.5, 9_999.999] {
            assert!(lambda().billed(&call(millis)) >= call(millis).took);
        }
    }

    #[test]
    fn a_cold_start_counts_where_it_is_billed() {
        let cold = Invocation { init: SimDuration::from_secs(0.25), ..call(100.0) };
        assert_eq!(lambda().billed(&cold), SimDuration::from_secs(0.35));
        let free = InvocationPrice { init: false, ..lambda() };
        assert_eq!(free.billed(&cold), SimDuration::from_secs(0.1));
    }

    #[test]
    fn what_is_kept_ready_is_paid_for_apart() {
        let ready = Invocation { is_provisioned: true, ..call(100.0) };
        near(1e6 * lambda().of(&ready), 0.2 + 1e5 * 0.125 * 0.000_009_722_2);
        near(lambda().of_times(1024.0, [0, 0, 3_600_000_000_000])[1], 0.015_000_12);
        // Without a price of its own a call costs what it costs elsewhere.
        let plain = InvocationPrice { provisioned_duration: None, ..lambda() };
        near(plain.of(&ready), plain.of(&call(100.0)));
    }
}
