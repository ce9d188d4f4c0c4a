//! Objectives and claims as they are written.

use crate::document::{
    Diagnostic, Diagnostics, Dimension, Field, Fields, Kind, Name, Node, Section, Shape, Span, Value,
    measure, unexpected,
};
use crate::scenario::claim::{Bound, Expect};
use crate::units::Probability;

/// A target such as `<= 300ms`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TargetKeys {
    pub(crate) bound: Bound,
    pub(crate) value: f64,
    pub(crate) dimension: Dimension,
    /// As it is written.
    pub(crate) text: String,
    /// Where it stands.
    pub(crate) span: Span,
}

impl Field for TargetKeys {
    const EXPECTED: &'static str = "a target such as \">= 99.9%\" or \"<= 300ms\"";

    fn kind() -> Kind {
        Kind::Target
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        let parts = [(">=", Bound::AtLeast), ("<=", Bound::AtMost)].into_iter();
        let read = parts
            .filter_map(|(sign, bound)| text.trim().strip_prefix(sign).map(|rest| (bound, rest)))
            .find_map(|(bound, rest)| measure(rest).map(|measured| (bound, measured)));
        if read.is_none() {
            let error = Diagnostic::error(node.span, format!("\"{text}\" is not a target"));
            findings.push(error.label("not a target").help(meant(text)));
        }
        let (bound, (value, dimension)) = read?;
        Some(Self { bound, value, dimension, text: text.clone(), span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(self.text.clone().into())
    }
}

/// What a text that is no target was meant to be.
fn meant(text: &str) -> String {
    let text = text.trim();
    let (sign, rest) = text.split_at(text.find(|c: char| !"<>=≤≥".contains(c)).unwrap_or(text.len()));
    let ours = match sign {
        "<" | "=<" | "≤" => "<=",
        ">" | "=>" | "≥" => ">=",
        _ => return format!("expected {}", TargetKeys::EXPECTED),
    };
    let rest = rest.trim();
    if measure(rest).is_none() {
        return format!("expected {}", TargetKeys::EXPECTED);
    }
    format!(
        "there is no \"{sign}\": a target is \"at least\" or \"at most\". Did you mean \"{ours} {rest}\"?"
    )
}

/// What is claimed about a metric.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ClaimSection {
    pub(crate) keys: ClaimKeys,
    /// Where it stands.
    pub(crate) span: Span,
}

crate::settings! {
    /// The keys of a claim.
    pub(crate) struct ClaimKeys {
        /// The formula that predicts the metric, one of `ninefold list oracles`; instead of `value` or `vary`.
        formula: Option<Name> = None,
        /// Which answer of the formula is meant, where it has several; the one that fits the metric where absent.
        answer: Option<Name> = None,
        /// The predicted value itself, in the unit of the metric; then `source` says where it is from.
        value: Option<Quantity> = None,
        /// Where the predicted value was published.
        source: Option<Name> = None,
        /// Compares two variants of the scenario instead of a prediction.
        vary: Option<VaryKeys> = None,
        /// The arguments of the formula: values with units, or paths into the scenario such as
        /// "service.shop.replicas", which then cannot drift apart.
        arguments: Arguments = Arguments::default(),
        /// The metric that the claim is about, such as `service.shop/wait_mean`.
        predicts: Name,
        /// How far the simulated value may be from the predicted one, relative to it, and for availabilities relative
        /// to what is missing to 100 %. Needed unless `expect` is "higher" or "lower", which have none.
        #[range = "> 0"]
        tolerance: Option<Probability> = None,
        /// The verdict that is right: "holds" or "refuted" of a prediction, "higher", "lower" or "equal" of a
        /// comparison, second variant against first.
        expect: Expect,
        /// Most runs that are made until the claim is decided.
        #[range = ">= 2"]
        runs_max: u32 = 400,
        /// How the formula of the article reads for this claim; as the section `article` says where absent.
        states: Option<Name> = None,
        /// In which reading of the article the formula is taken; as the section `article` says where absent.
        interpretation: Option<Name> = None,
        /// Which formula is right instead; needed where a claim about an article is refuted.
        right: Option<Name> = None,
    }
}

impl Section for ClaimSection {
    fn shape() -> Shape {
        ClaimKeys::shape().called("claim")
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let span = fields.span();
        ClaimKeys::read(fields).map(|keys| Self { keys, span })
    }

