//! Paths such as `service.shop.calls.orders-db.timeout`, and the entries of lists that they choose.

use crate::document::{Diagnostic, Node, Span, Value};

/// Takes all entries.
pub const ALL: &str = "*";

/// A path that names nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PathError {
    /// What is wrong, a lowercase sentence.
    pub(super) message: String,
    /// What would be right, or nothing.
    pub(super) help: String,
}

impl PathError {
    pub(super) fn new(message: String, help: impl Into<String>) -> Self {
        Self { message, help: help.into() }
    }

    /// There is no such name among those that are known.
    pub(super) fn unknown<'n>(
        path: &str,
        name: &str,
        known: impl IntoIterator<Item = &'n str> + Clone,
    ) -> Self {
        let all = known.clone().into_iter().collect::<Vec<_>>().join(", ");
        let help = match crate::document::nearest(name, known) {
            Some(near) => format!("did you mean \"{near}\"? known: {all}"),
            None if all.is_empty() => String::new(),
            None => format!("known: {all}"),
        };
        Self { message: format!("the path \"{path}\" leads nowhere: there is no \"{name}\""), help }
    }
}

impl PathError {
    /// What is said of it where the path stands.
    pub(super) fn at(self, span: Span) -> Diagnostic {
        let finding = Diagnostic::error(span, self.message).label("no such value");
        if self.help.is_empty() { finding } else { finding.help(self.help) }
    }
}

/// The names of a path; one in quotation marks may contain dots.
pub(super) fn split(path: &str) -> Result<Vec<String>, PathError> {
    let wrong = || PathError::new(format!("\"{path}\" is not a path"), "expected names with dots between");
    let mut names = Vec::new();
    let mut rest = path;
    loop {
        let (name, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted.split_once('"').ok_or_else(wrong)?
        } else {
            rest.split_at(rest.find('.').unwrap_or(rest.len()))
        };
        if name.is_empty() {
            return Err(wrong());
        }
        names.push(name.to_owned());
        if after.is_empty() {
            return Ok(names);
        }
        rest = after.strip_prefix('.').ok_or_else(wrong)?;
    }
}

/// The numbers of the entries of a list that a name chooses: by `service` or `name`, otherwise by number from 1.
pub(super) fn choose(items: &[Node], name: &str) -> Vec<usize> {
    if name == ALL {
        return (0..items.len()).collect();
    }
    let is_called = |item: &Node| match &item.value {
        Value::Text(text) => text == name,
        Value::Table(table) => ["service", "name"]
            .into_iter()
            .filter_map(|key| table.find(key))
            .any(|node| matches!(&node.value, Value::Text(text) if text == name)),
        _ => false,
    };
    let called: Vec<usize> = (0..items.len()).filter(|number| is_called(&items[*number])).collect();
    if !called.is_empty() {
        return called;
    }
    let number = name.parse::<usize>().ok().filter(|number| (1..=items.len()).contains(number));
    number.map(|number| number - 1).into_iter().collect()
}

/// What the entries of a list are called.
pub(super) fn item_names(items: &[Node]) -> Vec<String> {
    let called = |(number, item): (usize, &Node)| {
        let text = match &item.value {
            Value::Text(text) => Some(text.clone()),
            Value::Table(table) => {
                ["service", "name"].into_iter().find_map(|key| match &table.find(key)?.value {
                    Value::Text(text) => Some(text.clone()),
                    _ => None,
                })
            }
            _ => None,
        };
        text.unwrap_or_else(|| (number + 1).to_string())
    };
    items.iter().enumerate().map(called).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_names_may_hold_dots() {
        assert_eq!(split("a.b-c.*").unwrap(), ["a", "b-c", "*"]);
        assert_eq!(split("objective.\"client.c/mttr\"").unwrap(), ["objective", "client.c/mttr"]);
        for wrong in ["", ".", "a.", ".a", "a..b", "\"a", "\"a\"b"] {
            assert!(split(wrong).is_err(), "{wrong}");
        }
    }
}
