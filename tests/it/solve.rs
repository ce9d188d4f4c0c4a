//! `ninefold solve`: exact answers from the command line.

use std::path::Path;

use crate::program::{chatter, folder, ninefold, out};
use serde_json::Value as Json;

/// Two replicas of known speed behind one client.
const SHOP: &str = r#"
name = "shop"

[run]
horizon = "1h"

[client.user]
arrival = { process = "poisson", rate = "5/s" }
calls = "shop"

[service.shop]
replicas = 3
speed = [1.0, 2.0, 4.0]
demand = { distribution = "exponential", mean = "1s" }
"#;

/// A unit that fails and is repaired.
const UNIT: &str = "ctmc
const double failure = 1;
module unit
  up : bool init true;
  [] up -> failure : (up'=false);
  [] !up -> 99 : (up'=true);
endmodule
label \"down\" = !up;
rewards \"earned\" up : 3; endrewards
rewards \"lost\" !up : 1; endrewards
";

const RATES: &str = "from,to,rate\nup,down,1/h\ndown,up,99\n";

const REWARDS: &str = "state,name,value\nup,earned,3\n";

fn place(name: &str) -> std::path::PathBuf {
    let files = [("shop.toml", SHOP), ("unit.prism", UNIT), ("rates.csv", RATES), ("rewards.csv", REWARDS)];
    folder("solve", name, &files)
}

/// What a question is answered, and that nothing else is said.
fn answered(folder: &Path, arguments: &[&str]) -> String {
    let output = ninefold(folder, &[&["solve"], arguments].concat());
    assert_eq!((output.status.code(), chatter(&output).as_str()), (Some(0), ""), "{arguments:?}");
    out(&output)
}

/// What a question is refused with.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let output = ninefold(folder, &[&["solve"], arguments].concat());
    assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{arguments:?}");
    chatter(&output)
}

/// The value of an answer in JSON.
fn value(json: &str, name: &str) -> f64 {
    let read: Json = serde_json::from_str(json).unwrap();
    let answers = read["answers"].as_array().unwrap();
    answers.iter().find(|answer| answer["name"] == name).unwrap()["value"].as_f64().unwrap()
}

#[test]
fn a_formula_is_worked_out_with_all_it_says_about_itself() {
    let folder = place("formula");
    assert_eq!(
        answered(&folder, &["static-k-of-n", "n=3", "k=2", "a=90%"]),
        "static-k-of-n: Probability that fewer than k of n independent units are up.

  unavailability     0.028  ratio  probability that too few are up
  availability_time  0.972  ratio  probability that enough are up

formula    sum over i < k of C(n, i) a^i (1 - a)^(n - i)
exact for  Units that are up independently of each other, each with the same probability: a look at one moment, \
whatever the times to failure and repair are.
source     Barlow and Proschan, Statistical Theory of Reliability and Life Testing (1975), section 1.2.
"
    );
    // A list as a scenario writes it, and rates in another unit, are the same.
    let text = answered(&folder, &["weighted-split", "p=1/s,2/s,4/s", "rate=5/s"]);
    assert!(text.contains("sojourn_mean") && text.contains(" 1.5 "), "{text}");
    for p in ["p=[\"1/s\", \"2/s\", \"4/s\"]", "p=60/min, 2, 4/s"] {
        assert_eq!(answered(&folder, &["weighted-split", p, "rate=300/min"]), text, "{p}");
    }
}

#[test]
fn json_has_every_digit() {
    let folder = place("json");
    let text =
        answered(&folder, &["busy-period-overflow", "rate=0.5/s", "service_rate=1/s", "level=20", "--json"]);
    assert!((value(&text, "probability") * 1_048_575.0 - 1.0).abs() < 1e-14);
    let read: Json = serde_json::from_str(&text).unwrap();
    assert_eq!(read["oracle"], "busy-period-overflow");
    assert_eq!(read["arguments"][2], serde_json::json!({ "name": "level", "unit": "jobs", "value": 20.0 }));
}

#[test]
fn arguments_are_paths_into_a_scenario() {
    let folder = place("paths");
    let asked = [
        "--scenario",
        "shop.toml",
        "weighted-split",
        "p=service.shop.speed",
        "rate=client.user.arrival.rate",
    ];
    let text = answered(&folder, &[&asked[..], &["--json"]].concat());
    assert!((value(&text, "sojourn_mean") - 1.5).abs() < 1e-15);
    let faster =
        answered(&folder, &[&asked[..], &["--json", "--set", "client.user.arrival.rate=1/s"]].concat());
    assert!((value(&faster, "sojourn_mean") - 0.5).abs() < 1e-15);
    let wrong =
        refused(&folder, &["--scenario", "shop.toml", "weighted-split", "p=service.shop.sped", "rate=1/s"]);
    assert!(wrong.contains("arguments:1:18") && wrong.contains("speed"), "{wrong}");
    let unset = refused(&folder, &["weighted-split", "p=1/s", "rate=client.user.arrival.rate"]);
    assert_eq!(
        unset,
        "error: \"client.user.arrival.rate\" is no value
 --> arguments:1:27
  |
1 | weighted-split p=1/s rate=client.user.arrival.rate
  |                           ^^^^^^^^^^^^^^^^^^^^^^^^ no value
  |
  = help: expected a number such as 0.5, \"8/s\" or \"30s\", or a distribution; a path needs --scenario

1 error in arguments
"
    );
}

#[test]
fn what_is_wrong_with_arguments_is_shown_at_once() {
    let folder = place("wrong");
    assert_eq!(
        refused(&folder, &["static-k-of-n", "n=3", "kk=5", "a"]),
        "error: no argument is called \"kk\"
 --> arguments:1:19
  |
1 | static-k-of-n n=3 kk=5 a
  |                   ^^ unknown argument
  |
  = help: did you mean \"k\"? known: n, k, a

error: \"a\" is no argument
 --> arguments:1:24
  |
1 | static-k-of-n n=3 kk=5 a
  |                        ^ no value
  |
  = help: expected NAME=VALUE, such as rate=8/s

2 errors in arguments
"
    );
    assert_eq!(
        refused(&folder, &["static-k-of-n", "n=3", "k=5", "a=50%"]),
        "error: the argument \"k\" is 5, but must be a whole number from 1 to n
 --> arguments:1:19
  |
1 | static-k-of-n n=3 k=5 a=50%
  |                   ^^^ here
  |
  = help: the formula is exact for: Units that are up independently of each other, each with the same probability: a \
look at one moment, whatever the times to failure and repair are.

1 error in arguments
"
    );
    assert_eq!(
        refused(&folder, &["weighted-split", "p=1s", "rate=5"]),
        "error: the unit does not fit the argument
 --> arguments:1:18
  |
1 | weighted-split p=1s rate=5
  |                  ^^ wrong unit
  |
  = help: expected a rate such as 120/s

1 error in arguments
"
    );
    let overload = refused(&folder, &["weighted-split", "p=1/s", "rate=5/s"]);
    assert!(
        overload.starts_with("error: the load is 5 of the capacity: there is no steady state\n"),
        "{overload}"
    );
    let missing = refused(&folder, &["weighted-split", "p=1/s"]);
    assert!(missing.starts_with("error: the argument \"rate\" is missing\n"), "{missing}");
    let twice = refused(&folder, &["weighted-split", "p=1/s", "p=2/s", "rate=1/s"]);
    assert!(twice.starts_with("error: the argument \"p\" is given twice\n"), "{twice}");
    let unknown = refused(&folder, &["weigted-split"]);
    assert!(unknown.contains("did you mean \"weighted-split\"?"), "{unknown}");
    let law = refused(&folder, &["race", "time={ distribution = \"weibull\", mean = \"1s\", shape = -2 }"]);
    assert!(law.starts_with("error: "), "{law}");
}

#[test]
fn formulas_are_listed_by_room() {
    let text = answered(&place("rooms"), &[]);
    let rooms: Vec<&str> = text.lines().filter(|line| !line.contains(' ') && !line.is_empty()).collect();
    assert!(rooms.is_sorted() && rooms.contains(&"rare"), "{rooms:?}");
    assert!(text.contains("\n  busy-period-overflow") && text.contains("rate, service_rate, level\n"));
}

#[test]
fn a_chain_tells_its_long_run() {
    let folder = place("chain");
    assert_eq!(
        answered(&folder, &["chain", "unit.prism"]),
        "unit.prism: 2 states, 2 transitions.

  label down, share    0.01  ratio   share of time in the long run
  reward earned, mean  2.97  reward  mean over time in the long run
  reward lost, mean    0.01  reward  mean over time in the long run
  state up=true        0.99  ratio   share of time in the long run
  state up=false       0.01  ratio   share of time in the long run

starts in  up=true
solved by  elimination (balance holds to 0e0)
"
    );
    let one =
        answered(&folder, &["chain", "unit.prism", "--reward", "lost", "--const", "failure=33", "--json"]);
    assert!((value(&one, "share") - 0.25).abs() < 1e-15);
    assert!(!one.contains("earned"));
    let read: Json = serde_json::from_str(&one).unwrap();
    assert_eq!((&read["states"], &read["start"]), (&Json::from(2), &Json::from("up=true")));
}

#[test]
fn a_chain_tells_of_a_time_and_of_an_end() {
    let folder = place("times");
    // 36 s are 0.01 h, and 1 - exp(-1) of the way to the long run.
    let at = answered(&folder, &["chain", "unit.prism", "--unit", "h", "--at", "36s", "--json"]);
    let expected = 0.01 * -(-1.0_f64).exp_m1();
    assert!((value(&at, "probability") / expected - 1.0).abs() < 1e-12);
    let plain = answered(&folder, &["chain", "unit.prism", "--unit", "h", "--at", "0.01", "--json"]);
    assert_eq!(at, plain);
    assert_eq!(
        answered(&folder, &["chain", "unit.prism", "--unit", "h", "--until", "down"]),
        "unit.prism: 2 states, 2 transitions.

  probability              1  ratio       probability of ever getting there
  time_mean                1  h           mean time until it gets there
  reward earned, gathered  3  h x reward  mean of what is gathered until it gets there
  reward lost, gathered    0  h x reward  mean of what is gathered until it gets there

starts in  up=true
solved by  the long run of the chain that starts again whenever it ends
"
    );
    let back = answered(&folder, &["chain", "unit.prism", "--from", "!up", "--until", "up", "--json"]);
    assert!((value(&back, "time_mean") * 99.0 - 1.0).abs() < 1e-14);
}

#[test]
fn a_table_of_rates_is_solved_with_its_rewards() {
    let folder = place("table");
    let text = answered(
        &folder,
        &["chain", "rates.csv", "--unit", "h", "--rewards", "rewards.csv", "--until", "down", "--json"],
    );
    assert!((value(&text, "time_mean") - 1.0).abs() < 1e-15);
    assert!((value(&text, "gathered") - 3.0).abs() < 1e-15);
}

#[test]
fn what_is_wrong_with_a_chain_is_shown_where_it_is() {
    let folder = place("bad");
    std::fs::write(folder.join("bad.prism"), UNIT.replace("failure :", "falure :")).unwrap();
    std::fs::write(folder.join("bad.csv"), "from,to,rate\na,b,fast\n").unwrap();
    assert_eq!(
        refused(&folder, &["chain", "bad.prism"]),
        "error: no constant, variable or formula is called \"falure\"
 --> bad.prism:5:12
  |
5 |   [] up -> falure : (up'=false);
  |            ^^^^^^ unknown constant, variable or formula
  |
  = help: did you mean \"failure\"? known: failure, up

1 error in bad.prism
"
    );
    assert_eq!(
        refused(&folder, &["chain", "bad.csv"]),
        "error: \"fast\" is not a rate
 --> bad.csv:2:1
  |
2 | a,b,fast
  | ^^^^^^^^ in this row
  |
  = help: expected a number of at least 0, or a rate such as \"3/h\"

1 error in bad.csv
"
    );
    let label = refused(&folder, &["chain", "unit.prism", "--until", "dwn"]);
    assert!(label.contains(" --> --until:1:1\n") && label.contains("labels: down"), "{label}");
    let constant = refused(&folder, &["chain", "unit.prism", "--const", "failre=2"]);
    assert!(
        constant.contains(" --> --const:1:1\n") && constant.contains("did you mean \"failure\"?"),
        "{constant}"
    );
    let reward = refused(&folder, &["chain", "unit.prism", "--reward", "earnd"]);
    assert!(reward.contains("did you mean \"earned\"?"), "{reward}");
    let several = refused(&folder, &["chain", "unit.prism", "--from", "true"]);
    assert!(several.starts_with("error: these are 2 states, not one to start in\n"), "{several}");
    let none = refused(&folder, &["chain", "unit.prism", "--until", "up & !up"]);
    assert!(none.starts_with("error: no state that can be reached is one of these\n"), "{none}");
    let time = refused(&folder, &["chain", "unit.prism", "--at", "soon"]);
    assert_eq!(time, "error: \"soon\" is no time: expected a duration such as 10h, or a number\n");
    let missing = ninefold(&folder, &["solve", "chain", "none.prism"]);
    assert_eq!(missing.status.code(), Some(1));
    assert_eq!(chatter(&missing), "error: there is no file \"none.prism\"\n");
}

#[test]
fn a_scenario_without_a_formula_is_told_which_formulas_speak_of_it() {
    let folder = place("spoken-of");
    let text = answered(&folder, &["--scenario", "shop.toml"]);
    // Round-robin over replicas that differ is one queue only nearly.
    assert!(text.contains("service.shop: M/M/3 (mmc)"), "{text}");
    assert!(text.contains("not exact: round-robin fills a queue at each replica"), "{text}");
    assert!(text.contains("not exact: its replicas differ in speed"), "{text}");
    let exact =
        ["--scenario", "shop.toml", "--set", "service.shop.balancing.policy=weighted-random", "--json"];
    let rows: Json = serde_json::from_str(&answered(&folder, &exact)).unwrap();
    let row = rows.as_array().unwrap().iter().find(|row| row["metric"] == "sojourn_mean").unwrap();
    // n / (sum p - rate)
    assert!((row["exact"].as_f64().unwrap() - 1.5).abs() < 1e-12, "{row}");
    assert_eq!((row["departures"].as_str(), &row["estimate"]), (Some(""), &Json::Null));
}

#[test]
fn several_distributions_are_said_to_need_brackets() {
    let folder = place("brackets");
    let one = "{ distribution = \"exponential\", mean = \"0.2s\" }";
    for row in [format!("{one},{one}"), format!("{one}, 300ms")] {
        let said = refused(&folder, &["priority", "rates=1/s,1/s", &format!("services={row}")]);
        assert!(said.contains("several distributions are a list, which needs brackets"), "{said}");
        assert!(said.contains(&format!("write [{row}]")), "{said}");
    }
    answered(&folder, &["priority", "rates=1/s,1/s", &format!("services=[{one}, \"300ms\"]")]);
    let said = refused(&folder, &["priority", "rates=1/s,1/s"]);
    assert!(said.contains("time in service of each class (list of distributions in brackets)"), "{said}");
}

#[test]
fn sizes_and_speeds_have_units() {
    let folder = place("sizes");
    let plain = [
        "restore-time",
        "interval=1d",
        "duration=1h",
        "detection=5min",
        "provision=10min",
        "chain=1",
        "replay=0.1",
    ];
    let solved = |full: &str, speed: &str| {
        let words = [&plain[..], &[full, speed, "--json"]].concat();
        value(&answered(&folder, &words), "restore_mean")
    };
    let bytes = solved("full=2000000000000", "speed=200000000");
    for (full, speed) in [("full=2TB", "speed=200MB/s"), ("full=2000 GB", "speed=12GB/min")] {
        let found = solved(full, speed);
        assert!((found / bytes - 1.0).abs() < 1e-12, "{full} {speed}: {found}, not {bytes}");
    }
    let said = refused(&folder, &[&plain[..], &["full=2TB", "speed=200MB"]].concat());
    assert!(said.contains("expected a speed such as 200MB/s"), "{said}");
    let said = refused(&folder, &[&plain[..], &["full=2h", "speed=200MB/s"]].concat());
    assert!(said.contains("expected a size such as 2TB"), "{said}");
}
