//! Monitors as they are written.

use super::claim::Quantity;
use super::fault::Several;
use super::law::Law;
use super::variant::{names, variants};
use crate::document::{
    Choice, Diagnostic, Diagnostics, Field, Fields, Kind, Name, Node, Section, Shape, Value, Word, unexpected,
};
use crate::model::monitoring::alarm::Missing;
use crate::model::monitoring::signal::Statistic;
use crate::units::{Probability, SimDuration};

/// Who watches.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MonitorSection {
    pub(crate) kind: MonitorKeys,
    pub(crate) response: ResponseKeys,
}

variants! {
    /// What a monitor watches, chosen by `kind`.
    pub(crate) enum MonitorKeys {
        Poll = "poll", "Looks at replicas, zones or regions, periodically or at random.", PollKeys;
        Alarm = "alarm", "Compares a number of a part with a threshold, so many of so many periods.", AlarmKeys;
        BurnRate = "burn-rate", "Finds that failures use up the error budget of an objective too fast.", BurnRateKeys;
        Anomaly = "anomaly", "Finds that a number is far from what it usually is.", AnomalyKeys;
        Composite = "composite", "Is raised where others are, as a rule says.", CompositeKeys;
        Forecast = "forecast", "Foresees a share of the strikes of a fault, and some that never come.", ForecastKeys;
        Schedule = "schedule", "Looks at nothing, and acts at given times.", ScheduleKeys;
    }
}

crate::settings! {
    /// What is looked at, and when.
    pub(crate) struct PollKeys {
        /// What is looked at, each part by itself: replicas, zones or regions, such as "service.shop.*".
        on: Several<Name>,
        /// Time from one look to the next: a duration for periodic looks at a random phase, an exponential
        /// distribution for random ones.
        #[range = "> 0"]
        interval: Law,
        /// Share of faults that the monitor can see at all; the others it never sees, however often it looks.
        coverage: Probability = Probability::ONE,
        /// Share of looks at something sound that find fault with it.
        false_alarms: Probability = Probability::ZERO,
        /// So many findings in a row raise the alarm.
        #[range = ">= 1"]
        after: u32 = 1,
    }
}

crate::settings! {
    /// Which number, and what is wrong about it.
    pub(crate) struct AlarmKeys {
        /// The number that is watched, of a client, service, function, queue or gateway, such as
        /// `service.shop/failure_ratio`, `client.user/latency_p99` or `queue.jobs/age_max`. Of a client they are about its
        /// requests, where `latency` is that of requests answered well in content; of others about the attempts at them, as
        /// their callers see these. All have `failure_ratio`, `errors`, `throttles`, `latency` and `throughput`; services and
        /// functions `utilisation`, `queue_length_mean`, `in_system_mean` and `replicas_mean`; clients `in_system_mean`; functions
        /// `concurrency`, `concurrency_max` and `cold_starts`; queues `age_max` and `dead_lettered`; queues and who consumes
        /// `backlog_mean`.
        metric: Name,
        /// What is made of the number, where its name does not say it: `latency` has the mean of the latencies that ended in
        /// the period, their sum, max, min, p99 (the smallest that 99 % do not exceed) and count; what changes over time has
        /// its mean, and concurrency its max; what is counted its sum; the age of messages is that of the oldest at the end of
        /// the period. Absent: the first of these that the number has.
        statistic: Option<Statistic> = None,
        /// The period is wrong when the number is above this; either this or `below` is given.
        above: Option<Quantity> = None,
        /// The period is wrong when the number is below this; either this or `above` is given.
        below: Option<Quantity> = None,
        /// Over which time the number is taken, again and again; periods are whole and end at its multiples from the start
        /// of the run.
        #[range = "> 0"]
        period: SimDuration = MINUTE,
        /// How long after the end of a period its value is there: numbers are taken in with a delay.
        delay: SimDuration = SimDuration::ZERO,
        /// Values that are there are judged at the multiples of this; as soon as they are there where absent.
        #[range = "> 0"]
        every: Option<SimDuration> = None,
        /// So many of the last `periods` must be wrong for the alarm.
        #[range = ">= 1"]
        datapoints: u32 = 1,
        /// How many of the last periods are looked at; as many as `datapoints` where absent.
        #[range = ">= 1, <= 10000"]
        periods: Option<u32> = None,
        /// What a period without a value counts as.
        missing: Missing = Missing::Missing,
    }
}

