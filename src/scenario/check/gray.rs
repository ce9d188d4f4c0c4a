//! Faults that only some meet.

use super::Checker;
use super::place::Layout;
use super::target::{TargetKind, Targets};
use crate::document::Name;
use crate::model::fault::{Arriving, End, InService, Recovers, Signal, Waiting};
use crate::scenario::written::fault::{FaultKeys, FaultSection};
use crate::scenario::written::service::ServiceSection;

impl Checker<'_> {
    /// Who meets a fault that not everybody meets.
    pub(super) fn seen_by(
        &mut self,
        layout: &Layout,
        name: &str,
        section: &FaultSection,
        (names, targets): (&[Name], &Targets),
    ) -> Option<Vec<End>> {
        let path = ["fault", name, "seen_by"];
        let refused = match &section.kind {
            FaultKeys::Poison(_) => Some((
                "a poisoned request crashes its replica for everybody",
                "\"from\" says whose requests are poisoned",
            )),
            FaultKeys::Capacity(_) => Some(("a slot that is lost is lost for everybody", "leave it out")),
            FaultKeys::CacheLoss(_) => Some(("a cache that is lost is lost for everybody", "leave it out")),
            FaultKeys::DataLoss(_) => Some(("data that are lost are lost for everybody", "leave it out")),
            FaultKeys::Partition(_) | FaultKeys::Network(_) => {
                Some(("a fault of the network has two sides", "\"from\" and \"to\" say who meets it"))
            }
            _ => None,
        };
        if let Some((message, help)) = refused {
            self.error(&path, message, help);
            return None;
        }
        if section.keys.recovers == Recovers::Each {
            let message = "nobody is down of a fault that only some meet, so nothing is repaired by itself";
            self.error(&["fault", name, "recovers"], message, "leave it out");
        }
        if let FaultKeys::Crash(crash) = &section.kind {
            // A text that is written out in full has what holds without the keys.
            let is_place = |kind: &TargetKind| {
                matches!(kind, TargetKind::Host | TargetKind::Rack | TargetKind::Zone | TargetKind::Region)
            };
            let usual = if targets.kinds.iter().any(is_place) { Signal::Silent } else { Signal::Reset };
            let wants = [
                ("in_service", crash.in_service != InService::Lost),
                ("waiting", crash.waiting == Some(Waiting::Kept)),
                ("signal", crash.signal.is_some_and(|signal| signal != usual)),
            ];
            for (key, _) in wants.into_iter().filter(|(_, is_wanted)| *is_wanted) {
                let message = format!("\"{key}\" is about work in a replica, which works for all others");
                self.error(
                    &["fault", name, key],
                    message,
                    "leave it out: \"arriving\" says what becomes of attempts",
                );
            }
            if crash.arriving == Some(Arriving::Queued) {
                let message = "nobody waits at a replica that works";
                self.error(&["fault", name, "arriving"], message, "expected \"refused\" or \"ignored\"");
            }
        }
        if let Some((_, population)) = targets.populations.first() {
            let message = format!("what strikes \"{population}\" is met by all who call it");
            self.error(
                &path,
                message,
                "leave it out, or give a function that needs more a service of its own",
            );
        }
        if matches!(section.kind, FaultKeys::Crash(_) | FaultKeys::Hang(_)) {
            self.nobody_in_particular(name, targets);
        }
        self.places(layout, names)
    }

    /// Reports services whose attempts come to no replica in particular.
    fn nobody_in_particular(&mut self, name: &str, targets: &Targets) {
        let services = &self.written.services.0;
        let has_none =
            |service: &ServiceSection| service.keys.function.is_some() || service.keys.queue.is_shared();
        let found = targets.services.iter().find_map(|number| {
            let (name, section) = services.get(*number)?;
            section.as_ref().is_some_and(has_none).then(|| name.text.clone())
        });
        if let Some(service) = found {
            let message = format!(
                "attempts at \"{service}\" come to no replica in particular, which could turn some away"
            );
            let help =
                "let it strike services whose replicas have queues of their own, or write kind = \"error\"";
            self.error(&["fault", name, "seen_by"], message, help);
        }
    }
}
