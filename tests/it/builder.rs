//! Scenarios that are built in code are checked as files are.

use ninefold::scenario::{self, Builder, Keys, Places, Source};
use ninefold::units::{Probability, Rate, SimDuration};

fn desk(keys: Keys) -> Builder {
    let poisson = Keys::of("process", "poisson").set("rate", Rate::new(5.0).unwrap());
    Builder::new("desk")
        .run(Keys::new().set("horizon", SimDuration::from_secs(60.0)).set("runs", 3))
        .client("caller", Keys::new().set("arrival", poisson).set("calls", vec!["desk"]))
        .service("desk", keys)
}

fn wrong(keys: Keys) -> Vec<(String, String)> {
    let misfits = desk(keys).build().unwrap_err().0;
    misfits.into_iter().map(|one| (one.path, one.message)).collect()
}

#[test]
fn what_is_built_is_what_a_file_would_say() {
    let demand = Keys::of("distribution", "erlang").set("stages", 3).set("mean", "250ms");
    let balancing = Keys::of("policy", "least-request").set("choices", 3);
    let keys = Keys::new().set("replicas", 2).set("demand", demand).set("balancing", balancing);
    let ratio = Probability::new(0.015).unwrap();
    let builder = desk(keys.set("error_ratio", ratio)).objective("client.caller/latency_p99", "<= 2s");
    let scenario = builder.build().unwrap_or_else(|misfits| panic!("{misfits}"));
    let desk = &scenario.system.services[0];
    assert_eq!((desk.replicas.len(), desk.balancing.policy.name()), (2, "least-request"));
    assert!((desk.error_ratio.get() - 0.015).abs() < 1e-15 && (desk.demand.mean() - 0.25).abs() < 1e-9);
    assert_eq!((scenario.name.as_str(), scenario.run.runs, scenario.objectives.len()), ("desk", 3, 1));
    let source = Source { name: "desk.toml".to_owned(), text: builder.text() };
    let read = scenario::load(source, &[], &Places::default()).unwrap();
    assert_eq!(scenario::resolved(&read), scenario::resolved(&scenario));
}

#[test]
fn mistakes_name_part_and_key() {
    let [(path, message)] = &wrong(Keys::new().set("demand", 10))[..] else { panic!("one mistake") };
    assert_eq!(path, "service.desk.demand");
    assert!(message.contains("expected") && message.contains("found a whole number"), "{message}");
    let balancing = Keys::of("policy", "least-request").set("choices", 1);
    let keys = Keys::new().set("demand", "1s").set("balancing", balancing);
    assert!(wrong(keys)[0].0.starts_with("service.desk.balancing"));
    let calls = vec![Keys::new().set("service", "nobody")];
    let found = wrong(Keys::new().set("demand", "1s").set("calls", calls));
    assert_eq!(found[0].0, "service.desk.calls.0.service");
    // A missing key is missing in its part.
    let missing = desk(Keys::new()).client("other", Keys::new()).build().unwrap_err();
    assert!(missing.to_string().starts_with("client.other: the key \"arrival\" is missing"), "{missing}");
    let empty = Builder::new("empty").build().unwrap_err();
    assert!(empty.to_string().contains("the key \"run\" is missing"), "{empty}");
}

#[test]
fn parts_are_added_once() {
    let keys = Keys::new().set("demand", "1s");
    let twice = desk(keys.clone()).service("desk", keys).build().unwrap_err();
    assert_eq!(twice.to_string(), "service.desk: this was added twice");
}
