//! Presets, before anything is read: what a table does not say itself is filled in, and nobody else knows of presets.

use super::overrides::own_keys;
use crate::document::{Diagnostic, Diagnostics, Name, Node, Span, Table, Value, nearest, unexpected};
use crate::model::preset::{Mark, Part, Place, Preset, Refused, Room, Row, Value as Given};

mod origin;
pub(super) use origin::Origins;

/// The key that names a preset.
pub(super) const KEY: &str = "preset";

/// Keys below calls, and below callers for all their calls, under which there are rooms.
const OF_CALLS: [(&str, Room); 5] = [
    ("throttle", Room::Throttle),
    ("breaker", Room::Breaker),
    ("bulkhead", Room::Bulkhead),
    ("hedge", Room::Hedge),
    ("retry", Room::Retry),
];

/// The same of services.
const OF_SERVICES: [(&str, Room); 11] = [
    ("autoscaling", Room::Autoscaling),
    ("function", Room::Function),
    ("start", Room::Start),
    ("balancing", Room::Balancing),
    ("health_check", Room::HealthCheck),
    ("liveness", Room::Liveness),
    ("outlier_detection", Room::OutlierDetection),
    ("queue", Room::Queue),
    ("admission", Room::Throttle),
    ("standby", Room::Standby),
    ("cache", Room::Cache),
];

/// The room of the table under a key; `None` where there are no presets for it.
pub(super) fn room(key: &str) -> Option<Room> {
    let all = OF_CALLS.iter().chain(&OF_SERVICES).chain(&[IN_BALANCING, IN_RETRY, IN_FAULT]);
    all.into_iter().find(|(name, _)| *name == key).map(|(_, room)| *room)
}

const IN_FAULT: (&str, Room) = ("backoff", Room::Backoff);
const IN_BALANCING: (&str, Room) = ("slow_start", Room::SlowStart);
const IN_RETRY: (&str, Room) = ("budget", Room::Budget);

/// Fills every table that names a preset with what that gives and the table does not write, and takes the name away;
/// returns where each value comes from.
pub(super) fn expand(document: &mut Table, findings: &mut Diagnostics) -> Origins {
    let mut filler = Filler { findings, origins: Origins::default() };
    for (section, rooms) in [
        ("client", &[][..]),
        ("service", &OF_SERVICES[..]),
        ("gateway", &[][..]),
        ("deploy", &[][..]),
        ("dns", &[("health_check", Room::HealthCheck)][..]),
        ("fault", &[][..]),
        ("monitor", &[][..]),
        ("recovery", &[][..]),
    ] {
        let Some(Node { value: Value::Table(parts), .. }) = document.find_mut(section) else { continue };
        for (_, part) in &mut parts.entries {
            let span = part.span;
            let Value::Table(part) = &mut part.value else { continue };
            match section {
                "gateway" => {
                    filler.gateway(part, span);
                    continue;
                }
                "dns" => {
                    filler.rooms(part, rooms);
                    continue;
                }
                "deploy" => {
                    filler.fill((part, span), "deploy", Room::Deploy);
                    continue;
                }
                "fault" => {
                    filler.fill((part, span), "fault", Room::Fault);
                    filler.rooms(part, &[IN_FAULT]);
                    continue;
                }
                "monitor" => {
                    filler.fill((part, span), "monitor", Room::Monitor);
                    continue;
                }
                "recovery" => {
                    filler.operations(part);
                    continue;
                }
                _ => {}
            }
            filler.call(part, span);
            filler.rooms(part, rooms);
            match part.find_mut("calls") {
                Some(Node { value: Value::Table(call), span }) => filler.call(call, *span),
                Some(Node { value: Value::List(calls), .. }) => calls.iter_mut().for_each(|call| {
                    if let Value::Table(table) = &mut call.value {
                        filler.call(table, call.span);
                    }
                }),
                _ => {}
            }
        }
    }
    if let Some(Node { value: Value::Table(cost), span }) = document.find_mut("cost") {
        filler.fill((cost, *span), "cost", Room::Cost);
    }
    filler.origins
}

struct Filler<'a> {
    findings: &'a mut Diagnostics,
    origins: Origins,
}

