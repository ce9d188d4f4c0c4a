use super::{Diagnostic, Diagnostics, Name, Node, Span, Table, Value};

/// A type that can stand under a key.
pub trait Field: Sized {
    /// What a message says was expected, such as "a duration like \"250ms\"".
    const EXPECTED: &'static str;

    /// Reads the value; reports what is wrong and returns `None` when it cannot.
    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self>;

    /// The value as it would be written; `None` leaves the key out.
    fn write(&self) -> Option<toml::Value>;
}

/// A group of keys read from one table; written by [`settings!`](crate::settings).
pub trait Section: Sized {
    /// The keys, in the order in which they are printed.
    const KEYS: &'static [&'static str];

    /// Reads its keys; the caller calls [`Fields::finish`] when all groups of the table are read.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;

    /// Adds its keys to a table.
    fn write(&self, table: &mut toml::Table);
}

/// The keys of one table while they are read; remembers which were asked for.
#[derive(Debug)]
pub struct Fields<'a> {
    table: &'a Table,
    span: Span,
    known: Vec<&'static str>,
    accepts_all: bool,
    findings: &'a mut Diagnostics,
}

impl<'a> Fields<'a> {
    /// Starts to read a table that stands at `span`.
    pub fn new(table: &'a Table, span: Span, findings: &'a mut Diagnostics) -> Self {
        Self { table, span, known: Vec::new(), accepts_all: false, findings }
    }

    /// Where the table stands.
    pub fn span(&self) -> Span {
        self.span
    }

    /// For findings that are not about one key's type.
    pub fn findings(&mut self) -> &mut Diagnostics {
        self.findings
    }

    /// The node under a key, which counts as known from now on.
    pub fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        self.table.find(key)
    }

    /// The node under a key, if it is there; only then it counts as known.
    pub fn node_if_there(&mut self, key: &'static str) -> Option<&'a Node> {
        let node = self.table.find(key)?;
        self.known.push(key);
        Some(node)
    }

    /// Whether a key is there; it does not count as known by that.
    pub fn has(&self, key: &str) -> bool {
        self.table.find(key).is_some()
    }

    /// A value that must be there.
    pub fn required<T: Field>(&mut self, key: &'static str) -> Option<T> {
        if let Some(node) = self.node(key) {
            return T::read(node, self.findings);
        }
        self.findings.push(
            Diagnostic::error(self.span, format!("the key \"{key}\" is missing"))
                .label("needed here")
                .help(format!("expected {}", T::EXPECTED)),
        );
        None
    }

    /// A value, or its default where the key is absent; `None` when it is there and wrong.
    pub fn or<T: Field>(&mut self, key: &'static str, default: impl FnOnce() -> T) -> Option<T> {
        match self.node(key) {
            Some(node) => T::read(node, self.findings),
            None => Some(default()),
        }
    }

    /// Lets every key pass: which ones are right cannot be known.
    pub fn accept_all(&mut self) {
        self.accepts_all = true;
    }

    /// Reports every key that nobody asked for, with the nearest valid name.
    pub fn finish(self) {
        if self.accepts_all {
            return;
        }
        for (key, _) in &self.table.entries {
            if !self.known.contains(&key.text.as_str()) {
                let known = self.known.iter().copied();
                self.findings.push(Diagnostic::unknown(key.span, "key", &key.text, known));
            }
        }
    }
}

/// Reads a table that holds one section and nothing else.
pub fn read_section<S: Section>(node: &Node, expected: &str, findings: &mut Diagnostics) -> Option<S> {
    let Value::Table(table) = &node.value else {
        unexpected(node, expected, findings);
        return None;
    };
    let mut fields = Fields::new(table, node.span, findings);
    let read = S::read(&mut fields);
    fields.finish();
    read
}

/// The table that holds a section.
pub fn write_section<S: Section>(section: &S) -> toml::Value {
    let mut table = toml::Table::new();
    section.write(&mut table);
    toml::Value::Table(table)
}

/// Reports a value of the wrong type or form.
pub fn unexpected(node: &Node, expected: &str, findings: &mut Diagnostics) {
    findings.push(
        Diagnostic::error(node.span, format!("expected {expected}, found {}", node.value.describe()))
            .label("wrong type"),
    );
}

impl<T: Field> Field for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        T::read(node, findings).map(Some)
    }

    fn write(&self) -> Option<toml::Value> {
        self.as_ref().and_then(Field::write)
    }
}

impl<T: Field> Field for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::List(items) = &node.value else {
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        // Every item is read, so that all mistakes are reported.
        let read: Vec<Option<T>> = items.iter().map(|item| T::read(item, findings)).collect();
        read.into_iter().collect()
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::Array(self.iter().filter_map(Field::write).collect()))
    }
}

