//! Policies from outside the crate, by the names that a scenario gives them.

use super::preset;
use super::written::balancing::BalancingCommon;
use super::written::resilience::{BreakerCommon, RetryCommon};
use crate::document::Keyed;
use crate::model::balancing::{self, BalancerSettings};
use crate::model::resilience::breaker::{self, BreakerSettings};
use crate::model::resilience::retry::{self, RetrySettings};
use crate::registry::{Entry, Own};

/// Policies from outside the crate that a scenario may name; [`load_with`](super::load_with) reads with it.
///
/// A policy implements the trait of its room as the shipped ones do and declares its settings with
/// [`settings!`](crate::settings), so that unknown keys, wrong types and near names are reported as theirs are.
///
/// ```
/// # use ninefold::kernel::stream::Stream;
/// use ninefold::model::balancing::{BalancingPolicy, FleetView, Impossible, Needs};
/// use ninefold::scenario::{Catalogue, Places, Source, load_with};
///
/// ninefold::settings! {
///     /// It has no settings.
///     pub struct Settings {}
/// }
///
/// /// Picks the last replica that is up.
/// #[derive(Debug, Clone)]
/// struct Last;
///
/// impl BalancingPolicy for Last {
///     const NAME: &'static str = "last";
///     const SUMMARY: &'static str = "The last replica that is up.";
///     const NO_SLOW_START: Option<&'static str> = Some("there is no weight to lower");
///     type Settings = Settings;
///
///     fn needs(_: &Settings) -> Needs {
///         Needs::NOTHING
///     }
///
///     fn check(_: &Settings, _replicas: usize) -> Result<(), Impossible> {
///         Ok(())
///     }
///
///     fn new(_: &Settings, _speed: &[f64]) -> Self {
///         Self
///     }
///
///     fn pick(&mut self, fleet: &FleetView<'_>, _: &mut Stream) -> Option<u32> {
///         fleet.eligible.last().copied()
///     }
/// }
///
/// let mut own = Catalogue::default();
/// own.balancing::<Last>().unwrap();
/// let text = r#"
///     run.horizon = "1min"
///     service.shop = { replicas = 2, demand = "10ms", balancing = "last" }
/// "#;
/// let source = Source { name: "shop.toml".to_owned(), text: text.to_owned() };
/// let scenario = load_with(&own, source, &[], &Places::default()).unwrap();
/// assert_eq!(scenario.system.services[0].balancing.policy.name(), "last");
/// ```
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    pub(super) balancing: Vec<Own<BalancerSettings>>,
    pub(super) retry: Vec<Own<RetrySettings>>,
    pub(super) breaker: Vec<Own<BreakerSettings>>,
}

/// Why a policy from outside the crate cannot be registered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unregistered {
    /// Another policy of the room has the name.
    #[error("there is a {room} policy called \"{name}\" already")]
    Taken {
        /// Which room.
        room: &'static str,
        /// The name.
        name: &'static str,
    },
    /// The name is none.
    #[error("\"{name}\" cannot be the name of a {room} policy: expected small letters, digits and \"-\"")]
    NoName {
        /// Which room.
        room: &'static str,
        /// The name.
        name: &'static str,
    },
    /// Every policy of the room has a key of that name.
    #[error("\"{name}\" cannot have a key \"{key}\" of its own: every {room} policy has it")]
    Key {
        /// Which room.
        room: &'static str,
        /// The name of the policy.
        name: &'static str,
        /// The key.
        key: &'static str,
    },
}

impl Catalogue {
    /// Registers a balancing policy under its name.
    ///
    /// # Errors
    ///
    /// See [`Unregistered`].
    pub fn balancing<P: balancing::OwnPolicy>(&mut self) -> Result<(), Unregistered> {
        let one = BalancerSettings::own::<P>();
        let known = BalancerSettings::CATALOGUE.iter().chain(self.balancing.iter().map(|own| &own.entry));
        admit::<BalancingCommon>("balancing", one.entry, known)?;
        self.balancing.push(one);
        Ok(())
    }

    /// Registers a retry policy under its name.
    ///
    /// # Errors
    ///
    /// See [`Unregistered`].
    pub fn retry<P: retry::OwnPolicy>(&mut self) -> Result<(), Unregistered> {
        let one = RetrySettings::own::<P>();
        let known = RetrySettings::CATALOGUE.iter().chain(self.retry.iter().map(|own| &own.entry));
        admit::<RetryCommon>("retry", one.entry, known)?;
        self.retry.push(one);
        Ok(())
    }

    /// Registers a breaker under its name.
    ///
    /// # Errors
    ///
    /// See [`Unregistered`].
    pub fn breaker<P: breaker::OwnPolicy>(&mut self) -> Result<(), Unregistered> {
        let one = BreakerSettings::own::<P>();
        let known = BreakerSettings::CATALOGUE.iter().chain(self.breaker.iter().map(|own| &own.entry));
        admit::<BreakerCommon>("breaker", one.entry, known)?;
        self.breaker.push(one);
        Ok(())
    }

    /// The keys of a policy of the room whose table stands under a key.
    pub(super) fn keys(&self, parent: &str, name: &str) -> Option<Vec<&'static str>> {
        match parent {
            "balancing" => keys_of(&self.balancing, name),
            "retry" => keys_of(&self.retry, name),
            "breaker" => keys_of(&self.breaker, name),
            _ => None,
        }
    }
}

fn keys_of<S>(own: &[Own<S>], name: &str) -> Option<Vec<&'static str>> {
    own.iter().find(|one| one.entry.name == name).map(|one| one.entry.names())
}

/// Whether a policy can join those of its room, which have the keys of `C` in common.
fn admit<'a, C: Keyed>(
    room: &'static str,
    one: Entry,
    mut known: impl Iterator<Item = &'a Entry>,
) -> Result<(), Unregistered> {
    let name = one.name;
    let is_fine = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if name.is_empty() || !name.chars().all(is_fine) {
        return Err(Unregistered::NoName { room, name });
    }
    if known.any(|entry| entry.name == name) {
        return Err(Unregistered::Taken { room, name });
    }
    let mut common = C::KEYS.iter().map(|key| key.name).chain(["policy", preset::KEY]);
    match common.find(|key| one.keys.iter().any(|own| own.name == *key)) {
        Some(key) => Err(Unregistered::Key { room, name, key }),
        None => Ok(()),
    }
}
