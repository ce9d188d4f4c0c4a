//! Monitors as they are written.

use super::claim::Quantity;
use super::fault::Several;
use super::law::Law;
use super::variant::{names, variants};
use crate::document::{Choice, Diagnostic, Fallback, Field, Fields, Key, Name, Section, Shape};
use crate::model::monitoring::alarm::Missing;
use crate::model::monitoring::monitor::Action;
use crate::units::{Probability, SimDuration};

/// Who watches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MonitorSection {
    pub(crate) kind: MonitorKeys,
    pub(crate) action: Action,
}

variants! {
    /// What a monitor watches, chosen by `kind`.
    pub(crate) enum MonitorKeys {
        Poll = "poll", "Looks at replicas, zones or regions, periodically or at random.", PollKeys;
        Alarm = "alarm", "Compares a number of a service with a threshold, so many of so many periods.", AlarmKeys;
    }
}

crate::settings! {
    /// What is looked at, and when.
    pub(crate) struct PollKeys {
        /// What is looked at, each part by itself: replicas, zones or regions, such as "service.shop.*".
        on: Several<Name>,
        /// Time from one look to the next: a duration for periodic looks at a random phase, an exponential
        /// distribution for random ones.
        #[range = "> 0"]
        interval: Law,
        /// Share of faults that the monitor can see at all; the others it never sees, however often it looks.
        coverage: Probability = Probability::ONE,
        /// Share of looks at something sound that find fault with it.
        false_alarms: Probability = Probability::ZERO,
        /// So many findings in a row raise the alarm.
        #[range = ">= 1"]
        after: u32 = 1,
    }
}

crate::settings! {
    /// Which number, and what is wrong about it.
    pub(crate) struct AlarmKeys {
        /// The number that is watched, such as `service.shop/failure_ratio`.
        metric: Name,
        /// The period is wrong when the number is above this; either this or `below` is given.
        above: Option<Quantity> = None,
        /// The period is wrong when the number is below this; either this or `above` is given.
        below: Option<Quantity> = None,
        /// Over which time the number is taken, again and again.
        #[range = "> 0"]
        period: SimDuration = SimDuration::from_nanos(60_000_000_000),
        /// So many of the last `periods` must be wrong for the alarm.
        #[range = ">= 1"]
        datapoints: u32 = 1,
        /// How many of the last periods are looked at; as many as `datapoints` where absent.
        #[range = ">= 1, <= 10000"]
        periods: Option<u32> = None,
        /// What a period without a value counts as.
        missing: Missing = Missing::Missing,
    }
}

/// The key that chooses a kind of monitor.
const KIND: Choice =
    Choice { key: "kind", what: "kind of monitor", default: None, variants: MonitorKeys::CATALOGUE };

/// The key of every kind.
const ACTION: &[Key] = &[Key {
    name: "action",
    lines: &[
        "What an alarm does: start the recovery of faults that name the monitor, or nothing but be counted.",
    ],
    kind: Action::kind,
    fallback: Fallback::Value(|| Action::Recover.write()),
    range: None,
    since: "0.1",
}];

impl Section for MonitorSection {
    fn shape() -> Shape {
        Shape::new("monitor", ACTION).choosing(KIND)
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let kind = fields.required::<Name>("kind");
        let action = fields.or("action", || Action::Recover);
        let kind = kind.and_then(|kind| {
            let known = names(MonitorKeys::CATALOGUE);
            if known.contains(&kind.text.as_str()) {
                return MonitorKeys::read_keys(&kind.text, fields);
            }
            fields.findings().push(Diagnostic::unknown(kind.span, "kind of monitor", &kind.text, known));
            // Which of the other keys belong to it cannot be known.
            fields.accept_all();
            None
        });
        Some(Self { kind: kind?, action: action? })
    }

    fn write(&self, table: &mut toml::Table) {
        table.insert("kind".to_owned(), self.kind.name().into());
        if let Some(action) = crate::document::Field::write(&self.action) {
            table.insert("action".to_owned(), action);
        }
        self.kind.write_keys(table);
    }
}

crate::tables! {
    MonitorSection = "a table that describes a monitor",
}
