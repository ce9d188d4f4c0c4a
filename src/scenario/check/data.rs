//! What services keep, how it is lost, and its backups.

use super::Checker;
use super::target::{TargetKind, Targets};
use crate::document::{Diagnostic, Name};
use crate::model::action::Verb;
use crate::model::cost::{BackupPrice, Gigabytes, GigabytesPerHour, PerGbMonth, PerGigabyte};
use crate::model::data::{Backup, Data, Destroys, Restore, Schedule, Takes, Verify, Writes};
use crate::model::fault::{Arriving, Crash, FaultKind, InService, Signal, Unit, Waiting};
use crate::scenario::written::data::{
    BackupSection, DataTable, OffsetKeys, ReplicationSection, RestoreKeys, TierKeys, WritesKeys,
};
use crate::scenario::written::fault::{DataLossKeys, FaultKeys, FaultSection};
use crate::scenario::written::service::{ServiceKeys, ServiceSection};
use crate::units::{ServiceId, SimDuration};

/// Most copies that a backup keeps.
const KEEP_MAX: u32 = 100_000;

/// Whether a service has replicas of its own.
fn has_fleet(section: &ServiceSection) -> bool {
    section.keys.function.is_none() && section.gateway.is_none()
}

impl Checker<'_> {
    /// What a service keeps, if anything.
    pub(super) fn data(&mut self, name: &str, keys: &ServiceKeys) -> Option<Data> {
        let DataTable { size, growth, writes, rebuild } = keys.data.as_ref()?;
        if *writes == Some(WritesKeys::Effects) && !keys.effects {
            let message = format!("nothing that \"{name}\" does is an effect, so nothing is written");
            let help = "add \"effects\" = true to the service, or give the rate of writes, such as \"100/s\"";
            self.error(&["service", name, "data", "writes"], message, help);
        }
        Some(Data {
            size: size.get(),
            growth: growth.map_or(0.0, GigabytesPerHour::get),
            writes: writes.map(|writes| match writes {
                WritesKeys::Effects => Writes::Effects,
                WritesKeys::Rate(rate) => Writes::Rate(rate),
            }),
            rebuild: rebuild.unwrap_or_default(),
        })
    }

    /// The service behind a name such as "service.db", if it has data of its own replicas.
    pub(super) fn keeper(&mut self, of: &Name, what: &str) -> Option<ServiceId> {
        let Some(service) = of.text.strip_prefix("service.") else {
            let error = Diagnostic::error(of.span, format!("{what} is of the data of a service"));
            self.findings.push(error.help("expected a name such as \"service.db\""));
            return None;
        };
        let part = Name { text: service.to_owned(), span: of.span };
        let number = self.number("service", &self.written.services, &part)?;
        let section = self.written.services.0[number as usize].1.as_ref()?;
        let refusal = if !has_fleet(section) {
            Some((
                format!("\"{service}\" has no replicas of its own that keep anything"),
                "name a service that has",
            ))
        } else if section.keys.data.is_none() {
            let help = "give the service data, such as { size = \"100GB\" }";
            Some((format!("\"{service}\" keeps nothing"), help))
        } else {
            None
        };
        if let Some((message, help)) = refusal {
            self.findings.push(Diagnostic::error(of.span, message).label("no data").help(help));
            return None;
        }
        Some(ServiceId(number))
    }

    /// All backups.
    pub(super) fn backups(&mut self) -> Option<Vec<Backup>> {
        let written = self.written;
        let mut all = Vec::with_capacity(written.backups.0.len());
        for (name, section) in &written.backups.0 {
            all.push(section.as_ref().and_then(|section| self.backup(&name.text, section)));
        }
        all.into_iter().collect()
    }

    fn backup(&mut self, name: &str, keys: &BackupSection) -> Option<Backup> {
        self.impossible_backup(name, keys);
        let of = self.keeper(&keys.of, "a backup");
        let takes = match (&keys.takes, keys.rate) {
            (Some(law), _) => self.law(law).map(Takes::Law),
            (None, Some(rate)) => Some(Takes::Rate(rate.get())),
            (None, None) => None,
        };
        let verify = match &keys.verify {
            Some(verify) => self.law(&verify.takes).map(|takes| Some(Verify { takes, finds: verify.finds })),
            None => Some(None),
        };
        let retrieval = match &keys.tier {
            TierKeys::Named(tier) => Some(tier.retrieval()),
            TierKeys::Own(table) => self.law(&table.retrieval),
        };
        let restore = self.restore(name, &keys.restore);
        Some(Backup {
            name: name.to_owned(),
            of: of?,
            schedule: keys.every.map(|every| Schedule { every, offset: offset(keys.offset) }),
            takes: takes?,
            consistent: keys.consistent,
            success: keys.success,
            usable: keys.usable,
            verify: verify?,
            full_every: keys.full_every,
            increment: keys.incremental_size.map_or(0.0, Gigabytes::get),
            keep: keys.keep,
            retrieval: retrieval?,
            slows: keys.slows,
            skip_if_running: keys.skip_if_running,
            restore: restore?,
        })
    }

    fn restore(&mut self, name: &str, keys: &RestoreKeys) -> Option<Restore> {
        let at = |key| ["backup", name, "restore", key];
        if !(keys.replay.is_finite() && keys.replay >= 0.0) {
            self.error(
                &at("replay"),
                "to replay takes no negative time",
                "0.5 is half an hour for each hour",
            );
        }
        let provision = self.law(&keys.provision)?;
        let rate = keys.rate.map(GigabytesPerHour::get);
        Some(Restore { provision, rate, replay: keys.replay, log: keys.log })
    }

    /// Reports keys of a backup that do not fit together, or say nothing.
    fn impossible_backup(&mut self, name: &str, keys: &BackupSection) {
        let at = |key| ["backup", name, key];
        match (&keys.takes, keys.rate) {
            (None, None) => {
                let help = "add \"takes\", such as \"1h\" or \"0s\" for a snapshot, or \"rate\", such as \"300GB/h\"";
                self.error(&["backup", name], "nothing says how long a backup takes", help);
            }
            (Some(_), Some(_)) => {
                let message = "\"takes\" and \"rate\" both say how long a backup takes";
                self.error(&at("rate"), message, "leave out one of them");
            }
            _ => {}
        }
        if keys.every.is_some_and(SimDuration::is_zero) {
            self.error(&at("every"), "backups would begin at once, and always", "expected a time above zero");
        }
        if keys.every.is_none() && keys.offset.is_some() {
            let help = "add \"every\", or leave out \"offset\"";
            self.error(&at("offset"), "backups without \"every\" begin when somebody says so", help);
        }
        if keys.every.is_none() && !self.is_done(&[format!("backup.{name}.start")]) {
            let message = format!("no backup \"{name}\" ever begins");
            let help = format!("add \"every\", such as \"1d\", or let a monitor do \"backup.{name}.start\"");
            self.warning(&["backup", name], message, &help);
        }
        if keys.full_every == 0 {
            self.error(&at("full_every"), "every so many backups are full: at least 1", "1 makes all full");
        }
        if !(1..=KEEP_MAX).contains(&keys.keep) {
            let message = format!("{} backups cannot be kept", keys.keep);
            self.error(&at("keep"), message, &format!("expected 1 to {KEEP_MAX}"));
        }
        if !(keys.slows.is_finite() && keys.slows > 0.0) {
            self.error(&at("slows"), "the factor is more than zero", "1.3 makes work take 30 % longer");
        }
        let needs_size = keys.rate.is_some() || keys.restore.rate.is_some();
        if keys.full_every > 1 && keys.incremental_size.is_none() && needs_size {
            let help = "add \"incremental_size\", such as \"20GB\"";
            self.error(&at("full_every"), "nothing says how large the backups between full ones are", help);
        }
        if keys.full_every <= 1 && keys.incremental_size.is_some() {
            let help = "add \"full_every\", such as 7, or leave it out";
            self.error(&at("incremental_size"), "all backups are full", help);
        }
        if keys.skip_if_running
            && let (Some(law), Some(every)) = (&keys.takes, keys.every)
        {
            let takes = super::build(law, self.files).ok().and_then(|law| law.as_constant());
            if takes.is_some_and(|takes| takes > every) {
                let message = "the next one is due before this one is over, and is left out";
                self.warning(&at("every"), message, "give them more time, or write skip_if_running = false");
            }
        }
    }

    /// What is paid for backups, by backup.
    pub(super) fn backup_prices(&self) -> Vec<BackupPrice> {
        let price = |section: &BackupSection| match &section.tier {
            TierKeys::Named(tier) => {
                let [storage, read] = tier.prices();
                BackupPrice {
                    storage: PerGbMonth::new(storage).unwrap_or_default(),
                    read: PerGigabyte::new(read).unwrap_or_default(),
                }
            }
            TierKeys::Own(table) => BackupPrice {
                storage: table.storage.unwrap_or_default(),
                read: table.read.unwrap_or_default(),
            },
        };
        let all = self.written.backups.0.iter();
        all.map(|(_, section)| section.as_ref().map(price).unwrap_or_default()).collect()
    }

    /// Whose data a copy takes the place of.
    pub(super) fn promoted(&mut self, name: &Name, service: ServiceId) -> Option<Verb> {
        let follows = |section: &ReplicationSection| {
            section.of.text.strip_prefix("service.") == Some(name.text.as_str())
        };
        let mut all = self.written.replications.0.iter().filter_map(|(_, section)| section.as_ref());
        if !all.any(follows) {
            let message = format!("no copy follows what \"{}\" keeps", name.text);
            let help =
                "add a section \"replication\" of it, such as { of = \"service.db\", lag = \"500ms\" }";
            self.findings.push(Diagnostic::error(name.span, message).label("nothing to promote").help(help));
            return None;
        }
        Some(Verb::Promote(service))
    }

    /// Whose data are restored.
    pub(super) fn restored(
        &mut self,
        name: &Name,
        (service, keys): (ServiceId, &ServiceKeys),
    ) -> Option<Verb> {
        if keys.data.is_none() {
            let message = format!("\"{}\" keeps nothing that could be restored", name.text);
            let help = "give the service data, such as { size = \"100GB\" }";
            self.findings.push(Diagnostic::error(name.span, message).label("no data").help(help));
            return None;
        }
        Some(Verb::Restore(service))
    }

    /// Whose data are lost, and for how long nobody notices.
    pub(super) fn data_loss(
        &mut self,
        name: &str,
        keys: &DataLossKeys,
        targets: &Targets,
    ) -> Option<FaultKind> {
        if targets.kinds.iter().any(|kind| *kind != TargetKind::Data) {
            let help = "name the data of a service, such as \"service.db.data\"";
            self.error(&["fault", name, "on"], "only data are lost so", help);
            return None;
        }
        let service_of = |unit: &Unit| {
            let service = unit.name.strip_prefix("service.")?.strip_suffix(".data")?;
            self.written.services.number(service).map(ServiceId)
        };
        let services: Vec<ServiceId> = targets.units.iter().map(service_of).collect::<Option<_>>()?;
        for service in &services {
            let (keeper, section) = &self.written.services.0[service.index()];
            if section.as_ref().is_some_and(|section| !has_fleet(section)) {
                let message = format!("\"{}\" has no replicas of its own that keep anything", keeper.text);
                self.error(&["fault", name, "on"], message, "name a service that has");
                return None;
            }
        }
        let crash = Crash {
            in_service: InService::Lost,
            waiting: Waiting::Lost,
            arriving: Arriving::Refused,
            signal: Signal::Reset,
        };
        if keys.destroys == Destroys::Primary && keys.silent_for.is_some() {
            let message = "what is corrupt without anybody noticing is passed on to all copies";
            self.error(&["fault", name, "destroys"], message, "leave out \"destroys\" or \"silent_for\"");
        }
        Some(FaultKind::DataLoss {
            services,
            takes_copies: keys.destroys == Destroys::All,
            silent_for: self.optional_law(keys.silent_for.as_ref())?,
            crash,
        })
    }

    /// Reports a fault of another kind that is to strike data, and a loss of data that nothing restores.
    pub(super) fn data_alone(&mut self, name: &str, section: &FaultSection, targets: &Targets) {
        if !matches!(section.kind, FaultKeys::DataLoss(_)) {
            if targets.kinds.contains(&TargetKind::Data) {
                let help = "expected kind = \"data-loss\", or a service or replica";
                self.error(&["fault", name, "on"], "all that can happen to data is that they are lost", help);
            }
            return;
        }
        if targets.kinds.iter().any(|kind| *kind != TargetKind::Data) {
            // What else it cannot strike is reported with its kind.
            return;
        }
        let keys = &section.keys;
        let others = [
            ("time_to_repair", keys.time_to_repair.is_some()),
            ("lasts", keys.lasts.is_some()),
            ("replay", keys.replay.is_some()),
            ("common", keys.common.is_some()),
            ("flap", keys.flap.is_some()),
        ];
        if let Some((key, _)) = others.into_iter().find(|(_, is_there)| *is_there) {
            let message = "lost data come back when they are restored, and not before";
            let help = "leave it out, and add a \"recovery\" that restores them";
            return self.error(&["fault", name, key], message, help);
        }
        let plan = keys.recovery.as_ref().and_then(|recovery| {
            let number = self.written.recoveries.number(&recovery.text)?;
            self.written.recoveries.0[number as usize].1.as_ref()
        });
        if keys.recovery.is_some() && plan.is_none() {
            // That there is none is reported with it.
            return;
        }
        for unit in &targets.units {
            let [restore, promote] = ["restore", "promote"].map(|verb| format!("{}.{verb}", unit.name));
            let brings_back = |path: &str| plan.is_some_and(|section| section.plan.does(path));
            let is_whole =
                matches!(&section.kind, FaultKeys::DataLoss(keys) if keys.destroys == Destroys::All);
            if !brings_back(&restore) && (is_whole || !brings_back(&promote)) {
                let message = format!("nothing restores what \"{name}\" destroys");
                let other = if is_whole { String::new() } else { format!(" or \"{promote}\"") };
                let help = format!("add a \"recovery\" with an operation that does \"{restore}\"{other}");
                self.error(&["fault", name], message, &help);
                return;
            }
        }
    }
}

/// When the first backup begins; `None` is at random.
fn offset(keys: Option<OffsetKeys>) -> Option<SimDuration> {
    match keys {
        None | Some(OffsetKeys::Random) => None,
        Some(OffsetKeys::At(offset)) => Some(offset),
    }
}
