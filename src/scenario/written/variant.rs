//! Tables in which one key chooses the variant and the others are its settings.

use crate::document::{
    Choice, Diagnostic, Diagnostics, Fields, Name, Node, Section, Shape, Span, Table, Value, unexpected,
};
use crate::registry::{Entry, Own};

/// How the variant of a room is chosen.
pub(super) struct Room {
    /// The key that names it.
    pub(super) key: &'static str,
    /// What a message calls it.
    pub(super) what: &'static str,
    /// What a message says was expected.
    pub(super) expected: &'static str,
    /// The variant where the key is absent; `None` where it must be there.
    pub(super) default: Option<&'static str>,
}

impl Room {
    /// The key that chooses a variant, for the reference.
    pub(super) const fn choice(&self, variants: &'static [Entry]) -> Choice {
        Choice { key: self.key, what: self.what, default: self.default, variants }
    }

    /// A table with no keys but those of its variants.
    pub(super) fn shape(&self, name: &'static str, variants: &'static [Entry]) -> Shape {
        Shape::new(name, &[]).choosing(self.choice(variants))
    }
}

/// Reads a variant and its settings; a bare text is that variant with its defaults.
pub(super) fn read_variant<T>(
    node: &Node,
    room: &Room,
    known: &[&'static str],
    findings: &mut Diagnostics,
    read: impl FnOnce(&str, &mut Fields<'_>) -> Option<T>,
) -> Option<T> {
    let (name, mut fields) = begin(node, room, findings)?;
    if !known.contains(&name.text.as_str()) {
        let error = Diagnostic::unknown(name.span, room.what, &name.text, known.iter().copied());
        fields.findings().push(error);
        return None;
    }
    let value = read(&name.text, &mut fields);
    fields.finish();
    value
}

/// What a bare name has beside it.
static EMPTY: Table = Table { entries: Vec::new() };

/// The name of a variant, and the table that it stands in or an empty one.
fn begin<'a>(node: &'a Node, room: &Room, findings: &'a mut Diagnostics) -> Option<(Name, Fields<'a>)> {
    let (table, bare) = match &node.value {
        Value::Table(table) => (table, None),
        Value::Text(text) => (&EMPTY, Some(Name { text: text.clone(), span: node.span })),
        _ => {
            unexpected(node, room.expected, findings);
            return None;
        }
    };
    let mut fields = Fields::new(table, node.span, findings);
    let name = match (bare, room.default) {
        (Some(name), _) => name,
        (None, Some(default)) => {
            fields.or(room.key, || Name { text: default.to_owned(), span: node.span })?
        }
        (None, None) => fields.required(room.key)?,
    };
    Some((name, fields))
}

/// A policy of a room that takes policies from outside the crate.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Chosen<P> {
    /// A shipped one, or one that was looked up.
    Known(P),
    /// One that is not shipped: its name is looked up when the whole file is read.
    Named(Name, Node),
}

impl<P> Chosen<P> {
    /// The policy; `None` where none has its name, by then reported.
    pub(crate) fn known(&self) -> Option<&P> {
        match self {
            Self::Known(policy) => Some(policy),
            Self::Named(..) => None,
        }
    }

    /// The table of the policy, its name alone where that was not looked up.
    pub(super) fn write(
        &self,
        room: &Room,
        name_of: impl FnOnce(&P) -> &'static str,
        write: impl FnOnce(&P, &mut toml::Table),
        common: &impl Section,
    ) -> toml::Value {
        match self {
            Self::Known(policy) => write_policy(room, name_of(policy), |table| write(policy, table), common),
            Self::Named(name, _) => write_policy(room, name.text.as_str(), |_| {}, common),
        }
    }

