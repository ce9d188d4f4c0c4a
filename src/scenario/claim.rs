//! What a scenario says must come out.

use std::collections::BTreeMap;
use std::fmt;

use crate::document::Span;
use crate::kernel::distribution::DistributionSettings;
use crate::measure::metric::MetricName;
use crate::units::SimDuration;

/// A target for a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Objective {
    /// The metric.
    pub metric: MetricName,
    /// On which side of the target it must lie.
    pub bound: Bound,
    /// The target in base units (seconds, 1/s, ratio).
    pub target: f64,
    /// Where it stands.
    pub span: Span,
}

/// On which side of a target a metric must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// `>=`.
    AtLeast,
    /// `<=`.
    AtMost,
}

/// What is claimed about a metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Where the prediction comes from.
    pub subject: Subject,
    /// The metric it speaks of.
    pub predicts: MetricName,
    /// How far off it may be, relative to the prediction (for availabilities to 1 - A).
    pub tolerance: f64,
    /// What should come of it.
    pub expect: Expect,
    /// Most runs that are spent on it.
    pub runs_max: u32,
    /// Whose formula it judges, in a file about an article.
    pub printed: Option<Printed>,
    /// Where it stands.
    pub span: Span,
}

/// A formula as an article prints it, and how it is read.
#[derive(Debug, Clone, PartialEq)]
pub struct Printed {
    /// A short name of the article.
    pub article: String,
    /// What the claim states, the article's formula or another.
    pub formula: String,
    /// What its letters are taken to mean.
    pub interpretation: String,
    /// The formula that is right instead; `None` where this one is.
    pub right: Option<String>,
}

/// Where a prediction comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A closed form from the catalogue.
    Formula {
        /// Its name.
        name: String,
        /// Which of its answers is meant; `None` is the first one.
        answer: Option<String>,
        /// Its arguments in base units, paths already looked up.
        arguments: BTreeMap<String, Given>,
    },
    /// A number.
    Value {
        /// In base units.
        value: f64,
        /// Where it is from; may be empty.
        source: String,
    },
    /// None: the same scenario with one value changed.
    Vary {
        /// Path of the value.
        path: String,
        /// Its value in the first variant, as for an override.
        from: String,
        /// Its value in the second.
        to: String,
    },
}

/// What an argument of a formula is given as.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// Numbers in base units.
    Numbers(Vec<f64>),
    /// Distributions; numbers beside them are durations that are always the same.
    Laws(Vec<DistributionSettings>),
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = |law: &DistributionSettings| {
            let mut table = toml::Table::from_iter([("distribution".to_owned(), law.name().into())]);
            law.write(&mut table);
            toml::Value::Table(table).to_string()
        };
        let items: Vec<String> = match self {
            Self::Numbers(values) => values.iter().map(f64::to_string).collect(),
            Self::Laws(laws) => laws.iter().map(written).collect(),
        };
        f.write_str(&items.join(", "))
    }
}

impl Given {
    /// Adds a number.
    pub(super) fn push(&mut self, value: f64) {
        match self {
            Self::Numbers(values) => values.push(value),
            Self::Laws(laws) => laws.push(DistributionSettings::always(SimDuration::from_secs(value))),
        }
    }

    /// Adds what another one has; one distribution makes distributions of all.
    pub(super) fn extend(&mut self, other: Self) {
        match (&mut *self, other) {
            (_, Self::Numbers(values)) => values.into_iter().for_each(|value| self.push(value)),
            (Self::Laws(laws), Self::Laws(others)) => laws.extend(others),
            (Self::Numbers(values), Self::Laws(others)) => {
                let values = std::mem::take(values);
                *self = Self::Laws(Vec::new());
                self.extend(Self::Numbers(values));
                self.extend(Self::Laws(others));
            }
        }
    }
}

/// What should come of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expect {
    /// The prediction agrees with the simulation.
    Holds,
    /// It does not.
    Refuted,
    /// The metric is higher in the second variant.
    Higher,
    /// It is lower.
    Lower,
    /// It differs by no more than the tolerance.
    Equal,
}

/// How well a metric must be known before runs stop.
#[derive(Debug, Clone, PartialEq)]
pub struct Precision {
    /// The metric.
    pub metric: MetricName,
    /// How narrow its interval must be.
    pub width: Width,
    /// Most runs that are spent on it.
    pub runs_max: u32,
}

/// Half the length of an interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Width {
    /// In base units of the metric.
    Absolute(f64),
    /// Relative to the estimate, for availabilities to 1 - A.
    Relative(f64),
}