crate::settings! {
    /// What is foreseen, and how well.
    pub(crate) struct ForecastKeys {
        /// The fault that is foreseen, unit by unit. What is `detected_by` this monitor is known as soon as it strikes, if it
        /// was foreseen.
        fault: Name,
        /// How long before a strike it is said, and how long a wrong forecast stands; the alarm is raised for as long.
        #[range = "> 0"]
        ahead: Law,
        /// Share of forecasts that come true. Wrong ones come at random, so often that the right ones are this share where
        /// strikes come as often as the law of the fault says; none while the fault lasts.
        #[range = "> 0"]
        precision: Probability = Probability::ONE,
        /// Share of strikes that are foreseen.
        #[range = "> 0"]
        recall: Probability = Probability::ONE,
    }
}

crate::settings! {
    /// Which objective, and how fast its budget may be used up.
    pub(crate) struct BurnRateKeys {
        /// The objective whose error budget is watched: `availability_request` of a client, such as
        /// `client.user/availability_request`.
        objective: Name,
        /// The share of requests that must be answered well; where absent, what the section `objective` says.
        #[range = "> 0, < 1"]
        target: Option<Probability> = None,
        /// Pairs of windows, or a word for published ones. The alarm is raised while in both windows of any pair the budget is
        /// used up faster than `burn` says.
        windows: BurnWindows,
        /// A window in which fewer requests ended is not too fast: one failure of few is no sign.
        requests_min: u64 = 0,
        /// Windows go on by this; each is a whole number of times as long.
        #[range = "> 0"]
        every: SimDuration = MINUTE,
        /// How long after their end numbers are there.
        delay: SimDuration = SimDuration::ZERO,
    }
}

/// Pairs of windows, as they are written or as a word names them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BurnWindows(pub(crate) Vec<BurnWindowKeys>);

/// Burn, long and short window \[s\].
type Published = &'static [(f64, f64, f64)];

/// Words for pairs of windows. Source: Beyer, Murphy, Rensin, Kawahara and Thorne, The Site
/// Reliability Workbook (2018), chapter 5, table 5-8.
const PUBLISHED: [(Word, Published); 2] = [
    (
        Word {
            name: "sre-workbook-page",
            lines: &["Those that page somebody: 14.4 over 1 h and 5 min, 6 over 6 h and 30 min."],
        },
        &[(14.4, 3_600.0, 300.0), (6.0, 21_600.0, 1_800.0)],
    ),
    (
        Word { name: "sre-workbook-ticket", lines: &["Those that write a ticket: 1 over 3 d and 6 h."] },
        &[(1.0, 259_200.0, 21_600.0)],
    ),
];

impl Field for BurnWindows {
    const EXPECTED: &'static str = "a list of tables with the keys \"burn\", \"long\" and \"short\", or a word such as \"sre-workbook-page\"";