impl Filler<'_> {
    /// A call, or a caller with the defaults of its calls.
    fn call(&mut self, table: &mut Table, span: Span) {
        self.fill((table, span), "call", Room::Call);
        self.rooms(table, &OF_CALLS);
    }

    /// A gateway, and the call that authorises.
    fn gateway(&mut self, table: &mut Table, span: Span) {
        self.fill((table, span), "gateway", Room::Gateway);
        if let Some(Node { value: Value::Table(call), span }) = table.find_mut("authorise") {
            self.call(call, *span);
        }
    }

    /// The operations of a plan, and of the plans within it.
    fn operations(&mut self, plan: &mut Table) {
        let Some(Node { value: Value::List(operations), .. }) = plan.find_mut("operations") else { return };
        for operation in operations {
            if let Value::Table(table) = &mut operation.value {
                self.fill((table, operation.span), "operations", Room::Operation);
                self.operations(table);
            }
        }
    }

    /// The tables under some keys; one whose preset is wrong goes, so that nothing is missed in it.
    fn rooms(&mut self, table: &mut Table, rooms: &[(&str, Room)]) {
        for (key, room) in rooms {
            self.refuse_beside(table, key, *room);
            let unsure = self.fill_beside(table, key, *room);
            let Some(Node { value: Value::Table(inner), span }) = table.find_mut(key) else { continue };
            if !self.fill_and_say((inner, *span), key, *room, unsure) {
                table.entries.retain(|(name, _)| name.text != *key);
                continue;
            }
            match room {
                Room::Balancing => self.rooms(inner, &[IN_BALANCING]),
                Room::Retry | Room::Hedge => self.rooms(inner, &[IN_RETRY]),
                Room::Liveness => self.rooms(inner, &[IN_FAULT]),
                _ => {}
            }
        }
    }

    /// Fills one table; whether its preset, if it names one, is right.
    fn fill(&mut self, table: (&mut Table, Span), key: &str, room: Room) -> bool {
        self.fill_and_say(table, key, room, Vec::new())
    }

    /// The same, and says which of its values nobody confirmed, beside others.
    fn fill_and_say(
        &mut self,
        (table, within): (&mut Table, Span),
        key: &str,
        room: Room,
        mut unsure: Vec<Row>,
    ) -> bool {
        let Some(place) = table.entries.iter().position(|(name, _)| name.text == KEY) else {
            return self.is_spelt_well(table);
        };
        let (_, node) = table.entries.remove(place);
        let Value::Text(text) = &node.value else {
            unexpected(&node, "the name of a preset, such as \"envoy\"", self.findings);
            return false;
        };
        let name = Name { text: text.clone(), span: self.origins.at(node.span) };
        let Some((preset, part)) = self.part(&name, room) else { return false };
        self.refuse_within(table, preset, room);
        let is_population = room == Room::Function && is_population(table);
        if is_population && let Some(row) = part.rows.iter().find(|row| serves_several(row)) {
            self.several_requests(&name, row);
            return true;
        }
        // What limits one function has no place where there are many.
        let fits = |row: &&Row| !is_population || row.key.split('.').next() == Some(KEPT);
        for row in part.rows.iter().filter(|row| row.place == Place::Within).filter(fits) {
            let origin = self.origins.add(&name, row, (room != Room::Call).then_some(within));
            if !is_kept(table, key, part, row) || !put(table, row, &Name { span: origin, ..name.clone() }) {
                self.origins.take_back();
                continue;
            }
            if let Given::Needed(example) = row.value {
                self.needed(&name, room, (row.key, *example));
            } else if part.source_of(row).mark == Mark::Unconfirmed && row.value != Given::Own {
                unsure.push(*row);
            }
        }
        self.unsure(&name, part, &unsure);
        true
    }

    /// Reports the preset of a platform whose instances are not those of a population.
    fn several_requests(&mut self, name: &Name, row: &Row) {
        let message = format!(
            "an instance of the preset \"{}\" serves {} requests at once, and one of a population serves one",
            name.text, row.value
        );
        let help = "leave the preset out and say \"keep_alive\", or give a function a service of its own";
        self.findings.push(Diagnostic::error(name.span, message).label("not a population's").help(help));
    }

    /// Fills the table that holds the one under a key with what the preset of that gives it; returns what nobody confirmed.
    fn fill_beside(&mut self, table: &mut Table, key: &str, room: Room) -> Vec<Row> {
        let mut unsure = Vec::new();
        let Some(Node { value: Value::Table(inner), .. }) = table.find(key) else { return unsure };
        let Some(Node { value: Value::Text(text), span }) = inner.find(KEY) else { return unsure };
        let name = Name { text: text.clone(), span: self.origins.at(*span) };
        let Some(part) = Preset::find(&name.text).and_then(|preset| preset.part(room)) else { return unsure };
        for row in part.rows.iter().filter(|row| row.place == Place::Beside) {
            let origin = self.origins.add(&name, row, None);
            if !put(table, row, &Name { span: origin, ..name.clone() }) {
                self.origins.take_back();
            } else if part.source_of(row).mark == Mark::Unconfirmed {
                unsure.push(*row);
            }
        }
        unsure
    }

    /// Reports a key that is nearly the one that names a preset: the reader, which does not know that one, would not.
    fn is_spelt_well(&mut self, table: &mut Table) -> bool {
        let place = table.entries.iter().position(|(name, _)| nearest(&name.text, [KEY]).is_some());
        let Some(place) = place else { return true };
        let (name, _) = table.entries.remove(place);
        let error = Diagnostic::error(name.span, format!("no key is called \"{}\"", name.text));
        self.findings.push(error.label("unknown key").help(format!("did you mean \"{KEY}\"?")));
        false
    }

    /// What a preset says for a room.
    fn part(&mut self, name: &Name, room: Room) -> Option<(&'static Preset, &'static Part)> {
        let subject = room.subject();
        let Some(preset) = Preset::find(&name.text) else {
            let what = format!("preset of {subject}");
            self.findings.push(Diagnostic::unknown(name.span, &what, &name.text, Preset::names(room)));
            return None;
        };
        let part = preset.part(room);
        if part.is_none() {
            let known = Preset::names(room).collect::<Vec<_>>().join(", ");
            let message = format!("the preset \"{}\" says nothing of {subject}", name.text);
            let error = Diagnostic::error(name.span, message).label(format!("no preset of {subject}"));
            self.findings.push(error.help(format!("known: {known}")));
        }
        part.map(|part| (preset, part))
    }

    /// Reports what a table says though the system of its preset refuses it, and takes it away.
    fn refuse_within(&mut self, table: &mut Table, preset: &Preset, room: Room) {
        let here = |one: &&Refused| one.room == room && one.place == Place::Within;
        for refused in preset.notes.refused.iter().filter(here) {
            let is_it = |node: &Node| match (refused.value, &node.value) {
                (None, _) => true,
                (Some(value), Value::Text(text)) => text == value,
                (Some(_), _) => false,
            };
            table.entries.retain(|(name, node)| {
                let goes = name.text == refused.key && is_it(node);
                if goes {
                    self.findings.push(refusal(preset.name, refused, self.origins.at(name.span)));
                }
                !goes
            });
        }
    }

    /// Reports what stands beside a table though the system of that table's preset refuses it.
    fn refuse_beside(&mut self, table: &Table, key: &str, room: Room) {
        let Some(Node { value: Value::Table(inner), .. }) = table.find(key) else { return };
        let Some(Node { value: Value::Text(name), .. }) = inner.find(KEY) else { return };
        let Some(preset) = Preset::find(name) else { return };
        let here = |one: &&Refused| one.room == room && one.place == Place::Beside;
        for refused in preset.notes.refused.iter().filter(here) {
            if let Some((name, _)) = table.entries.iter().find(|(name, _)| name.text == refused.key) {
                self.findings.push(refusal(preset.name, refused, self.origins.at(name.span)));
            }
        }
    }

    /// Reports a key for which a system has no default.
    fn needed(&mut self, name: &Name, room: Room, (key, example): (&str, Given)) {
        let message = format!("the preset \"{}\" of {} leaves \"{key}\" to you", name.text, room.subject());
        let error = Diagnostic::error(name.span, message).label("not enough");
        self.findings.push(error.help(format!("add it, such as {key} = {example}")));
    }

    /// Says which values a scenario relies on though nobody confirmed them.
    fn unsure(&mut self, name: &Name, part: &Part, rows: &[Row]) {
        if rows.is_empty() {
            return;
        }
        let values: Vec<String> = rows.iter().map(|row| format!("{} = {}", row.key, row.value)).collect();
        let mut sources: Vec<&str> = rows.iter().map(|row| part.source_of(row).text).collect();
        sources.dedup();
        let message = format!(
            "the preset \"{}\" gives {} values that are not confirmed: {}",
            name.text,
            part.room.name(),
            values.join(", ")
        );
        let warning = Diagnostic::warning(name.span, message).label("not confirmed");
        self.findings.push(warning.help(format!("source: {}", sources.join("; "))));
    }
}

