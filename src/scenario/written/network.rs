//! Delays and losses of messages.

use super::law::Law;
use crate::document::Name;
use crate::model::region::OnLoss;
use crate::units::{Probability, SimDuration};

crate::settings! {
    /// One-way delays, and losses.
    pub(crate) struct NetworkSection {
        /// One-way delay between two parts in the same zone; a call and its answer take it once each.
        within_zone: Law = Law::zero(),
        /// One-way delay between two zones of the same region.
        between_zones: Law = Law::zero(),
        /// One-way delay between two regions.
        between_regions: Law = Law::zero(),
        /// Share of messages that is lost, each time they are sent and wherever they go: calls, answers, cancellations,
        /// health checks, probes, reports of load. A message between the same two attempts has the same luck under every
        /// policy; what holds when it is first sent holds for all its repetitions.
        loss: Probability = Probability::ZERO,
        /// What follows the loss of a message, here or by a fault of kind "network": "retransmit" or "drop". Nobody is
        /// told that it is gone for good: an attempt that loses its call or its answer ends with its timeout, counted
        /// as `partitioned`.
        on_loss: OnLoss = OnLoss::Retransmit,
        /// How long the sender waits before it sends a lost message for the second time; the wait doubles with each
        /// repetition. 200ms where absent; only for "retransmit".
        #[range = "> 0"]
        rto: Option<SimDuration> = None,
        /// Between which places it is otherwise, such as
        /// `[{ from = "region.east", to = "region.west", delay = "70ms", loss = "0.1%" }]`. Of several links that say
        /// how long a message takes, the one that names more single zones holds; so it is with losses, by themselves.
        links: Vec<PlaceLinkKeys> = Vec::new(),
    }
}

crate::settings! {
    /// Messages between two places that differ from others.
    pub(crate) struct PlaceLinkKeys {
        /// Where they are sent: a region, such as "region.east", or a zone, such as "zone.east.1".
        from: Name,
        /// Where they arrive; the same place for messages within it.
        to: Name,
        /// Whether those that go the other way are meant too.
        both: bool = true,
        /// One-way delay, in place of the others. As others have it where absent.
        delay: Option<Law> = None,
        /// Share of messages that is lost, each time they are sent, in place of `loss` of the network; faults add theirs. As
        /// others have it where absent.
        loss: Option<Probability> = None,
    }
}

crate::tables! {
    NetworkSection = "a table of delays and losses",
    PlaceLinkKeys = "a table such as { from = \"region.east\", to = \"region.west\", delay = \"70ms\" }",
}