    fn kind() -> Kind {
        let words = PUBLISHED.iter().map(|(word, _)| *word).collect();
        Kind::Either(vec![Kind::Words(words), Vec::<BurnWindowKeys>::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let Value::Text(text) = &node.value else {
            if matches!(node.value, Value::List(_)) {
                return Vec::read(node, findings).map(Self);
            }
            unexpected(node, Self::EXPECTED, findings);
            return None;
        };
        let Some((_, windows)) = PUBLISHED.iter().find(|(word, _)| word.name == text) else {
            let known = PUBLISHED.iter().map(|(word, _)| word.name);
            findings.push(Diagnostic::unknown(node.span, "list of windows", text, known));
            return None;
        };
        let window = |(burn, long, short): &(f64, f64, f64)| BurnWindowKeys {
            burn: *burn,
            long: SimDuration::from_secs(*long),
            short: SimDuration::from_secs(*short),
        };
        Some(Self(windows.iter().map(window).collect()))
    }

    fn write(&self) -> Option<toml::Value> {
        self.0.write()
    }
}

crate::settings! {
    /// A pair of windows.
    pub(crate) struct BurnWindowKeys {
        /// How many times faster than the objective allows the budget is used up: at 1 exactly the share of requests fails
        /// that may.
        #[range = "> 0"]
        burn: f64,
        /// The long window. One that is longer than the run so far has what there is.
        #[range = "> 0"]
        long: SimDuration,
        /// The short window, within the long one: the alarm is over soon after the failures are.
        #[range = "> 0"]
        short: SimDuration,
    }
}

crate::settings! {
    /// Which number, and how far it may be from what it usually is.
    pub(crate) struct AnomalyKeys {
        /// The number that is watched, as of an alarm.
        metric: Name,
        /// What is made of the number, as of an alarm.
        statistic: Option<Statistic> = None,
        /// A period is wrong when its value is further from the mean of those before than so many of their deviations; both
        /// forget exponentially.
        #[range = "> 0"]
        band: f64 = 3.0,
        /// How old a value is that weighs 1/e of a new one. Nothing is judged before as much time has values.
        #[range = "> 0"]
        memory: SimDuration = SimDuration::from_nanos(3_600_000_000_000),
        /// As of an alarm.
        #[range = "> 0"]
        period: SimDuration = MINUTE,
        /// As of an alarm.
        delay: SimDuration = SimDuration::ZERO,
        /// As of an alarm.
        #[range = "> 0"]
        every: Option<SimDuration> = None,
    }
}

crate::settings! {
    /// Which others, and how.
    pub(crate) struct CompositeKeys {
        /// What must hold, such as `monitor.a and not (monitor.b or monitor.c)`: a monitor holds while an alarm of it is
        /// raised, `and` binds closer than `or`. It is judged when one of them changes, behind all changes of the instant.
        rule: Name,
    }
}

crate::settings! {
    /// When.
    pub(crate) struct ScheduleKeys {
        /// The times; either this or `every` is given.
        at: Option<Several<SimDuration>> = None,
        /// Again and again after this; either this or `at` is given.
        #[range = "> 0"]
        every: Option<SimDuration> = None,
        /// With `every`, the first time.
        offset: SimDuration = SimDuration::ZERO,
    }
}

const MINUTE: SimDuration = SimDuration::from_nanos(60_000_000_000);

/// The key that chooses a kind of monitor.
const KIND: Choice =
    Choice { key: "kind", what: "kind of monitor", default: None, variants: MonitorKeys::CATALOGUE };

crate::settings! {
    /// What follows from an alarm, of every kind.
    pub(crate) struct ResponseKeys {
        /// What an alarm does: start the recovery of faults that name the monitor, nothing but be counted, or what these
        /// paths say, in their order, among which `"recover"` may be. Each path is a part and its verb, such as
        /// `recovery.restart.start` (the plan begins for each fault that has it, lasts and has not begun its recovery; where
        /// there is none nothing happens), `service.shop.replace` (the replica that is worst off is given up and another
        /// starts: of a forecast one that it is about, then one that does not work, then one on which most faults last, then
        /// the oldest), `service.shop.scale(+2)`,
        /// `service.shop.restart` (each replica begins anew), `service.shop.avoid(zone.east.1)` (no balancer picks replicas
        /// there, until `service.shop.avoid()` or an `avoid` of other places, which takes the place of the one before),
        /// `service.shop.throttle(50/s)` (it refuses what comes faster, until `service.shop.throttle()`),
        /// `deploy.shop.rollback` (the release is taken back), `backup.nightly.start` (a backup begins),
        /// `service.db.data.restore` and `service.db.data.promote` (what was lost comes back from the newest backup that can be
        /// read, or from the copy that is least behind). What `scale` wants holds until the policy of `autoscaling`
        /// wants something else.
        does: DoesKeys = DoesKeys::recover(),
        /// What is done when the alarm is over, as paths.
        on_ok: Option<Several<Name>> = None,
        /// How long somebody who has heard of it takes to decide; where absent it is done at once. Whoever decides does it
        /// also if the alarm is over by then.
        respond: Option<Law> = None,
        /// Who hears of it: of this share of alarms somebody and of the others nobody, or somebody within hours, until
        /// which an alarm waits.
        covers: CoversKeys = CoversKeys::Share(Probability::ONE),
        /// Whether it acts again whenever it is judged and the alarm lasts, and not only when that is raised; for kinds that
        /// judge a number.
        repeats: bool = false,
        /// Whether what was decided is dropped when the alarm is over before it is done.
        cancels: bool = false,
    }
}

/// What is done, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct DoesKeys(pub(crate) Vec<Name>);

/// The words that stand for no path.
const WORDS: [Word; 2] = [
    Word {
        name: "recover",
        lines: &["Faults that name the monitor and that it has found are detected: their recovery begins."],
    },
    Word {
        name: "notify",
        lines: &["It is counted, and nothing else but what `rollback_on` of a deployment asks for."],
    },
];

impl DoesKeys {
    fn recover() -> Self {
        Self(vec![Name { text: "recover".to_owned(), span: crate::document::Span::default() }])
    }

    /// Whether it starts the recovery of faults.
    pub(crate) fn recovers(&self) -> bool {
        self.0.iter().any(|one| one.text == "recover")
    }

    /// Whether it does nothing.
    pub(crate) fn notifies(&self) -> bool {
        self.0.iter().any(|one| one.text == "notify")
    }
}

impl Field for DoesKeys {
    const EXPECTED: &'static str =
        "\"recover\", \"notify\", or what is done, such as \"recovery.restart.start\"";

    fn kind() -> Kind {
        Kind::Either(vec![Kind::Words(WORDS.to_vec()), Kind::Text, Kind::List(Box::new(Kind::Text), 1)])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        Several::<Name>::read(node, findings).map(|names| Self(names.0))
    }

    fn write(&self) -> Option<toml::Value> {
        Several(self.0.clone()).write()
    }
}

/// Who hears of an alarm, as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum CoversKeys {
    Share(Probability),
    Hours(HoursKeys),
}

crate::settings! {
    /// When somebody hears.
    pub(crate) struct HoursKeys {
        /// Time of the day at which the hours begin.
        from: SimDuration,
        /// Time of the day at which they end.
        to: SimDuration,
        /// On how many days of each week, which begins with the run.
        #[range = ">= 1, <= 7"]
        days: u32 = 7,
    }
}

impl Field for CoversKeys {
    const EXPECTED: &'static str =
        "a share such as \"90%\", or hours such as { from = \"9h\", to = \"17h\", days = 5 }";

