//! What is paid for what was used: each price by the month, with its tiers.

use std::collections::BTreeMap;

/// What something is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Item {
    /// Replicas that are present \[h\].
    Replicas,
    /// Hosts on which replicas are \[h\].
    Hosts,
    /// Attempts that a service lets in \[million\].
    Requests,
    /// Calls of functions \[million\].
    Invocations,
    /// Requests that a gateway lets in \[million\].
    Gateway,
    /// Requests to a queue of messages \[million\].
    Queue,
    /// Memory over the time of calls \[GBs\].
    Duration,
    /// The same on instances that are kept ready \[GBs\].
    OnReady,
    /// Memory of instances that are kept ready \[GBs\].
    Ready,
    /// What is moved between zones \[GB\].
    BetweenZones,
    /// What is moved between regions \[GB\].
    BetweenRegions,
    /// What is kept [GB month].
    Storage,
    /// What is read from backups \[GB\].
    Retrieval,
}

/// Whose amounts count together where a price has tiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pool {
    /// The price is of this part alone.
    Own,
    /// It is that of all in this region.
    Region(u32),
    /// The price is of this backup alone.
    Backup(u32),
    /// It is that of all who have none of their own, in one account; `None` is whoever names none.
    Common(Option<u32>),
}

/// An amount that was used in the measured part, and its price.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Line {
    /// What it is.
    pub item: Item,
    /// The price of one unit, and of those beyond an amount.
    pub tiers: Tiers,
    /// With whom it is counted.
    pub pool: Pool,
    /// How much was used.
    pub amount: f64,
}

/// Most tiers of a price.
pub const TIERS_MAX: usize = 8;

/// Prices by the amount that is used in a month: so much for each unit up to a bound, and so much for those beyond.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tiers {
    /// Where each tier ends, rising; the last that counts never does.
    upto: [f64; TIERS_MAX],
    price: [f64; TIERS_MAX],
}

impl Default for Tiers {
    /// Nothing is paid.
    fn default() -> Self {
        Self::flat(0.0)
    }
}

impl Tiers {
    /// The same for each unit.
    pub const fn flat(price: f64) -> Self {
        Self { upto: [f64::INFINITY; TIERS_MAX], price: [price; TIERS_MAX] }
    }

    /// With these ends and prices, and a price for all beyond; `None` where ends do not rise from above zero, or there are
    /// too many.
    pub fn new(tiers: &[(f64, f64)], beyond: f64) -> Option<Self> {
        let mut all = Self::flat(beyond);
        let mut last = 0.0;
        for (place, (upto, price)) in tiers.iter().enumerate() {
            if *upto <= last || !upto.is_finite() || place + 1 >= TIERS_MAX {
                return None;
            }
            (all.upto[place], all.price[place]) = (*upto, *price);
            last = *upto;
        }
        Some(all)
    }

    /// The tiers that end, each with its price, and the price of what is beyond.
    pub fn steps(&self) -> (impl Iterator<Item = (f64, f64)> + '_, f64) {
        let ends = self.upto.iter().copied().zip(self.price).take_while(|(upto, _)| upto.is_finite());
        (ends, self.price[TIERS_MAX - 1])
    }

    /// Whether anything is paid, of whatever amount.
    pub fn is_positive(&self) -> bool {
        self.price.iter().any(|price| *price > 0.0)
    }

    /// What an amount costs that is used in a month.
    ///
    /// ```text
    /// sum over tiers of price x max(0, min(amount, upto) - upto of the tier before)
    /// ```
    pub fn bill(&self, amount: f64) -> f64 {
        let (steps, beyond) = self.steps();
        let (mut from, mut sum) = (0.0, 0.0);
        for (upto, price) in steps {
            if amount <= upto {
                return sum + price * (amount - from);
            }
            sum += price * (upto - from);
            from = upto;
        }
        sum + beyond * (amount - from)
    }
}

/// What each line costs, where the amounts were used in so many months.
///
/// All of a pool is billed as if a month went on like the measured part; each line has its share of that by its amount, so
/// that lines add up to bills.
pub fn bill(lines: &[Line], months: f64) -> Vec<f64> {
    let pool = |line: &Line| match line.pool {
        Pool::Own => None,
        pool => Some((line.item, pool)),
    };
    let mut pools = BTreeMap::new();
    for line in lines {
        if let Some(pool) = pool(line) {
            *pools.entry(pool).or_insert(0.0) += line.amount;
        }
    }
    let cost = |line: &Line| {
        let all = pool(line).and_then(|pool| pools.get(&pool)).copied().unwrap_or(line.amount);
        if all > 0.0 && months > 0.0 {
            line.tiers.bill(all / months) * months * (line.amount / all)
        } else {
            0.0
        }
    };
    lines.iter().map(cost).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{found} instead of {wanted}");
    }

    /// The first unit free, then 3 each, and 2 each beyond 10.
    fn tiers() -> Tiers {
        Tiers::new(&[(1.0, 0.0), (10.0, 3.0)], 2.0).unwrap()
    }

    #[test]
    fn each_tier_has_its_price() {
        for (amount, wanted) in [(0.0, 0.0), (0.5, 0.0), (1.0, 0.0), (2.0, 3.0), (10.0, 27.0), (12.5, 32.0)] {
            near(tiers().bill(amount), wanted);
        }
        near(Tiers::flat(0.5).bill(8.0), 4.0);
        assert!(tiers().is_positive() && !Tiers::default().is_positive());
        // Free in the end, but not at first.
        assert!(Tiers::new(&[(1.0, 1.0)], 0.0).unwrap().is_positive());
        assert_eq!(Tiers::new(&[(10.0, 1.0), (10.0, 2.0)], 0.0), None);
        assert_eq!(Tiers::new(&[(0.0, 1.0)], 0.0), None);
        assert_eq!(Tiers::new(&[(1.0, 1.0); TIERS_MAX], 0.0), None);
    }

    #[test]
    fn who_shares_a_price_shares_its_tiers() {
        let line = |item, pool, amount| Line { item, tiers: tiers(), pool, amount };
        let common = Pool::Common(None);
        let lines = [
            line(Item::Duration, common, 4.0),
            line(Item::Duration, common, 16.0),
            line(Item::Duration, Pool::Common(Some(0)), 2.0),
            line(Item::Requests, common, 2.0),
            line(Item::Duration, Pool::Own, 4.0),
            line(Item::Storage, common, 0.0),
        ];
        // In one month 20 of the first two cost 47, of which the first has a fifth.
        let month = bill(&lines, 1.0);
        let wanted = [47.0 * 0.2, 47.0 * 0.8, 3.0, 3.0, 9.0, 0.0];
        month.iter().zip(wanted).for_each(|(found, wanted)| near(*found, wanted));
        // In half a month they are 40 by the month, which cost 87, of which a half was used.
        near(bill(&lines, 0.5)[0], 87.0 * 0.5 * 0.2);
        near(bill(&lines, 0.0)[0], 0.0);
    }
}
