//! What faults can do to a population: all of its instances crash, those of a zone do, or each by itself; all are slow or err.

use super::Checker;
use super::place::Layout;
use super::target::{TargetKind, Targets};
use crate::model::fault::InService;
use crate::scenario::written::fault::{FaultKeys, FaultSection};

impl Checker<'_> {
    /// Reports what a fault cannot do to the populations that it strikes.
    pub(super) fn struck_populations(
        &mut self,
        layout: &Layout,
        (name, section): (&str, &FaultSection),
        targets: &Targets,
    ) {
        for (kind, population) in &targets.populations {
            let is_each = *kind == TargetKind::Replica;
            // A zone that is the whole region strikes all of them.
            let is_some = *kind == TargetKind::Zone && self.has_several_zones(layout, population);
            match &section.kind {
                FaultKeys::Crash(keys) => {
                    if keys.in_service != InService::Lost {
                        let message = format!("work of an instance of \"{population}\" is lost with it");
                        self.error(&["fault", name, "in_service"], message, "leave out \"in_service\"");
                    }
                    for key in ["waiting", "arriving"] {
                        if self.is_written(&["fault", name, key]) {
                            let message = format!("\"{key}\" has no place at a crash of \"{population}\"");
                            let help = "calls that wait for an instance are lost with it, and others get a new one \
                                        or fail with \"connect\": leave it out";
                            self.error(&["fault", name, key], message, help);
                        }
                    }
                    if is_each {
                        self.each_instance_crashes((name, section), population);
                    }
                }
                FaultKeys::Slow(_) | FaultKeys::Error(_) if !is_each && !is_some => {}
                FaultKeys::Slow(_) | FaultKeys::Error(_) => {
                    let message =
                        format!("what is wrong with some instances of \"{population}\" is not kept");
                    let help = format!(
                        "\"service.{population}\" strikes all of them; single ones, and those of a zone, can crash"
                    );
                    self.error(&["fault", name, "on"], message, &help);
                }
                FaultKeys::Hang(_)
                | FaultKeys::Capacity(_)
                | FaultKeys::Poison(_)
                | FaultKeys::Corrupt(_)
                | FaultKeys::Throttle(_) => {
                    let message =
                        format!("\"{population}\" is a population, and such a fault cannot strike it");
                    let help = "its instances can crash, be slow or err; a function that needs more gets a service \
                                of its own";
                    self.error(&["fault", name, "on"], message, help);
                }
                FaultKeys::Partition(_)
                | FaultKeys::Network(_)
                | FaultKeys::CacheLoss(_)
                | FaultKeys::DataLoss(_) => {}
            }
        }
    }

    /// Whether a population is in a region of several zones.
    fn has_several_zones(&self, layout: &Layout, population: &str) -> bool {
        let number = self.written.services.number(population);
        let replicas = number.and_then(|number| layout.replicas[number as usize].as_ref());
        replicas.and_then(|replicas| replicas.first()).is_some_and(|replica| {
            let (first, end) = layout.region_of(replica.zone);
            end - first > 1
        })
    }

    /// Reports what has no place where each instance crashes by itself.
    fn each_instance_crashes(&mut self, (name, section): (&str, &FaultSection), population: &str) {
        if section.keys.time_to_failure.is_none() {
            let message =
                format!("instances of \"{population}\" come and go, and each crashes at its own time");
            let help = format!("add \"time_to_failure\", or strike all with on = \"service.{population}\"");
            self.error(&["fault", name, "on"], message, &help);
        }
        for key in ["lasts", "time_to_repair", "recovery", "detected_by"] {
            if self.is_written(&["fault", name, key]) {
                let message = "an instance that has crashed is gone, and nothing ends that";
                self.error(&["fault", name, key], message, &format!("leave out \"{key}\""));
            }
        }
        if self.is_written(&["fault", name, "raises"]) {
            let message =
                "nothing lasts while others could come sooner: an instance that has crashed is gone";
            self.error(&["fault", name, "raises"], message, "leave out \"raises\"");
        }
        let others = self.written.faults.0.iter();
        let raises = |section: &FaultSection| section.keys.raises.iter().any(|one| one.fault.text == name);
        let raised = others.filter(|(_, one)| one.as_ref().is_some_and(raises));
        let raised: Vec<String> = raised.map(|(other, _)| other.text.clone()).collect();
        for other in raised {
            let message = format!("an instance of \"{population}\" fails at a time that its birth decides");
            let help = format!("leave out \"{name}\", or strike all with on = \"service.{population}\"");
            self.error(&["fault", &other, "raises"], message, &help);
        }
        for key in ["clock", "start"] {
            if self.is_written(&["fault", name, key]) {
                let message = "the time to failure of an instance runs from its birth on";
                self.error(&["fault", name, key], message, &format!("leave out \"{key}\""));
            }
        }
    }
}