fn refusal(preset: &str, refused: &Refused, span: Span) -> Diagnostic {
    let key = refused.key;
    let what = refused.value.map_or_else(|| format!("\"{key}\""), |value| format!("{key} = \"{value}\""));
    let beside = if refused.place == Place::Beside {
        format!(" of {}", refused.room.subject())
    } else {
        String::new()
    };
    let error = Diagnostic::error(span, format!("{what} does not go with the preset \"{preset}\"{beside}"));
    error.label("refused").help(refused.why)
}

/// Whether a value of a preset holds in a table: what belongs to a policy, or a distribution, goes with it where another is
/// written.
fn is_kept(table: &Table, key: &str, part: &Part, row: &Row) -> bool {
    if part.room == Room::Fault && is_said_otherwise(table, row) {
        return false;
    }
    let mut rest = row.key;
    let (mut table, mut key, mut above) = (table, key, String::new());
    loop {
        let (first, below) = rest.split_once('.').unwrap_or((rest, ""));
        for choice in ["policy", "distribution"] {
            let chosen = part.text(&format!("{above}{choice}"));
            let written = table.find(choice).map(|node| &node.value);
            if let (Some(chosen), Some(Value::Text(written))) = (chosen, written)
                && written != chosen
                && own_keys(choice, key, chosen).is_some_and(|keys| keys.contains(&first))
            {
                return false;
            }
        }
        let Some(Value::Table(inner)) = table.find(first).map(|node| &node.value) else { return true };
        above = format!("{above}{first}.");
        (table, key, rest) = (inner, first, below);
    }
}

