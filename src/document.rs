//! A scenario file as a tree in which every value knows where it stands, and the reading of settings from it.
//!
//! Rooms declare their settings with [`settings!`](crate::settings) and read them through [`Fields`]; mistakes are
//! collected in [`Diagnostics`], so that one of them does not hide the next.

mod declare;
mod diagnostic;
mod field;
mod key;
mod quantity;
mod synonym;

pub use declare::key_name;
pub use diagnostic::{Diagnostic, Diagnostics, Severity, nearest};
pub use field::{Field, Fields, Keyed, Section, read_section, unexpected, write_section};
pub use key::{Choice, Fallback, Key, Kind, Shape, Word, paragraphs};
pub use quantity::{Dimension, TimeUnit, measure};

/// What the tables of settings are written with, for settings that are declared outside the crate.
#[doc(hidden)]
pub use toml;

/// Where a text stands: a source (0 is the scenario file, then one for each override) and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Span {
    /// Number of the source.
    pub source: u32,
    /// First byte.
    pub start: usize,
    /// Byte after the last.
    pub end: usize,
}

/// A text and where it stands: a key, or a name that refers to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub span: Span,
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Where it stands.
    pub span: Span,
    /// The value.
    pub value: Value,
}

/// A value of a scenario file.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction; never NaN.
    Float(f64),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A table.
    Table(Table),
}

impl Value {
    /// What a message calls it.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "a whole number",
            Self::Float(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}

/// The entries of a table in the order of the file; keys are unique.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Table {
    /// Key and value of each entry.
    pub entries: Vec<(Name, Node)>,
}

impl Table {
    /// The value under a key, to be changed.
    pub fn find_mut(&mut self, key: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|(name, _)| name.text == key).map(|(_, node)| node)
    }

    /// The value under a key.
    pub fn find(&self, key: &str) -> Option<&Node> {
        self.entries.iter().find(|(name, _)| name.text == key).map(|(_, node)| node)
    }
}
