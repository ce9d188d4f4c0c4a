//! Alarms that follow from others: which of them must be raised, and which must not.

use crate::units::MonitorId;

/// What must hold of other monitors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// An alarm of this one is raised.
    Raised(MonitorId),
    /// This does not hold.
    Not(Box<Rule>),
    /// All of these hold.
    All(Vec<Rule>),
    /// At least one of these holds.
    Any(Vec<Rule>),
}

impl Rule {
    /// Whether it holds where these are raised.
    pub fn holds(&self, is_raised: &dyn Fn(MonitorId) -> bool) -> bool {
        match self {
            Self::Raised(monitor) => is_raised(*monitor),
            Self::Not(rule) => !rule.holds(is_raised),
            Self::All(rules) => rules.iter().all(|rule| rule.holds(is_raised)),
            Self::Any(rules) => rules.iter().any(|rule| rule.holds(is_raised)),
        }
    }

    /// Whether it asks for a monitor.
    pub fn asks(&self, monitor: MonitorId) -> bool {
        match self {
            Self::Raised(one) => *one == monitor,
            Self::Not(rule) => rule.asks(monitor),
            Self::All(rules) | Self::Any(rules) => rules.iter().any(|rule| rule.asks(monitor)),
        }
    }
}

/// Reads a rule such as `monitor.a and not (monitor.b or monitor.c)`; `and` binds closer than `or`. The second function
/// finds a monitor by its name, without `monitor.`.
///
/// # Errors
///
/// Says what was expected, as a lowercase sentence; `None` where a name was not found, which is then reported.
pub fn parse(text: &str, find: &mut dyn FnMut(&str) -> Option<MonitorId>) -> Result<Rule, Option<String>> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Reader { words: &words, find };
    let rule = reader.any()?;
    match reader.words.first() {
        None => Ok(rule),
        Some(word) => Err(Some(format!("expected \"and\" or \"or\" before \"{word}\""))),
    }
}

struct Reader<'r> {
    words: &'r [&'r str],
    find: &'r mut dyn FnMut(&str) -> Option<MonitorId>,
}

impl Reader<'_> {
    /// Takes a word, if it is the next.
    fn takes(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        self.words = &self.words[usize::from(is_next)..];
        is_next
    }

    fn any(&mut self) -> Result<Rule, Option<String>> {
        let mut rules = vec![self.all()?];
        while self.takes("or") {
            rules.push(self.all()?);
        }
        Ok(if rules.len() == 1 { rules.remove(0) } else { Rule::Any(rules) })
    }

    fn all(&mut self) -> Result<Rule, Option<String>> {
        let mut rules = vec![self.one()?];
        while self.takes("and") {
            rules.push(self.one()?);
        }
        Ok(if rules.len() == 1 { rules.remove(0) } else { Rule::All(rules) })
    }

    fn one(&mut self) -> Result<Rule, Option<String>> {
        if self.takes("not") {
            return Ok(Rule::Not(Box::new(self.one()?)));
        }
        if self.takes("(") {
            let rule = self.any()?;
            return if self.takes(")") { Ok(rule) } else { Err(Some("a bracket is not closed".to_owned())) };
        }
        let Some(word) = self.words.first() else {
            return Err(Some("expected a monitor at the end".to_owned()));
        };
        let Some(name) = word.strip_prefix("monitor.") else {
            return Err(Some(format!("expected a monitor such as \"monitor.ping\", found \"{word}\"")));
        };
        self.words = &self.words[1..];
        (self.find)(name).map(Rule::Raised).ok_or(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(text: &str) -> Result<Rule, Option<String>> {
        parse(text, &mut |name| "abc".find(name).map(|place| MonitorId(place as u32)))
    }

    /// Whether a rule holds for each of the eight states of three monitors, `a` being the lowest bit.
    fn table(text: &str) -> [bool; 8] {
        let rule = rule(text).unwrap();
        std::array::from_fn(|states| rule.holds(&|monitor| states >> monitor.0 & 1 == 1))
    }

    #[test]
    fn rules_are_logic() {
        let (t, f) = (true, false);
        assert_eq!(table("monitor.a and not monitor.b"), [f, t, f, f, f, t, f, f]);
        assert_eq!(table("monitor.a or monitor.b and monitor.c"), [f, t, f, t, f, t, t, t]);
        assert_eq!(table("(monitor.a or monitor.b) and monitor.c"), [f, f, f, f, f, t, t, t]);
        assert_eq!(table("not not monitor.c"), [f, f, f, f, t, t, t, t]);
        assert!(rule("monitor.a and not monitor.b").unwrap().asks(MonitorId(1)));
        assert!(!rule("monitor.a").unwrap().asks(MonitorId(1)));
    }

    #[test]
    fn what_is_no_rule_is_said() {
        let why = |text| rule(text).unwrap_err();
        assert_eq!(why("monitor.a monitor.b").unwrap(), "expected \"and\" or \"or\" before \"monitor.b\"");
        assert_eq!(why("monitor.a and").unwrap(), "expected a monitor at the end");
        assert_eq!(why("(monitor.a").unwrap(), "a bracket is not closed");
        assert_eq!(why("a").unwrap(), "expected a monitor such as \"monitor.ping\", found \"a\"");
        assert_eq!(why("monitor.none"), None);
    }
}
