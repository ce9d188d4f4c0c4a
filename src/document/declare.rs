//! How rooms declare what can be written: settings, choices between words, and tables.

/// Declares the settings of a variant: a struct, its keys, what is known of them, how they are read and written.
///
/// The comment of a key is what users read about it: its meaning, its unit where the type has none, and what holds
/// without it where that is no value. A key without one does not compile. After the comment may stand
/// `#[range = ">= 1"]`, bounds narrower than those of the type (a number alone is in base units), and `#[since = "0.2"]`, the version
/// that had the key first. A field without a default is required; `Option` fields default to `None`.
///
/// ```
/// ninefold::settings! {
///     /// Settings of a pause.
///     pub struct Pause {
///         /// How many times it is made.
///         #[range = ">= 1"]
///         times: u32 = 1,
///     }
/// }
/// ```
///
/// ```compile_fail
/// ninefold::settings! {
///     /// Settings of a pause.
///     pub struct Pause {
///         #[range = ">= 1"]
///         times: u32 = 1,
///     }
/// }
/// ```
#[macro_export]
macro_rules! settings {
    ($(#[$meta:meta])* $vis:vis struct $name:ident {
        $(
            $(#[doc = $doc:literal])+
            $(#[range = $range:literal])?
            $(#[since = $since:literal])?
            $field:ident : $type:ty $(= $default:expr)?
        ),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq)]
        $vis struct $name {
            $( $(#[doc = $doc])+ pub $field: $type, )*
        }

        impl $crate::document::Keyed for $name {
            const KEYS: &'static [$crate::document::Key] = &[$(
                $crate::document::Key {
                    name: $crate::document::key_name(stringify!($field)),
                    lines: &[$($doc),+],
                    kind: <$type as $crate::document::Field>::kind,
                    fallback: $crate::settings!(@fallback $type $(, $default)?),
                    range: $crate::settings!(@range $($range)?),
                    since: $crate::settings!(@since $($since)?),
                },
            )*];
        }

        impl $crate::document::Section for $name {
            fn shape() -> $crate::document::Shape {
                $crate::document::Shape::new(stringify!($name), <Self as $crate::document::Keyed>::KEYS)
            }

            #[allow(clippy::allow_attributes, unused_variables, reason = "a variant may have no settings")]
            fn read(fields: &mut $crate::document::Fields<'_>) -> Option<Self> {
                $( let $field: Option<$type> = $crate::settings!(@read fields, $field $(, $default)?); )*
                Some(Self { $( $field: $field?, )* })
            }

            #[allow(clippy::allow_attributes, unused_variables, reason = "a variant may have no settings")]
            fn write(&self, table: &mut $crate::document::toml::Table) {
                $( if let Some(value) = $crate::document::Field::write(&self.$field) {
                    table.insert($crate::document::key_name(stringify!($field)).to_owned(), value);
                } )*
            }
        }
    };
    (@read $fields:ident, $field:ident, $default:expr) => {
        $fields.or($crate::document::key_name(stringify!($field)), || $default)
    };
    (@read $fields:ident, $field:ident) => { $fields.required($crate::document::key_name(stringify!($field))) };
    (@fallback $type:ty, $default:expr) => {
        $crate::document::Fallback::Value(|| {
            let value: $type = $default;
            $crate::document::Field::write(&value)
        })
    };
    (@fallback $type:ty) => { $crate::document::Fallback::Required };
    (@range $range:literal) => { Some($range) };
    (@range) => { None };
    (@since $since:literal) => { $since };
    (@since) => { "0.1" };
    ($($wrong:tt)*) => {
        compile_error!(
            "these settings cannot be read: each key needs a doc comment, then perhaps #[range = \"..\"] and \
             #[since = \"..\"], its name, its type and perhaps a default"
        );
    };
}

/// The key that a field stands for: a word of Rust itself is written as `r#async`.
pub const fn key_name(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', rest @ ..] => match std::str::from_utf8(rest) {
            Ok(key) => key,
            Err(_) => field,
        },
        _ => field,
    }
}

/// Declares a choice between words: an enum whose variants are written in a scenario as given.
#[macro_export]
macro_rules! choices {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $( $(#[doc = $doc:literal])+ $variant:ident = $word:literal ),* $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        $vis enum $name { $( $(#[doc = $doc])+ $variant, )* }

        impl $crate::document::Field for $name {
            const EXPECTED: &'static str = concat!("one of" $(, " \"", $word, "\"")*);

            fn kind() -> $crate::document::Kind {
                $crate::document::Kind::Words(vec![
                    $( $crate::document::Word { name: $word, lines: &[$($doc),+] }, )*
                ])
            }

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

            fn write(&self) -> Option<$crate::document::toml::Value> {
                let word = match self { $( Self::$variant => $word, )* };
                Some($crate::document::toml::Value::String(word.to_owned()))
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

            fn kind() -> $crate::document::Kind {
                $crate::document::Kind::Table(<Self as $crate::document::Section>::shape())
            }

            fn read(node: &$crate::document::Node, findings: &mut $crate::document::Diagnostics) -> Option<Self> {
                $crate::document::read_section(node, Self::EXPECTED, findings)
            }

            fn write(&self) -> Option<$crate::document::toml::Value> {
                Some($crate::document::write_section(self))
            }
        }
    )* };
}
