//! What a row of the catalogue says about its metrics.

use super::{Quantity, ScopeKind, Source, Statistic};
use crate::reason::Reason;
use crate::units::SimDuration;

/// A family of metrics: one name, or a pattern with `<statistic>`, `<reason>` or `<t>` in it. What it does not say is as
/// usual: a number of its own, pooled over runs, shown wherever there is one, better neither higher nor lower.
#[derive(Debug, Clone, Copy)]
pub struct Family {
    /// The name or pattern.
    pub name: &'static str,
    /// Its unit: base units only.
    pub unit: &'static str,
    /// What it means, in one sentence.
    pub definition: &'static str,
    /// What it is taken of, and what one run contributes to it.
    pub sources: &'static [Source],
    /// What kind of number it is.
    pub nature: Nature,
    /// Which values are wanted.
    pub direction: Direction,
    /// What its interval counts.
    pub counts: Counts,
    /// Where it is worth a row.
    pub shown: Shown,
    /// What it rests on.
    pub rests_on: &'static [Basis],
    /// Of a sample, what may be asked of it.
    pub statistics: &'static [(&'static str, Statistic)],
}

/// What kind of number a metric is, and so the scale of its interval.
#[derive(Debug, Clone, Copy)]
pub enum Nature {
    /// Any that is not negative: on the log scale.
    Number,
    /// Between 0 and 1: on the logit scale, with what stays possible at the ends.
    Share,
    /// A share whose errors are taken relative to 1 - A.
    Availability,
    /// A share of what is there, such as slots: nothing that happens or does not, so nothing is said at its ends.
    Use,
    /// Worked out from an availability.
    Derived(&'static Derivation),
}

/// How a metric comes from an availability A.
#[derive(Debug)]
pub struct Derivation {
    /// Its value at A; the second is the target of the objective on A, without which there may be none.
    pub value: fn(f64, Option<f64>) -> Option<f64>,
    /// What two variants are compared by the ratio of, at A.
    pub base: fn(f64) -> f64,
    /// Whether a difference of it adds up the time down of both variants.
    pub adds_up: bool,
}

/// Which values of a metric are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// High ones.
    Up,
    /// Low ones.
    Down,
    /// That depends on who asks, such as for utilisation.
    Neither,
}

/// What the interval of a metric counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    /// Runs: the jackknife of what is pooled over them.
    Runs,
    /// Runs, and nothing where none of what may never happen was seen.
    Seen,
    /// Outages; it is their number.
    Outages,
    /// Outages so far; it is a time divided by their number.
    PerOutage(Stage),
    /// Runs of which each has it or has not.
    Having,
    /// What comes like the points of a Poisson process; it is their number in a time.
    Points,
    /// The same; it is a time divided by their number.
    PerPoint,
    /// Those runs that have any, and no others.
    OfKind,
    /// Nothing: the largest of all has no interval.
    Largest,
}

/// How far an outage has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It has begun.
    Begun,
    /// It is known.
    Detected,
    /// It is over.
    Ended,
}

/// Where a metric is worth a row, unless an objective asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Wherever there is one.
    Always,
    /// Where it is above zero.
    AboveZero,
    /// Where there are faults, and of these kinds also without.
    WithFaults(&'static [ScopeKind]),
    /// Where collapses are looked for.
    LookedFor,
    /// Where one was seen.
    Collapsed,
    /// Of the part whose outage ends the run.
    Awaited,
    /// Where an objective says how much is wanted.
    Targeted,
    /// Of services with outlier detection.
    OutlierDetection,
}

/// Two lists as one.
pub(super) const fn join<const COUNT: usize>(first: &[Family], second: &[Family]) -> [Family; COUNT] {
    let mut all = [first[0]; COUNT];
    let mut place = 0;
    while place < COUNT {
        all[place] = if place < first.len() { first[place] } else { second[place - first.len()] };
        place += 1;
    }
    all
}

/// What a metric rests on, so that what is said of that is said of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Finished requests alone: those without an end are left out.
    Finished,
    /// How many requests are answered well.
    Answers,
    /// How long requests take.
    Latency,
    /// How many jobs are inside.
    Inside,
    /// Failures, most of which may have come with incidents.
    Failures,
    /// Collapses themselves, in whatever runs.
    Collapses,
    /// What only faults decide, whatever the load.
    Faults,
}

/// Which metric of a family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Member {
    /// The only one.
    Only,
    /// That of `<statistic>`.
    Statistic(Statistic),
    /// That of `<reason>`.
    Reason(Reason),
    /// That of `<t>`.
    Within(SimDuration),
}

