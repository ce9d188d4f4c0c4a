//! One table per room: the macro that turns a room's rows into running enum, settings enum and catalogue.

use std::borrow::Cow;

use crate::document::{Fields, Key};

/// What `list` and the documentation say about one variant.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The name written in a scenario.
    pub name: &'static str,
    /// One sentence.
    pub summary: &'static str,
    /// The keys of its settings.
    pub keys: &'static [Key],
}

impl Entry {
    /// The names of its keys.
    pub fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

/// A setting that cannot be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Impossible {
    /// Its key; a dot stands between that of a table and one in it, and before the number of an entry of a list, from 0.
    pub key: Cow<'static, str>,
    /// Why, as a lowercase sentence.
    pub why: String,
}

impl Impossible {
    /// Says why the value of `key` cannot be.
    pub fn new(key: impl Into<Cow<'static, str>>, why: impl Into<String>) -> Self {
        Self { key: key.into(), why: why.into() }
    }

    /// Requires that something is the case.
    ///
    /// # Errors
    ///
    /// Says that the value of `key` cannot be where it is not.
    pub fn unless(is_so: bool, key: &'static str, why: &str) -> Result<(), Self> {
        if is_so { Ok(()) } else { Err(Self::new(key, why)) }
    }
}

/// A variant from outside the crate, as the reader of a scenario finds it.
#[derive(Debug, Clone, Copy)]
pub struct Own<S> {
    /// What is said about it.
    pub entry: Entry,
    /// Reads its settings; `None` where they cannot be read (reported).
    pub(crate) read: fn(&mut Fields<'_>) -> Option<S>,
}

/// Writes what every `custom` module has in common, for the trait of its room: `OwnPolicy`, `Settings` and `Of`. The
/// module itself says what is asked of settings, in a trait `Described` that has `name` and `write`.
macro_rules! own_policy {
    ($Trait:ident) => {
        #[doc = concat!("What a [`", stringify!($Trait), "`] from outside the crate is besides; every type that can be it is.")]
        ///
        /// A policy may be copied with the state of a run, and settings are shared by the threads that runs are on.
        pub trait OwnPolicy:
            $Trait<Settings: $crate::document::Keyed + std::fmt::Debug + Send + Sync + 'static>
            + Clone
            + std::fmt::Debug
            + Send
            + Sync
            + 'static
        {
        }

        impl<P> OwnPolicy for P
        where
            P: $Trait + Clone + std::fmt::Debug + Send + Sync + 'static,
            P::Settings: $crate::document::Keyed + std::fmt::Debug + Send + Sync + 'static,
        {
        }

        /// The settings of a policy from outside the crate; they know which one that is.
        #[derive(Debug, Clone)]
        pub struct Settings(std::sync::Arc<dyn Described>);

        /// Those that are written alike are the same.
        impl PartialEq for Settings {
            fn eq(&self, other: &Self) -> bool {
                let written = |settings: &Self| {
                    let mut table = toml::Table::new();
                    settings.write(&mut table);
                    table
                };
                self.name() == other.name() && written(self) == written(other)
            }
        }

        impl Settings {
            /// The name written in a scenario.
            pub fn name(&self) -> &'static str {
                self.0.name()
            }

            /// Adds the settings to a table.
            pub fn write(&self, table: &mut toml::Table) {
                self.0.write(table);
            }
        }

        /// The settings of one policy.
        #[derive(Debug)]
        struct Of<P: OwnPolicy>(P::Settings);
    };
}
pub(crate) use own_policy;