/// Whether a fault says in another way when it strikes, or how long it lasts.
fn is_said_otherwise(table: &Table, row: &Row) -> bool {
    let others: &[&str] = match row.key.split('.').next() {
        Some("time_to_failure") => &["at", "replay", "common"],
        Some("time_to_repair") => &["recovery", "lasts", "replay"],
        _ => &[],
    };
    others.iter().any(|other| table.find(other).is_some())
}

/// Puts a value where nothing is written; whether it was put.
fn put(table: &mut Table, row: &Row, preset: &Name) -> bool {
    let span = preset.span;
    let mut keys = row.key.split('.').peekable();
    let mut table = table;
    while let Some(key) = keys.next() {
        let is_last = keys.peek().is_none();
        if table.find(key).is_none() {
            let value = if is_last { value(&row.value, preset) } else { Value::Table(Table::default()) };
            table.entries.push((Name { text: key.to_owned(), span }, Node { span, value }));
            if is_last {
                return true;
            }
        }
        let Some(Node { value: Value::Table(inner), .. }) = table.find_mut(key) else { return false };
        if is_last && row.value == Given::Own && inner.find(KEY).is_none() {
            let node = Node { span, value: Value::Text(preset.text.clone()) };
            inner.entries.push((Name { text: KEY.to_owned(), span }, node));
            return true;
        }
        table = inner;
    }
    false
}

fn value(given: &Given, preset: &Name) -> Value {
    let span = preset.span;
    let text = |text: &str| Value::Text(text.to_owned());
    match given {
        Given::Boolean(value) => Value::Boolean(*value),
        Given::Integer(value) => Value::Integer(*value),
        Given::Float(value) => Value::Float(*value),
        Given::Text(value) => text(value),
        Given::Texts(values) => {
            Value::List(values.iter().map(|value| Node { span, value: text(value) }).collect())
        }
        Given::Own => {
            let entry = (Name { text: KEY.to_owned(), span }, Node { span, value: text(&preset.text) });
            Value::Table(Table { entries: vec![entry] })
        }
        Given::Needed(example) => value(example, preset),
    }
}

/// How long instances are kept that have nothing to do: what a population takes of the preset of a platform.
const KEPT: &str = "keep_alive";

/// Whether the table of a function says that it is many.
fn is_population(table: &Table) -> bool {
    table.find("population").is_some_and(|node| matches!(node.value, Value::Boolean(true)))
}

/// Whether a preset says that an instance serves several requests at once.
fn serves_several(row: &Row) -> bool {
    row.key == "concurrency" && matches!(row.value, Given::Integer(slots) if slots > 1)
}
