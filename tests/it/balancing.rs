//! Balancing policies in whole runs: sequences known exactly, and shares by their law.

use ninefold::engine::listener::{Hear, Note};
use ninefold::engine::{simulate, simulate_heard};
use ninefold::reason::Reason;
use ninefold::units::SimTime;

use crate::sample::load;

/// The replica of every attempt, and when it was sent [s]; then those of every service that began.
#[derive(Default)]
struct Sent(Vec<(f64, u32)>, Vec<u32>);

impl Hear for Sent {
    fn hear(&mut self, now: SimTime, note: Note) {
        match note {
            Note::AttemptSent { replica, .. } => self.0.push((now.as_secs(), replica)),
            Note::ServiceBegan { replica, .. } => self.1.push(replica),
            _ => {}
        }
    }
}

impl Sent {
    /// The replicas of what was sent from one time to another.
    fn within(&self, from: f64, to: f64) -> Vec<u32> {
        self.0.iter().filter(|(at, _)| *at >= from && *at < to).map(|(_, replica)| *replica).collect()
    }
}

/// What is sent in a scenario of so many seconds, of which `run` says more.
fn sent(horizon: u32, parts: &str) -> Sent {
    let scenario = load(&format!("[run]\nhorizon = \"{horizon}s\"\n{parts}"));
    let mut sent = Sent::default();
    simulate_heard(&scenario.system, &scenario.run.span, (1, 0), &mut sent).unwrap();
    sent
}

/// A client that sends a request each second from the first on, and a service.
fn each_second(client: &str, service: &str) -> String {
    format!(
        "[client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n{client}\n\
         [service.s]\n{service}\n"
    )
}

fn count(picks: &[u32], replica: u32) -> usize {
    picks.iter().filter(|one| **one == replica).count()
}

/// Requires a share that a probability of `expected` gives with a chance of more than 1e-6, by the normal law.
#[track_caller]
fn assert_share(found: usize, all: usize, expected: f64) {
    let spread = (expected * (1.0 - expected) / all as f64).sqrt();
    let share = found as f64 / all as f64;
    assert!((share - expected).abs() < 5.0 * spread, "{found} of {all} is {share}, not {expected}");
}

#[test]
fn a_limit_of_connections_holds_where_there_is_one_replica() {
    // Two at a time for ten seconds each: two of ten requests.
    for policy in ["least-connections", "weighted-random", "smooth-weighted-round-robin"] {
        let service = format!(
            "demand = \"10s\"\nconcurrency = \"unlimited\"\n\
             balancing = {{ policy = \"{policy}\", max_conns = 2 }}\n"
        );
        let parts = each_second("", &service);
        assert_eq!(sent(101, &parts).within(0.0, 100.5).len(), 20, "{policy}");
        // The same when nobody listens.
        let scenario = load(&format!("[run]\nhorizon = \"101s\"\n{parts}"));
        let measured = simulate(&scenario.system, &scenario.run.span, 1, 0).unwrap();
        assert_eq!(measured.services[0].reasons[Reason::NoReplica.index()], 80, "{policy}");
    }
}

#[test]
fn a_session_stays_until_its_replica_is_down() {
    let client = "sessions = 1";
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"20s\"\nlasts = \"20s\"\n";
    for balancing in [
        "{ policy = \"round-robin\", sticky = { lifetime = \"1h\" }, knowledge = \"perfect\" }",
        "{ policy = \"round-robin\", sticky = { lifetime = \"1h\" }, knowledge = \"perfect\", balancers = 3 }",
    ] {
        let service = format!("replicas = 3\ndemand = \"10ms\"\nbalancing = {balancing}");
        let sent = sent(60, &format!("{}{crash}", each_second(client, &service)));
        assert!(sent.within(0.0, 19.5).iter().all(|one| *one == 0), "{balancing}");
        let away = sent.within(19.5, 59.5);
        // It does not come back: its cookie names another now.
        assert!(away[0] != 0 && away.iter().all(|one| *one == away[0]), "{balancing} {away:?}");
    }
}