/// Writes, for rows `Variant = module`, the running enum, the settings enum with its catalogue, and a macro that
/// runs one expression on whichever variant is there, or, with the word `build`, makes it from its settings, or, with
/// the word `settings`, asks the type of that variant something about its settings.
///
/// The room's trait gives `NAME`, `SUMMARY` and `Settings: Section`; each module holds a type called like its variant.
///
/// After the rows may stand `; Custom = custom`, the variant for policies from outside the crate. That module holds
/// `Custom` and its `Settings`, which know the name of the policy within; it has functions called like those of the
/// trait, stands in no catalogue and is read by no name.
#[macro_export]
macro_rules! registry {
    (($dollar:tt) $Running:ident, $Settings:ident, $Trait:ident, $each:ident; $($Variant:ident = $module:ident),* $(,)?
        $(; $Custom:ident = $custom:ident)?) => {
        #[doc = concat!("A running `", stringify!($Trait), "` of any kind.")]
        #[derive(Debug, Clone)]
        pub enum $Running { $(
            #[doc = concat!("See `", stringify!($module), "::", stringify!($Variant), "`.")]
            $Variant($module::$Variant),
        )* $(
            #[doc = concat!("A `", stringify!($Trait), "` from outside the crate.")]
            $Custom($custom::$Custom),
        )? }

        #[doc = concat!("The settings of a `", stringify!($Trait), "` of any kind.")]
        #[derive(Debug, Clone, PartialEq)]
        pub enum $Settings { $(
            #[doc = concat!("See `", stringify!($module), "::", stringify!($Variant), "`.")]
            $Variant(<$module::$Variant as $Trait>::Settings),
        )* $(
            #[doc = concat!("Those of a `", stringify!($Trait), "` from outside the crate.")]
            $Custom($custom::Settings),
        )? }

        impl $Settings {
            /// Every variant, in the order of the table.
            pub const CATALOGUE: &'static [$crate::registry::Entry] = &[$(
                $crate::registry::Entry {
                    name: <$module::$Variant as $Trait>::NAME,
                    summary: <$module::$Variant as $Trait>::SUMMARY,
                    keys: <<$module::$Variant as $Trait>::Settings as $crate::document::Keyed>::KEYS,
                },
            )*];

            /// The name written in a scenario.
            pub fn name(&self) -> &'static str {
                match self {
                    $( Self::$Variant(_) => <$module::$Variant as $Trait>::NAME, )*
                    $( Self::$Custom(settings) => $custom::Settings::name(settings), )?
                }
            }

            /// Reads the settings of the variant called `name`; `None` for an unknown name (nothing is reported) or
            /// settings that cannot be read (reported).
            pub fn read(name: &str, fields: &mut $crate::document::Fields<'_>) -> Option<Self> {
                $( if name == <$module::$Variant as $Trait>::NAME {
                    return $crate::document::Section::read(fields).map(Self::$Variant);
                } )*
                None
            }

            /// Adds the settings to a table.
            pub fn write(&self, table: &mut toml::Table) {
                match self {
                    $( Self::$Variant(settings) => $crate::document::Section::write(settings, table), )*
                    $( Self::$Custom(settings) => $custom::Settings::write(settings, table), )?
                }
            }
        }

        #[allow(clippy::allow_attributes, unused_macros, reason = "a room may match on its settings only")]
        macro_rules! $each {
            (build $dollar value:expr, $dollar settings:ident, $dollar Policy:ident => $dollar body:expr) => {
                match $dollar value { $( $Settings::$Variant($dollar settings) => {
                    type $dollar Policy = $module::$Variant;
                    $Running::$Variant($dollar body)
                } )* $( $Settings::$Custom($dollar settings) => {
                    type $dollar Policy = $custom::$Custom;
                    $Running::$Custom($dollar body)
                } )? }
            };
            (settings $dollar value:expr, $dollar settings:ident, $dollar Policy:ident => $dollar body:expr) => {
                match $dollar value { $( $Settings::$Variant($dollar settings) => {
                    type $dollar Policy = $module::$Variant;
                    $dollar body
                } )* $( $Settings::$Custom($dollar settings) => {
                    type $dollar Policy = $custom::$Custom;
                    $dollar body
                } )? }
            };
            (names $dollar Policy:ident => $dollar body:expr) => {
                $( {
                    type $dollar Policy = $module::$Variant;
                    $dollar body
                } )*
            };
            ($dollar value:expr, $dollar policy:ident => $dollar body:expr) => {
                match $dollar value {
                    $( $Running::$Variant($dollar policy) => $dollar body, )*
                    $( $Running::$Custom($dollar policy) => $dollar body, )?
                }
            };
        }
        #[allow(clippy::allow_attributes, unused_imports, reason = "a room may match on its settings only")]
        pub(crate) use $each;
    };
}