impl Field for Name {
    const EXPECTED: &'static str = "a name";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if let Value::Text(text) = &node.value {
            return Some(Self { text: text.clone(), span: node.span });
        }
        unexpected(node, Self::EXPECTED, findings);
        None
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::String(self.text.clone()))
    }
}

impl Field for bool {
    const EXPECTED: &'static str = "true or false";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if let Value::Boolean(value) = node.value {
            return Some(value);
        }
        unexpected(node, Self::EXPECTED, findings);
        None
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::Boolean(*self))
    }
}

impl Field for u32 {
    const EXPECTED: &'static str = "a whole number from 0 to 4294967295";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if let Value::Integer(value) = node.value
            && let Ok(value) = Self::try_from(value)
        {
            return Some(value);
        }
        unexpected(node, Self::EXPECTED, findings);
        None
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::Integer(i64::from(*self)))
    }
}

impl Field for u64 {
    const EXPECTED: &'static str = "a whole number that is not negative";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        if let Value::Integer(value) = node.value
            && let Ok(value) = Self::try_from(value)
        {
            return Some(value);
        }
        unexpected(node, Self::EXPECTED, findings);
        None
    }

    fn write(&self) -> Option<toml::Value> {
        i64::try_from(*self).ok().map(toml::Value::Integer)
    }
}

impl Field for f64 {
    const EXPECTED: &'static str = "a finite number";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match node.value {
            Value::Integer(value) => return Some(value as Self),
            Value::Float(value) if value.is_finite() => return Some(value),
            _ => unexpected(node, Self::EXPECTED, findings),
        }
        None
    }

    fn write(&self) -> Option<toml::Value> {
        Some(toml::Value::Float(*self))
    }
}

/// Declares the settings of a variant: a struct, its keys, how they are read and how they are written.
///
/// A field without a default is required; `Option` fields default to `None`.
#[macro_export]
macro_rules! settings {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $( $(#[$field_meta:meta])* $field:ident : $type:ty $(= $default:expr)? ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $name {
            $( $(#[$field_meta])* pub $field: $type, )*
        }

        impl $crate::document::Section for $name {
            const KEYS: &'static [&'static str] = &[$(stringify!($field)),*];

            #[allow(clippy::allow_attributes, unused_variables, reason = "a variant may have no settings")]
            fn read(fields: &mut $crate::document::Fields<'_>) -> Option<Self> {
                $( let $field: Option<$type> = $crate::settings!(@read fields, $field $(, $default)?); )*
                Some(Self { $( $field: $field?, )* })
            }

            #[allow(clippy::allow_attributes, unused_variables, reason = "a variant may have no settings")]
            fn write(&self, table: &mut toml::Table) {
                $( if let Some(value) = $crate::document::Field::write(&self.$field) {
                    table.insert(stringify!($field).to_owned(), value);
                } )*
            }
        }
    };
    (@read $fields:ident, $field:ident, $default:expr) => { $fields.or(stringify!($field), || $default) };
    (@read $fields:ident, $field:ident) => { $fields.required(stringify!($field)) };
}

/// Declares a choice between words: an enum whose variants are written in a scenario as given.
#[macro_export]
macro_rules! choices {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $word:literal ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $( $(#[$variant_meta])* $variant, )* }

        impl $crate::document::Field for $name {
            const EXPECTED: &'static str = concat!("one of" $(, " \"", $word, "\"")*);

            fn read(node: &$crate::document::Node, findings: &mut $crate::document::Diagnostics) -> Option<Self> {
                let word = <$crate::document::Name as $crate::document::Field>::read(node, findings)?;
                match word.text.as_str() {
                    $( $word => Some(Self::$variant), )*
                    other => {
                        findings.push($crate::document::Diagnostic::unknown(node.span, "choice", other, [$($word),*]));
                        None
                    }
                }
            }

            fn write(&self) -> Option<toml::Value> {
                let word = match self { $( Self::$variant => $word, )* };
                Some(toml::Value::String(word.to_owned()))
            }
        }
    };
}

/// Lets sections stand under a key, as tables.
#[macro_export]
macro_rules! tables {
    ($($name:ty = $expected:literal),* $(,)?) => { $(
        impl $crate::document::Field for $name {
            const EXPECTED: &'static str = $expected;

            fn read(node: &$crate::document::Node, findings: &mut $crate::document::Diagnostics) -> Option<Self> {
                $crate::document::read_section(node, Self::EXPECTED, findings)
            }

            fn write(&self) -> Option<toml::Value> {
                Some($crate::document::write_section(self))
            }
        }
    )* };
}
