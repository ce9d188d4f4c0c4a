//! Arguments that may be any text, of which some are known: shells complete these.

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::{Arg, Command, Error, ValueEnum};
use std::ffi::OsStr;

use super::{Listed, Named};
use crate::output::reference::explain;

/// Reads any text.
#[derive(Debug, Clone)]
pub(super) struct Known {
    values: fn() -> Vec<PossibleValue>,
}

/// What `explain` explains.
pub(super) fn explained() -> Known {
    Known { values: || explain::words().into_iter().map(PossibleValue::new).collect() }
}

impl TypedValueParser for Known {
    type Value = String;

    fn parse_ref(&self, command: &Command, arg: Option<&Arg>, value: &OsStr) -> Result<String, Error> {
        StringValueParser::new().parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new((self.values)().into_iter()))
    }
}

/// What `list` lists: a kind, or any text.
pub(super) fn listed() -> impl TypedValueParser<Value = Named> {
    let kinds = || Listed::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
    Known { values: kinds }.map(|text| match Listed::from_str(&text, false) {
        Ok(listed) => Named::All(listed),
        Err(_) => Named::One(text),
    })
}
