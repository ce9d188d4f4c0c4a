//! Time, rates, shares and the numbers that name things; open to every room.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};

const NANOS_PER_SECOND: f64 = 1e9;
/// Hours of a month, as providers count them.
pub const MONTH_HOURS: f64 = 730.0;

/// An instant of simulated time, in integer nanoseconds from the start of a run (584 years fit).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(u64);

impl SimTime {
    /// The start of a run.
    pub const ZERO: Self = Self(0);
    /// The end of the clock: what is planned for it never happens.
    pub const NEVER: Self = Self(u64::MAX);

    /// The instant `nanos` nanoseconds after the start.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// Nanoseconds since the start.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds since the start.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND
    }

    /// Time since `earlier`; zero when `earlier` is later.
    #[inline]
    pub const fn since(self, earlier: Self) -> SimDuration {
        SimDuration(self.0.saturating_sub(earlier.0))
    }
}

/// Saturates at [`SimTime::NEVER`].
impl Add<SimDuration> for SimTime {
    type Output = Self;

    #[inline]
    fn add(self, later: SimDuration) -> Self {
        Self(self.0.saturating_add(later.0))
    }
}

/// A span of simulated time, in integer nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimDuration(u64);

impl SimDuration {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The longest span; added to any instant it gives [`SimTime::NEVER`].
    pub const MAX: Self = Self(u64::MAX);

    /// A span of `nanos` nanoseconds.
    pub const fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }

    /// The nearest whole number of nanoseconds; negative and NaN become zero, too long becomes [`SimDuration::MAX`].
    #[inline]
    pub fn from_secs(seconds: f64) -> Self {
        // From 2^52 on a float is whole: the sum with it is rounded, and its low bits are the number. The bits of
        // positive floats rise with them, those of negative ones and of NaN are above.
        const WHOLE: f64 = (1_u64 << 52) as f64;
        let nanos = seconds * NANOS_PER_SECOND;
        if nanos.to_bits() < WHOLE.to_bits() {
            return Self((nanos + WHOLE).to_bits() - WHOLE.to_bits());
        }
        Self(nanos as u64)
    }

    /// Nanoseconds.
    #[inline]
    pub const fn as_nanos(self) -> u64 {
        self.0
    }

    /// Seconds.
    pub fn as_secs(self) -> f64 {
        self.0 as f64 / NANOS_PER_SECOND
    }

    /// Whether no time passes.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

/// Saturates at [`SimDuration::MAX`].
impl Add for SimDuration {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl AddAssign for SimDuration {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

/// Saturates at zero.
impl Sub for SimDuration {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

/// Writes the shortest exact form with one or several units, such as `1h 30min` or `250ms`.
impl fmt::Display for SimDuration {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PARTS: [(u64, &str); 7] = [
            (86_400_000_000_000, "d"),
            (3_600_000_000_000, "h"),
            (60_000_000_000, "min"),
            (1_000_000_000, "s"),
            (1_000_000, "ms"),
            (1_000, "us"),
            (1, "ns"),
        ];
        if self.0 == 0 {
            return out.write_str("0s");
        }
        let mut rest = self.0;
        let mut gap = "";
        for (size, unit) in PARTS {
            if rest >= size {
                write!(out, "{gap}{}{unit}", rest / size)?;
                rest %= size;
                gap = " ";
            }
        }
        Ok(())
    }
}

/// Events per second, finite and not negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Rate(f64);

impl Rate {
    /// How many come in a second, and at least one: what a bucket holds that fills so fast where nothing else is said.
    pub fn in_a_second(self) -> u32 {
        self.0.ceil().max(1.0) as u32
    }

    /// A rate of `per_second` events each second; `None` when negative or not finite.
    pub fn new(per_second: f64) -> Option<Self> {
        (per_second.is_finite() && per_second >= 0.0).then_some(Self(per_second))
    }

    /// Events per second.
    pub const fn per_second(self) -> f64 {
        self.0
    }
}

/// A share or probability, from 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Default)]
pub struct Probability(f64);

impl Probability {
    /// Never.
    pub const ZERO: Self = Self(0.0);
    /// As likely as not.
    pub const HALF: Self = Self(0.5);
    /// Always.
    pub const ONE: Self = Self(1.0);

    /// One that is written in the code.
    pub(crate) const fn literal(value: f64) -> Self {
        assert!(value >= 0.0 && value <= 1.0, "a probability is between 0 and 1");
        Self(value)
    }

    /// `None` outside 0 to 1.
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The number between 0 and 1.
    pub const fn get(self) -> f64 {
        self.0
    }
}

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Size(u64);

impl Size {
    /// The most that can be written: no sum of messages runs over.
    const MAX: f64 = 1e12;