    /// Looks up a name among the policies from outside the crate and reads the settings, beside the keys that every
    /// policy of the room has.
    pub(super) fn look_up<C: Section>(
        &mut self,
        room: &Room,
        (shipped, own): (&'static [Entry], &[Own<P>]),
        findings: &mut Diagnostics,
    ) {
        let Self::Named(name, node) = self else { return };
        let mut fields = Fields::new(table_of(node), node.span, findings);
        let _policy = fields.node(room.key);
        let Some(found) = own.iter().find(|one| one.entry.name == name.text) else {
            let known = names(shipped).into_iter().chain(own.iter().map(|one| one.entry.name));
            let error = Diagnostic::unknown(name.span, room.what, &name.text, known);
            fields.findings().push(error);
            let _common = C::read(&mut fields);
            return;
        };
        let read = (found.read)(&mut fields);
        let _common = C::read(&mut fields);
        fields.finish();
        if let Some(policy) = read {
            *self = Self::Known(policy);
        }
    }
}

/// Reads a policy with the settings of its own, and the keys that all policies of its room have.
pub(super) fn read_policy<P, C: Section>(
    node: &Node,
    room: &Room,
    catalogue: &[Entry],
    findings: &mut Diagnostics,
    read: impl FnOnce(&str, &mut Fields<'_>) -> Option<P>,
) -> Option<(P, C)> {
    read_variant(node, room, &names(catalogue), findings, |name, fields| {
        let policy = read(name, fields);
        let common = C::read(fields);
        policy.zip(common)
    })
}

/// The table that a value is, or an empty one.
fn table_of(node: &Node) -> &Table {
    if let Value::Table(table) = &node.value { table } else { &EMPTY }
}

/// Reads keys without a report of what is wrong with them.
fn read_quietly<C: Section>(table: &Table) -> Option<C> {
    C::read(&mut Fields::new(table, Span::default(), &mut Diagnostics::default()))
}

/// The same in a room that takes policies from outside the crate.
pub(super) fn read_chosen<P, C: Section>(
    node: &Node,
    room: &Room,
    shipped: &[Entry],
    findings: &mut Diagnostics,
    read: impl FnOnce(&str, &mut Fields<'_>) -> Option<P>,
) -> Option<(Chosen<P>, C)> {
    let (name, mut fields) = begin(node, room, findings)?;
    if !shipped.iter().any(|entry| entry.name == name.text) {
        // What is wrong with the other keys is reported when the name was looked up, all of it together.
        let common = read_quietly(table_of(node)).or_else(|| read_quietly(&EMPTY))?;
        return Some((Chosen::Named(name, node.clone()), common));
    }
    let policy = read(&name.text, &mut fields);
    let common = C::read(&mut fields);
    fields.finish();
    Some((Chosen::Known(policy?), common?))
}

/// The table of a policy: its name, the settings that `settings` adds, and the keys of its room.
pub(super) fn write_policy(
    room: &Room,
    name: impl Into<toml::Value>,
    settings: impl FnOnce(&mut toml::Table),
    common: &impl Section,
) -> toml::Value {
    let mut table = toml::Table::new();
    table.insert(room.key.to_owned(), name.into());
    settings(&mut table);
    common.write(&mut table);
    table.into()
}

/// The names of a catalogue.
pub(super) fn names(catalogue: &[Entry]) -> Vec<&'static str> {
    catalogue.iter().map(|entry| entry.name).collect()
}

/// Declares a room whose variants have only settings: what runs is built from them elsewhere.
macro_rules! variants {
    ($(#[$meta:meta])* $vis:vis enum $Name:ident { $($Variant:ident = $word:literal, $summary:literal, $Keys:ty;)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        $vis enum $Name { $( $Variant($Keys), )* }

        impl $Name {
            /// Every variant.
            $vis const CATALOGUE: &'static [crate::registry::Entry] = &[$(
                crate::registry::Entry {
                    name: $word,
                    summary: $summary,
                    keys: <$Keys as crate::document::Keyed>::KEYS,
                },
            )*];

            fn name(&self) -> &'static str {
                match self { $( Self::$Variant(_) => $word, )* }
            }

            fn read_keys(name: &str, fields: &mut crate::document::Fields<'_>) -> Option<Self> {
                match name {
                    $( $word => crate::document::Section::read(fields).map(Self::$Variant), )*
                    _ => None,
                }
            }

            fn write_keys(&self, table: &mut toml::Table) {
                match self { $( Self::$Variant(keys) => crate::document::Section::write(keys, table), )* }
            }
        }
    };
}
pub(super) use variants;

/// Lets choices between a whole number and one word stand under a key.
macro_rules! numbers {
    ($($(#[doc = $doc:literal])+ $Choice:ident: $Word:ident = $word:literal),* $(,)?) => { $(
        impl crate::document::Field for $Choice {
            const EXPECTED: &'static str = concat!("a whole number or \"", $word, "\"");

            fn kind() -> crate::document::Kind {
                let word = crate::document::Kind::word($word, &[$($doc),+]);
                crate::document::Kind::Either(vec![<u32 as crate::document::Field>::kind(), word])
            }

            fn read(
                node: &crate::document::Node,
                findings: &mut crate::document::Diagnostics,
            ) -> Option<Self> {
                match &node.value {
                    crate::document::Value::Integer(_) => u32::read(node, findings).map(Self::Number),
                    crate::document::Value::Text(text) if text == $word => Some(Self::$Word),
                    _ => {
                        crate::document::unexpected(node, Self::EXPECTED, findings);
                        None
                    }
                }
            }

            fn write(&self) -> Option<toml::Value> {
                match self {
                    Self::Number(number) => number.write(),
                    Self::$Word => Some($word.into()),
                }
            }
        }
    )* };
}
pub(super) use numbers;
