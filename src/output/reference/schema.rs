//! The language of scenarios as a JSON Schema, for editors and other programs.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::document::{Choice, Key, Kind, Shape, measure};
use crate::registry::Entry;
use crate::scenario::language;

/// A duration: numbers, each with a unit of time.
pub const DURATION: &str = r"^\s*([0-9.]+(ns|us|ms|s|min|h|d)\s*)+$";
/// A number per time.
pub const RATE: &str = r"^\s*[0-9.eE+-]+\s*/\s*[0-9]*(s|min|h|d)\s*$";
/// A share in percent.
pub const SHARE: &str = r"^\s*[0-9.eE+-]+\s*%$";
/// A bound on a metric.
pub const TARGET: &str = r"^\s*(>=|<=)\s*[0-9.].*$";

/// The schema of a scenario file, draft 2020-12.
pub fn schema() -> Value {
    let mut builder = Builder::default();
    let file = language::file();
    let object = builder.object(&file.keys, &[], &[]);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Scenario of Ninefold",
        "description": "A fleet of services under load and failure; made by `ninefold schema`.",
    });
    merge(&mut schema, object);
    merge(&mut schema, json!({ "$defs": Value::Object(builder.definitions) }));
    schema
}

/// Adds the entries of an object to another.
fn merge(object: &mut Value, other: Value) {
    if let (Some(object), Value::Object(other)) = (object.as_object_mut(), other) {
        object.extend(other);
    }
}

/// Collects the tables that several keys share.
#[derive(Debug, Default)]
struct Builder {
    definitions: Map<String, Value>,
}

impl Builder {
    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Boolean => json!({ "type": "boolean" }),
            Kind::Whole(most) => json!({ "type": "integer", "minimum": 0, "maximum": most }),
            Kind::Number => json!({ "type": "number" }),
            Kind::Share => json!({ "anyOf": [
                { "type": "number", "minimum": 0, "maximum": 1 },
                { "type": "string", "pattern": SHARE },
            ] }),
            Kind::Duration => json!({ "type": "string", "pattern": DURATION }),
            Kind::Rate => json!({ "type": "string", "pattern": RATE }),
            Kind::Quantity => json!({ "type": ["number", "string"] }),
            Kind::Target => json!({ "type": "string", "pattern": TARGET }),
            Kind::Text => json!({ "type": "string" }),
            Kind::Anything => json!({}),
            Kind::Words(words) => {
                json!({ "type": "string", "enum": words.iter().map(|word| word.name).collect::<Vec<_>>() })
            }
            Kind::List(of, least) => json!({ "type": "array", "items": self.kind(of), "minItems": least }),
            Kind::Map(of) => json!({ "type": "object", "additionalProperties": self.kind(of) }),
            Kind::Table(shape) => self.table(shape),
            Kind::Either(kinds) => {
                json!({ "anyOf": kinds.iter().map(|kind| self.kind(kind)).collect::<Vec<_>>() })
            }
        }
    }

    /// A reference to the definition of a table, which is made where it is not there.
    fn table(&mut self, shape: &Shape) -> Value {
        let title = shape.title();
        if !self.definitions.contains_key(&title) {
            // A table may contain itself, so its name is taken before its keys are looked at.
            self.definitions.insert(title.clone(), Value::Null);
            let definition = self.definition(shape, &title);
            self.definitions.insert(title.clone(), definition);
        }
        json!({ "$ref": format!("#/$defs/{title}") })
    }

    fn definition(&mut self, shape: &Shape, title: &str) -> Value {
        let presets = language::presets(title);
        let mut forms = match &shape.choice {
            Some(choice) => choice.variants.iter().map(|entry| self.variant(shape, choice, entry)).collect(),
            None => vec![self.object(&shape.keys, &[], &[])],
        };
        if title == "operation" {
            // An operation without a plan is a task.
            forms.push(self.object(&shape.keys, &["operations"], &[]));
        }
        if !presets.is_empty() {
            let given = (language::PRESET, json!({ "type": "string", "enum": presets }));
            let chosen = shape.choice.map(|choice| (choice.key, words(&choice)));
            let extra: Vec<_> = [given].into_iter().chain(chosen).collect();
            let all: Vec<&str> = shape.all_keys().iter().map(|key| key.name).collect();
            let mut form = self.object(&shape.all_keys(), &all, &extra);
            merge(&mut form, json!({ "required": [language::PRESET] }));
            forms.push(form);
        }
        if shape.keys.iter().any(|key| key.name == language::IMPORT) {
            let all: Vec<&str> = shape.all_keys().iter().map(|key| key.name).collect();
            let chosen: Vec<_> = shape.choice.iter().map(|choice| (choice.key, words(choice))).collect();
            let mut form = self.object(&shape.all_keys(), &all, &chosen);
            merge(&mut form, json!({ "required": [language::IMPORT] }));
            forms.push(form);
        }
        match &forms[..] {
            [_] => forms.remove(0),
            _ => json!({ "anyOf": forms }),
        }
    }

    /// The table of one variant.
    fn variant(&mut self, shape: &Shape, choice: &Choice, entry: &Entry) -> Value {
        let keys: Vec<Key> = shape.keys.iter().chain(entry.keys).copied().collect();
        let tag = json!({ "const": entry.name, "description": entry.summary });
        let mut object = self.object(&keys, optional(&shape.title()), &[(choice.key, tag)]);
        if choice.default != Some(entry.name)
            && let Some(required) = object.as_object_mut().map(|object| object.entry("required"))
            && let Some(names) = required.or_insert_with(|| json!([])).as_array_mut()
        {
            names.push(choice.key.into());
        }
        object
    }

    /// A table with these keys and no others; those named `free` need not be there.
    fn object(&mut self, keys: &[Key], free: &[&str], extra: &[(&str, Value)]) -> Value {
        let mut forms: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for key in keys {
            forms.entry(key.name).or_default().push(self.property(key));
        }
        let mut properties = Map::new();
        for (name, mut values) in forms {
            values.dedup();
            // Variants may have different keys of one name.
            let value = if values.len() == 1 { values.remove(0) } else { json!({ "anyOf": values }) };
            properties.insert(name.to_owned(), value);
        }
        properties.extend(extra.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let needed = keys.iter().filter(|key| key.is_required() && !free.contains(&key.name));
        let mut required: Vec<&str> = needed.map(|key| key.name).collect();
        required.dedup();
        let mut object = json!({ "type": "object", "properties": properties, "additionalProperties": false });
        if !required.is_empty() {
            merge(&mut object, json!({ "required": required }));
        }
        object
    }

    fn property(&mut self, key: &Key) -> Value {
        let mut value = json!({ "description": key.text() });
        let mut kind = self.kind(&(key.kind)());
        if let Some(range) = key.range {
            bound(&mut kind, range);
            merge(&mut value, json!({ "description": format!("{} Range: {range}.", key.text()) }));
        }
        merge(&mut value, kind);
        if let Some(default) = key.default().and_then(|default| serde_json::to_value(default).ok()) {
            merge(&mut value, json!({ "default": default }));
        }
        value
    }
}

