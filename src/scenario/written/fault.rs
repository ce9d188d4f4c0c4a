//! Faults as they are written.

use super::law::Law;
use super::variant::{names, variants};
use crate::document::{
    Diagnostic, Diagnostics, Field, Fields, Name, Node, Section, Span, Value, read_section, unexpected,
};
use crate::model::fault::{Arriving, FaultClock, FaultStart, InService, Signal, Waiting};
use crate::units::{Probability, SimDuration};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaultSection {
    pub(crate) kind: FaultKeys,
    pub(crate) keys: FaultCommon,
    /// Where it stands.
    pub(crate) span: Span,
}

crate::settings! {
    /// The keys of every kind of fault.
    pub(crate) struct FaultCommon {
        on: Several<Name>,
        time_to_failure: Option<Law> = None,
        at: Option<Several<SimDuration>> = None,
        lasts: Option<Several<SimDuration>> = None,
        replay: Option<FaultReplay> = None,
        clock: Option<FaultClock> = None,
        start: Option<FaultStart> = None,
        detected_by: DetectedBy = DetectedBy::Immediate,
        recovery: Option<Name> = None,
        time_to_repair: Option<Law> = None,
    }
}

variants! {
    /// What a fault does, chosen by `kind`.
    pub(crate) enum FaultKeys {
        Crash = "crash", "The replica is gone.", CrashKeys;
        Hang = "hang", "The replica accepts and never answers.", HangKeys;
        Slow = "slow", "The replica works more slowly.", SlowKeys;
        Error = "error", "The replica answers a share of attempts with an error.", ErrorKeys;
        Capacity = "capacity", "The replica has fewer slots.", CapacityKeys;
    }
}

crate::settings! {
    /// What a crash does to work; what is absent depends on what it strikes.
    pub(crate) struct CrashKeys {
        in_service: InService = InService::Lost,
        waiting: Option<Waiting> = None,
        arriving: Option<Arriving> = None,
        signal: Option<Signal> = None,
    }
}

crate::settings! {
    /// A hang has no settings.
    pub(crate) struct HangKeys {}
}

crate::settings! {
    /// How much slower.
    pub(crate) struct SlowKeys {
        factor: f64 = 1.0,
        added: Option<Law> = None,
    }
}

crate::settings! {
    /// How many attempts fail.
    pub(crate) struct ErrorKeys {
        share: Probability,
    }
}

crate::settings! {
    /// How many slots are gone; one of the two keys. Those in use go when their work is done. A replica without a slot is
    /// up all the same: what arrives waits, or finds the queue full.
    pub(crate) struct CapacityKeys {
        /// Share of a replica's slots; what is left is rounded down.
        share: Option<Probability> = None,
        /// Number of a replica's slots; at most all of them.
        slots: Option<u32> = None,
    }
}

impl Section for FaultSection {
    const KEYS: &'static [&'static str] = FaultCommon::KEYS;

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let span = fields.span();
        let kind = fields.required::<Name>("kind");
        let keys = FaultCommon::read(fields);
        let kind = kind.and_then(|kind| {
            let known = names(FaultKeys::CATALOGUE);
            if known.contains(&kind.text.as_str()) {
                return FaultKeys::read_keys(&kind.text, fields);
            }
            fields.findings().push(Diagnostic::unknown(kind.span, "kind of fault", &kind.text, known));
            // Which of the other keys belong to it cannot be known.
            fields.accept_all();
            None
        });
        Some(Self { kind: kind?, keys: keys?, span })
    }

    fn write(&self, table: &mut toml::Table) {
        table.insert("kind".to_owned(), self.kind.name().into());
        self.kind.write_keys(table);
        self.keys.write(table);
    }
}

crate::tables! {
    FaultSection = "a table that describes a fault",
}

/// One value or a list of them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Several<T>(pub(crate) Vec<T>);

impl<T: Field> Field for Several<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::List(items) if items.is_empty() => {
                let error = Diagnostic::error(node.span, "this list is empty").label("nothing in it");
                findings.push(error.help(format!("expected {} or a list of them", T::EXPECTED)));
                None
            }
            Value::List(_) => Vec::<T>::read(node, findings).map(Self),
            _ => T::read(node, findings).map(|one| Self(vec![one])),
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self.0.as_slice() {
            [one] => one.write(),
            _ => self.0.write(),
        }
    }
}