    /// So many bytes, rounded to whole ones; `None` below 0 and above 1 TB.
    pub fn new(bytes: f64) -> Option<Self> {
        (0.0..=Self::MAX).contains(&bytes).then(|| Self(bytes.round() as u64))
    }

    /// Bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

/// A currency, as units of results name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Money {
    /// Its code of ISO 4217.
    pub code: &'static str,
    /// The unit of what is paid in a month.
    pub monthly: &'static str,
}

impl Money {
    /// All that are known.
    pub const ALL: [Self; 12] = [
        Self { code: "USD", monthly: "USD/month" },
        Self { code: "EUR", monthly: "EUR/month" },
        Self { code: "GBP", monthly: "GBP/month" },
        Self { code: "CHF", monthly: "CHF/month" },
        Self { code: "JPY", monthly: "JPY/month" },
        Self { code: "CNY", monthly: "CNY/month" },
        Self { code: "INR", monthly: "INR/month" },
        Self { code: "BRL", monthly: "BRL/month" },
        Self { code: "CAD", monthly: "CAD/month" },
        Self { code: "AUD", monthly: "AUD/month" },
        Self { code: "SEK", monthly: "SEK/month" },
        Self { code: "PLN", monthly: "PLN/month" },
    ];

    /// The one with this code.
    pub fn called(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|money| money.code == code)
    }

    /// The unit of a metric in this currency, of one that is written in US dollars.
    pub fn unit(self, unit: &'static str) -> &'static str {
        match unit {
            "USD" => self.code,
            "USD/month" => self.monthly,
            other => other,
        }
    }

    /// The unit that is called so, if it is one of money.
    pub fn unit_called(text: &str) -> Option<&'static str> {
        let mut units = Self::ALL.iter().flat_map(|money| [money.code, money.monthly]);
        units.find(|unit| *unit == text)
    }
}

impl Default for Money {
    /// The US dollar.
    fn default() -> Self {
        Self::ALL[0]
    }
}

macro_rules! ids {
    ($($(#[$meta:meta])* $name:ident),* $(,)?) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The place in the table of its kind.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )* };
}

ids! {
    /// A client, numbered in the order of names.
    ClientId,
    /// A service, numbered in the order of names.
    ServiceId,
    /// A replica, numbered through all services.
    ReplicaId,
    /// A region, numbered in the order of names.
    RegionId,
    /// A zone, numbered through all regions.
    ZoneId,
    /// A fault, numbered in the order of names.
    FaultId,
    /// A recovery plan, numbered in the order of names.
    RecoveryId,
    /// A repair crew, numbered in the order of names.
    CrewId,
    /// A monitor, numbered in the order of names.
    MonitorId,
    /// A deployment, numbered in the order of names.
    DeployId,
    /// A name that is resolved, numbered in the order of names.
    DnsId,
    /// A backup of a service, numbered in the order of names.
    BackupId,
    /// A block, numbered in the order of names.
    BlockId,
}

/// A number with all its digits, and with an exponent instead of the zeros of a very large or small one.
pub fn plain(value: f64) -> String {
    const LARGE: f64 = 1e16;
    const SMALL: f64 = 1e-7;
    let size = value.abs();
    if size > 0.0 && size.is_finite() && !(SMALL..LARGE).contains(&size) {
        return format!("{value:e}");
    }
    // Adding zero takes its sign from a zero.
    (value + 0.0).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_no_hundreds_of_zeros() {
        for (value, expected) in
            [(1e308, "1e308"), (2.5, "2.5"), (-0.0, "0"), (1e-300, "1e-300"), (120.0, "120")]
        {
            assert_eq!(plain(value), expected);
            assert!(plain(value).parse::<f64>().unwrap().total_cmp(&(value + 0.0)).is_eq(), "{value}");
        }
    }

    #[test]
    fn seconds_become_the_nearest_nanosecond() {
        let nanos = |seconds: f64| SimDuration::from_secs(seconds).as_nanos();
        assert_eq!((nanos(0.0), nanos(1.4e-9), nanos(1.6e-9), nanos(1.5)), (0, 1, 2, 1_500_000_000));
        assert_eq!((nanos(-3.0), nanos(-1e-9), nanos(f64::NAN), nanos(f64::NEG_INFINITY)), (0, 0, 0, 0));
        // About 2^52 ns, from where on floats are whole, and beyond the last.
        assert_eq!((nanos(4_503_599.0), nanos(4_503_600.0)), (4_503_599_000_000_000, 4_503_600_000_000_000));
        assert_eq!(nanos(1e9), 1_000_000_000_000_000_000);
        assert_eq!((nanos(1e11), nanos(f64::INFINITY)), (u64::MAX, u64::MAX));
    }
}
