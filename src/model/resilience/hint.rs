//! What a service that refuses work says about trying again, and what its callers make of that.

use rand::{Rng, RngExt};

use crate::document::{Diagnostics, Field, Kind, Node, Value};
use crate::units::SimDuration;

/// What a service says about trying again when it refuses an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hint {
    /// Not before this time has passed.
    After(SimDuration),
    /// Not at all.
    Never,
}

const NEVER: &str = "never";

impl Field for Hint {
    const EXPECTED: &'static str = "a duration such as \"5s\", or \"never\"";

    fn kind() -> Kind {
        Kind::Either(vec![Kind::Duration, Kind::word(NEVER, &["Not to try again at all."])])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == NEVER => Some(Self::Never),
            _ => SimDuration::read(node, findings).map(Self::After),
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::After(wait) => wait.write(),
            Self::Never => Some(NEVER.into()),
        }
    }
}

crate::choices! {
    /// What a caller makes of a [`Hint`]: all but those who ignore it give up at `never`.
    ///
    /// Helps where the service knows best when it has room again, and keeps waits of many layers from multiplying. Hurts
    /// where everybody is told the same: they come back together. Sources: gRPC proposal A6 (`grpc-retry-pushback-ms`);
    /// botocore, revision of 2026 (`x-amz-retry-after`); Envoy, `rate_limited_retry_back_off`; Google, Site Reliability
    /// Engineering, "Handling Overload" ("overloaded; don't retry").
    pub enum Hints {
        /// It waits as it would have.
        Ignore = "ignore",
        /// It waits exactly so long, and its own waits begin anew (gRPC).
        Exactly = "exactly",
        /// It waits so long, but no less than its own wait and no more than five seconds longer (AWS, 2026).
        Aws = "aws",
        /// It waits up to half as long again, at random, and as it would have beyond five minutes (Envoy).
        Envoy = "envoy",
    }
}

/// What a hint may add to the wait of an AWS SDK.
const AWS_MOST: SimDuration = SimDuration::from_nanos(5_000_000_000);
/// The longest hint that Envoy takes.
const ENVOY_MOST: SimDuration = SimDuration::from_nanos(300_000_000_000);

impl Hints {
    /// The wait after a refusal with a hint, where the caller would have waited for `own`; `None` where it gives up.
    pub fn wait<R: Rng + ?Sized>(self, hint: Hint, own: SimDuration, random: &mut R) -> Option<SimDuration> {
        let after = match (self, hint) {
            (Self::Ignore, _) => return Some(own),
            (_, Hint::Never) => return None,
            (_, Hint::After(after)) => after,
        };
        Some(match self {
            Self::Ignore => own,
            Self::Exactly => after,
            Self::Aws => after.max(own).min(own + AWS_MOST),
            Self::Envoy if after > ENVOY_MOST => own,
            Self::Envoy => after + SimDuration::from_secs(random.random::<f64>() * after.as_secs() / 2.0),
        })
    }

    /// Whether the caller's own waits begin anew after a hint.
    pub fn resets(self) -> bool {
        self == Self::Exactly
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::stream::{Purpose, draw};

    fn wait(hints: Hints, hint: Hint, key: u64) -> Option<f64> {
        let own = SimDuration::from_secs(2.0);
        hints.wait(hint, own, &mut draw(key, Purpose::Jitter)).map(SimDuration::as_secs)
    }

    #[test]
    fn each_makes_its_own_of_a_hint() {
        let after = |seconds| Hint::After(SimDuration::from_secs(seconds));
        let of = |hints, seconds| wait(hints, after(seconds), 1).unwrap();
        let near = |found: f64, wanted: f64| assert!((found - wanted).abs() < 1e-9, "{found}, not {wanted}");
        for (hint, ignored, exact, aws) in
            [(0.0, 2.0, 0.0, 2.0), (3.0, 2.0, 3.0, 3.0), (60.0, 2.0, 60.0, 7.0)]
        {
            near(of(Hints::Ignore, hint), ignored);
            near(of(Hints::Exactly, hint), exact);
            near(of(Hints::Aws, hint), aws);
        }
        near(of(Hints::Envoy, 300.1), 2.0);
        let waits = (0..2_000).map(|key| wait(Hints::Envoy, after(300.0), key).unwrap());
        let (low, high) = waits.fold((f64::MAX, 0.0_f64), |(low, high), one| (low.min(one), high.max(one)));
        // 2,000 draws come within a hundredth of each end but for a chance of 1e-8.
        assert!((300.0..301.5).contains(&low) && (448.5..450.0).contains(&high), "{low} to {high}");
    }

    #[test]
    fn who_listens_gives_up_when_told_to() {
        let gives_up = |hints| wait(hints, Hint::Never, 1).is_none();
        assert!([Hints::Exactly, Hints::Aws, Hints::Envoy].into_iter().all(gives_up));
        assert!(!gives_up(Hints::Ignore));
    }
}
