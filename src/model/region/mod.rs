//! Where things are, and how long messages take between places.

pub mod host;
pub mod link;

use self::host::Room;
use self::link::PlaceLink;
use crate::kernel::distribution::Distribution;
use crate::units::{Probability, SimDuration};

/// A region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Name.
    pub name: String,
    /// Number of zones, at least 1.
    pub zones: u32,
    /// Number of racks in each zone, at least 1.
    pub racks: u32,
    /// Number of hosts in each rack, at least 1.
    pub hosts: u32,
    /// What each host has, where replicas take room on them.
    pub host: Option<Room>,
}

/// One-way delays of messages, and what becomes of those that are lost.
#[derive(Debug, Clone)]
pub struct Network {
    /// Within a zone.
    pub within_zone: Distribution,
    /// Between zones of one region.
    pub between_zones: Distribution,
    /// Between regions.
    pub between_regions: Distribution,
    /// The share of messages that is lost, each time they are sent.
    pub loss: Probability,
    /// What follows.
    pub on_loss: OnLoss,
    /// How long the sender waits before it repeats a message for the first time.
    pub rto: SimDuration,
    /// Between which places it is otherwise; of several that say how long a message takes, or how many are lost, the most
    /// particular one holds, and no two are equally particular.
    pub links: Vec<PlaceLink>,
}

/// What follows the loss of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnLoss {
    /// It is sent again.
    Retransmit,
    /// Nothing.
    Drop,
}

impl Network {
    /// How often a message is repeated before it is given up.
    pub const REPEATS: u32 = 6;

    /// All delays that a message may have.
    pub fn delays(&self) -> impl Iterator<Item = &Distribution> {
        let usual = [&self.within_zone, &self.between_zones, &self.between_regions];
        usual.into_iter().chain(self.links.iter().filter_map(|link| link.delay.as_ref()))
    }

    /// Whether no message takes time.
    pub fn is_instant(&self) -> bool {
        self.delays().all(|delay| delay.as_constant().is_some_and(SimDuration::is_zero))
    }

    /// The largest share of messages that is lost anywhere each time they are sent.
    pub fn worst_loss(&self) -> Probability {
        let particular = self.links.iter().filter_map(|link| link.loss);
        particular.fold(self.loss, |worst, loss| if loss > worst { loss } else { worst })
    }

    /// Whether messages may be lost anywhere.
    pub fn loses(&self) -> bool {
        self.worst_loss() > Probability::ZERO
    }

    /// The probability that a message never arrives whose every sending is lost with probability `loss`.
    pub fn lost_for_good(&self, loss: f64) -> f64 {
        match self.on_loss {
            OnLoss::Drop => loss,
            OnLoss::Retransmit => loss.powi(1 + Self::REPEATS as i32),
        }
    }

    /// How much later a message arrives for its losses, each time with probability `loss`; `None` where it never does.
    /// `share`, evenly spread over 0 to 1 without 1, decides: the same share means no fewer losses under a larger `loss`.
    pub fn late(&self, loss: f64, share: f64) -> Option<SimDuration> {
        // The number of losses is geometric: at least so many have a probability of `loss` to that power.
        let left = 1.0 - share;
        let (mut losses, mut chance) = (0, loss);
        while left <= chance && losses <= Self::REPEATS {
            losses += 1;
            chance *= loss;
        }
        match self.on_loss {
            _ if losses == 0 => Some(SimDuration::ZERO),
            OnLoss::Retransmit if losses <= Self::REPEATS => {
                Some(SimDuration::from_nanos(self.rto.as_nanos().saturating_mul((1 << losses) - 1)))
            }
            OnLoss::Retransmit | OnLoss::Drop => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(on_loss: OnLoss) -> Network {
        let none = || Distribution::constant(SimDuration::ZERO);
        let rto = SimDuration::from_nanos(200);
        let (within_zone, between_zones, between_regions) = (none(), none(), none());
        let (loss, links) = (Probability::ZERO, Vec::new());
        Network { within_zone, between_zones, between_regions, loss, on_loss, rto, links }
    }

    #[test]
    fn each_loss_doubles_the_wait_until_the_message_is_given_up() {
        let again = network(OnLoss::Retransmit);
        let late = |share: f64| again.late(0.5, share).map(SimDuration::as_nanos);
        // Half of all are not lost, a quarter once, an eighth twice.
        assert_eq!([0.0, 0.49, 0.51, 0.74, 0.76].map(late), [0, 0, 200, 200, 600].map(Some));
        let most = 1.0 - 0.5_f64.powi(7);
        assert_eq!(late(most - 1e-6), Some(200 * 63));
        assert_eq!(late(most + 1e-6), None);
        assert!((again.lost_for_good(0.5) - (1.0 - most)).abs() < 1e-15);
    }

    #[test]
    fn what_is_dropped_is_lost_at_once() {
        let drops = network(OnLoss::Drop);
        assert_eq!(
            [0.0, 0.69, 0.71, 0.99].map(|share| drops.late(0.3, share).is_some()),
            [true, true, false, false]
        );
        assert_eq!(drops.late(0.0, 0.999_999_9), Some(SimDuration::ZERO));
        assert_eq!(drops.late(1.0, 0.0), None);
        assert_eq!(network(OnLoss::Retransmit).late(1.0, 0.0), None);
    }
}
