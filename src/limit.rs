//! What one command may cost: limits that a stranger's file cannot raise, only who starts the command.
//!
//! Each is checked before anything is spent, where that can be known beforehand, and otherwise now and then while runs
//! go on. No result depends on them: they decide whether there is one.

use std::fmt;
use std::sync::OnceLock;

/// Something that is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Memory of the process \[byte\].
    Memory,
    /// Events of one run during which its clock all but stands still.
    Standstill,
    /// Events of one run, as far as they can be told beforehand.
    Events,
    /// Rows of a result file.
    Rows,
    /// Windows of one run.
    Windows,
    /// Runs of a scenario, each batch counted.
    Runs,
    /// Points of a sweep.
    Points,
    /// Variants of a comparison.
    Variants,
    /// Threads.
    Threads,
    /// Replicas that are looked at for one decision of a balancer.
    Picks,
    /// Replicas that all balancers of a service keep in mind together.
    Views,
}

/// One limit: its name, its value where nobody sets it, and what it counts.
struct Row {
    limit: Limit,
    name: &'static str,
    /// `None` is what the machine has.
    usual: Option<u64>,
    meaning: &'static str,
}

/// All limits, in the order of [`Limit`].
const ROWS: [Row; 11] = [
    Row {
        limit: Limit::Memory,
        name: "memory",
        usual: None,
        meaning: "bytes of memory of the process; by default three quarters of what the machine has",
    },
    Row {
        limit: Limit::Standstill,
        name: "standstill",
        usual: Some(10_000_000),
        meaning: "events of a run while its clock moves by less than 100 ms and a hundred-thousandth of the horizon",
    },
    Row {
        limit: Limit::Events,
        name: "events",
        usual: Some(1_000_000_000_000),
        meaning: "events of a run that can be told beforehand: arrivals, windows and faults",
    },
    Row { limit: Limit::Rows, name: "rows", usual: Some(100_000_000), meaning: "rows of one result file" },
    Row { limit: Limit::Windows, name: "windows", usual: Some(100_000_000), meaning: "windows of a run" },
    Row {
        limit: Limit::Runs,
        name: "runs",
        usual: Some(1_000_000),
        meaning: "runs of a scenario or variant, each batch counted",
    },
    Row { limit: Limit::Points, name: "points", usual: Some(10_000), meaning: "points of a sweep" },
    Row { limit: Limit::Variants, name: "variants", usual: Some(200), meaning: "variants of a comparison" },
    Row { limit: Limit::Threads, name: "threads", usual: Some(1_024), meaning: "threads" },
    Row {
        limit: Limit::Picks,
        name: "picks",
        usual: Some(10_000),
        meaning: "replicas that are looked at for one decision of a balancer",
    },
    Row {
        limit: Limit::Views,
        name: "views",
        usual: Some(20_000_000),
        meaning: "replicas that all balancers of a service keep in mind: balancers times replicas",
    },
];

impl Limit {
    fn row(self) -> &'static Row {
        &ROWS[self as usize]
    }

    /// What an option calls it.
    pub fn name(self) -> &'static str {
        self.row().name
    }
}

/// Every limit with its name, its usual value and what it counts, as `help` shows them.
pub fn described() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    ROWS.iter().map(|row| {
        let usual = row.usual.map_or_else(|| "the machine's".to_owned(), |value| value.to_string());
        (row.name, usual, row.meaning)
    })
}

/// The limits of one command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Limits([Option<u64>; ROWS.len()]);

impl Limits {
    /// The most that is allowed.
    pub fn of(&self, limit: Limit) -> u64 {
        let usual = || limit.row().usual.unwrap_or_else(memory_of_machine);
        self.0[limit as usize].unwrap_or_else(usual)
    }

    /// Sets what `NAME=VALUE` says; memory with a unit such as `8GB`.
    ///
    /// # Errors
    ///
    /// Says in a lowercase sentence what was expected.
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE, such as runs=1000000")?;
        let row = ROWS.iter().find(|row| row.name == name.trim()).ok_or_else(|| {
            let names = ROWS.iter().map(|row| row.name);
            let near = crate::document::nearest(name.trim(), names.clone());
            let near = near.map_or(String::new(), |near| format!("did you mean \"{near}\"? "));
            format!("no limit is called \"{name}\"; {near}known: {}", names.collect::<Vec<_>>().join(", "))
        })?;
        let value = number(value.trim(), row.limit == Limit::Memory)
            .ok_or("expected a whole number above zero, or for memory a size such as 8GB")?;
        self.0[row.limit as usize] = Some(value);
        Ok(())
    }

    /// Nothing, if so much is allowed.
    ///
    /// # Errors
    ///
    /// [`Exceeded`] with `what` it is that needs so much.
    pub fn allow(&self, limit: Limit, needed: u64, what: &str) -> Result<(), Exceeded> {
        let allowed = self.of(limit);
        if needed <= allowed {
            return Ok(());
        }
        Err(Exceeded { limit, needed, allowed, what: what.to_owned() })
    }
}

