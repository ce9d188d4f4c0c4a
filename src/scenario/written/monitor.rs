//! Monitors as they are written.

use super::claim::Quantity;
use super::fault::Several;
use super::law::Law;
use super::variant::{names, variants};
use crate::document::{Diagnostic, Fields, Name, Section};
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
        on: Several<Name>,
        interval: Law,
        coverage: Probability = Probability::ONE,
        false_alarms: Probability = Probability::ZERO,
        after: u32 = 1,
    }
}

crate::settings! {
    /// Which number, and what is wrong about it.
    pub(crate) struct AlarmKeys {
        metric: Name,
        above: Option<Quantity> = None,
        below: Option<Quantity> = None,
        period: SimDuration = SimDuration::from_nanos(60_000_000_000),
        datapoints: u32 = 1,
        periods: Option<u32> = None,
        missing: Missing = Missing::Missing,
    }
}

impl Section for MonitorSection {
    const KEYS: &'static [&'static str] = &["kind", "action"];

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
