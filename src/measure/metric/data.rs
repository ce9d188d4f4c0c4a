//! Metrics of what services keep: backups, losses, and what they cost in data and time.

use super::Nature::Share;
use super::Source::Service;
use super::{Counts, Evidence, Family, Shown};

pub(super) const BACKUPS: Family = Family::new(
    "backups",
    "1",
    "Backups of what it keeps that were complete in the measured part, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.data.as_ref()?.backups))]);

pub(super) const BACKUPS_FAILED: Family = Family::new(
    "backups_failed",
    "1",
    "Backups of what it keeps that failed in the measured part, were broken off by a loss or found bad, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.data.as_ref()?.failed))])
.down();

pub(super) const DATA_LOSSES: Family = Family::new(
    "data_losses",
    "1",
    "Losses of what it keeps that showed in the measured part and were over before its end, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.data.as_ref()?.losses))])
.down()
.counts(Counts::Seen);

pub(super) const DATA_LOST_RATIO: Family =
    Family::new("data_lost_ratio", "ratio", "Those losses of which nothing could be restored / losses.")
        .of(&[Service(|service, _| {
            let data = service.data.as_ref()?;
            Evidence::share(data.gone, data.losses)
        })])
        .nature(Share)
        .down();

pub(super) const RPO: Family = Family::new(
    "rpo_<statistic>",
    "s",
    "How far back in time a loss of data or a failover went: from the last of what is there again to the loss, where anything could be restored; to when the original stopped or was left.",
)
.of(&[Service(|service, asked| asked.sampled(vec![&service.data.as_ref()?.rpo]))])
.down();

pub(super) const RTO: Family = Family::new(
    "rto_<statistic>",
    "s",
    "How long a loss of data lasted: from when it showed until the recovery of the fault was over, where anything could be restored.",
)
.of(&[Service(|service, asked| asked.sampled(vec![&service.data.as_ref()?.rto]))])
.down();

pub(super) const RPO_WITHIN: Family = Family::new(
    "rpo_within_<t>",
    "ratio",
    "Losses and failovers that went back no further than this / all of them; where nothing could be restored they did.",
)
.of(&[Service(|service, asked| {
    let data = service.data.as_ref()?;
    Evidence::share(*data.rpo_within.get(asked.contract()?)?, data.losses + data.failovers())
})])
.nature(Share)
.up()
.shown(Shown::Targeted);

pub(super) const RTO_WITHIN: Family = Family::new(
    "rto_within_<t>",
    "ratio",
    "Losses that were over within this / losses; where nothing could be restored they were not.",
)
.of(&[Service(|service, asked| {
    let data = service.data.as_ref()?;
    Evidence::share(*data.rto_within.get(asked.contract()?)?, data.losses)
})])
.nature(Share)
.up()
.shown(Shown::Targeted);

pub(super) const LOST_WRITES: Family = Family::new(
    "lost_writes",
    "1",
    "Acknowledged writes that those losses took of which something could be restored, that failovers took, and that were discarded as conflicts, mean per run.",
)
.of(&[Service(|service, _| Some(Evidence::Count(service.data.as_ref()?.lost_writes)))])
.down()
.counts(Counts::Seen);

pub(super) const LOST_WRITES_PER_LOSS: Family = Family::new(
    "lost_writes_per_loss",
    "1",
    "Acknowledged writes that were lost / losses of which something could be restored, and failovers.",
)
.of(&[Service(|service, _| {
    let data = service.data.as_ref()?;
    Evidence::ratio(data.lost_writes, (data.losses - data.gone + data.failovers()) as f64)
})])
.down();

pub(super) const FAILOVERS: Family = Family::new(
    "data_failovers",
    "1",
    "How often in the measured part a copy of what it keeps took over from an original that had lost nothing, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.data.as_ref()?.pair?.failovers))])
.counts(Counts::Seen);

pub(super) const CONFLICTS: Family = Family::new(
    "conflicting_writes",
    "1",
    "Acknowledged writes that only an original had that was cut off while its copy took over, and that were settled in the measured part, mean per run.",
)
.of(&[Service(|service, _| Evidence::count(service.data.as_ref()?.pair?.conflicts))])
.down()
.counts(Counts::Seen);
