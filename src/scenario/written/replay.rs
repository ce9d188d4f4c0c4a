//! Faults as recorded in a file.

use super::origin::Origin;
use crate::document::{
    Diagnostics, Fallback, Field, Fields, Key, Kind, Name, Node, Section, Shape, Span, TimeUnit, Value,
    read_section, unexpected,
};

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
        /// A CSV file with a header, looked up beside the scenario, then in the data folders; symbolic links that lead
        /// out of these are refused.
        file: Name,
        /// The column that names the unit of each outage; units are numbered in the order of these names.
        unit: Name,
        /// The column with the begin of each outage: numbers, dates, or times of RFC 3339 such as
        /// 2001-05-01T11:30:00Z, all of one form.
        started: Name,
        /// The column with the end of each outage; one whose cell is empty lasts to the end of the run. Without the
        /// column `time_to_repair` or `recovery` ends them.
        ended: Option<Name> = None,
        /// The unit of instants that are numbers: `ns`, `us`, `ms`, `s`, `min`, `h` or `d`; `s` by default.
        time_unit: Option<TimeUnit> = None,
        /// The instant of this file at which the run begins; by default that of `run.origin`, or else the earliest
        /// instant in any replayed file of the scenario.
        origin: Option<Origin> = None,
    }
}

/// The key that chooses rows.
const FILTER: &[Key] = &[Key {
    name: "where",
    lines: &["Takes only rows in which each of these columns has this value, such as { system = 20 }."],
    kind: || Kind::map(Kind::Either(vec![Kind::Text, u64::kind()])),
    fallback: Fallback::Value(|| None),
    range: None,
    since: "0.1",
}];

/// Numbers are allowed as values of the filter, since the columns often hold numbers.
impl Section for FaultReplay {
    fn shape() -> Shape {
        ReplayColumns::shape().and(FILTER).called("fault-replay")
    }

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

    fn kind() -> Kind {
        Kind::Table(Self::shape())
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        read_section(node, Self::EXPECTED, findings)
    }

    fn write(&self) -> Option<toml::Value> {
        Some(crate::document::write_section(self))
    }
}
