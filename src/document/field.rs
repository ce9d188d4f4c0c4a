use super::{Diagnostic, Diagnostics, Key, Kind, Name, Node, Shape, Span, Table, Value};

/// A type that can stand under a key.
pub trait Field: Sized {
    /// What a message says was expected, such as "a duration like \"250ms\"".
    const EXPECTED: &'static str;

    /// What can be written, for the reference and the schema.
    fn kind() -> Kind;

    /// Reads the value; reports what is wrong and returns `None` when it cannot.
    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self>;

    /// The value as it would be written; `None` leaves the key out.
    fn write(&self) -> Option<toml::Value>;
}

/// What is read from one table.
pub trait Section: Sized {
    /// Every key that it reads, for the reference and the schema.
    fn shape() -> Shape;

    /// Reads its keys; the caller calls [`Fields::finish`] when all groups of the table are read.
    fn read(fields: &mut Fields<'_>) -> Option<Self>;

    /// Adds its keys to a table.
    fn write(&self, table: &mut toml::Table);
}

/// A section made of keys alone; written by [`settings!`](crate::settings).
pub trait Keyed: Section {
    /// The keys, in the order in which they are printed.
    const KEYS: &'static [Key];
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

    fn kind() -> Kind {
        T::kind()
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        T::read(node, findings).map(Some)
    }

    fn write(&self) -> Option<toml::Value> {
        self.as_ref().and_then(Field::write)
    }
}

impl<T: Field> Field for Vec<T> {
    const EXPECTED: &'static str = "a list";

    fn kind() -> Kind {
        Kind::list(T::kind())
    }

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

    fn kind() -> Kind {
        Kind::Text
    }

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

    fn kind() -> Kind {
        Kind::Boolean
    }

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

    fn kind() -> Kind {
        Kind::Whole(u64::from(Self::MAX))
    }

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

    fn kind() -> Kind {
        Kind::Whole(i64::MAX.unsigned_abs())
    }

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

    fn kind() -> Kind {
        Kind::Number
    }

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
