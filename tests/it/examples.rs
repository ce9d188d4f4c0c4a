//! The examples that are shipped do what they say.

use std::path::Path;

#[path = "../../examples/build_in_code.rs"]
#[expect(dead_code, reason = "a test takes the place of its main function")]
pub(crate) mod build_in_code;
#[path = "../../examples/own_balancer.rs"]
#[expect(dead_code, reason = "a test takes the place of its main function")]
pub(crate) mod own_balancer;
#[path = "../../examples/run_a_file.rs"]
#[expect(dead_code, reason = "a test takes the place of its main function")]
pub(crate) mod run_a_file;

/// What an example writes.
fn written<E: std::fmt::Display>(show: impl FnOnce(&mut Vec<u8>) -> Result<(), E>) -> String {
    let mut out = Vec::new();
    show(&mut out).unwrap_or_else(|error| panic!("{error}"));
    String::from_utf8(out).unwrap()
}

/// The number after a text.
fn number_after(text: &str, before: &str) -> f64 {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("no \"{before}\" in\n{text}")).1;
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_file_is_read_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("queue.toml");
    let text = "run = { horizon = \"5min\", runs = 4 }\n\
                client.caller = { arrival = { process = \"poisson\", rate = \"5/s\" }, calls = \"desk\" }\n\
                service.desk.demand = \"100ms\"\n";
    std::fs::write(&path, text).unwrap();
    let shown = written(|out| run_a_file::show(&path, out));
    assert!(shown.starts_with("queue: 4 runs\n"), "{shown}");
    // M/D/1 at a load of one half: 100 ms and half of that in the queue.
    let mean = number_after(&shown, "client.caller/latency_mean: ");
    assert!((0.13..0.17).contains(&mean), "{shown}");
    assert!((number_after(&shown, "client.caller/availability_request: ") - 1.0).abs() < 1e-9, "{shown}");
    std::fs::write(&path, text.replace("demand", "demnd")).unwrap();
    let error = run_a_file::show(&path, &mut Vec::new()).unwrap_err().to_string();
    assert!(error.contains("queue.toml:3:14") && error.contains("did you mean \"demand\"?"), "{error}");
    assert!(run_a_file::show(Path::new("no-such-file.toml"), &mut Vec::new()).is_err());
}

#[test]
fn a_scenario_is_built_in_code() {
    let shown = written(|out| build_in_code::show(out));
    for count in 1..=3 {
        let line = format!("{count} replicas: ");
        assert!(number_after(&shown, &line) > 0.0, "{shown}");
    }
    let waits = [1, 2, 3].map(|count| number_after(&shown, &format!("{count} replicas: ")));
    assert!(waits[0] > waits[1] && waits[1] > waits[2], "{shown}");
    assert!(shown.contains("service.desk.demnd: no key is called \"demnd\""), "{shown}");
    assert!(shown.contains("did you mean \"demand\"?"), "{shown}");
}

#[test]
fn a_policy_of_ones_own_beats_those_that_forget() {
    let shown = written(|out| own_balancer::show(out));
    for policy in ["random", "least-request", "wary"] {
        let line = shown.lines().find(|line| line.starts_with(policy)).unwrap_or_else(|| panic!("{shown}"));
        assert!(line.contains(" to "), "{shown}");
    }
    assert!(shown.contains("wary is better compared with random"), "{shown}");
    assert!(shown.contains("wary is better compared with least-request"), "{shown}");
}

#[test]
fn an_own_policy_takes_few_lines() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/own_balancer.rs");
    let lines = std::fs::read_to_string(path).unwrap().lines().count();
    assert!(lines < 120, "{lines} lines");
}
