//! Between whom a fault of the network stands.

use crate::units::{ClientId, RegionId, ReplicaId, ServiceId, ZoneId};

/// What a side of a link is made of: whoever is at one of these ends belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum End {
    /// All instances of a client.
    Client(ClientId),
    /// All replicas of a service.
    Service(ServiceId),
    /// One replica.
    Replica(ReplicaId),
    /// Whoever stands in a zone.
    Zone(ZoneId),
    /// Whoever stands in a region.
    Region(RegionId),
    /// The load balancer instances in front of a service, or one of them, numbered from 0: what passes through them.
    Balancer(ServiceId, Option<u32>),
}

/// The way between two sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// One side.
    pub from: Vec<End>,
    /// The other side; `None` is whoever does not belong to `from`.
    pub to: Option<Vec<End>>,
    /// Whether the way back belongs to it too.
    pub both: bool,
}

impl Link {
    /// Whether a message takes this way, given whether its sender, and its receiver, is at an end.
    pub fn carries(&self, sender: &dyn Fn(&End) -> bool, receiver: &dyn Fn(&End) -> bool) -> bool {
        let from = |is_at: &dyn Fn(&End) -> bool| self.from.iter().any(is_at);
        let to = |is_at: &dyn Fn(&End) -> bool| match &self.to {
            Some(ends) => ends.iter().any(is_at),
            None => !from(is_at),
        };
        from(sender) && to(receiver) || self.both && from(receiver) && to(sender)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever is at exactly these ends.
    fn at(ends: &[End]) -> impl Fn(&End) -> bool {
        move |end| ends.contains(end)
    }

    fn carries(link: &Link, sender: &[End], receiver: &[End]) -> bool {
        link.carries(&at(sender), &at(receiver))
    }

    #[test]
    fn a_way_leads_from_one_side_to_the_other_and_perhaps_back() {
        let (near, far) = ([End::Zone(ZoneId(0)), End::Client(ClientId(3))], [End::Zone(ZoneId(1))]);
        let mut link = Link { from: vec![near[0]], to: Some(far.to_vec()), both: false };
        assert!(carries(&link, &near, &far));
        assert!(!carries(&link, &far, &near));
        assert!(!carries(&link, &near, &near));
        link.both = true;
        assert!(carries(&link, &far, &near));
        assert!(!carries(&link, &far, &far));
    }

    #[test]
    fn without_another_side_it_leads_to_all_others() {
        let (inside, outside) = ([End::Zone(ZoneId(0))], [End::Zone(ZoneId(1))]);
        let link = Link { from: inside.to_vec(), to: None, both: true };
        assert!(carries(&link, &inside, &outside) && carries(&link, &outside, &inside));
        assert!(!carries(&link, &inside, &inside) && !carries(&link, &outside, &outside));
    }
}