#[test]
fn a_balancer_that_chooses_again_knows_the_session() {
    let client =
        "sessions = 1\nretry = { policy = \"fixed\", delay = \"100ms\", avoid = \"last\", reselect = 1 }";
    let service = "replicas = 3\ndemand = \"10ms\"\nerror_ratio = \"100%\"\n\
                   balancing = { policy = \"round-robin\", sticky = { lifetime = \"1h\" } }";
    let sent = sent(10, &each_second(client, service)).0;
    // Three attempts of each request, all where the session is: the trial finds nothing else and takes it after all.
    assert!(sent.len() > 24 && sent.iter().all(|(_, replica)| *replica == 0), "{sent:?}");
}

#[test]
fn a_hashed_session_comes_back_to_its_replica() {
    for policy in ["ring-hash", "maglev"] {
        let balancing = format!("{{ policy = \"{policy}\", knowledge = \"perfect\" }}");
        let service = format!("replicas = 3\ndemand = \"10ms\"\nbalancing = {balancing}");
        let text = each_second("sessions = 1", &service);
        let home = sent(30, &text).0[0].1;
        let crash = format!(
            "[fault.f]\nkind = \"crash\"\non = \"service.s.{}\"\nat = \"10.5s\"\nlasts = \"10s\"\n",
            home + 1
        );
        let sent = sent(30, &format!("{text}{crash}"));
        assert!(sent.within(0.0, 10.5).iter().all(|one| *one == home), "{policy}");
        let away = sent.within(10.5, 20.5);
        assert!(away[0] != home && away.iter().all(|one| *one == away[0]), "{policy} {away:?}");
        assert!(sent.within(20.5, 30.0).iter().all(|one| *one == home), "{policy}");
    }
}

#[test]
fn sessions_reach_services_behind_and_survive_retries_and_passing_on() {
    let hashed = "replicas = 4\ndemand = \"1ms\"\nbalancing = \"maglev\"\n";
    let text = format!(
        "[client.c]\narrival = {{ process = \"poisson\", rate = \"50/s\" }}\nsessions = 25\n\
         calls = [\"a\", {{ service = \"e\", step = 2 }}]\n\
         retry = {{ policy = \"fixed\", delay = \"1ms\", attempts = 5 }}\n\
         [service.a]\n{hashed}calls = \"b\"\nerror_ratio = \"30%\"\n\
         [service.b]\n{hashed}next = [{{ service = \"d\", probability = 1 }}]\n\
         [service.d]\n{hashed}calls = \"e\"\n\
         [service.e]\n{hashed}"
    );
    let sent = sent(60, &text);
    // All fleets are of one size and hash alike, so that a session has the same number everywhere.
    let shares = |service: u32| -> Vec<f64> {
        let of = |one: u32| count(&sent.1, service * 4 + one) as f64;
        let all: f64 = (0..4).map(of).sum();
        (0..4).map(|one| of(one) / all).collect()
    };
    let first = shares(0);
    assert!(first.iter().any(|share| (share - 0.25).abs() > 0.02), "{first:?}");
    for service in 1..4 {
        for (found, expected) in shares(service).iter().zip(&first) {
            // Retries make counts at the first service differ by chance.
            let spread = (expected * (1.0 - expected) / 3_000.0).sqrt();
            assert!((found - expected).abs() < 5.0 * spread, "{service}: {found} {expected}");
        }
    }
}

#[test]
fn users_of_a_closed_client_are_sessions() {
    let text = "[client.c]\narrival = { process = \"closed\", users = 1, think = \"1s\" }\ncalls = \"s\"\n\
                [service.s]\nreplicas = 5\ndemand = \"10ms\"\nbalancing = \"ring-hash\"\n";
    let sent = sent(60, text);
    assert!(sent.0.len() > 50 && sent.0.iter().all(|(_, replica)| *replica == sent.0[0].1));
}

