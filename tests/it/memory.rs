//! How much memory a command takes for many parts: what it shows of them is written as it is made.

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Most memory \[MB\] that was resident while the program ran a scenario and wrote all its files.
fn peak(text: &str) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("many.toml");
    std::fs::write(&file, text).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_ninefold"));
    command.arg("run").arg(&file).args(["--quiet", "--threads", "1", "--out"]).arg(folder.path().join("out"));
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // What the system says of a process that has ended counts what its parent had when it was started.
    let status = format!("/proc/{}/status", child.id());
    let mut kilobytes = 0;
    let end = loop {
        if let Some(end) = child.try_wait().unwrap() {
            break end;
        }
        let said = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = said
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB")?.trim().parse().ok());
        kilobytes = peak.unwrap_or(kilobytes);
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(end.success() && kilobytes > 0, "{end:?}");
    kilobytes / 1_000
}

/// A tree of services of three replicas, each of which calls ten more.
fn tree(services: u32, seconds: u32) -> String {
    let mut text = format!(
        "[run]\nhorizon = \"{seconds}s\"\nruns = 1\n[client.c]\ncalls = \"s0\"\n\
         arrival = {{ process = \"poisson\", rate = \"10/s\" }}\n"
    );
    for number in 0..services {
        let below = (10 * number + 1..=10 * number + 10).take_while(|one| *one < services);
        let calls: Vec<String> = below.map(|one| format!("\"s{one}\"")).collect();
        let _ = writeln!(
            text,
            "[service.s{number}]\nreplicas = 3\ncalls = [{}]\n\
             demand = {{ distribution = \"exponential\", mean = \"10ms\" }}",
            calls.join(", ")
        );
    }
    text
}

#[test]
fn a_thousand_services_take_little_memory_however_much_they_count() {
    // The program itself takes as much as its build makes it.
    let itself = peak(&tree(1, 1));
    let (few, many) = (peak(&tree(1_000, 1)) - itself, peak(&tree(1_000, 60)) - itself);
    assert!(few <= 40, "{few} MB after ten requests");
    assert!(many <= 60, "{many} MB after six hundred requests");
}

#[test]
fn a_replica_that_crashes_takes_less_than_a_kilobyte() {
    let crashing = |replicas: u32| {
        peak(&format!(
            "[run]\nhorizon = \"1s\"\nruns = 1\n[client.c]\ncalls = \"s\"\n\
             arrival = {{ process = \"poisson\", rate = \"1/s\" }}\n\
             [service.s]\ndemand = \"1ms\"\nreplicas = {replicas}\n\
             [fault.f]\nkind = \"crash\"\non = \"service.s.*\"\ntime_to_repair = \"1min\"\n\
             time_to_failure = {{ distribution = \"exponential\", mean = \"10000h\" }}\n"
        ))
    };
    let (few, many) = (crashing(1_000), crashing(101_000));
    assert!(many - few <= 80, "{} bytes a replica", (many - few) * 10);
}