    fn kind() -> Kind {
        Kind::Either(vec![Probability::kind(), <HoursKeys as Field>::kind()])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        match &node.value {
            Value::Table(_) => <HoursKeys as Field>::read(node, findings).map(Self::Hours),
            _ => Probability::read(node, findings).map(Self::Share),
        }
    }

    fn write(&self) -> Option<toml::Value> {
        match self {
            Self::Share(share) => share.write(),
            Self::Hours(hours) => Field::write(hours),
        }
    }
}

impl Section for MonitorSection {
    fn shape() -> Shape {
        ResponseKeys::shape().choosing(KIND).called("monitor")
    }

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let kind = fields.required::<Name>("kind");
        if let Some(node) = fields.node_if_there("action") {
            let error = Diagnostic::error(node.span, "\"action\" is called \"does\"");
            fields
                .findings()
                .push(error.label("an old word").help("write does = \"notify\" or does = \"recover\""));
        }
        let response = ResponseKeys::read(fields);
        let kind = kind.and_then(|kind| {
            let known = names(MonitorKeys::CATALOGUE);
            if known.contains(&kind.text.as_str()) {
                return MonitorKeys::read_keys(&kind.text, fields);
            }
            fields.findings().push(Diagnostic::unknown(kind.span, "kind of monitor", &kind.text, known));
            // Which of the other keys belong to it cannot be known.
            fields.accept_all();
            None
        });
        Some(Self { kind: kind?, response: response? })
    }

    fn write(&self, table: &mut toml::Table) {
        table.insert("kind".to_owned(), self.kind.name().into());
        self.response.write(table);
        self.kind.write_keys(table);
    }
}

crate::tables! {
    BurnWindowKeys = "a table with the keys \"burn\", \"long\" and \"short\"",
    HoursKeys = "hours such as { from = \"9h\", to = \"17h\", days = 5 }",
    MonitorSection = "a table that describes a monitor",
}