#[test]
fn nginx_tries_a_dead_replica_once_per_fail_timeout() {
    let service = "replicas = 2\ndemand = \"10ms\"\n\
                   balancing = { policy = \"smooth-weighted-round-robin\", max_fails = 1, fail_timeout = \"10s\" }";
    let crash = "[fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"0.5s\"\nlasts = \"1000s\"\n";
    let sent = sent(100, &format!("{}{crash}", each_second("", service)));
    // It fails at 1 s, and is a probe again when more than ten whole seconds have passed, at its turn.
    let tried: Vec<f64> = sent.0.iter().filter(|(_, replica)| *replica == 0).map(|(at, _)| *at).collect();
    assert!(tried.len() > 7, "{tried:?}");
    assert!(tried.windows(2).all(|pair| pair[1] - pair[0] >= 11.0 && pair[1] - pair[0] <= 13.0), "{tried:?}");
}

#[test]
fn a_slow_replica_gets_little_from_those_who_measure() {
    for balancing in [
        "{ policy = \"peak-ewma\" }",
        "{ policy = \"peak-ewma\", default_rtt = \"30ms\" }",
        "{ policy = \"prequal\" }",
        "{ policy = \"least-request\", selection = \"full-scan\" }",
        "{ policy = \"weighted-random\", weights = { metric = \"inverse-latency\", interval = \"10s\" } }",
        "{ policy = \"weighted-round-robin\" }",
    ] {
        let text = format!(
            "[client.c]\narrival = {{ process = \"poisson\", rate = \"40/s\" }}\ncalls = \"s\"\n\
             [service.s]\nreplicas = 4\nconcurrency = 8\nspeed = [1, 1, 1, 0.05]\ndemand = \"50ms\"\n\
             balancing = {balancing}\n"
        );
        let picks = sent(400, &text).within(100.0, 400.0);
        let slow = count(&picks, 3) as f64 / picks.len() as f64;
        // An equal share would be a quarter, from which 40 of 12,000 are five standard deviations and more away.
        assert!(slow < 0.15, "{balancing}: {slow}");
        for replica in 0..3 {
            assert!(count(&picks, replica) as f64 > 0.2 * picks.len() as f64, "{balancing}");
        }
    }
}

#[test]
fn grpc_weights_are_the_speeds_that_reports_show() {
    let text = "[client.c]\narrival = { process = \"poisson\", rate = \"30/s\" }\ncalls = \"s\"\n\
                [service.s]\nreplicas = 3\nspeed = [1, 2, 4]\ndemand = \"50ms\"\nconcurrency = 4\n\
                balancing = { policy = \"weighted-round-robin\" }\n";
    let picks = sent(2_000, text);
    // Ten seconds to the first report and ten of blackout with equal turns.
    let before = picks.within(0.0, 19.0);
    assert!((0..3).all(|replica| count(&before, replica).abs_diff(before.len() / 3) <= 1), "{before:?}");
    let after = picks.within(25.0, 2_000.0);
    for (replica, speed) in [(0, 1.0), (1, 2.0), (2, 4.0)] {
        let share = count(&after, replica) as f64 / after.len() as f64;
        // A report of ten seconds holds 300 services of constant length, of which less than one at each end is cut.
        assert!((share / (speed / 7.0) - 1.0).abs() < 0.02, "{replica}: {share}");
    }
}

#[test]
fn the_next_priority_carries_what_the_first_cannot() {
    let text = "[client.c]\narrival = { process = \"poisson\", rate = \"20/s\" }\ncalls = \"s\"\n\
                [service.s]\nreplicas = 6\ndemand = \"1ms\"\n\
                balancing = { policy = \"random\", knowledge = \"perfect\", priorities = [0, 0, 0, 0, 1, 1] }\n\
                [fault.f]\nkind = \"crash\"\non = [\"service.s.1\", \"service.s.2\", \"service.s.3\"]\n\
                at = \"1000s\"\nlasts = \"1000s\"\n";
    let sent = sent(3_000, text);
    assert!(sent.within(0.0, 1_000.0).iter().all(|one| *one < 4));
    // One of four up carries 1.4 times a quarter.
    let picks = sent.within(1_000.0, 2_000.0);
    assert_share(count(&picks, 3), picks.len(), 0.35);
    assert_share(count(&picks, 4), picks.len(), 0.325);
    assert!(sent.within(2_000.0, 3_000.0).iter().all(|one| *one < 4));
}

