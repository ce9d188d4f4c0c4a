//! Clients and their arrivals.

use super::Checker;
use super::place::Layout;
use super::record::{Record, time};
use crate::document::{Diagnostic, Name};
use crate::model::workload::{Arrival, Client, Spike};
use crate::scenario::written::arrival::{
    ArrivalKeys, MmppKeys, ProfileKeys, ReplayKeys, ScheduleKeys, SpikeKeys,
};
use crate::scenario::written::client::ClientSection;
use crate::units::{SimDuration, SimTime};

/// Most instances of one client, and most users of a closed loop.
const SOURCES_MAX: u32 = 10_000_000;
/// Beyond this, counts are no longer exact.
const COUNT_MAX: f64 = 9_007_199_254_740_992.0;

impl Checker<'_> {
    /// All clients, or a report for each that is impossible.
    pub(super) fn clients(&mut self, layout: &Layout) -> Option<Vec<Client>> {
        let written = self.written;
        let clients = written.clients.0.iter();
        let clients: Vec<_> = clients
            .map(|(name, section)| section.as_ref().and_then(|one| self.client(layout, &name.text, one)))
            .collect();
        clients.into_iter().collect()
    }

    fn client(&mut self, layout: &Layout, name: &str, section: &ClientSection) -> Option<Client> {
        let keys = &section.keys;
        let path = ["client", name];
        let region = self.region(layout, keys.region.as_ref(), &path);
        if keys.instances == 0 || keys.instances > SOURCES_MAX {
            let help = format!("expected 1 to {SOURCES_MAX}");
            self.error(&["client", name, "instances"], "so many instances are impossible", &help);
        }
        if keys.calls.0.is_empty() && keys.paths.is_empty() {
            let help = "add \"calls\", or \"paths\" that routes cover";
            self.error(&["client", name, "calls"], "a client calls at least one service", help);
        }
        let priority = u8::try_from(keys.priority).ok();
        if priority.is_none() {
            self.error(&["client", name, "priority"], "this priority is too large", "expected 0 to 255");
        }
        for (key, value) in [("good_within", keys.good_within.as_ref())]
            .into_iter()
            .chain(keys.within.iter().map(|value| ("within", Some(value))))
        {
            if value.is_some_and(|value| value.is_zero()) {
                self.error(&["client", name, key], format!("\"{key}\" is longer than zero"), "");
            }
        }
        if keys.sessions == Some(0) {
            self.error(&["client", name, "sessions"], "a request belongs to one of at least 1 session", "");
        }
        let arrival = self.arrival(name, &keys.arrival);
        if let Some(Err(why)) = arrival.as_ref().map(Arrival::check) {
            self.error(&["client", name, "arrival"], "requests cannot come like this", &why);
        }
        let steps = self.steps(&path, &keys.calls, &section.policy);
        let resolvers = self.resolvers(name, section);
        Some(Client {
            name: name.to_owned(),
            region: region?,
            instances: keys.instances,
            arrival: arrival?,
            steps: steps?,
            invalid: keys.invalid,
            priority: priority?,
            sessions: keys.sessions,
            good_within: keys.good_within,
            resolvers: resolvers?,
        })
    }

    fn arrival(&mut self, client: &str, keys: &ArrivalKeys) -> Option<Arrival> {
        match keys {
            ArrivalKeys::Poisson(keys) => {
                let spikes = self.spikes(client, &keys.spikes)?;
                Some(Arrival::Poisson { rate: keys.rate, spikes })
            }
            ArrivalKeys::Renewal(keys) => {
                Some(Arrival::Renewal { between: self.positive_law(&keys.between)? })
            }
            ArrivalKeys::Mmpp(keys) => self.mmpp(client, keys),
            ArrivalKeys::Closed(keys) => {
                if keys.users == 0 || keys.users > SOURCES_MAX {
                    let help = format!("expected 1 to {SOURCES_MAX}");
                    let path = ["client", client, "arrival", "users"];
                    self.error(&path, "so many users are impossible", &help);
                    return None;
                }
                Some(Arrival::Closed { users: keys.users, think: self.law(&keys.think)? })
            }
            ArrivalKeys::Profile(keys) => self.profile(client, keys),
            ArrivalKeys::Replay(keys) => self.recorded(client, keys),
            ArrivalKeys::Schedule(keys) => self.schedule(client, keys),
            // What could not be read is reported.
            ArrivalKeys::Trace(_) => self.traces.get(client).cloned().flatten().map(Arrival::Trace),
        }
    }

    /// Arrivals by a plan, up to the end of what is measured.
    fn schedule(&mut self, client: &str, keys: &ScheduleKeys) -> Option<Arrival> {
        let at = |key| ["client", client, "arrival", key];
        if keys.every.is_some() != keys.at.is_empty() {
            let message = if keys.at.is_empty() {
                "nothing says when requests come"
            } else {
                "requests come by one plan"
            };
            self.error(&at("every"), message, "expected either \"every\" or \"at\"");
            return None;
        }
        if !keys.at.is_empty() && self.is_written(&at("offset")) {
            self.error(&at("offset"), "\"at\" says when requests come already", "leave out \"offset\"");
            return None;
        }
        let Some(every) = keys.every else {
            let mut instants: Vec<SimTime> = keys.at.iter().map(|one| SimTime::ZERO + *one).collect();
            instants.sort_unstable();
            return Some(Arrival::Instants(instants));
        };
        let horizon = self.written.run.as_ref()?.0.horizon.as_nanos();
        let count = match every.as_nanos() {
            0 => u64::MAX,
            every => horizon.saturating_sub(keys.offset.as_nanos()) / every,
        };
        if count >= u64::from(SOURCES_MAX) {
            let message = format!("more than {SOURCES_MAX} requests are planned");
            let help = "give a longer \"every\", or use process = \"renewal\"";
            self.error(&at("every"), message, help);
            return None;
        }
        let first = SimTime::ZERO + keys.offset;
        let instant = |number: u64| first + SimDuration::from_nanos(every.as_nanos().saturating_mul(number));
        Some(Arrival::Instants((0..=count).map(instant).collect()))
    }

    fn spikes(&mut self, client: &str, keys: &[SpikeKeys]) -> Option<Vec<Spike>> {
        let mut valid = true;
        for (number, spike) in keys.iter().enumerate() {
            let number = number.to_string();
            let at = |key| ["client", client, "arrival", "spikes", &number, key];
            if spike.factor < 0.0 {
                valid = false;
                self.error(&at("factor"), "the factor of a spike is not negative", "");
            }
            if spike.lasts.is_zero() {
                valid = false;
                self.error(&at("lasts"), "a spike lasts longer than zero", "");
            }
        }
        let spike =
            |keys: &SpikeKeys| Spike { at: SimTime::ZERO + keys.at, lasts: keys.lasts, factor: keys.factor };
        let mut spikes: Vec<Spike> = keys.iter().map(spike).collect();
        spikes.sort_by_key(|spike| (spike.at, spike.lasts));
        valid.then_some(spikes)
    }

    fn mmpp(&mut self, client: &str, keys: &MmppKeys) -> Option<Arrival> {
        let path = ["client", client, "arrival", "stays"];
        if keys.rates.len() != keys.stays.len() || keys.rates.is_empty() {
            let message = format!("there are {} stays for {} rates", keys.stays.len(), keys.rates.len());
            self.error(&path, message, "expected one for each");
            return None;
        }
        if keys.stays.iter().any(|stay| stay.is_zero()) {
            self.error(&path, "a stay is longer than zero", "");
            return None;
        }
        Some(Arrival::Mmpp { rates: keys.rates.clone(), stays: keys.stays.clone() })
    }

    fn profile(&mut self, client: &str, keys: &ProfileKeys) -> Option<Arrival> {
        let spikes = self.spikes(client, &keys.spikes);
        if keys.rates.is_empty() {
            self.error(&["client", client, "arrival", "rates"], "a profile has at least one rate", "");
            return None;
        }
        if keys.period.as_nanos() < keys.rates.len() as u64 {
            let path = ["client", client, "arrival", "period"];
            self.error(&path, "the period is too short for so many rates", "");
            return None;
        }
        Some(Arrival::Profile { rates: keys.rates.clone(), period: keys.period, spikes: spikes? })
    }

    fn recorded(&mut self, client: &str, keys: &ReplayKeys) -> Option<Arrival> {
        let at = |key| ["client", client, "arrival", key];
        if keys.scale <= 0.0 {
            self.error(&at("scale"), "the scale is more than zero", "");
            return None;
        }
        let Some(period) = keys.period else {
            if (keys.scale - 1.0).abs() > 0.0 {
                self.error(&at("scale"), "timestamps cannot be scaled", "only counts per \"period\" can");
                return None;
            }
            // What could not be read is reported.
            let (record, recorded) = self.records.arrivals(client)?;
            let before = recorded.partition_point(|nanos| *nanos < record.zero);
            let instants: Vec<SimTime> =
                recorded[before..].iter().map(|nanos| time(nanos - record.zero)).collect();
            self.before_origin(&record, before);
            self.covered(&record, &instants, None);
            return Some(Arrival::Instants(instants));
        };
        if period.is_zero() {
            self.error(&at("period"), "the period is longer than zero", "");
            return None;
        }
        let values = match self.files.numbers(&keys.file.text, &keys.column.text) {
            Ok(values) => values,
            Err(why) => {
                self.unusable(&keys.file, why);
                return None;
            }
        };
        match scaled(&values, keys.scale) {
            Ok(counts) => Some(self.counted(client, keys, counts, period)),
            Err(row) => {
                self.unusable(&keys.file, format!("{}: row {row} holds no possible count", keys.file.text));
                None
            }
        }
    }

    /// Counts on the clock of the run.
    fn counted(&mut self, client: &str, keys: &ReplayKeys, counts: Vec<u64>, period: SimDuration) -> Arrival {
        let record = self.records.counts(client);
        let begins = record.as_ref().map_or(0, |record| record.first - record.zero);
        let recorded = counts.len();
        let (counts, begins) = from_origin(counts, i128::from(period.as_nanos()), begins);
        let record = record.unwrap_or_else(|| Record::of_counts(&keys.file));
        self.before_origin(&record, recorded - counts.len());
        let edges: Vec<SimTime> = [0, counts.len() as u64]
            .map(|number| begins + SimDuration::from_nanos(period.as_nanos().saturating_mul(number)))
            .to_vec();
        let edges = if counts.is_empty() { Vec::new() } else { edges };
        self.covered(&record, &edges, edges.last().copied());
        Arrival::Counts { counts, period, begins }
    }

    /// Reports that a file cannot be used.
    pub(super) fn unusable(&mut self, file: &Name, why: String) {
        self.findings.push(Diagnostic::error(file.span, why).label("named here"));
    }
}

