//! Health checks as they are written.

use crate::document::{Diagnostic, Fields, Name, Section};
use crate::model::monitoring::Start;
use crate::model::monitoring::preset::HealthPreset;
use crate::units::{Probability, SimDuration};

/// An active health check; what is absent is what the preset says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HealthCheckKeys {
    pub(crate) interval: SimDuration,
    pub(crate) timeout: SimDuration,
    pub(crate) unhealthy_after: u32,
    pub(crate) healthy_after: u32,
    pub(crate) jitter: SimDuration,
    pub(crate) fast_interval: Option<SimDuration>,
    pub(crate) down_interval: Option<SimDuration>,
    pub(crate) error_marks: bool,
    pub(crate) error_limit: Option<u32>,
    pub(crate) start: Start,
    pub(crate) checkers: u32,
    pub(crate) quorum: Probability,
}

impl Section for HealthCheckKeys {
    const KEYS: &'static [&'static str] = &[
        "preset",
        "interval",
        "timeout",
        "unhealthy_after",
        "healthy_after",
        "jitter",
        "fast_interval",
        "down_interval",
        "error_marks",
        "error_limit",
        "start",
        "checkers",
        "quorum",
    ];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.or::<Option<Name>>("preset", || None)?;
        let preset = name.as_ref().and_then(|name| HealthPreset::find(&name.text));
        if let Some(name) = name.as_ref().filter(|_| preset.is_none()) {
            let known = HealthPreset::ALL.iter().map(|preset| preset.name);
            let error = Diagnostic::unknown(name.span, "preset of health checks", &name.text, known);
            fields.findings().push(error);
            // What the preset would have given is not missing.
            fields.accept_all();
            return None;
        }
        // Without a preset one result is enough; a preset that says nothing wants to be told.
        let count = |given: Option<Option<u32>>| given.unwrap_or(Some(1));
        let interval = required(fields, "interval", preset.and_then(HealthPreset::interval));
        let timeout = required(fields, "timeout", preset.and_then(HealthPreset::timeout));
        let unhealthy_after =
            required(fields, "unhealthy_after", count(preset.map(|preset| preset.unhealthy_after)));
        let healthy_after =
            required(fields, "healthy_after", count(preset.map(|preset| preset.healthy_after)));
        let jitter = fields.or("jitter", || SimDuration::ZERO);
        let fast_interval = fields.or::<Option<SimDuration>>("fast_interval", || None);
        let down_interval = fields.or::<Option<SimDuration>>("down_interval", || None);
        let error_marks = fields.or("error_marks", || preset.is_some_and(|preset| preset.error_marks));
        let error_limit = fields.or::<Option<u32>>("error_limit", || None);
        let start = fields.or("start", || Start::Healthy);
        let (several, percent) = preset.and_then(|preset| preset.checkers).unwrap_or((1, 50));
        let checkers = fields.or("checkers", || several);
        let quorum = fields.or("quorum", || Probability::new(f64::from(percent) / 100.0).unwrap_or_default());
        Some(Self {
            interval: interval?,
            timeout: timeout?,
            unhealthy_after: unhealthy_after?,
            healthy_after: healthy_after?,
            jitter: jitter?,
            fast_interval: fast_interval?,
            down_interval: down_interval?,
            error_marks: error_marks?,
            error_limit: error_limit?,
            start: start?,
            checkers: checkers?,
            quorum: quorum?,
        })
    }

    /// Without the preset, whose values stand there.
    fn write(&self, table: &mut toml::Table) {
        use crate::document::Field;
        let values = [
            ("interval", self.interval.write()),
            ("timeout", self.timeout.write()),
            ("unhealthy_after", self.unhealthy_after.write()),
            ("healthy_after", self.healthy_after.write()),
            ("jitter", self.jitter.write()),
            ("fast_interval", self.fast_interval.write()),
            ("down_interval", self.down_interval.write()),
            ("error_marks", self.error_marks.write()),
            ("error_limit", self.error_limit.write()),
            ("start", self.start.write()),
            ("checkers", self.checkers.write()),
            ("quorum", self.quorum.write()),
        ];
        let given = values.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        table.extend(given);
    }
}

crate::tables! {
    HealthCheckKeys = "a table with the keys \"interval\" and \"timeout\", or \"preset\"",
}

/// A value that must be there where there is no default.
fn required<T: crate::document::Field>(
    fields: &mut Fields<'_>,
    key: &'static str,
    default: Option<T>,
) -> Option<T> {
    match default {
        Some(default) => fields.or(key, || default),
        None => fields.required(key),
    }
}
