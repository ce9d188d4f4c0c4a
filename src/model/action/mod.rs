//! What alarms, schedules and operations of a recovery do: the list of verbs.
//!
//! A verb is written as a path, `service.shop.scale(+2)`: the kind of a part, its name, the verb and, for some, what stands
//! in brackets. To add one: a row of [`VERBS`], a variant of [`Verb`], its place in the check, and the handler that carries
//! it out.

use crate::units::{BackupId, DeployId, Rate, RecoveryId, ServiceId, ZoneId};

/// Something that is done.
#[derive(Debug, Clone, PartialEq)]
pub enum Verb {
    /// The recovery of the faults that name the monitor and that it has found begins.
    Recover,
    /// A recovery plan begins for each fault that has it and whose recovery has not begun.
    StartRecovery(RecoveryId),
    /// The replica of a fleet that is worst off is given up at once, and another starts; of a forecast the one that it is about.
    Replace(ServiceId),
    /// So many replicas more are wanted, or fewer.
    Scale(ServiceId, i32),
    /// Each replica begins anew: what it has is lost, and what struck it alone is over.
    Restart(ServiceId),
    /// A spare takes the place of the replica that is worst off; of a forecast that of the one that it is about.
    Failover(ServiceId),
    /// Those that served at the start serve again.
    Failback(ServiceId),
    /// Nobody who chooses among the replicas of a service picks those in these zones any more; without any, in all again.
    Avoid(ServiceId, Vec<ZoneId>),
    /// The release of a deployment is taken back, if one is out that was not settled yet.
    Rollback(DeployId),
    /// A service refuses what comes faster; without a rate, nothing for this any more.
    Throttle(ServiceId, Option<Rate>),
    /// A backup begins, as far as there is something to back up.
    Backup(BackupId),
    /// What a service has lost is restored from its backups.
    Restore(ServiceId),
    /// The copy that is least behind takes the place of what a service has lost.
    Promote(ServiceId),
}

impl Verb {
    /// The service to whose replicas it does something that may take its time.
    pub const fn service(&self) -> Option<ServiceId> {
        match self {
            Self::Replace(service)
            | Self::Scale(service, _)
            | Self::Restart(service)
            | Self::Failover(service)
            | Self::Failback(service) => Some(*service),
            Self::Recover
            | Self::StartRecovery(_)
            | Self::Avoid(..)
            | Self::Rollback(_)
            | Self::Throttle(..)
            | Self::Backup(_)
            | Self::Restore(_)
            | Self::Promote(_) => None,
        }
    }

    /// As it is written, without its part and what stands in brackets.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Recover => "recover",
            Self::StartRecovery(_) | Self::Backup(_) => "start",
            Self::Replace(_) => "replace",
            Self::Scale(..) => "scale",
            Self::Restart(_) => "restart",
            Self::Failover(_) => "standby.failover",
            Self::Failback(_) => "standby.failback",
            Self::Avoid(..) => "avoid",
            Self::Rollback(_) => "rollback",
            Self::Throttle(..) => "throttle",
            Self::Restore(_) => "data.restore",
            Self::Promote(_) => "data.promote",
        }
    }
}

/// What stands in the brackets of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// There are none.
    None,
    /// A change such as `+2`.
    Change,
    /// Zones or regions, or nothing.
    Places,
    /// A rate such as `50/s`, or nothing.
    Rate,
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
        part: "backup",
        name: "start",
        argument: Argument::None,
        example: "backup.nightly.start",
        summary: "Starts a backup, unless its data are lost, or one is being made and `skip_if_running` says so.",
    },
    VerbRow {
        part: "deploy",
        name: "rollback",
        argument: Argument::None,
        example: "deploy.shop.rollback",
        summary: "Takes the release back that is on its way, is watched, or could still come back.",
    },
    VerbRow {
        part: "recovery",
        name: "start",
        argument: Argument::None,
        example: "recovery.restart.start",
        summary: "Starts the plan for each fault that has it, lasts, and whose recovery has not begun; without one nothing happens.",
    },
    VerbRow {
        part: "service",
        name: "replace",
        argument: Argument::None,
        example: "service.shop.replace",
        summary: "Gives up the replica that is worst off, and starts another.",
    },
    VerbRow {
        part: "service",
        name: "scale",
        argument: Argument::Change,
        example: "service.shop.scale(+2)",
        summary: "Wants so many replicas more or fewer, within \"min\" and \"max\".",
    },
    VerbRow {
        part: "service",
        name: "restart",
        argument: Argument::None,
        example: "service.shop.restart",
        summary: "Begins each replica anew: what it has is lost, and what struck it alone is over.",
    },
    VerbRow {
        part: "service",
        name: "standby.failover",
        argument: Argument::None,
        example: "service.db.standby.failover",
        summary: "Switches from the replica that is worst off to a spare, where one is up.",
    },
    VerbRow {
        part: "service",
        name: "standby.failback",
        argument: Argument::None,
        example: "service.db.standby.failback",
        summary: "Switches back to the replicas that served at the start, as far as they are up.",
    },
    VerbRow {
        part: "service",
        name: "data.restore",
        argument: Argument::None,
        example: "service.db.data.restore",
        summary: "Restores what a service has lost from the newest of its backups that can be read; without a loss nothing happens.",
    },
    VerbRow {
        part: "service",
        name: "data.promote",
        argument: Argument::None,
        example: "service.db.data.promote",
        summary: "Puts the copy that is least behind in the place of what a service has lost; without a loss, or a copy that is left, nothing happens.",
    },
    VerbRow {
        part: "service",
        name: "avoid",
        argument: Argument::Places,
        example: "service.shop.avoid(zone.east.1)",
        summary: "Keeps those who choose from replicas in these zones or regions, and from no others; without any it ends that.",
    },
    VerbRow {
        part: "service",
        name: "throttle",
        argument: Argument::Rate,
        example: "service.shop.throttle(50/s)",
        summary: "Refuses what comes faster, with the reason throttled; without a rate it ends that.",
    },
];

/// What may stand between the name of a part and its verb.
const INNER: [&str; 2] = [".standby.", ".data."];

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
        // What a service may have stands between its name and the verb.
        let inner = INNER.iter().find_map(|inner| rest.rfind(inner));
        let inner = inner.map(|at| (&rest[..at], &rest[at + 1..]));
        let (name, verb) = inner.or_else(|| rest.rsplit_once('.'))?;
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
        let standby = path("service", "db", "standby.failover", None);
        assert_eq!(Path::parse("service.db.standby.failover"), standby);
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
