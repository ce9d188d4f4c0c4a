//! Less for those who matter less.

use super::{Arriving, LimitPolicy, Verdict};
use crate::model::resilience::{Ending, Impossible};
use crate::reason::Reason;
use crate::units::Probability;

crate::settings! {
    /// Settings of shedding by priority.
    pub struct Settings {
        /// So many may be under way.
        #[range = ">= 1"]
        limit: u32,
        /// Up to which part of the limit each priority is let in, from 0 on; the last holds for all above.
        shares: Vec<Probability> = default_shares(),
    }
}

fn default_shares() -> Vec<Probability> {
    [1.0, 0.9, 0.8, 0.6].into_iter().filter_map(Probability::new).collect()
}

/// Lets an attempt in while fewer are under way than its priority's part of a limit, so that the least important are
/// refused first.
///
/// Helps what matters most through an overload of what matters less. Hurts where all have one priority: it is then a
/// limit on concurrency. Source: Beyer et al., "Site Reliability Engineering", chapter 21, on criticality; the shares are
/// examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriorityShedding {
    limits: Vec<u32>,
}

impl LimitPolicy for PriorityShedding {
    const NAME: &'static str = "priority-shedding";
    const SUMMARY: &'static str = "A limit on concurrency that is lower for those who matter less.";
    const REASON: Reason = Reason::Shed;
    const WAITS: bool = false;
    type Settings = Settings;

    fn check(settings: &Settings) -> Result<(), Impossible> {
        Impossible::unless(settings.limit > 0, "limit", "a limit of 0 lets nothing in")?;
        Impossible::unless(!settings.shares.is_empty(), "shares", "there is no share for any priority")?;
        let falls = settings.shares.is_sorted_by(|one, other| one >= other);
        Impossible::unless(falls, "shares", "shares never rise: 0 is the most important priority")
    }

    fn new(settings: &Settings) -> Self {
        let limit = f64::from(settings.limit);
        let of = |share: &Probability| (limit * share.get() + 1e-9) as u32;
        Self { limits: settings.shares.iter().map(of).collect() }
    }

    fn admit(&mut self, arriving: &Arriving) -> Verdict {
        let own = usize::from(arriving.priority).min(self.limits.len() - 1);
        if arriving.under_way < self.limits[own] { Verdict::Admit } else { Verdict::Refuse }
    }

    fn end(&mut self, _ending: &Ending) {}
}

#[cfg(test)]
mod tests {
    use super::super::sample::arriving;
    use super::*;

    #[test]
    fn the_least_important_are_refused_first() {
        let mut limit = PriorityShedding::new(&Settings { limit: 10, shares: default_shares() });
        let mut most = |priority| {
            let mut admits =
                |under_way| limit.admit(&Arriving { under_way, priority, ..arriving(0.0) }) == Verdict::Admit;
            (0..20).take_while(|one| admits(*one)).count()
        };
        assert_eq!([most(0), most(1), most(2), most(3), most(200)], [10, 9, 8, 6, 6]);
    }
}
