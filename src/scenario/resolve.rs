//! Values by their path, with every default filled in, in base units.

use super::claim::Given;
use super::files::Files;
use super::path::{ALL, PathError, choose, item_names, split};
use super::written::law::Law;
use crate::document::{Diagnostics, Field, Name, Node, Span, Table, Value, measure};

/// A scenario in which values are looked up.
#[derive(Debug)]
pub(super) struct Resolver {
    tree: Table,
}

impl Resolver {
    /// Looks values up in a tree in which all defaults are filled in.
    pub(super) fn new(tree: Table) -> Self {
        Self { tree }
    }

    /// The numbers or distributions at a path, in base units (seconds, 1/s, ratio).
    pub(super) fn values(&self, path: &str, files: Files<'_>) -> Result<Given, PathError> {
        let names = split(path)?;
        let mut values = Given::Numbers(Vec::new());
        let search = Search { path, files };
        search.table(&self.tree, &names, &mut values)?;
        Ok(values)
    }
}

struct Search<'a> {
    path: &'a str,
    files: Files<'a>,
}

impl Search<'_> {
    fn table(&self, table: &Table, names: &[String], values: &mut Given) -> Result<(), PathError> {
        let Some((name, rest)) = names.split_first() else {
            let keys =
                table.entries.iter().map(|(name, _)| name.text.as_str()).collect::<Vec<_>>().join(", ");
            let message = format!("the path \"{}\" leads to a table, not to a number", self.path);
            return Err(PathError::new(message, format!("it has {keys}")));
        };
        if name == ALL {
            return table.entries.iter().try_for_each(|(_, node)| self.node(node, rest, values));
        }
        let Some(node) = table.find(name) else {
            let known = table.entries.iter().map(|(name, _)| name.text.as_str());
            return Err(PathError::unknown(self.path, name, known));
        };
        self.node(node, rest, values)
    }

    fn node(&self, node: &Node, names: &[String], values: &mut Given) -> Result<(), PathError> {
        match &node.value {
            Value::Table(table) => {
                if let [last] = names
                    && last == "mean"
                    && table.find("mean").is_none()
                    && table.find("distribution").is_some()
                {
                    values.push(self.mean(node)?);
                    return Ok(());
                }
                if names.is_empty() && table.find("distribution").is_some() {
                    values.extend(Given::Laws(vec![self.law(node)?.settings]));
                    return Ok(());
                }
                self.table(table, names, values)
            }
            Value::List(items) if !names.is_empty() => {
                let chosen = choose(items, &names[0]);
                if chosen.is_empty() && !items.is_empty() {
                    let known = item_names(items);
                    return Err(PathError::unknown(self.path, &names[0], known.iter().map(String::as_str)));
                }
                chosen.into_iter().try_for_each(|number| self.node(&items[number], &names[1..], values))
            }
            Value::List(items) => items.iter().try_for_each(|item| self.node(item, names, values)),
            // A constant is its own mean.
            Value::Text(text) if names.is_empty() || names == ["mean"] => match measure(text) {
                Some((value, _)) => {
                    values.push(value);
                    Ok(())
                }
                None => Err(self.no_number(&format!("the text \"{text}\""))),
            },
            _ if !names.is_empty() => {
                let message =
                    format!("the path \"{}\" leads nowhere: \"{}\" is too deep", self.path, names[0]);
                Err(PathError::new(message, ""))
            }
            Value::Integer(number) => {
                values.push(*number as f64);
                Ok(())
            }
            Value::Float(number) => {
                values.push(*number);
                Ok(())
            }
            other => Err(self.no_number(other.describe())),
        }
    }

    fn no_number(&self, found: &str) -> PathError {
        PathError::new(format!("the path \"{}\" leads to {found}, not to a number", self.path), "")
    }

    fn law(&self, node: &Node) -> Result<Law, PathError> {
        Law::read(node, &mut Diagnostics::default())
            .ok_or_else(|| PathError::new(format!("the path \"{}\" leads to no distribution", self.path), ""))
    }

    /// The mean of a distribution that is written by other parameters.
    fn mean(&self, node: &Node) -> Result<f64, PathError> {
        let wrong = |why: String| {
            PathError::new(format!("the path \"{}\" leads to no distribution with a mean", self.path), why)
        };
        let law = self.law(node)?;
        let mean = super::check::build(&law, self.files).map_err(wrong)?.mean();
        if mean.is_finite() { Ok(mean) } else { Err(wrong("its mean is infinite".to_owned())) }
    }
}

/// A tree without places.
pub(super) fn tree(table: &toml::Table) -> Table {
    let span = Span::default();
    let entry = |(key, value): (&String, &toml::Value)| {
        (Name { text: key.clone(), span }, Node { span, value: plain(value) })
    };
    Table { entries: table.iter().map(entry).collect() }
}

fn plain(value: &toml::Value) -> Value {
    match value {
        toml::Value::Boolean(value) => Value::Boolean(*value),
        toml::Value::Integer(value) => Value::Integer(*value),
        toml::Value::Float(value) => Value::Float(*value),
        toml::Value::String(text) => Value::Text(text.clone()),
        toml::Value::Datetime(date) => Value::Text(date.to_string()),
        toml::Value::Array(items) => {
            let node = |item| Node { span: Span::default(), value: plain(item) };
            Value::List(items.iter().map(node).collect())
        }
        toml::Value::Table(table) => Value::Table(tree(table)),
    }
}