/// A whole number above zero, with a unit of memory where it may have one.
fn number(text: &str, is_memory: bool) -> Option<u64> {
    const UNITS: [(&str, u64); 7] = [
        ("KiB", 1 << 10),
        ("MiB", 1 << 20),
        ("GiB", 1 << 30),
        ("kB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
    ];
    let plain = |text: &str| text.trim().replace('_', "").parse::<u64>().ok();
    let unit = UNITS.iter().find(|(unit, _)| is_memory && text.ends_with(unit));
    let value = match unit {
        Some((unit, size)) => plain(text.strip_suffix(unit)?)?.checked_mul(*size)?,
        None => plain(text)?,
    };
    (value > 0).then_some(value)
}

/// More than is allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// Of what.
    pub limit: Limit,
    /// How much it would be, or already is.
    pub needed: u64,
    /// How much is allowed.
    pub allowed: u64,
    /// What needs it.
    pub what: String,
}

impl Exceeded {
    /// How to allow it.
    pub fn help(&self) -> String {
        let name = self.limit.name();
        format!("--limit {name}={} allows it, for who trusts the file", self.shown(self.needed, true))
    }

    fn shown(&self, value: u64, rounds_up: bool) -> String {
        if self.limit != Limit::Memory {
            return value.to_string();
        }
        let (size, unit) = if value >= 1_000_000_000 { (1e9, "GB") } else { (1e6, "MB") };
        let amount = value as f64 / size;
        format!("{:.0}{unit}", if rounds_up { amount.ceil() } else { amount })
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { limit, needed, allowed, what } = self;
        let (needed, allowed) = (self.shown(*needed, true), self.shown(*allowed, false));
        write!(out, "{what}: {needed} {}, and the limit is {allowed}", limit.name())
    }
}

impl std::error::Error for Exceeded {}

/// Three quarters of the memory that this process may use.
fn memory_of_machine() -> u64 {
    static FOUND: OnceLock<u64> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let group = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"];
        let group = group.iter().filter_map(|file| std::fs::read_to_string(file).ok()?.trim().parse().ok());
        let whole =
            std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| kilobytes(&text, "MemTotal:"));
        let least = group.chain(whole).min().unwrap_or(UNKNOWN);
        least / 4 * 3
    })
}

/// What a machine that does not say is taken to have.
const UNKNOWN: u64 = 8 << 30;

/// Memory of this process that is in use now, where the system says so \[byte\].
pub fn memory_used() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    kilobytes(&text, "VmRSS:")
}

/// The number of a line in kB, in bytes.
fn kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_stand_in_the_order_of_limits() {
        for (place, row) in ROWS.iter().enumerate() {
            assert_eq!(row.limit as usize, place, "{}", row.name);
        }
    }

    #[test]
    fn limits_are_set_by_name_and_refuse_more() {
        let mut limits = Limits::default();
        limits.set("runs=12").unwrap();
        limits.set("memory = 2GB").unwrap();
        assert_eq!((limits.of(Limit::Runs), limits.of(Limit::Memory)), (12, 2_000_000_000));
        assert!(limits.allow(Limit::Runs, 12, "runs").is_ok());
        let error = limits.allow(Limit::Runs, 13, "run.runs").unwrap_err();
        assert_eq!(error.to_string(), "run.runs: 13 runs, and the limit is 12");
        assert_eq!(error.help(), "--limit runs=13 allows it, for who trusts the file");
        for wrong in ["runs", "runs=0", "runs=-1", "runs=1.5", "runs=8GB", "memory=99999999999TB", "run=1"] {
            assert!(limits.set(wrong).is_err(), "{wrong}");
        }
        assert!(limits.set("run=1").unwrap_err().contains("did you mean \"runs\""));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_machine_says_how_much_memory_there_is_and_is_used() {
        let used = memory_used().unwrap();
        let all = Limits::default().of(Limit::Memory);
        assert!(used > 1_000_000 && all > used, "{used} of {all}");
    }
}