    fn write(&self, table: &mut toml::Table) {
        self.keys.write(table);
    }
}

crate::settings! {
    /// The article that a file judges.
    pub(crate) struct ArticleKeys {
        /// The title of the article.
        name: Name,
        /// Its formula, as it is written there.
        formula: Name,
        /// In which reading the file takes it.
        interpretation: Name,
    }
}

crate::settings! {
    /// What a comparative claim changes.
    pub(crate) struct VaryKeys {
        /// The path of the value that is varied, such as "service.shop.replicas".
        path: Name,
        /// Its value in the first variant.
        from: Anything,
        /// Its value in the second variant.
        to: Anything,
    }
}

crate::tables! {
    ArticleKeys = "a table with the keys \"name\", \"formula\" and \"interpretation\"",
    ClaimSection = "a table that describes a claim",
    VaryKeys = "a table with the keys \"path\", \"from\" and \"to\"",
}

/// A number with or without unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Quantity {
    pub(crate) value: f64,
    pub(crate) dimension: Dimension,
    /// Where it stands.
    pub(crate) span: Span,
}

impl Field for Quantity {
    const EXPECTED: &'static str = "a number, or one with a unit such as \"86.7h\", \"99.9%\" or \"4/s\"";

    fn kind() -> Kind {
        Kind::Quantity
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let measured = match &node.value {
            Value::Text(text) => measure(text),
            Value::Integer(_) | Value::Float(_) => {
                f64::read(node, findings).map(|value| (value, Dimension::Plain))
            }
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                return None;
            }
        };
        if measured.is_none() {
            let error = Diagnostic::error(node.span, "this is not a number with a unit");
            findings.push(error.label("not a number").help(format!("expected {}", Self::EXPECTED)));
        }
        measured.map(|(value, dimension)| Self { value, dimension, span: node.span })
    }

    /// In base units, as everything that is written back.
    fn write(&self) -> Option<toml::Value> {
        Some(match self.dimension {
            Dimension::Plain | Dimension::Share => self.value.into(),
            Dimension::Seconds => format!("{}s", self.value).into(),
            Dimension::PerSecond => format!("{}/s", self.value).into(),
            Dimension::Bytes => format!("{}B", self.value).into(),
            Dimension::BytesPerSecond => format!("{}B/s", self.value).into(),
        })
    }
}

/// A value of any type, as it would be written on the command line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Anything(pub(crate) toml::Value);

impl Field for Anything {
    const EXPECTED: &'static str = "a value";

    fn kind() -> Kind {
        Kind::Anything
    }

    fn read(node: &Node, _findings: &mut Diagnostics) -> Option<Self> {
        Some(Self(to_toml(&node.value)))
    }

    fn write(&self) -> Option<toml::Value> {
        Some(self.0.clone())
    }
}

fn to_toml(value: &Value) -> toml::Value {
    match value {
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Float(value) => (*value).into(),
        Value::Text(text) => text.clone().into(),
        Value::List(items) => toml::Value::Array(items.iter().map(|item| to_toml(&item.value)).collect()),
        Value::Table(table) => toml::Value::Table(
            table.entries.iter().map(|(name, node)| (name.text.clone(), to_toml(&node.value))).collect(),
        ),
    }
}

/// The arguments of a formula: values, or paths into the scenario.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Arguments(pub(crate) Vec<(Name, Node)>);

impl Field for Arguments {
    const EXPECTED: &'static str = "a table of values and paths";

    fn kind() -> Kind {
        Kind::map(Kind::Anything)
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Table(table) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        Some(Self(table.entries.clone()))
    }

    fn write(&self) -> Option<toml::Value> {
        if self.0.is_empty() {
            return None;
        }
        let entries = self.0.iter().map(|(name, node)| (name.text.clone(), to_toml(&node.value)));
        Some(toml::Value::Table(entries.collect()))
    }
}
