//! What is known of the keys of a scenario: meaning, type, default and range, from which the reference is made.

use crate::registry::Entry;

/// What is known of one key; written by [`settings!`](crate::settings).
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// As it is written.
    pub name: &'static str,
    /// Its documentation, line by line.
    pub lines: &'static [&'static str],
    /// What can stand under it.
    pub kind: fn() -> Kind,
    /// What holds where it is not written.
    pub fallback: Fallback,
    /// Bounds that are narrower than those of its type, such as `>= 1` or `> 0, <= 1`; a number alone is in base units.
    pub range: Option<&'static str>,
    /// The version that has had it first.
    pub since: &'static str,
}

/// What holds where a key is not written.
#[derive(Debug, Clone, Copy)]
pub enum Fallback {
    /// It must be written.
    Required,
    /// This value; `None` where the absence itself means something, as its documentation says.
    Value(fn() -> Option<toml::Value>),
}

impl Key {
    /// Its documentation as one text; paragraphs are parted by an empty line.
    pub fn text(&self) -> String {
        paragraphs(self.lines)
    }

    /// Its default, if there is one.
    pub fn default(&self) -> Option<toml::Value> {
        match self.fallback {
            Fallback::Required => None,
            Fallback::Value(value) => value(),
        }
    }

    /// Whether it must be written.
    pub fn is_required(&self) -> bool {
        matches!(self.fallback, Fallback::Required)
    }
}

/// Lines of a doc comment as running text.
pub fn paragraphs(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines.iter().map(|line| line.trim()) {
        let gap = match (text.is_empty(), line.is_empty(), text.ends_with('\n')) {
            (true, ..) | (_, false, true) => "",
            (_, true, false) => "\n\n",
            (_, true, true) => continue,
            (_, false, false) => " ",
        };
        text.push_str(gap);
        text.push_str(line);
    }
    text.trim_end().to_owned()
}

/// What can stand under a key.
#[derive(Debug, Clone)]
pub enum Kind {
    /// `true` or `false`.
    Boolean,
    /// A whole number from 0 to this one.
    Whole(u64),
    /// A finite number.
    Number,
    /// A number from 0 to 1, or a text in percent.
    Share,
    /// A text such as `"250ms"`.
    Duration,
    /// A text such as `"120/s"`.
    Rate,
    /// A number, or a text with a unit.
    Quantity,
    /// A bound with a quantity, such as `">= 99.9%"`.
    Target,
    /// Any text.
    Text,
    /// Any value.
    Anything,
    /// One of some texts.
    Words(Vec<Word>),
    /// A list; the number says how many there are at least.
    List(Box<Kind>, usize),
    /// A table whose keys are names that the user chooses.
    Map(Box<Kind>),
    /// A table with known keys.
    Table(Shape),
    /// One of these.
    Either(Vec<Kind>),
}

impl Kind {
    /// A list of any length.
    pub fn list(of: Self) -> Self {
        Self::List(Box::new(of), 0)
    }

    /// A table from names to values.
    pub fn map(of: Self) -> Self {
        Self::Map(Box::new(of))
    }

    /// A text that is one word.
    pub fn word(name: &'static str, lines: &'static [&'static str]) -> Self {
        Self::Words(vec![Word { name, lines }])
    }

    /// A table of a variant, or its name alone.
    pub fn variant(shape: Shape) -> Self {
        let words = shape.choice.iter().flat_map(Choice::words).collect();
        Self::Either(vec![Self::Words(words), Self::Table(shape)])
    }
}

/// A text that means something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// As it is written.
    pub name: &'static str,
    /// What it means, line by line.
    pub lines: &'static [&'static str],
}

/// The keys of a table.
#[derive(Debug, Clone)]
pub struct Shape {
    /// What the table is called; no two shapes share a name.
    pub name: &'static str,
    /// The keys that every such table can have.
    pub keys: Vec<Key>,
    /// The key that chooses a variant, which brings further keys.
    pub choice: Option<Choice>,
}

impl Shape {
    /// A table of keys alone.
    pub fn new(name: &'static str, keys: &'static [Key]) -> Self {
        Self { name, keys: keys.to_vec(), choice: None }
    }

    /// Adds keys.
    #[must_use]
    pub fn and(mut self, keys: &'static [Key]) -> Self {
        self.keys.extend(keys);
        self
    }

    /// Lets a key choose among variants.
    #[must_use]
    pub fn choosing(mut self, choice: Choice) -> Self {
        self.choice = Some(choice);
        self
    }

    /// What it is called where users read of it: its name without the ending that types have, in small letters.
    pub fn title(&self) -> String {
        let ends = ["Keys", "Section", "Settings", "Columns", "Table"];
        let stem = ends.iter().find_map(|end| self.name.strip_suffix(end)).unwrap_or(self.name);
        let mut title = String::new();
        for letter in stem.chars() {
            if letter.is_uppercase() && !title.is_empty() {
                title.push('-');
            }
            title.extend(letter.to_lowercase());
        }
        title
    }

    /// Its keys, then those of its variants; the one that chooses a variant is none of them.
    pub fn all_keys(&self) -> Vec<Key> {
        let variants = self.choice.iter().flat_map(|choice| choice.variants);
        self.keys.iter().chain(variants.flat_map(|entry| entry.keys)).copied().collect()
    }

    /// Another name for it.
    #[must_use]
    pub fn called(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }
}

/// A key whose value chooses a variant.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    /// The key.
    pub key: &'static str,
    /// What a message calls a variant, such as "balancing policy".
    pub what: &'static str,
    /// The variant where the key is absent; `None` where it must be there.
    pub default: Option<&'static str>,
    /// The variants with their keys.
    pub variants: &'static [Entry],
}

impl Choice {
    /// The names of the variants.
    pub fn words(&self) -> impl Iterator<Item = Word> {
        self.variants
            .iter()
            .map(|entry| Word { name: entry.name, lines: std::slice::from_ref(&entry.summary) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::settings! {
        /// Settings of a pause.
        struct Pause {
            /// How many times it is made.
            ///
            /// More than once is rare.
            #[range = ">= 1"]
            #[since = "0.2"]
            times: u32 = 1,
            /// How long it lasts.
            lasts: crate::units::SimDuration,
            /// Its name; none where absent.
            name: Option<crate::document::Name> = None,
        }
    }

    #[test]
    fn all_that_is_declared_of_a_key_is_kept() {
        use crate::document::{Keyed, Section};
        let [times, lasts, name] = <Pause as Keyed>::KEYS else { panic!("there are three keys") };
        assert_eq!(times.text(), "How many times it is made.\n\nMore than once is rare.");
        assert_eq!((times.range, times.since), (Some(">= 1"), "0.2"));
        assert_eq!(times.default(), Some(1.into()));
        assert!(matches!((times.kind)(), Kind::Whole(4_294_967_295)));
        assert!(lasts.is_required() && lasts.range.is_none());
        assert_eq!(lasts.since, "0.1");
        assert!(matches!((lasts.kind)(), Kind::Duration));
        assert!(!name.is_required() && name.default().is_none());
        assert_eq!(Pause::shape().keys.len(), 3);
    }

    #[test]
    fn titles_are_words_of_users() {
        let title = |name| Shape::new(name, &[]).title();
        assert_eq!(
            ["HealthCheckKeys", "SlowStart", "queue"].map(title),
            ["health-check", "slow-start", "queue"]
        );
    }

    #[test]
    fn lines_of_a_comment_become_running_text() {
        assert_eq!(paragraphs(&[" One", " two.", "", " Three.", ""]), "One two.\n\nThree.");
        assert_eq!(paragraphs(&[]), "");
    }
}
