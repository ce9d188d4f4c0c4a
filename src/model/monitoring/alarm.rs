//! Threshold alarms: so many of so many periods were wrong, and some say nothing.

use std::collections::VecDeque;

use super::monitor::Wrong;
use super::watch::{Judge, Seen};

/// How many more periods than are evaluated are looked back on, to find those that say something.
const BEYOND: usize = 2;

crate::choices! {
    /// What a period without a value counts as.
    pub enum Missing {
        /// As nothing: without anything to go by, the state is unknown.
        Missing = "missing",
        /// As nothing: without anything to go by, the state stays.
        Ignore = "ignore",
        /// As wrong.
        Breaching = "breaching",
        /// As right.
        NotBreaching = "not-breaching",
    }
}

/// When periods raise an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AlarmRule {
    /// Wrong periods that it takes; at least 1.
    pub datapoints: u32,
    /// Out of so many of the last; at least as many.
    pub periods: u32,
    /// What a period without a value counts as.
    pub missing: Missing,
}

/// What an alarm says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// All is well.
    Ok,
    /// Something is wrong.
    Alarm,
    /// Nothing is known.
    Unknown,
}

/// The periods of one alarm.
///
/// Where enough of the last periods have a value, the newest of those decide. Otherwise what is missing is filled as the
/// rule says; if that is not at all, a right period makes it right, and a wrong one with nothing right beside it raises
/// the alarm only once it is as old as the rule asks periods for. Helps against single bad periods. Hurts by its delay,
/// and with rare values, where what is missing decides. Source: Amazon `CloudWatch` user guide, on missing data, 2026.
#[derive(Debug, Clone)]
pub struct AlarmRun {
    rule: AlarmRule,
    state: AlarmState,
    /// The last periods, the newest at the end: whether it was wrong, or no value.
    range: VecDeque<Option<bool>>,
}

impl AlarmRun {
    /// Nothing was seen yet.
    pub fn new(rule: AlarmRule) -> Self {
        Self { rule, state: AlarmState::Unknown, range: VecDeque::new() }
    }

    /// A period ended: whether it was wrong, or `None` where it had no value. What the alarm says then.
    pub fn note(&mut self, is_wrong: Option<bool>) -> AlarmState {
        self.range.push_back(is_wrong);
        if self.range.len() > self.rule.periods as usize + BEYOND {
            self.range.pop_front();
        }
        self.state = self.judge();
        self.state
    }

    /// What it says.
    pub const fn state(&self) -> AlarmState {
        self.state
    }

    fn judge(&self) -> AlarmState {
        let (needed, periods) = (self.rule.datapoints as usize, self.rule.periods as usize);
        let values: Vec<bool> = self.range.iter().rev().filter_map(|one| *one).take(periods).collect();
        let wrong = values.iter().filter(|is_wrong| **is_wrong).count();
        let absent = periods - values.len();
        let wrong = match self.rule.missing {
            Missing::Breaching => wrong + absent,
            Missing::Missing | Missing::Ignore | Missing::NotBreaching => wrong,
        };
        if wrong >= needed {
            return AlarmState::Alarm;
        }
        let fills = matches!(self.rule.missing, Missing::Breaching | Missing::NotBreaching);
        if absent == 0 || fills || values.contains(&false) {
            return AlarmState::Ok;
        }
        match self.rule.missing {
            Missing::Ignore => self.state,
            _ if self.oldest_wrong() >= needed => AlarmState::Alarm,
            _ => AlarmState::Unknown,
        }
    }

    /// How many periods ago the oldest wrong one of the range began; 0 without one.
    fn oldest_wrong(&self) -> usize {
        let oldest = self.range.iter().position(|one| *one == Some(true));
        oldest.map_or(0, |place| self.range.len() - place)
    }
}

/// A threshold, and when it raises an alarm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// What is wrong about a number.
    pub wrong: Wrong,
    /// When that raises an alarm.
    pub rule: AlarmRule,
}

/// A threshold alarm while it runs.
#[derive(Debug, Clone)]
pub struct ThresholdRun {
    wrong: Wrong,
    periods: AlarmRun,
}

impl Judge for ThresholdRun {
    type Settings = Threshold;

    fn new(settings: &Threshold) -> Self {
        Self { wrong: settings.wrong, periods: AlarmRun::new(settings.rule) }
    }

    fn note(&mut self, seen: &Seen) -> AlarmState {
        self.periods.note(seen.value.map(|value| self.wrong.holds(value)))
    }
}

#[cfg(test)]
mod tests {
    use super::AlarmState::{Alarm, Ok, Unknown};
    use super::*;

    /// What an alarm in a state says of a range written as `0` right, `X` wrong, `-` no value.
    fn judge(
        (datapoints, periods): (u32, u32),
        range: &str,
        missing: Missing,
        state: AlarmState,
    ) -> AlarmState {
        let value = |one| match one {
            '0' => Some(false),
            'X' => Some(true),
            _ => None,
        };
        let range = range.chars().map(value).collect();
        AlarmRun { rule: AlarmRule { datapoints, periods, missing }, state, range }.judge()
    }

    #[test]
    fn ranges_are_judged_as_in_the_published_tables() {
        let rows = [
            ((3, 3), "0-X-X", [Ok, Ok, Ok, Ok]),
            ((3, 3), "0----", [Ok, Ok, Ok, Ok]),
            ((3, 3), "-----", [Unknown, Unknown, Alarm, Ok]),
            ((3, 3), "0XX-X", [Alarm, Alarm, Alarm, Alarm]),
            ((3, 3), "--X--", [Alarm, Unknown, Alarm, Ok]),
            ((2, 3), "0-X-X", [Alarm, Alarm, Alarm, Alarm]),
            ((2, 3), "00X0X", [Alarm, Alarm, Alarm, Alarm]),
            ((2, 3), "0-X--", [Ok, Ok, Alarm, Ok]),
            ((2, 3), "----0", [Ok, Ok, Alarm, Ok]),
            ((2, 3), "---X-", [Alarm, Unknown, Alarm, Ok]),
            // A lone wrong period that is too young.
            ((3, 3), "----X", [Unknown, Unknown, Alarm, Ok]),
            ((3, 3), "---X-", [Unknown, Unknown, Alarm, Ok]),
        ];
        let treatments = [Missing::Missing, Missing::Ignore, Missing::Breaching, Missing::NotBreaching];
        for (rule, range, expected) in rows {
            for (missing, expected) in treatments.into_iter().zip(expected) {
                assert_eq!(judge(rule, range, missing, Unknown), expected, "{rule:?} {range} {missing:?}");
            }
        }
        // What is ignored keeps whatever was said.
        for state in [Ok, Alarm, Unknown] {
            assert_eq!(judge((3, 3), "--X--", Missing::Ignore, state), state);
        }
    }

    #[test]
    fn an_alarm_lasts_until_too_few_periods_are_wrong() {
        let rule = AlarmRule { datapoints: 2, periods: 3, missing: Missing::Missing };
        let mut run = AlarmRun::new(rule);
        let periods = [false, true, false, true, true, false, false, true, true];
        let said = periods.map(|is_wrong| run.note(Some(is_wrong)));
        assert_eq!(said, [Ok, Ok, Ok, Alarm, Alarm, Alarm, Ok, Ok, Alarm]);
        assert_eq!(run.state(), Alarm);
    }
}
