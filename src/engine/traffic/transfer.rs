//! What messages move between zones and regions, where it is paid for that.

use crate::engine::plan::Plan;
use crate::engine::task::{Task, flag};
use crate::engine::world::State;

/// The message of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Message {
    /// From its caller, in this zone.
    Request(u32),
    /// From its replica.
    Answer,
}

impl State {
    /// Counts what a message of an attempt moves.
    #[inline(never)]
    pub(in crate::engine) fn count_moved(&mut self, plan: &Plan, t: u32, message: Message) {
        let Task { edge, replica, flags, .. } = self.traffic.tasks[t as usize];
        let [request, answer] = plan.transfers.sizes(edge);
        let bytes = match message {
            Message::Request(zone) => {
                if self.traffic.task_zone.len() <= t as usize {
                    self.traffic.task_zone.resize(self.traffic.tasks.len(), 0);
                }
                self.traffic.task_zone[t as usize] = zone;
                request
            }
            Message::Answer => answer,
        };
        if flags & flag::MEASURED == 0 || bytes == 0 {
            return;
        }
        let (here, there) = (self.traffic.task_zone[t as usize], self.fleet.seats.zones[replica as usize]);
        let moved = &mut self.record.services[plan.edges[edge as usize].service as usize].moved;
        if plan.zone_regions[here as usize] != plan.zone_regions[there as usize] {
            moved[1] += bytes;
        } else if here != there {
            moved[0] += bytes;
        }
    }
}
