//! Rows of the timeline of what is a share: how names answered, what caches held, how long backups were made.

use crate::engine::plan::Plan;
use crate::engine::world::State;
use crate::measure::{ShareOf, ShareRow};
use crate::units::SimTime;

/// The rows, and what had been counted when the open one began.
#[derive(Debug, Clone, Default)]
pub(in crate::engine) struct Shares {
    open: Vec<Open>,
    begun: SimTime,
    rows: Vec<ShareRow>,
}

/// A row that is open.
#[derive(Debug, Clone, Copy)]
struct Open {
    of: ShareOf,
    before: Seen,
}

/// What is counted of it so far: the part, and the whole.
type Seen = [u128; 2];

impl Shares {
    pub(in crate::engine) fn new(plan: &Plan) -> Self {
        let system = &plan.system;
        let records = system.dns.iter().map(|dns| dns.records.len()).sum::<usize>();
        let caches = (0..).zip(&system.services).filter(|(_, service)| service.cache.is_some());
        let all = (0..records as u32)
            .map(ShareOf::Answers)
            .chain(caches.map(|(number, _)| ShareOf::Hits(number)))
            .chain((0..system.backups.len() as u32).map(ShareOf::Making));
        let open = all.take(ShareRow::PARTS_MAX).map(|of| Open { of, before: [0; 2] }).collect();
        Self { open, ..Self::default() }
    }

    /// All rows, once the run is over.
    pub(in crate::engine) fn finish(&mut self) -> Vec<ShareRow> {
        std::mem::take(&mut self.rows)
    }
}

impl State {
    fn seen_of_share(&self, of: ShareOf, now: u64) -> Seen {
        let counted = match of {
            ShareOf::Answers(record) => self.knowledge.answered(record as usize),
            ShareOf::Hits(service) => self.traffic.looked_up(service as usize),
            ShareOf::Making(backup) => Some((self.stores.made_for(backup as usize, now), now)),
        };
        let (part, whole) = counted.unwrap_or_default();
        [part.into(), whole.into()]
    }

    /// The first row begins.
    pub(in crate::engine) fn begin_shares(&mut self, now: u64) {
        let mut shares = std::mem::take(&mut self.record.windows.shares);
        shares.begun = SimTime::from_nanos(now);
        for open in &mut shares.open {
            open.before = self.seen_of_share(open.of, now);
        }
        self.record.windows.shares = shares;
    }

    /// A row ends and the next begins.
    pub(in crate::engine) fn turn_shares(&mut self, now: u64) {
        if self.record.windows.shares.open.is_empty() {
            return;
        }
        let mut shares = std::mem::take(&mut self.record.windows.shares);
        for open in &mut shares.open {
            let seen = self.seen_of_share(open.of, now);
            let [part, whole] = [0, 1].map(|place| seen[place] - open.before[place]);
            let share = (whole > 0).then(|| part as f64 / whole as f64);
            shares.rows.push(ShareRow { start: shares.begun, of: open.of, share });
            open.before = seen;
        }
        shares.begun = SimTime::from_nanos(now);
        self.record.windows.shares = shares;
    }
}
