//! Monitors that judge a number period by period: which number of which part, and how.

use crate::document::{Diagnostic, Dimension, Name};
use crate::measure::metric::MetricName;
use crate::model::fleet::QueuePlace;
use crate::model::monitoring::alarm::{AlarmRule, Threshold};
use crate::model::monitoring::anomaly::Anomaly;
use crate::model::monitoring::burn_rate::{BurnRate, BurnWindow};
use crate::model::monitoring::monitor::{Signal, Wrong};
use crate::model::monitoring::signal::{PartKind, Quantity, Statistic, Watched, find, names};
use crate::model::monitoring::watch::{Watch, WatchRule};
use crate::scenario::check::Checker;
use crate::scenario::written::claim::Quantity as Limit;
use crate::scenario::written::monitor::{AlarmKeys, AnomalyKeys, BurnRateKeys, BurnWindowKeys};
use crate::units::{ClientId, ServiceId, SimDuration};

/// Most periods that an alarm looks back on.
const PERIODS_MAX: u32 = 10_000;

/// Most periods in a window.
const CELLS_MAX: u64 = 1_000_000;

/// What a message says of metrics that cannot be watched.
const EXPECTED: &str =
    "expected a number of a client, service, queue or gateway, such as \"service.shop/failure_ratio\"";