#[test]
fn in_panic_all_replicas_are_used() {
    let picks = |threshold: &str| {
        let text = format!(
            "[client.c]\narrival = {{ process = \"poisson\", rate = \"20/s\" }}\ncalls = \"s\"\n\
             [service.s]\nreplicas = 4\ndemand = \"1ms\"\n\
             balancing = {{ policy = \"random\", knowledge = \"perfect\", panic_threshold = \"{threshold}\" }}\n\
             [fault.f]\nkind = \"crash\"\non = [\"service.s.1\", \"service.s.2\", \"service.s.3\"]\n\
             at = \"10s\"\nlasts = \"1000s\"\n"
        );
        sent(1_000, &text).within(10.0, 1_000.0)
    };
    assert!(picks("0%").iter().all(|one| *one == 3));
    assert!(picks("25%").iter().all(|one| *one == 3));
    let panicked = picks("26%");
    assert_share(count(&panicked, 3), panicked.len(), 0.25);
}

#[test]
fn zones_have_their_weight_and_keep_what_they_can_carry() {
    let text = |locality: &str, instances: u32| {
        format!(
            "[region.r]\nzones = 2\n[client.c]\nregion = \"r\"\ninstances = {instances}\n\
             arrival = {{ process = \"poisson\", rate = \"20/s\" }}\ncalls = \"s\"\n\
             [service.s]\nreplicas = 6\ndemand = \"1ms\"\n\
             balancing = {{ policy = \"round-robin\", knowledge = \"perfect\", {locality} }}\n\
             [fault.f]\nkind = \"crash\"\non = [\"service.s.1\", \"service.s.3\"]\nat = \"500s\"\nlasts = \"1000s\"\n"
        )
    };
    // Replicas are spread over zones in turn: the first zone has numbers 0, 2 and 4.
    let of_first = |picks: &[u32]| picks.iter().filter(|one| **one % 2 == 0).count();
    let sent_weighted = sent(1_000, &text("locality = \"weighted\", zone_weights = [1, 2]", 1));
    let picks = sent_weighted.within(0.0, 500.0);
    assert_share(of_first(&picks), picks.len(), 1.0 / 3.0);
    // One of three up carries 46 %.
    let picks = sent_weighted.within(500.0, 1_000.0);
    assert_share(of_first(&picks), picks.len(), 0.46 / 2.46);
    // Callers in both zones; afterwards a quarter of the replicas is in the first, which has half of the callers.
    let sent_aware = sent(1_000, &text("locality = \"zone-aware\", zone_aware_min = 2", 2));
    let picks = sent_aware.within(0.0, 500.0);
    assert!(of_first(&picks).abs_diff(picks.len() - of_first(&picks)) <= 1);
    let picks = sent_aware.within(500.0, 1_000.0);
    assert_share(of_first(&picks), picks.len(), 0.25);
}

#[test]
fn each_decider_uses_its_subset() {
    let picks = |balancers: u32| {
        let balancing = format!("{{ policy = \"round-robin\", subset = 2, balancers = {balancers} }}");
        let service = format!("replicas = 10\ndemand = \"1ms\"\nbalancing = {balancing}");
        sent(200, &each_second("", &service)).within(0.0, 200.0)
    };
    let one = picks(1);
    assert_eq!((0..10).filter(|replica| count(&one, *replica) > 0).count(), 2);
    // Deciders take turns.
    let three = picks(3);
    for decider in 0..3 {
        let own: Vec<u32> = three.iter().copied().skip(decider).step_by(3).collect();
        assert_eq!((0..10).filter(|replica| count(&own, *replica) > 0).count(), 2);
    }
    let used = (0..10).filter(|replica| count(&three, *replica) > 0).count();
    assert!((3..=6).contains(&used), "{used}");
}