/// Keys that a table of this title needs in one of its forms only.
fn optional(title: &str) -> &'static [&'static str] {
    if title == "operation" { &["time"] } else { &[] }
}

fn words(choice: &Choice) -> Value {
    json!({ "type": "string", "enum": choice.variants.iter().map(|entry| entry.name).collect::<Vec<_>>() })
}

/// Narrows the numbers that a schema allows to a range such as `> 0, <= 1`; lists are bound entry by entry.
fn bound(schema: &mut Value, range: &str) {
    let Some(object) = schema.as_object_mut() else { return };
    if let Some(forms) = object.get_mut("anyOf").and_then(Value::as_array_mut) {
        for form in forms {
            bound(form, range);
        }
        return;
    }
    if let Some(items) = object.get_mut("items") {
        return bound(items, range);
    }
    if !matches!(object.get("type").and_then(Value::as_str), Some("number" | "integer")) {
        return;
    }
    for (sign, limit) in bounds(range) {
        let name = match sign {
            ">=" => "minimum",
            ">" => "exclusiveMinimum",
            "<=" => "maximum",
            _ => "exclusiveMaximum",
        };
        object.insert(name.to_owned(), limit);
    }
}

/// The bounds of a range: sign and number of each, in base units.
pub fn bounds(range: &str) -> Vec<(&str, Value)> {
    let one = |part: &'static str, text: &str| text.strip_prefix(part).and_then(|rest| number(rest.trim()));
    let read =
        |text: &str| [">=", "<=", ">", "<"].into_iter().find_map(|sign| Some((sign, one(sign, text)?)));
    range.split(',').filter_map(|text| read(text.trim())).collect()
}

fn number(text: &str) -> Option<Value> {
    let whole = text.parse::<u64>().map(Value::from).ok();
    whole.or_else(|| measure(text).map(|(value, _)| value.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_range_is_understood() {
        for shape in language::shapes() {
            for key in shape.all_keys() {
                if let Some(range) = key.range {
                    assert_eq!(bounds(range).len(), range.split(',').count(), "{}: {range}", key.name);
                }
            }
        }
        assert_eq!(bounds("> 0, <= 0.5"), [(">", 0.into()), ("<=", 0.5.into())]);
        assert_eq!(bounds(">= 1ms"), [(">=", 0.001.into())]);
        assert!(bounds("about 3").is_empty());
    }

    #[test]
    fn ranges_narrow_numbers_and_the_numbers_in_lists() {
        let mut schema =
            json!({ "anyOf": [{ "type": "number" }, { "type": "array", "items": { "type": "number" } }] });
        bound(&mut schema, "> 0");
        assert_eq!(schema["anyOf"][0]["exclusiveMinimum"], 0);
        assert_eq!(schema["anyOf"][1]["items"]["exclusiveMinimum"], 0);
    }
}