impl Checker<'_> {
    pub(super) fn alarm(&mut self, name: &str, keys: &AlarmKeys) -> Option<Watch> {
        let at = |key| ["monitor", name, key];
        let periods = keys.periods.unwrap_or(keys.datapoints);
        if keys.datapoints == 0 || keys.datapoints > periods || periods > PERIODS_MAX {
            let message = format!("{} of {periods} periods cannot be wrong", keys.datapoints);
            let help = format!("expected 1 to the number of periods, which is at most {PERIODS_MAX}");
            self.error(&at("datapoints"), message, &help);
        }
        self.longer_than_zero(name, "period", Some(keys.period));
        self.longer_than_zero(name, "every", keys.every);
        let watched = self.quantity(name, &keys.metric, keys.statistic);
        let wrong = self.wrong(name, keys);
        let (of, quantity) = watched?;
        let (limit, wrong) = wrong?;
        self.fits(&keys.metric, quantity, limit);
        let rule = AlarmRule { datapoints: keys.datapoints, periods, missing: keys.missing };
        let rule = WatchRule::Threshold(Threshold { wrong, rule });
        Some(Watch { of, quantity, period: keys.period, delay: keys.delay, every: keys.every, rule })
    }

    pub(super) fn anomaly(&mut self, name: &str, keys: &AnomalyKeys) -> Option<Watch> {
        self.longer_than_zero(name, "period", Some(keys.period));
        self.longer_than_zero(name, "every", keys.every);
        self.longer_than_zero(name, "memory", Some(keys.memory));
        if keys.band <= 0.0 {
            self.error(&["monitor", name, "band"], "a band is wider than zero", "");
        }
        let (of, quantity) = self.quantity(name, &keys.metric, keys.statistic)?;
        let rule = WatchRule::Anomaly(Anomaly { band: keys.band, memory: keys.memory, period: keys.period });
        Some(Watch { of, quantity, period: keys.period, delay: keys.delay, every: keys.every, rule })
    }

    pub(super) fn burn_rate(&mut self, name: &str, keys: &BurnRateKeys) -> Option<Watch> {
        self.longer_than_zero(name, "every", Some(keys.every));
        let client = self.objective_of(&keys.objective);
        let target = self.burn_target(name, keys);
        if keys.windows.0.is_empty() {
            self.error(
                &["monitor", name, "windows"],
                "a burn rate is one over at least one pair of windows",
                "",
            );
        }
        let mut windows = Vec::new();
        for (number, window) in keys.windows.0.iter().enumerate() {
            windows.push(self.burn_window((name, number), keys.every, window));
        }
        let windows = windows.into_iter().collect::<Option<_>>()?;
        let rule =
            WatchRule::BurnRate(BurnRate { budget: 1.0 - target?, windows, requests_min: keys.requests_min });
        let (of, quantity) = (Watched::Client(client?), Quantity::Signal(Signal::FailureRatio));
        Some(Watch { of, quantity, period: keys.every, delay: keys.delay, every: None, rule })
    }

    /// The client whose availability an objective is about.
    fn objective_of(&mut self, objective: &Name) -> Option<ClientId> {
        let parsed = MetricName::parse(&objective.text);
        let client = parsed.as_ref().filter(|parsed| parsed.name == "availability_request");
        let Some(client) = client.and_then(|parsed| parsed.scope.strip_prefix("client.")) else {
            let message = format!("\"{}\" has no error budget that is watched", objective.text);
            let error = Diagnostic::error(objective.span, message);
            let help =
                "expected availability_request of a client, such as \"client.user/availability_request\"";
            self.findings.push(error.help(help));
            return None;
        };
        let name = Name { text: client.to_owned(), span: objective.span };
        self.number("client", &self.written.clients, &name).map(ClientId)
    }

    /// The share of requests that must be answered well.
    fn burn_target(&mut self, name: &str, keys: &BurnRateKeys) -> Option<f64> {
        let mut written = self.written.objectives.iter();
        let written = written.find(|(one, _)| one.text == keys.objective.text);
        let target = keys.target.map(crate::units::Probability::get);
        let Some(target) = target.or(written.map(|(_, target)| target.value)) else {
            let message = "nothing says which share of requests must be answered well";
            let help = format!("give \"target\", or \"{}\" a target in [objective]", keys.objective.text);
            self.error(&["monitor", name, "objective"], message, &help);
            return None;
        };
        if target <= 0.0 || target >= 1.0 {
            let message = "an objective leaves a budget, and asks for something";
            self.error(&["monitor", name, "target"], message, "expected a share between 0 and 1");
            return None;
        }
        Some(target)
    }

    fn burn_window(
        &mut self,
        (name, number): (&str, usize),
        every: SimDuration,
        keys: &BurnWindowKeys,
    ) -> Option<BurnWindow> {
        let number = number.to_string();
        let at = |key| ["monitor", name, "windows", &number, key];
        if keys.burn <= 0.0 {
            self.error(&at("burn"), "a budget is burnt faster than not at all", "");
        }
        if keys.short > keys.long {
            self.error(&at("short"), "the short window is longer than the long one", "");
        }
        let mut cells = [("long", keys.long), ("short", keys.short)].map(|(key, window)| {
            let (window, every) = (window.as_nanos(), every.as_nanos().max(1));
            let cells = window / every;
            if cells == 0 || !window.is_multiple_of(every) || cells > CELLS_MAX {
                let message = "a window is a whole number of times as long as \"every\"";
                self.error(&at(key), message, &format!("expected 1 to {CELLS_MAX} times"));
                return None;
            }
            Some(cells as u32)
        });
        let [long, short] = [cells[0].take(), cells[1].take()];
        Some(BurnWindow { burn: keys.burn, long: long?, short: short? })
    }

    fn longer_than_zero(&mut self, name: &str, key: &str, time: Option<SimDuration>) {
        if time.is_some_and(SimDuration::is_zero) {
            let message = match key {
                "period" => "a period is longer than zero".to_owned(),
                _ => format!("\"{key}\" is longer than zero"),
            };
            self.error(&["monitor", name, key], message, "");
        }
    }

    /// What is wrong about the number, and as it is written.
    fn wrong<'k>(&mut self, name: &str, keys: &'k AlarmKeys) -> Option<(&'k Limit, Wrong)> {
        match (&keys.above, &keys.below) {
            (Some(limit), None) => Some((limit, Wrong::Above(limit.value))),
            (None, Some(limit)) => Some((limit, Wrong::Below(limit.value))),
            _ => {
                let message = "one threshold says what is wrong";
                self.error(&["monitor", name], message, "give \"above\" or \"below\"");
                None
            }
        }
    }

    /// The part and the number of it that a metric names, and what is made of that.
    fn quantity(
        &mut self,
        monitor: &str,
        metric: &Name,
        statistic: Option<Statistic>,
    ) -> Option<(Watched, Quantity)> {
        let parsed = MetricName::parse(&metric.text);
        let part = parsed.as_ref().and_then(|parsed| parsed.scope.split_once('.'));
        let known = ["client", "service", "queue", "gateway"];
        let Some(((section, part), parsed)) =
            part.zip(parsed.as_ref()).filter(|((one, _), _)| known.contains(one))
        else {
            let error = Diagnostic::error(metric.span, format!("\"{}\" cannot be watched", metric.text));
            self.findings.push(error.help(EXPECTED));
            return None;
        };
        let part = Name { text: part.to_owned(), span: metric.span };
        let (of, kind) = self.watched(section, &part)?;
        let Some((number, named)) = find(kind, &parsed.name) else {
            let known = names(kind);
            let known = known.iter().map(String::as_str);
            let what = match kind {
                PartKind::Service => "number to watch".to_owned(),
                _ => format!("number of a {} to watch", kind.name()),
            };
            self.findings.push(Diagnostic::unknown(metric.span, &what, &parsed.name, known));
            return None;
        };
        if let (Some(named), Some(_)) = (named, statistic) {
            let message = format!("\"{}\" says already what is made of it", metric.text);
            let help = format!("leave out \"statistic\", or the ending \"_{}\"", named.word());
            self.error(&["monitor", monitor, "statistic"], message, &help);
            return None;
        }
        let Some(quantity) = number.made(named.or(statistic)) else {
            let message = format!("that is not known of \"{}\"", number.name);
            let known: Vec<_> =
                number.statistics.iter().map(|(one, _)| format!("\"{}\"", one.word())).collect();
            let help = format!("its statistics are {}", known.join(", "));
            let place: &[&str] = if named.is_some() {
                &["monitor", monitor, "metric"]
            } else {
                &["monitor", monitor, "statistic"]
            };
            self.error(place, message, &help);
            return None;
        };
        self.is_counted(metric, (of, quantity))?;
        Some((of, quantity))
    }

    /// The part of a section with a name, and of which kind it is.
    fn watched(&mut self, section: &str, name: &Name) -> Option<(Watched, PartKind)> {
        let written = self.written;
        let service = |number: u32| Watched::Service(ServiceId(number));
        match section {
            "client" => {
                let number = self.number("client", &written.clients, name)?;
                Some((Watched::Client(ClientId(number)), PartKind::Client))
            }
            "queue" => {
                let number = self.number("queue", &written.queues, name)?;
                Some((service(written.services.0.len() as u32 + number), PartKind::Queue))
            }
            "gateway" => {
                self.number("gateway", &written.gateways, name)?;
                Some((service(written.services.number(&name.text)?), PartKind::Gateway))
            }
            _ => {
                let number = self.number("service", &written.services, name)?;
                let section = written.services.0[number as usize].1.as_ref();
                let kind = match section {
                    Some(section) if section.gateway.is_some() => PartKind::Gateway,
                    Some(section) if section.keys.function.is_some() => PartKind::Function,
                    _ => PartKind::Service,
                };
                Some((service(number), kind))
            }
        }
    }

    /// Reports what becomes of attempts where nobody can count it, and messages where there are none.
    fn is_counted(&mut self, metric: &Name, (of, quantity): (Watched, Quantity)) -> Option<()> {
        let Watched::Service(service) = of else { return Some(()) };
        let section = self.written.services.0.get(service.index()).and_then(|(_, section)| section.as_ref());
        if quantity.is_about_attempts()
            && section.is_some_and(|section| section.keys.queue.common.at == QueuePlace::Service)
        {
            let message = "what becomes of attempts at a shared queue is not watched";
            let help = "watch \"queue_length_mean\", or the service that calls";
            self.findings.push(Diagnostic::error(metric.span, message).help(help));
            return None;
        }
        if let Some(section) = section
            && quantity == Quantity::Signal(Signal::BacklogMean)
            && section.keys.consumes.is_none()
        {
            let (name, _) = &self.written.services.0[service.index()];
            let error = Diagnostic::error(metric.span, format!("\"{}\" takes no messages", name.text));
            self.findings.push(error.help("expected a service with \"consumes\""));
            return None;
        }
        Some(())
    }

    /// Reports a threshold whose unit is not that of the number.
    fn fits(&mut self, metric: &Name, quantity: Quantity, limit: &Limit) {
        let (fits, expected) = match quantity.unit() {
            "s" => (limit.dimension == Dimension::Seconds, "a duration such as \"300ms\""),
            "1/s" => (limit.dimension == Dimension::PerSecond, "a rate such as \"120/s\""),
            "ratio" => {
                (matches!(limit.dimension, Dimension::Share | Dimension::Plain), "a share such as \"5%\"")
            }
            _ => (limit.dimension == Dimension::Plain, "a number"),
        };
        if !fits {
            let error = Diagnostic::error(limit.span, format!("\"{}\" has another unit", metric.text));
            self.findings.push(error.label("wrong unit").help(format!("expected {expected}")));
        }
    }
}
