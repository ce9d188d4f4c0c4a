//! What is counted of functions.

use crate::engine::record::Record;
use crate::engine::record::instances::Seen;
use crate::engine::record::metrics::{Gauge, Sample};
use crate::engine::record::version::VersionMetrics;
use crate::engine::task::flag;
use crate::measure::{FunctionMeasure, Poured, VersionMeasure};
use crate::model::cost::{InvocationPrice, PerRequest};
use crate::model::fleet::Service;
use crate::model::fleet::version::Versions;

/// What is counted of one function; attempts are those of measured requests.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct FunctionMetrics {
    /// Attempts that it took in.
    admitted: u64,
    /// Instances that were started for an attempt, and those of all attempts, measured or not.
    cold: u64,
    cold_ever: u64,
    /// Those that went to an instance that is not provisioned.
    on_demand: u64,
    /// Those that paid for a start of an instance that was there.
    reinits: u64,
    /// Starts of instances for an attempt, as they became ready.
    starts: Sample,
    /// Lives of instances that went.
    lives: Sample,
    /// Instances with at least one request.
    busy: Gauge,
    /// Billed times are rounded up to multiples of this; 0 where nothing is paid for them [ns].
    round: u64,
    billed: [u128; 2],
    /// Provisioned instances that are wanted, those that are ready, and requests on these.
    configured: Gauge,
    ready: Gauge,
    on_ready: Gauge,
    /// Requests that an instance serves at once; 0 for any number.
    slots: u32,
    /// Instances now, and the most of the measured part.
    alive: u32,
    alive_max: u32,
    /// Requests under way.
    concurrency: Peaks,
    /// Whether the measured part is over.
    is_over: bool,
    /// Of each version, where there are several.
    pub(super) versions: Vec<VersionMetrics>,
}

/// A number now, and the most it was: of the measured part, and since somebody looked.
#[derive(Debug, Clone, Copy, Default)]
struct Peaks {
    now: u32,
    /// The most since the last of: the begin and the end of the measured part, and a look.
    since: u32,
    /// The most between the last look and that.
    unseen: u32,
    /// The most of the measured part before that.
    measured: u32,
    is_measured: bool,
}

impl Peaks {
    /// The number is that, which may be more than before.
    #[inline(always)]
    const fn rises_to(&mut self, now: u32) {
        self.now = now;
        if now > self.since {
            self.since = now;
        }
    }

    fn begin(&mut self) {
        self.close();
        self.is_measured = true;
    }

    fn end(&mut self) {
        self.close();
        self.is_measured = false;
    }

    /// The most since the last look.
    fn look(&mut self) -> u32 {
        self.close();
        std::mem::take(&mut self.unseen)
    }

    /// The most of the measured part so far.
    fn measured(&self) -> u32 {
        if self.is_measured { self.measured.max(self.since) } else { self.measured }
    }

    fn close(&mut self) {
        self.unseen = self.unseen.max(self.since);
        self.measured = self.measured();
        self.since = self.now;
    }
}

impl FunctionMetrics {
    /// With so many instances at the start.
    pub(in crate::engine) fn new(
        present: u32,
        (round, slots): (u64, u32),
        versions: Option<&Versions>,
    ) -> Self {
        let mut metrics = Self { alive: present, alive_max: present, round, slots, ..Self::default() };
        metrics.configured.raise(u64::from(present), 0);
        metrics.ready.raise(u64::from(present), 0);
        if let Some(versions) = versions {
            metrics.versions = vec![VersionMetrics::default(); versions.all.len()];
            metrics.versions[usize::from(versions.provisioned)].present.raise(u64::from(present), 0);
        }
        metrics
    }

    /// Bills the time of a request; how much that is [ns].
    #[inline(always)]
    pub(in crate::engine) fn bill(&mut self, took: u64, flags: u16, is_provisioned: bool) -> u64 {
        if self.round == 0 || flags & flag::MEASURED == 0 {
            return 0;
        }
        let billed = InvocationPrice::billed(self.round, took);
        self.billed[usize::from(is_provisioned)] += u128::from(billed);
        billed
    }

    /// The measured part begins.
    pub(in crate::engine) fn begin(&mut self, now: u64) {
        self.busy.begin(now);
        for gauge in [&mut self.configured, &mut self.ready, &mut self.on_ready] {
            gauge.begin(now);
        }
        self.versions.iter_mut().for_each(|version| version.present.begin(now));
        self.alive_max = self.alive;
        self.concurrency.begin();
    }

