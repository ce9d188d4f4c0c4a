//! The members of a crew while a run goes on.

use std::collections::VecDeque;

/// Who holds or waits for a member of a crew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    /// Number of the incident, as the engine counts.
    pub incident: u32,
    /// Operation of its plan.
    pub operation: u32,
}

/// The members of a crew, and who waits for one; first come, first served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CrewState {
    size: u32,
    busy: u32,
    queue: VecDeque<Ticket>,
}

impl CrewState {
    /// A crew of `size` members, all free.
    pub fn new(size: u32) -> Self {
        Self { size, busy: 0, queue: VecDeque::new() }
    }

    /// How many members are at work.
    pub fn busy(&self) -> u32 {
        self.busy
    }

    /// How many operations wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Asks for a member: true when there is one at once, else the ticket waits.
    pub fn join(&mut self, ticket: Ticket) -> bool {
        let free = self.busy < self.size;
        if free {
            self.busy += 1;
        } else {
            self.queue.push_back(ticket);
        }
        free
    }

    /// Leaves the queue or, when the ticket does not wait, gives its member back: to the ticket that is returned.
    pub fn leave(&mut self, ticket: Ticket) -> Option<Ticket> {
        if let Some(place) = self.queue.iter().position(|waiting| *waiting == ticket) {
            self.queue.remove(place);
            return None;
        }
        let next = self.queue.pop_front();
        if next.is_none() {
            assert!(self.busy > 0, "a member is given back only by who holds one");
            self.busy -= 1;
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ticket(incident: u32) -> Ticket {
        Ticket { incident, operation: 0 }
    }

    #[test]
    fn serves_first_come_first_served() {
        let mut crew = CrewState::new(2);
        assert!(crew.join(ticket(1)) && crew.join(ticket(2)));
        assert!(!crew.join(ticket(3)) && !crew.join(ticket(4)) && !crew.join(ticket(5)));
        assert_eq!((crew.busy(), crew.waiting()), (2, 3));
        assert_eq!(crew.leave(ticket(4)), None, "it left the queue");
        assert_eq!(crew.leave(ticket(2)), Some(ticket(3)));
        assert_eq!(crew.leave(ticket(1)), Some(ticket(5)));
        assert_eq!(crew.busy(), 2, "a handed-over member stays busy");
        assert_eq!(crew.leave(ticket(3)), None);
        assert_eq!(crew.leave(ticket(5)), None);
        assert_eq!((crew.busy(), crew.waiting()), (0, 0));
    }
}
