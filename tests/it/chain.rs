//! The shipped Markov chains have the answers that reference cases worked out elsewhere.

use std::fs;
use std::path::Path;

use ninefold::chain::{Model, Of, Question, read_model};
use serde_json::Value as Json;

/// How far an exact answer may be off.
const CLOSE: f64 = 1e-6;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn model(name: &str, constants: &[&str]) -> Model {
    let text = fs::read_to_string(root().join("scenarios/chains").join(name)).unwrap();
    let constants: Vec<String> = constants.iter().map(|&one| one.to_owned()).collect();
    read_model(&text, &constants).unwrap_or_else(|findings| panic!("{name}: {findings:#?}"))
}

/// What the cases expect; `None` where they are absent.
fn cases() -> Option<Json> {
    let file = root().join("../shared/reference/cases.json");
    match fs::read_to_string(&file) {
        Ok(text) => Some(serde_json::from_str(&text).unwrap()),
        Err(_) => left_out(&file),
    }
}

#[expect(clippy::print_stderr, reason = "who runs the tests must learn that one was left out")]
fn left_out(file: &Path) -> Option<Json> {
    eprintln!("LEFT OUT: {} is absent, so no chain is compared with it", file.display());
    None
}

fn expected(cases: &Json, id: &str, key: &str) -> f64 {
    let case = cases["cases"].as_array().unwrap().iter().find(|case| case["id"] == id).unwrap();
    case["expected"][key].as_f64().unwrap_or_else(|| panic!("{id} expects no {key}"))
}

#[track_caller]
fn close(found: f64, expected: f64) {
    assert!((found - expected).abs() <= CLOSE * expected.abs(), "{found:e} is not {expected:e}");
}

/// The first answer of this name about a label, a reward, or the chain as a whole.
fn answer(model: &Model, question: &Question, of: &Of, name: &str) -> f64 {
    let found = model.answer(question).unwrap();
    found.answers.iter().find(|one| one.of == *of && one.name == name).unwrap().value
}

fn share(model: &Model, label: &str) -> f64 {
    answer(model, &Question::default(), &Of::Label(label.to_owned()), "share")
}

fn until(model: &Model, until: &str, before: Option<&str>) -> Question {
    let set = |text: &str| model.set(text, 1).unwrap();
    Question { until: Some(set(until)), before: before.map(set), ..Question::default() }
}

#[test]
fn a_dependable_system_fails_as_rarely_as_it_should() {
    let Some(cases) = cases() else { return };
    let unbalanced = ["processor=0.001", "controller=0.00002", "disk=1/60000", "limit=4"];
    for (id, constants) in [("X-GOYAL-01", &[][..]), ("X-GOYAL-03", &unbalanced[..])] {
        let model = model("dependable-system.prism", constants);
        close(model.chain.states() as f64, expected(&cases, id, "states"));
        close(share(&model, "down"), expected(&cases, id, "unavailability"));
        let time = answer(&model, &until(&model, "down", None), &Of::Chain, "time_mean");
        close(time, expected(&cases, id, "MTTF_h_from_all_up"));
    }
}

#[test]
fn unbalanced_units_fail_as_rarely_as_they_should() {
    let Some(cases) = cases() else { return };
    for (id, eps) in [("X-EPS-01", "eps=0.01"), ("X-EPS-02", "eps=0.001"), ("X-EPS-03", "eps=0.0001")] {
        let model = model("unbalanced-units.prism", &[eps]);
        close(share(&model, "down"), expected(&cases, id, "unavailability"));
        let time = answer(&model, &until(&model, "down", None), &Of::Chain, "time_mean");
        close(time, expected(&cases, id, "MTTF"));
        let chance = answer(&model, &until(&model, "down", Some("new")), &Of::Chain, "probability");
        close(chance, expected(&cases, id, "P_system_failure_before_return_to_all_up"));
    }
}

#[test]
fn a_tandem_is_full_as_rarely_as_it_should_be() {
    let Some(cases) = cases() else { return };
    let model = model("tandem.prism", &[]);
    let chance = answer(&model, &until(&model, "full", Some("empty")), &Of::Chain, "probability");
    close(chance, expected(&cases, "X-TANDEM-01", "probability"));
}

#[test]
fn a_unit_is_available_from_the_start_as_it_should_be() {
    let Some(cases) = cases() else { return };
    let up = Of::Label("up".to_owned());
    for (id, constants, time) in [
        ("A-TRANS-01", ["failure=1/1000", "repair=1/10"], 24.0),
        ("A-TRANS-02", ["failure=1/100", "repair=1/10"], 5.0),
    ] {
        let model = model("one-unit.prism", &constants);
        let at = Question { at: Some(time), ..Question::default() };
        close(answer(&model, &at, &up, "probability"), expected(&cases, id, "A_t_from_up"));
        close(answer(&model, &at, &up, "share"), expected(&cases, id, "interval_availability_0_t"));
        let down = Question { at: Some(time), start: Some(1), ..Question::default() };
        close(answer(&model, &down, &up, "probability"), expected(&cases, id, "A_t_from_down"));
        let gathered = answer(&model, &at, &Of::Reward("available".to_owned()), "gathered");
        close(gathered / time, expected(&cases, id, "interval_availability_0_t"));
    }
}

#[test]
fn servers_with_room_are_as_full_as_they_should_be() {
    let Some(cases) = cases() else { return };
    for (id, constants) in
        [("Q-MMCK-01", &[][..]), ("Q-MMCK-02", &["arrival=0.9", "servers=1", "room=5"][..])]
    {
        let model = model("servers-with-room.prism", constants);
        close(share(&model, "full"), expected(&cases, id, "P_block"));
        let mean = |name: &str| answer(&model, &Question::default(), &Of::Reward(name.to_owned()), "mean");
        close(mean("in_system"), expected(&cases, id, "L"));
        close(mean("queue_length"), expected(&cases, id, "Lq"));
        close(mean("utilisation"), expected(&cases, id, "utilisation"));
        close(mean("throughput"), expected(&cases, id, "throughput"));
    }
}

#[test]
fn a_cluster_has_premium_service_as_long_as_it_should() {
    // The answer of the case study, which an independent solver of the same 276 states confirms.
    let model = model("workstation-cluster.prism", &[]);
    let premium = share(&model, "premium");
    assert!((premium - 0.999_961_533_562_362_8).abs() < 1e-13, "{premium}");
}

#[test]
fn every_shipped_chain_says_what_it_is_and_where_it_is_from() {
    let mut count = 0;
    for entry in fs::read_dir(root().join("scenarios/chains")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.starts_with("// ") && text.contains("\n// Source: "), "{}", path.display());
        let model =
            read_model(&text, &[]).unwrap_or_else(|findings| panic!("{}: {findings:#?}", path.display()));
        assert!(!model.labels.is_empty() && model.answer(&Question::default()).is_ok(), "{}", path.display());
        count += 1;
    }
    assert_eq!(count, 6);
}
