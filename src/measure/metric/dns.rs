//! Metrics of names and of the records to which they lead.

use super::Nature::Share;
use super::Source::{Answers, Dns};
use super::{Counts, Evidence, Family};

pub(super) const STALE_ANSWER_RATIO: Family = Family::new(
    "stale_answer_ratio",
    "ratio",
    "Attempts whose record would not have been answered when they were sent, because what their resolver had was older / attempts \
     that went by the name.",
)
.of(&[Dns(|dns, _| Evidence::share(dns.stale, dns.attempts))])
.nature(Share)
.down();

pub(super) const UNRESOLVED_RATIO: Family = Family::new(
    "unresolved_ratio",
    "ratio",
    "Attempts for which there was no answer / attempts that went by the name.",
)
.of(&[Dns(|dns, _| Evidence::share(dns.unresolved, dns.attempts))])
.nature(Share)
.down();

pub(super) const RECORD_CHANGES: Family = Family::new(
    "record_changes",
    "1",
    "Times that a record of the name was found sound, or not sound any more, in the measured part, mean per run.",
)
.of(&[Dns(|dns, _| Evidence::count(dns.changes))])
.counts(Counts::Seen);

pub(super) const ANSWERED_RATIO: Family = Family::new(
    "answered_ratio",
    "ratio",
    "Attempts that went to the record / attempts that went by its name.",
)
.of(&[Answers(|record, _| Evidence::share(record.answered, record.attempts))])
.nature(Share);
