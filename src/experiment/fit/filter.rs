//! Which rows of a file are meant.

use std::fmt;

/// A condition that a row has to meet.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The column it speaks of.
    pub column: String,
    comparison: Comparison,
    value: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equal,
    Unequal,
    Below,
    AtMost,
    Above,
    AtLeast,
}

/// Longer ones before those that they begin with.
const COMPARISONS: [(&str, Comparison); 6] = [
    ("!=", Comparison::Unequal),
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("=", Comparison::Equal),
    ("<", Comparison::Below),
    (">", Comparison::Above),
];

impl Filter {
    /// Reads a condition such as `system=20` or `node<256`; `None` when it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let place = text.find(['=', '<', '>', '!'])?;
        let (column, rest) = text.split_at(place);
        let (sign, comparison) = COMPARISONS.into_iter().find(|(sign, _)| rest.starts_with(sign))?;
        let (column, value) = (column.trim().to_owned(), rest[sign.len()..].trim().to_owned());
        (!column.is_empty()).then_some(Self { column, comparison, value })
    }

    /// Whether a cell meets it; `None` when sizes are compared and one of them is no number.
    pub(super) fn holds(&self, cell: &str) -> Option<bool> {
        match self.comparison {
            Comparison::Equal => return Some(cell == self.value),
            Comparison::Unequal => return Some(cell != self.value),
            _ => {}
        }
        let (cell, value) = (cell.parse::<f64>().ok()?, self.value.parse::<f64>().ok()?);
        Some(match self.comparison {
            Comparison::Below => cell < value,
            Comparison::AtMost => cell <= value,
            Comparison::Above => cell > value,
            _ => cell >= value,
        })
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = COMPARISONS.iter().find(|(_, comparison)| *comparison == self.comparison);
        write!(out, "{}{}{}", self.column, sign.map_or("=", |(sign, _)| sign), self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_and_kept() {
        let holds = |text: &str, cell: &str| Filter::parse(text).unwrap().holds(cell);
        assert_eq!(Filter::parse("system=20").unwrap().column, "system");
        assert_eq!((holds("a=20", "20"), holds("a=20", "8")), (Some(true), Some(false)));
        assert_eq!((holds("a != x", "y"), holds("a!=x", "x")), (Some(true), Some(false)));
        assert_eq!((holds("a<256", "255"), holds("a<256", "256")), (Some(true), Some(false)));
        assert_eq!(
            (holds("a<=256", "256"), holds("a>=2", "1"), holds("a>2", "10")),
            (Some(true), Some(false), Some(true))
        );
        assert_eq!(holds("a<256", "many"), None);
        assert_eq!(Filter::parse("a  >= 7").unwrap().to_string(), "a>=7");
        assert_eq!((Filter::parse("=20"), Filter::parse("node"), Filter::parse("a!b")), (None, None, None));
    }
}
