//! What balancers find out by themselves, in small scenarios whose answers are known exactly.

use crate::behaviour::{EVERY_TEN, expect, one_service};

/// Requests every ten seconds to replicas that answer with errors all the time, with a check that hardly ever looks.
fn erring(service: &str) -> String {
    one_service(EVERY_TEN, service)
        + "[fault.f]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s.*\"\nat = \"0s\"\nlasts = \"1d\"\n"
}

#[test]
fn attempts_that_fail_in_a_row_count_as_a_failed_check() {
    let observed =
        |keys: &str| erring(&format!("health_check = {{ interval = \"1d\", timeout = \"1s\", {keys} }}"));
    // The third error marks the replica down.
    let once = [("client.c/failures_error", 3.0), ("client.c/failures_no_replica", 7.0)];
    expect(101, &observed("error_limit = 3"), &once);
    // Two failed checks are needed, of three errors each.
    let twice = [("client.c/failures_error", 6.0), ("client.c/failures_no_replica", 4.0)];
    expect(101, &observed("error_limit = 3, unhealthy_after = 2"), &twice);
    expect(101, &observed("unhealthy_after = 2"), &[("client.c/failures_error", 10.0)]);
    // After the first failed check the next real one comes a second later, and fails too.
    let fast = [("client.c/failures_error", 3.0), ("client.c/failures_no_replica", 7.0)];
    expect(101, &observed("error_limit = 3, unhealthy_after = 2, fast_interval = \"1s\""), &fast);
}

#[test]
fn in_panic_ejected_replicas_are_used() {
    let ejecting = |more: &str| {
        erring(&format!(
            "replicas = 4\nbalancing = {{ policy = \"round-robin\"{more} }}\noutlier_detection = {{ policy = \"envoy\", \
             consecutive_5xx = 1, max_ejected = 1, base_ejection_time = \"1h\", max_ejection_time = \"1h\" }}"
        ))
    };
    // Each errs once and is out.
    let none = [("client.c/failures_error", 4.0), ("client.c/failures_no_replica", 6.0)];
    expect(101, &ejecting(""), &none);
    // With three of four out, fewer than half are left, and all are used again.
    let panic = [("client.c/failures_error", 10.0)];
    expect(101, &ejecting(", panic_threshold = \"50%\""), &panic);
}
