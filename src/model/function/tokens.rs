//! How fast something may happen: tokens that come evenly, up to a burst. Exact, in whole numbers.

use crate::document::{Diagnostic, Diagnostics, Field, Kind, Node, TimeUnit, Value, toml, unexpected};
use crate::units::Rate;

/// So many in each period: `"1000/10s"`, `"500/min"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refill {
    /// How many.
    pub count: u32,
    /// In which time \[ns\]; positive.
    pub period: u64,
}

impl Refill {
    /// Nearly that many per second, at most a hundred-millionth of itself off.
    pub fn per_second(rate: Rate) -> Self {
        if rate.per_second() > 0.0 && rate.per_second() < 1.0 {
            return Self { count: 1, period: (1e9 / rate.per_second()).round() as u64 };
        }
        // A period of so many seconds that the count is a large whole number.
        let mut period = 1.0;
        while rate.per_second() * period < 1e8 && period < 1e9 {
            period *= 10.0;
        }
        let count = (rate.per_second() * period).round().min(f64::from(u32::MAX));
        Self { count: count as u32, period: (period * 1e9) as u64 }
    }

    fn parse(text: &str) -> Option<Self> {
        let (count, time) = text.split_once('/')?;
        let count = count.trim().parse().ok()?;
        let time = time.trim();
        let digits = time.find(|one: char| !one.is_ascii_digit()).unwrap_or(time.len());
        let (times, unit) = time.split_at(digits);
        let times: u64 = if times.is_empty() { 1 } else { times.parse().ok()? };
        let period = TimeUnit::named(unit)?.nanos().checked_mul(times)?;
        (period > 0).then_some(Self { count, period })
    }
}

impl Field for Refill {
    const EXPECTED: &'static str = "a number for each time, such as \"1000/10s\" or \"500/min\"";

    fn kind() -> Kind {
        Kind::Rate
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        let read = Self::parse(text);
        if read.is_none() {
            findings.push(
                Diagnostic::error(node.span, format!("\"{text}\" is not so many for each time"))
                    .label("not a number for each time")
                    .help(format!("expected {}", Self::EXPECTED)),
            );
        }
        read
    }

    fn write(&self) -> Option<toml::Value> {
        let unit = TimeUnit::ALL.into_iter().rev().find(|unit| self.period.is_multiple_of(unit.nanos()))?;
        let times = self.period / unit.nanos();
        let times = if times == 1 { String::new() } else { times.to_string() };
        Some(toml::Value::String(format!("{}/{times}{}", self.count, unit.name())))
    }
}

crate::settings! {
    /// How fast instances may be started.
    pub struct ScaleUp {
        /// How many may be started at once, after a time without starts.
        #[range = ">= 1"]
        burst: u32,
        /// How many more may be started in each time; they come evenly, and none is kept beyond `burst`.
        refill: Refill,
    }
}

crate::tables! {
    ScaleUp = "a table such as { burst = 1000, refill = \"1000/10s\" }",
}

/// A bucket of tokens: full at first, refilled evenly, never fuller than at first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tokens {
    refill: Refill,
    burst: u32,
    /// What is in it, in parts of which `refill.period` are a token.
    level: u128,
    /// When it was looked at last \[ns\].
    seen: u64,
}

impl Tokens {
    /// A full bucket.
    pub fn new(burst: u32, refill: Refill) -> Self {
        Self { refill, burst, level: u128::from(burst) * u128::from(refill.period), seen: 0 }
    }

    /// A bucket of what may happen in one second.
    pub fn of_a_second(rate: Rate) -> Self {
        Self::new((rate.per_second().ceil() as u32).max(1), Refill::per_second(rate))
    }

    fn fill(&mut self, now: u64) {
        let passed = u128::from(now.saturating_sub(self.seen));
        let full = u128::from(self.burst) * u128::from(self.refill.period);
        self.level = (self.level + passed * u128::from(self.refill.count)).min(full);
        self.seen = now;
    }

    /// Whether there is a token at `now` \[ns\].
    pub fn has(&mut self, now: u64) -> bool {
        self.fill(now);
        self.level >= u128::from(self.refill.period)
    }

    /// Takes a token at `now` \[ns\], if there is one.
    pub fn take(&mut self, now: u64) -> bool {
        let has = self.has(now);
        if has {
            self.level -= u128::from(self.refill.period);
        }
        has
    }

    /// When there will be a token again \[ns\]; `None` for never.
    pub fn due(&self) -> Option<u64> {
        let missing = u128::from(self.refill.period).saturating_sub(self.level);
        match u128::from(self.refill.count) {
            0 if missing > 0 => None,
            0 => Some(self.seen),
            count => {
                Some(self.seen.saturating_add(u64::try_from(missing.div_ceil(count)).unwrap_or(u64::MAX)))
            }
        }
    }
}

impl ScaleUp {
    /// The bucket of starts.
    pub fn tokens(&self) -> Tokens {
        Tokens::new(self.burst, self.refill)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn tokens_come_evenly_up_to_the_burst() {
        let mut tokens = Tokens::new(2, Refill::parse("500/min").unwrap());
        assert_eq!([tokens.take(0), tokens.take(0), tokens.take(0)], [true, true, false]);
        // One comes every 0.12 s, to the nanosecond.
        assert_eq!(tokens.due(), Some(120_000_000));
        assert!(!tokens.take(119_999_999));
        assert!(tokens.take(120_000_000));
        assert!(!tokens.take(120_000_000));
        // A long rest gives no more than the burst.
        assert_eq!([(); 3].map(|()| tokens.take(100 * SECOND)), [true, true, false]);
    }

    #[test]
    fn a_refill_is_read_as_it_is_written() {
        for (text, count, seconds) in [("1000/10s", 1000, 10), ("500/min", 500, 60), ("3/2h", 3, 7200)] {
            let refill = Refill::parse(text).unwrap();
            assert_eq!(refill, Refill { count, period: seconds * SECOND });
            assert_eq!(refill.write(), Some(toml::Value::String(text.to_owned())));
        }
        for wrong in ["", "10", "10/", "/s", "x/s", "10/0s", "10/week", "-1/s", "1.5/s"] {
            assert_eq!(Refill::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_rate_is_met_over_a_long_time() {
        for per_second in [0.001, 1.0 / 3.0, 7.5, 12_345.678] {
            let mut tokens = Tokens::of_a_second(Rate::new(per_second).unwrap());
            let (end, mut taken, mut now) = (10_000 * SECOND, 0_u64, 0);
            while now < end {
                if tokens.take(now) {
                    taken += 1;
                }
                now = tokens.due().map_or(end, |due| due.max(now + 1));
            }
            let wanted = per_second * 10_000.0 + f64::from(per_second.ceil() as u32);
            assert!(
                (taken as f64 - wanted).abs() <= 1.0 + wanted * 1e-6,
                "{per_second}: {taken} of {wanted}"
            );
        }
    }

    #[test]
    fn nothing_comes_where_nothing_is_refilled() {
        let mut tokens = Tokens::new(1, Refill { count: 0, period: SECOND });
        assert!(tokens.take(5) && !tokens.take(SECOND * 1_000_000));
        assert_eq!(tokens.due(), None);
    }
}
