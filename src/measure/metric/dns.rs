//! Metrics of names and of the records to which they lead.

use super::Nature::Share;
use super::Source::{Answers, Client, Dns};
use super::{Counts, Evidence, Family};
use crate::measure::{Astray, ClientMeasure};

/// All of them.
pub(super) const FAMILIES: &[Family] = &[
    STALE_ANSWER_RATIO,
    UNRESOLVED_RATIO,
    RECORD_CHANGES,
    ANSWERED_RATIO,
    ASTRAY_RATIO,
    ASTRAY_FORCED_RATIO,
    ASTRAY_UNDETECTED_RATIO,
    ASTRAY_UNPROPAGATED_RATIO,
    ASTRAY_KEPT_RATIO,
    ASTRAY_OVERSTAYED_RATIO,
];

const STALE_ANSWER_RATIO: Family = Family::new(
    "stale_answer_ratio",
    "ratio",
    "Attempts whose record would not have been answered when they were sent, because what their resolver had was older / attempts \
     that went by the name.",
)
.of(&[Dns(|dns, _| Evidence::share(dns.stale, dns.attempts))])
.nature(Share)
.down();

const UNRESOLVED_RATIO: Family = Family::new(
    "unresolved_ratio",
    "ratio",
    "Attempts for which there was no answer / attempts that went by the name.",
)
.of(&[Dns(|dns, _| Evidence::share(dns.unresolved, dns.attempts))])
.nature(Share)
.down();

const RECORD_CHANGES: Family = Family::new(
    "record_changes",
    "1",
    "Times that a record of the name was found sound, or not sound any more, in the measured part, mean per run.",
)
.of(&[Dns(|dns, _| Evidence::count(dns.changes))])
.counts(Counts::Seen);

const ANSWERED_RATIO: Family = Family::new(
    "answered_ratio",
    "ratio",
    "Attempts that went to the record / attempts that went by its name.",
)
.of(&[Answers(|record, _| Evidence::share(record.answered, record.attempts))])
.nature(Share);

/// The share of attempts that were led astray for a reason.
fn astray(client: &ClientMeasure, why: Astray) -> Option<Evidence<'static>> {
    let astray = client.astray?;
    Evidence::share(astray.reasons[why as usize], astray.attempts)
}

const ASTRAY_RATIO: Family = Family::new(
    "astray_ratio",
    "ratio",
    "Attempts that a name led to a record whose replicas did not work / attempts that went by names; the five ratios below are its \
     parts, each attempt by the first reason without which it would not have been led there.",
)
.of(&[Client(|client, _| {
    let astray = client.astray?;
    Evidence::share(astray.reasons.iter().sum(), astray.attempts)
})])
.nature(Share)
.down();

const ASTRAY_FORCED_RATIO: Family = Family::new(
    "astray_forced_ratio",
    "ratio",
    "Those of them for which no record worked that would have been answered instead / attempts that went by names.",
)
.of(&[Client(|client, _| astray(client, Astray::Forced))])
.nature(Share)
.down();

const ASTRAY_UNDETECTED_RATIO: Family = Family::new(
    "astray_undetected_ratio",
    "ratio",
    "Those of them whose record was not found to work no more / attempts that went by names.",
)
.of(&[Client(|client, _| astray(client, Astray::Undetected))])
.nature(Share)
.down();

const ASTRAY_UNPROPAGATED_RATIO: Family = Family::new(
    "astray_unpropagated_ratio",
    "ratio",
    "Those of them for which name servers did not answer by what was found yet / attempts that went by names.",
)
.of(&[Client(|client, _| astray(client, Astray::Unpropagated))])
.nature(Share)
.down();

const ASTRAY_KEPT_RATIO: Family = Family::new(
    "astray_kept_ratio",
    "ratio",
    "Those of them whose resolver had an older answer, which it keeps for `ttl` / attempts that went by names.",
)
.of(&[Client(|client, _| astray(client, Astray::Kept))])
.nature(Share)
.down();

const ASTRAY_OVERSTAYED_RATIO: Family = Family::new(
    "astray_overstayed_ratio",
    "ratio",
    "Those of them whose resolver had an older answer, and is one of `overstay` / attempts that went by names.",
)
.of(&[Client(|client, _| astray(client, Astray::Overstayed))])
.nature(Share)
.down();
