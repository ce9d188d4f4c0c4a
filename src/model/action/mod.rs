//! What alarms, schedules and operations of a recovery do: the list of verbs.
//!
//! A verb is written as a path, `recovery.restart.start`: the kind of a part, its name, the verb and, for some, what stands
//! in brackets. To add one: a row of [`VERBS`], a variant of [`Verb`], its place in the check, and the handler that carries
//! it out.

use crate::units::RecoveryId;

/// Something that is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Verb {
    /// The recovery of the faults that name the monitor and that it has found begins.
    Recover,
    /// A recovery plan begins for each fault that has it and whose recovery has not begun.
    StartRecovery(RecoveryId),
}

/// What stands in the brackets of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// There are none.
    None,
}

/// What is known of a verb.
#[derive(Debug, Clone, Copy)]
pub struct VerbRow {
    /// The kind of part that has it.
    pub part: &'static str,
    /// As it is written.
    pub name: &'static str,
    /// What stands in its brackets.
    pub argument: Argument,
    /// An example of the verb as it is written.
    pub example: &'static str,
    /// What it does, in one sentence.
    pub summary: &'static str,
}

/// Every verb, by the kind of part and its name.
pub const VERBS: &[VerbRow] = &[
    VerbRow {
        part: "recovery",
        name: "start",
        argument: Argument::None,
        example: "recovery.restart.start",
        summary: "Starts the plan for each fault that has it and whose recovery has not begun.",
    },
];

/// A path of a verb in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path<'p> {
    /// The kind of part.
    pub part: &'p str,
    /// Its name.
    pub name: &'p str,
    /// The verb.
    pub verb: &'p str,
    /// What stands in brackets, if there are any.
    pub argument: Option<&'p str>,
}

impl<'p> Path<'p> {
    /// Takes a path apart; `None` where it is none.
    pub fn parse(text: &'p str) -> Option<Self> {
        let (head, argument) = match text.split_once('(') {
            Some((head, rest)) => (head, Some(rest.strip_suffix(')')?.trim())),
            None => (text, None),
        };
        let (part, rest) = head.trim().split_once('.')?;
        let (name, verb) = rest.rsplit_once('.')?;
        let is_whole = !part.is_empty() && !name.is_empty() && !verb.is_empty();
        is_whole.then_some(Self { part, name, verb, argument })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_taken_apart() {
        let path = |part, name, verb, argument| Some(Path { part, name, verb, argument });
        assert_eq!(Path::parse("service.shop.replace"), path("service", "shop", "replace", None));
        assert_eq!(Path::parse("service.a.scale(+2)"), path("service", "a", "scale", Some("+2")));
        assert_eq!(Path::parse("service.a.avoid()"), path("service", "a", "avoid", Some("")));
        let inner = "zone.east.1";
        assert_eq!(Path::parse("service.a.avoid(zone.east.1)"), path("service", "a", "avoid", Some(inner)));
        for wrong in ["recover", "service.shop", "service..replace", "service.a.scale(+2"] {
            assert_eq!(Path::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_example_is_a_path_of_its_verb() {
        for row in VERBS {
            let path = Path::parse(row.example).unwrap();
            assert_eq!((path.part, path.verb), (row.part, row.name));
            assert_eq!(path.argument.is_some(), row.argument != Argument::None, "{}", row.example);
        }
    }
}