impl Family {
    pub(super) const fn new(name: &'static str, unit: &'static str, definition: &'static str) -> Self {
        Self {
            name,
            unit,
            definition,
            sources: &[],
            nature: Nature::Number,
            direction: Direction::Neither,
            counts: Counts::Runs,
            shown: Shown::Always,
            rests_on: &[],
            statistics: &Statistic::ALL,
        }
    }

    pub(super) const fn of(self, sources: &'static [Source]) -> Self {
        Self { sources, ..self }
    }

    pub(super) const fn nature(self, nature: Nature) -> Self {
        Self { nature, ..self }
    }

    pub(super) const fn up(self) -> Self {
        Self { direction: Direction::Up, ..self }
    }

    pub(super) const fn down(self) -> Self {
        Self { direction: Direction::Down, ..self }
    }

    pub(super) const fn counts(self, counts: Counts) -> Self {
        Self { counts, ..self }
    }

    pub(super) const fn shown(self, shown: Shown) -> Self {
        Self { shown, ..self }
    }

    pub(super) const fn statistics(self, statistics: &'static [(&'static str, Statistic)]) -> Self {
        Self { statistics, ..self }
    }

    pub(super) const fn rests_on(self, rests_on: &'static [Basis]) -> Self {
        Self { rests_on, ..self }
    }

    /// What it is taken of.
    pub fn kinds(&self) -> impl Iterator<Item = ScopeKind> {
        self.sources.iter().flat_map(|source| source.kinds().iter().copied())
    }

    /// Whether it is taken of this kind.
    pub fn is_of(&self, kind: ScopeKind) -> bool {
        self.kinds().any(|one| one == kind)
    }

    /// Its metrics; those with a time of the user's choice are left as a pattern.
    pub fn members(&'static self) -> Vec<String> {
        match self.name.strip_suffix("<t>") {
            Some(_) => vec![self.name.to_owned()],
            None => self.quantities([&[], &[]]).into_iter().map(|(name, _)| name).collect(),
        }
    }

    /// Whether its times are those of contracts about losses of data, and not of requests.
    pub fn is_of_contracts(&self) -> bool {
        self.name.ends_with("<t>") && !self.is_of(ScopeKind::Client)
    }

    /// Its metrics with their names, those with a time for each of these: of requests, or of contracts.
    pub fn quantities(
        &'static self,
        [thresholds, contracts]: [&[SimDuration]; 2],
    ) -> Vec<(String, Quantity)> {
        let of = |name: String, member| (name, Quantity { family: self, member });
        if let Some(stem) = self.name.strip_suffix("<statistic>") {
            let each = self.statistics.iter();
            return each
                .map(|(suffix, one)| of(format!("{stem}{suffix}"), Member::Statistic(*one)))
                .collect();
        }
        if let Some(stem) = self.name.strip_suffix("<reason>") {
            let each = Reason::ALL.into_iter();
            return each.map(|one| of(format!("{stem}{}", one.name()), Member::Reason(one))).collect();
        }
        if let Some(stem) = self.name.strip_suffix("<t>") {
            let each = if self.is_of_contracts() { contracts } else { thresholds }.iter();
            let name = |time: &SimDuration| format!("{stem}{}", time.to_string().replace(' ', ""));
            return each.map(|time| of(name(time), Member::Within(*time))).collect();
        }
        vec![of(self.name.to_owned(), Member::Only)]
    }

    /// Which of its metrics has this name.
    pub(super) fn member(&self, name: &str) -> Option<Member> {
        if let Some(stem) = self.name.strip_suffix("<statistic>") {
            let rest = name.strip_prefix(stem)?;
            let (_, statistic) = self.statistics.iter().find(|(suffix, _)| *suffix == rest)?;
            return Some(Member::Statistic(*statistic));
        }
        if let Some(stem) = self.name.strip_suffix("<reason>") {
            let rest = name.strip_prefix(stem)?;
            return Reason::ALL.into_iter().find(|reason| reason.name() == rest).map(Member::Reason);
        }
        if let Some(stem) = self.name.strip_suffix("<t>") {
            let nanos = humantime::parse_duration(name.strip_prefix(stem)?).ok()?.as_nanos();
            return u64::try_from(nanos).ok().map(|nanos| Member::Within(SimDuration::from_nanos(nanos)));
        }
        (self.name == name).then_some(Member::Only)
    }

    /// Whether a metric's name belongs to it.
    pub fn contains(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// What the sample is called whose statistics these are.
    pub fn sample(&self) -> Option<&'static str> {
        self.name.strip_suffix("_<statistic>")
    }
}

/// Two are the same where their names are: a table has no name twice.
impl PartialEq for Family {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}