#[test]
fn a_subset_has_priorities_and_zones_of_its_own() {
    // Whoever has only replicas of a lower priority, or of another zone, uses those.
    for keys in ["priorities = [0, 1, 1, 1]", "locality = \"zone\"", "panic_threshold = 0.9"] {
        let balancing = format!("{{ policy = \"round-robin\", subset = 1, balancers = 8, {keys} }}");
        let service = format!("replicas = 4\ndemand = \"1ms\"\nbalancing = {balancing}");
        let text = format!("{}\n[region.east]\nzones = 4\n", each_second("region = \"east\"", &service));
        let picks = sent(80, &text).within(0.0, 80.0);
        assert!(picks.len() >= 79, "{keys}: {} of 80", picks.len());
        assert!((0..4).filter(|replica| count(&picks, *replica) > 0).count() > 1, "{keys}");
    }
}

#[test]
fn who_picks_the_first_stays_with_whom_it_was_left_with() {
    let fault = |replica, at| {
        format!(
            "[fault.f{replica}]\nkind = \"crash\"\non = \"service.s.{replica}\"\nat = \"{at}s\"\nlasts = \"20s\"\n"
        )
    };
    let service =
        "replicas = 2\ndemand = \"1ms\"\nbalancing = { policy = \"pick-first\", knowledge = \"perfect\" }";
    let text = each_second("", service) + &fault(1, "29.5") + &fault(2, "79.5");
    let sent = sent(120, &text);
    let only = |from, to, replica| sent.within(from, to).iter().all(|one| *one == replica);
    assert!(only(0.0, 29.0, 0) && only(30.0, 79.0, 1) && only(80.0, 120.0, 0));
    assert!(sent.within(0.0, 120.0).len() >= 119);
}

#[test]
fn a_replica_that_came_back_starts_slowly() {
    let text = "[client.c]\narrival = { process = \"poisson\", rate = \"100/s\" }\ncalls = \"s\"\n\
                [service.s]\nreplicas = 2\ndemand = \"1ms\"\n\
                balancing = { policy = \"edf-weighted-round-robin\", knowledge = \"perfect\", \
                slow_start = { window = \"100s\" } }\n\
                [fault.f]\nkind = \"crash\"\non = \"service.s.1\"\nat = \"50s\"\nlasts = \"50s\"\n";
    let sent = sent(400, text);
    let share = |from, to| {
        let picks = sent.within(from, to);
        count(&picks, 0) as f64 / picks.len() as f64
    };
    assert!((share(0.0, 50.0) - 0.5).abs() < 1e-3);
    // At the age of 50 s half the weight: a third of the turns. The window is as long as 5 % of the ramp.
    assert!((share(147.5, 152.5) - 1.0 / 3.0).abs() < 0.02, "{}", share(147.5, 152.5));
    assert!(share(100.0, 105.0) < 0.15);
    assert!((share(210.0, 400.0) - 0.5).abs() < 1e-3);
}

#[test]
fn paths_go_to_the_service_of_their_longest_prefix() {
    let text = "[client.c]\narrival = { process = \"poisson\", rate = \"50/s\" }\n\
                paths = [{ path = \"/api/orders/17\", share = \"20%\" }, { path = \"/api/users\", share = \"30%\" },\n\
                         { path = \"/logo.png\", share = \"40%\" }, { path = \"/api/orders\", share = \"10%\" }]\n\
                [route.all]\nprefix = \"/\"\nservice = \"web\"\n\
                [route.api]\nprefix = \"/api\"\nservice = \"api\"\n\
                [route.orders]\nprefix = \"/api/orders\"\nservice = \"orders\"\n\
                [service.web]\n[service.api]\n[service.orders]\n";
    let picks = sent(400, text).within(0.0, 400.0);
    // In the order of names: api, orders, web.
    for (service, share) in [(0, 0.3), (1, 0.3), (2, 0.4)] {
        assert_share(count(&picks, service), picks.len(), share);
    }
    // Where all paths lead to one service there is nothing to choose.
    let one = text
        .replace("service = \"api\"", "service = \"web\"")
        .replace("service = \"orders\"", "service = \"web\"");
    assert!(sent(10, &one).within(0.0, 10.0).iter().all(|replica| *replica == 2));
}
