//! How resolvers keep answers.

use crate::units::{Probability, SimDuration};

crate::choices! {
    /// When a resolver asks again.
    pub enum Refresh {
        /// When a request comes and its copy is too old.
        OnDemand = "on-demand",
        /// Every `ttl`, at a phase of its own, whether requests come or not.
        Periodic = "periodic",
    }
}

/// The resolvers of a client.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolvers {
    /// How many there are, each request at one of them by its session; at least 1. Where absent each instance is one.
    pub count: Option<u32>,
    /// When they ask again.
    pub refresh: Refresh,
    /// Which of them keep answers for too long.
    pub overstay: Vec<Overstay>,
}

/// Resolvers that keep answers for too long.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Overstay {
    /// Which share they are.
    pub share: Probability,
    /// How long they keep what they have.
    pub lifetime: Lifetime,
}

/// How long a resolver keeps an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Lifetime {
    /// So many times as long as it should.
    Times(f64),
    /// For ever.
    Never,
}

impl Resolvers {
    /// What is usual where nothing is said.
    pub const fn usual() -> Self {
        Self { count: None, refresh: Refresh::OnDemand, overstay: Vec::new() }
    }

    /// How long any of them may keep an answer.
    pub fn lifetimes(&self) -> impl Iterator<Item = Lifetime> {
        self.overstay.iter().map(|class| class.lifetime).chain([Lifetime::Times(1.0)])
    }

    /// How long resolver `number` of `count` keeps an answer: by the class in whose share (`number` + 1/2) / `count` lies,
    /// the shares stacked as they are written.
    pub fn lifetime(&self, number: u32, count: u32) -> Lifetime {
        let place = (f64::from(number) + 0.5) / f64::from(count);
        let mut end = 0.0;
        for class in &self.overstay {
            end += class.share.get();
            if place < end {
                return class.lifetime;
            }
        }
        Lifetime::Times(1.0)
    }
}

impl Lifetime {
    /// How long that is where answers are good for `ttl`; `None` for ever.
    pub fn of(self, ttl: SimDuration) -> Option<SimDuration> {
        match self {
            Self::Times(factor) => Some(SimDuration::from_secs(ttl.as_secs() * factor)),
            Self::Never => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_stacked_as_they_are_written() {
        let share = |share: f64| Probability::new(share).unwrap();
        let resolvers = Resolvers {
            overstay: vec![
                Overstay { share: share(0.1), lifetime: Lifetime::Never },
                Overstay { share: share(0.2), lifetime: Lifetime::Times(5.0) },
            ],
            ..Resolvers::usual()
        };
        let of = |number| resolvers.lifetime(number, 20);
        assert_eq!([0, 1].map(of), [Lifetime::Never; 2]);
        assert_eq!([2, 5].map(of), [Lifetime::Times(5.0); 2]);
        assert_eq!([6, 19].map(of), [Lifetime::Times(1.0); 2]);
        assert_eq!(Lifetime::Never.of(SimDuration::from_secs(1.0)), None);
        assert_eq!(Lifetime::Times(5.0).of(SimDuration::from_secs(2.0)), Some(SimDuration::from_secs(10.0)));
    }
}
