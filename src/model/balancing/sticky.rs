//! Sessions that stay with a replica.

use std::collections::BTreeMap;

use crate::units::{SimDuration, SimTime};

crate::settings! {
    /// Keeps each session at the replica that served it first, as long as that may be chosen and no longer than
    /// `lifetime` after the session's last request.
    ///
    /// The cookie names the replica, so that all deciders agree. Helps where replicas keep what belongs to a session.
    /// Hurts balance: what a heavy session brings stays where it is, and a replica that is added gets new sessions only.
    /// Source: AWS Application Load Balancer (a day) and nginx Plus `sticky cookie`.
    pub struct Stickiness {
        /// How long a session is remembered after its last request.
        #[range = "> 0"]
        lifetime: SimDuration = SimDuration::from_nanos(86_400_000_000_000),
    }
}

crate::tables! {
    Stickiness = "a table that may have the key \"lifetime\"",
}

/// The replicas of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sessions {
    lifetime: SimDuration,
    /// Replica and last request of each session.
    known: BTreeMap<u64, (u32, SimTime)>,
    /// How many may be known before old ones are looked for.
    most: usize,
}

/// So many sessions are kept without looking for those that are over.
const SPARE: usize = 1024;

impl Sessions {
    /// Nobody is known.
    pub const fn new(settings: &Stickiness) -> Self {
        Self { lifetime: settings.lifetime, known: BTreeMap::new(), most: SPARE }
    }

    /// The replica of a session, if it is remembered.
    pub fn replica(&self, session: u64, now: SimTime) -> Option<u32> {
        let (replica, last) = *self.known.get(&session)?;
        (now.since(last) < self.lifetime).then_some(replica)
    }

    /// A replica is gone, and its sessions with it: one that comes in its place knows nothing of them.
    pub fn forget(&mut self, replica: u32) {
        self.known.retain(|_, (known, _)| *known != replica);
    }

    /// A session's request goes to a replica.
    pub fn note(&mut self, session: u64, replica: u32, now: SimTime) {
        self.known.insert(session, (replica, now));
        if self.known.len() > self.most {
            let lifetime = self.lifetime;
            self.known.retain(|_, (_, last)| now.since(*last) < lifetime);
            self.most = (self.known.len() * 2).max(SPARE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: f64) -> SimTime {
        SimTime::ZERO + SimDuration::from_secs(seconds)
    }

    #[test]
    fn a_session_is_remembered_for_its_lifetime() {
        let mut sessions = Sessions::new(&Stickiness { lifetime: SimDuration::from_secs(10.0) });
        assert_eq!(sessions.replica(7, at(0.0)), None);
        sessions.note(7, 2, at(0.0));
        assert_eq!(sessions.replica(7, at(9.0)), Some(2));
        assert_eq!(sessions.replica(8, at(9.0)), None);
        sessions.note(7, 2, at(9.0));
        assert_eq!(sessions.replica(7, at(18.0)), Some(2));
        assert_eq!(sessions.replica(7, at(19.0)), None);
    }

    #[test]
    fn memory_does_not_grow_with_sessions_that_are_over() {
        let mut sessions = Sessions::new(&Stickiness { lifetime: SimDuration::from_secs(10.0) });
        for number in 0..1_000_000_u64 {
            sessions.note(number, 0, at(number as f64));
        }
        assert!(sessions.known.len() <= SPARE + 1, "{}", sessions.known.len());
        assert_eq!(sessions.replica(999_995, at(1_000_000.0)), Some(0));
    }
}