/// What the names of monitors begin with.
const MONITOR: &str = "monitor.";

/// The monitor that a text names.
fn monitor(node: &Node) -> Option<Name> {
    let Value::Text(text) = &node.value else { return None };
    text.strip_prefix(MONITOR).map(|name| Name { text: name.to_owned(), span: node.span })
}

/// When recovery starts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum DetectedBy {
    /// At once.
    Immediate,
    /// When a health check finds it.
    HealthCheck(Span),
    /// When the first of some monitors finds it.
    Monitors(Vec<Name>),
    /// After a time.
    After(Law),
}

impl Field for DetectedBy {
    const EXPECTED: &'static str = "\"immediate\", \"health_check\", a monitor such as \"monitor.ping\" or a list of them, a duration or a distribution";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Text(text) if text == "immediate" => Some(Self::Immediate),
            Value::Text(text) if text == "health_check" => Some(Self::HealthCheck(node.span)),
            Value::Text(text) if text.starts_with(MONITOR) => {
                monitor(node).map(|one| Self::Monitors(vec![one]))
            }
            Value::List(items) if !items.is_empty() && items.iter().all(|one| monitor(one).is_some()) => {
                Some(Self::Monitors(items.iter().filter_map(monitor).collect()))
            }
            Value::Text(text) if !text.starts_with(|first: char| first.is_ascii_digit()) => {
                let known = ["immediate", "health_check"];
                let mut error = Diagnostic::unknown(node.span, "way of detection", text, known);
                if let Some(help) = &mut error.help {
                    help.push_str(", a monitor such as \"monitor.ping\", or a duration such as \"10s\"");
                }
                findings.push(error);
                None
            }
            Value::Text(_) | Value::Table(_) => Law::read(node, findings).map(Self::After),
            _ => {
                unexpected(node, Self::EXPECTED, findings);
                None
            }
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Immediate => Some("immediate".into()),
            Self::HealthCheck(_) => Some("health_check".into()),
            Self::Monitors(names) => {
                let full = |name: &Name| toml::Value::from(format!("{MONITOR}{}", name.text));
                match names.as_slice() {
                    [one] => Some(full(one)),
                    several => Some(several.iter().map(full).collect::<Vec<_>>().into()),
                }
            }
            Self::After(law) => law.write(),
        }
    }
}

/// Faults as recorded in a CSV file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct FaultReplay {
    pub(crate) columns: ReplayColumns,
    /// Which rows are taken: column and value.
    pub(crate) filter: Vec<(String, String)>,
    /// Where it stands.
    pub(crate) span: Span,
}

crate::settings! {
    /// The file and its columns.
    pub(crate) struct ReplayColumns {
        file: Name,
        unit: Name,
        started: Name,
        ended: Option<Name> = None,
    }
}

/// Numbers are allowed as values of the filter, since the columns often hold numbers.
impl Section for FaultReplay {
    const KEYS: &'static [&'static str] = &["file", "unit", "started", "ended", "where"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let span = fields.span();
        let columns = ReplayColumns::read(fields);
        let mut filter = Vec::new();
        let Some(node) = fields.node("where") else {
            return Some(Self { columns: columns?, filter, span });
        };
        let Value::Table(table) = &node.value else {
            unexpected(node, "a table such as { system = 20 }", fields.findings());
            return None;
        };
        let mut all_read = true;
        for (column, node) in &table.entries {
            match &node.value {
                Value::Text(text) => filter.push((column.text.clone(), text.clone())),
                Value::Integer(number) => filter.push((column.text.clone(), number.to_string())),
                _ => {
                    all_read = false;
                    unexpected(node, "a text or a whole number", fields.findings());
                }
            }
        }
        let columns = columns?;
        all_read.then_some(Self { columns, filter, span })
    }

    fn write(&self, table: &mut toml::Table) {
        self.columns.write(table);
        if !self.filter.is_empty() {
            let filter = self.filter.iter().map(|(column, value)| (column.clone(), value.clone().into()));
            table.insert("where".to_owned(), toml::Value::Table(filter.collect()));
        }
    }
}

impl Field for FaultReplay {
    const EXPECTED: &'static str = "a table with the keys \"file\", \"unit\", \"started\" and \"ended\"";

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        read_section(node, Self::EXPECTED, findings)
    }

    fn write(&self) -> Option<toml::Value> {
        Some(crate::document::write_section(self))
    }
}