    /// The measured part ends.
    pub(in crate::engine) fn end(&mut self, now: u64) {
        self.busy.end(now);
        for gauge in [&mut self.configured, &mut self.ready, &mut self.on_ready] {
            gauge.end(now);
        }
        self.versions.iter_mut().for_each(|version| version.present.end(now));
        self.concurrency.end();
        self.is_over = true;
    }

    /// What was counted of its versions, where so many attempts were sent to it.
    pub(in crate::engine) fn measure_versions(&mut self, sent: u64) -> Vec<VersionMeasure> {
        self.versions.iter_mut().map(|version| version.measure(sent)).collect()
    }

    /// What is counted so far, beside what others count.
    pub(in crate::engine) fn seen(&self, now: u64, service: &Service, others: Seen) -> Seen {
        let configured = self.configured.integral(now);
        let versions = self.versions.iter().map(|version| version.billed);
        let [billed, on_ready, of_ready] = service.gigabyte_seconds((self.billed, configured), versions);
        let used = [PerRequest::amount(self.admitted), billed, on_ready, of_ready];
        Seen { busy: self.busy.integral(now), provisioned: configured, cold: self.cold, used, ..others }
    }

    /// What was counted.
    pub(in crate::engine) fn measure(&mut self) -> FunctionMeasure {
        let none = Poured::default();
        FunctionMeasure {
            admitted: self.admitted,
            cold: self.cold,
            on_demand: self.on_demand,
            reinits: self.reinits,
            starts: self.starts.tally(&none),
            lives: self.lives.tally(&none),
            busy: self.busy.measured(),
            billed: self.billed,
            configured: self.configured.measured(),
            ready: self.ready.measured(),
            on_ready: self.on_ready.measured(),
            slots: self.slots,
            alive_max: self.alive_max,
            concurrency_max: self.concurrency.measured(),
        }
    }
}

impl FunctionMetrics {
    /// An attempt began at a warm instance, with which so many requests are under way.
    pub(in crate::engine) fn served_warm(&mut self, is_measured: bool, requests: u32, now: u64) {
        self.admitted += u64::from(is_measured);
        self.on_demand += u64::from(is_measured);
        self.busy.up(now);
        self.concurrency.rises_to(requests);
    }

    /// An instance has no request any more.
    pub(in crate::engine) fn is_free(&mut self, requests: u32, now: u64) {
        self.busy.down(now);
        self.concurrency.now = requests;
    }
}

impl Record {
    /// Whether anything is paid for the time of a function's requests.
    pub(in crate::engine) fn bills(&self, number: usize) -> bool {
        self.functions.get(number).and_then(Option::as_deref).is_some_and(|metrics| metrics.round > 0)
    }

    /// Bills the time of a request [ns].
    pub(in crate::engine) fn bill(
        &mut self,
        (number, version): (usize, u8),
        took: u64,
        flags: u16,
        is_provisioned: bool,
    ) {
        if let Some(metrics) = self.function(number) {
            let billed = metrics.bill(took, flags, is_provisioned);
            if let Some(version) = metrics.versions.get_mut(usize::from(version)) {
                version.billed[usize::from(is_provisioned)] += u128::from(billed);
            }
        }
    }

    /// Bills the time of a call with the memory of its function \[MB\].
    pub(in crate::engine) fn bill_memory(
        &mut self,
        number: usize,
        took: u64,
        (flags, megabytes): (u16, u32),
    ) {
        if let Some(metrics) =
            self.function(number).filter(|one| one.round > 0 && flags & flag::MEASURED != 0)
        {
            let billed = InvocationPrice::billed(metrics.round, took);
            metrics.billed[0] += u128::from(billed) * u128::from(megabytes);
        }
    }

    /// A provisioned instance is ready, or gone.
    pub(in crate::engine) fn note_ready(&mut self, number: usize, begins: bool, now: u64) {
        if let Some(metrics) = self.function(number) {
            if begins {
                metrics.ready.up(now);
            } else {
                metrics.ready.down(now);
            }
        }
    }

    /// So many instances are to be provisioned from now on.
    pub(in crate::engine) fn note_configured(
        &mut self,
        number: usize,
        (before, after): (u32, u32),
        now: u64,
    ) {
        if let Some(metrics) = self.function(number) {
            metrics.configured.raise(u64::from(after.saturating_sub(before)), now);
            metrics.configured.lower(u64::from(before.saturating_sub(after)), now);
        }
    }

