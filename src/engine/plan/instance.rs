//! Faults that strike each instance of a population by itself.

use super::Plan;

impl Plan {
    /// Notes which processes strike each instance of a population: those of its replica that are not of its service.
    pub(super) fn find_instance_processes(&mut self) {
        if !self.has_populations {
            return;
        }
        self.instance_processes = vec![Vec::new(); self.services.len()];
        for number in 0..self.processes.len() {
            let process = self.processes[number];
            let unit = &self.system.faults[process.fault as usize].units[process.unit as usize];
            let [only] = unit.replicas[..] else { continue };
            let service = self.replicas[only.index()].service as usize;
            let settings = &self.system.services[service];
            let is_place = self.places[number].zone.is_some() || self.places[number].region.is_some();
            let is_whole = unit.name.strip_prefix("service.") == Some(settings.name.as_str());
            if settings.population.is_some() && !is_place && !is_whole {
                self.instance_processes[service].push(number as u32);
            }
        }
    }

    /// Processes that strike each instance of a service by itself, which is a population.
    pub(in crate::engine) fn instance_processes(&self, service: usize) -> &[u32] {
        self.instance_processes.get(service).map_or(&[], Vec::as_slice)
    }

    /// Whether a process strikes each instance of a population by itself.
    pub(in crate::engine) fn is_of_instances(&self, process: u32) -> bool {
        self.instance_processes.iter().any(|all| all.contains(&process))
    }
}
