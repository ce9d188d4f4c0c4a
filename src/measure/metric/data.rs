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
    "How far back in time a loss of data went: from the last of what is there again to the loss, where anything could be restored.",
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
    "Losses that went back no further than this / losses; where nothing could be restored they did.",
)
.of(&[Service(|service, asked| {
    let data = service.data.as_ref()?;
    Evidence::share(*data.rpo_within.get(asked.contract()?)?, data.losses)
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
    "Acknowledged writes that those losses took of which something could be restored, mean per run.",
)
.of(&[Service(|service, _| Some(Evidence::Count(service.data.as_ref()?.lost_writes)))])
.down()
.counts(Counts::Seen);

pub(super) const LOST_WRITES_PER_LOSS: Family =
    Family::new("lost_writes_per_loss", "1", "Acknowledged writes that those losses took / these losses.")
        .of(&[Service(|service, _| {
            let data = service.data.as_ref()?;
            Evidence::ratio(data.lost_writes, (data.losses - data.gone) as f64)
        })])
        .down();