    /// A provisioned instance has a request more, or one less.
    pub(in crate::engine) fn note_on_ready(&mut self, number: usize, begins: bool, now: u64) {
        if let Some(metrics) = self.function(number) {
            if begins {
                metrics.on_ready.up(now);
            } else {
                metrics.on_ready.down(now);
            }
        }
    }

    /// The time of slots of provisioned instances up to now that were used, and of all of those that were ready; nothing
    /// where the service is no function.
    pub(in crate::engine) fn provisioned_numbers(&self, number: usize, now: u64) -> Option<[u128; 2]> {
        let metrics = self.functions.get(number)?.as_deref()?;
        let available = metrics.ready.integral(now) * u128::from(metrics.slots);
        Some([metrics.on_ready.integral(now), available])
    }

    pub(super) fn function(&mut self, number: usize) -> Option<&mut FunctionMetrics> {
        self.functions.get_mut(number).and_then(Option::as_deref_mut)
    }

    /// A function took an attempt in.
    pub(in crate::engine) fn note_admitted(&mut self, (number, version): (usize, u8), flags: u16) {
        if let Some(metrics) = self.function(number) {
            metrics.admitted += u64::from(flags & flag::MEASURED != 0);
            if let Some(version) = metrics.versions.get_mut(usize::from(version)) {
                version.admitted += u64::from(flags & flag::MEASURED != 0);
            }
        }
    }

    /// Instances that were started for any attempt at a service.
    pub(in crate::engine) fn cold_starts(&self, number: usize) -> u64 {
        let metrics = self.functions.get(number).and_then(Option::as_ref);
        metrics.map_or(0, |metrics| metrics.cold_ever)
    }

    /// An instance is started for an attempt.
    pub(in crate::engine) fn note_cold(&mut self, (number, version): (usize, u8), flags: u16) {
        if let Some(metrics) = self.function(number) {
            metrics.cold += u64::from(flags & flag::MEASURED != 0);
            metrics.cold_ever += 1;
            if let Some(version) = metrics.versions.get_mut(usize::from(version)) {
                version.cold += u64::from(flags & flag::MEASURED != 0);
            }
        }
    }

    /// An attempt has an instance that is not provisioned.
    pub(in crate::engine) fn note_on_demand(&mut self, number: usize, flags: u16) {
        if let Some(metrics) = self.function(number) {
            metrics.on_demand += u64::from(flags & flag::MEASURED != 0);
        }
    }

    /// An attempt pays for a start of an instance that was there.
    pub(in crate::engine) fn note_reinit(&mut self, number: usize, flags: u16) {
        if let Some(metrics) = self.function(number) {
            metrics.reinits += u64::from(flags & flag::MEASURED != 0);
        }
    }

    /// An instance that was started for an attempt is ready after so long [ns].
    pub(in crate::engine) fn note_start(
        &mut self,
        (number, version): (usize, u8),
        took: u64,
        is_measuring: bool,
    ) {
        if let Some(metrics) = self.function(number).filter(|_| is_measuring) {
            metrics.starts.record(took);
            if let Some(version) = metrics.versions.get_mut(usize::from(version)) {
                version.starts.record(took);
            }
        }
    }

    /// An instance goes after so long [ns].
    pub(in crate::engine) fn note_end(&mut self, number: usize, lived: u64, is_measuring: bool) {
        if let Some(metrics) = self.function(number) {
            metrics.alive -= 1;
            if is_measuring {
                metrics.lives.record(lived);
            }
        }
    }

    /// An instance more is there, with which there are so many.
    pub(in crate::engine) fn note_alive(&mut self, number: usize, alive: u32) {
        if let Some(metrics) = self.function(number) {
            metrics.alive = alive;
            if !metrics.is_over {
                metrics.alive_max = metrics.alive_max.max(alive);
            }
        }
    }

    /// So many requests are under way.
    pub(in crate::engine) fn note_concurrency(&mut self, number: usize, requests: u32) {
        if let Some(metrics) = self.function(number) {
            metrics.concurrency.rises_to(requests);
        }
    }

    /// The most requests of a function that were under way at once since this was last asked.
    pub(in crate::engine) fn peak_of_concurrency(&mut self, number: usize) -> u32 {
        self.function(number).map_or(0, |metrics| metrics.concurrency.look())
    }

    /// An instance has its first request, or none any more.
    pub(in crate::engine) fn instance_busy(&mut self, number: usize, begins: bool, now: u64) {
        if let Some(metrics) = self.function(number) {
            if begins {
                metrics.busy.up(now);
            } else {
                metrics.busy.down(now);
            }
        }
    }
}