/// Counts of which the first begins at `begins`, without the periods that begin before 0.
fn from_origin(mut counts: Vec<u64>, period: i128, begins: i128) -> (Vec<u64>, SimTime) {
    if begins >= 0 {
        return (counts, time(begins));
    }
    let whole = usize::try_from(-begins / period).unwrap_or(usize::MAX).min(counts.len());
    counts.drain(..whole);
    let cut = -begins % period;
    if cut == 0 || counts.is_empty() {
        return (counts, SimTime::ZERO);
    }
    // When in a period that is cut its requests came is not known.
    counts.remove(0);
    (counts, time(period - cut))
}

/// Scales counts so that the sum up to each of them is right to the nearest whole number; the number of the row that
/// is no count where there is one.
fn scaled(values: &[f64], scale: f64) -> Result<Vec<u64>, usize> {
    let (mut sum, mut given) = (0.0, 0);
    let mut counts = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        sum += value * scale;
        if *value < 0.0 || sum > COUNT_MAX {
            return Err(row + 1);
        }
        let due = sum.round() as u64;
        counts.push(due - given);
        given = due;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scaled_counts_never_drift_from_their_sum() {
        let counts = scaled(&[1.0; 10], 0.25).unwrap();
        let mut sum = 0;
        for (number, count) in counts.iter().enumerate() {
            sum += count;
            assert!((sum as f64 - 0.25 * (number + 1) as f64).abs() < 1.0);
        }
        assert_eq!(sum, 3);
        assert_eq!(scaled(&[2.0, -1.0], 1.0), Err(2));
    }

    #[test]
    fn counts_keep_their_place_on_the_clock() {
        let counts = || vec![1, 2, 3];
        assert_eq!(from_origin(counts(), 10, 7), (counts(), SimTime::from_nanos(7)));
        assert_eq!(from_origin(counts(), 10, -10), (vec![2, 3], SimTime::ZERO));
        assert_eq!(from_origin(counts(), 10, -13), (vec![3], SimTime::from_nanos(7)));
        assert_eq!(from_origin(counts(), 10, -1_000).0, Vec::<u64>::new());
    }
}
