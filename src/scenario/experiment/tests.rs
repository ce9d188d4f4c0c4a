use proptest::prelude::*;

use super::*;
use crate::scenario::render;

fn written(text: &str) -> Result<Experiment, String> {
    let source = Source { name: "sweep.toml".to_owned(), text: format!("scenario = \"s.toml\"\n{text}") };
    read(source, &[]).map_err(|rejected| render(&rejected.findings, &rejected.sources, false))
}

/// The points, each as its values with blanks between.
fn points(text: &str) -> Vec<String> {
    let experiment = written(text).unwrap_or_else(|message| panic!("{message}"));
    let one = |choice: &Option<Choice>| choice.as_ref().map_or("-".to_owned(), Choice::shown);
    experiment
        .points()
        .iter()
        .map(|point| point.choices.iter().map(one).collect::<Vec<_>>().join(" "))
        .collect()
}

#[test]
fn a_grid_has_every_combination_and_the_last_axis_is_fastest() {
    assert_eq!(
        points("[vary]\n\"a.b\" = [1, 2]\n\"c.d\" = [\"x\", { policy = \"y\" }]"),
        ["1 x", "1 { policy = \"y\" }", "2 x", "2 { policy = \"y\" }"]
    );
}

#[test]
fn ranges_keep_the_unit_and_whole_ends_give_whole_numbers() {
    assert_eq!(points("[vary]\na = { from = 1, to = 2, steps = 3 }"), ["1", "2"]);
    assert_eq!(points("[vary]\na = { from = 1.0, to = 2, steps = 3 }"), ["1.0", "1.5", "2.0"]);
    assert_eq!(
        points("[vary]\na = { from = \"20/s\", to = \"80/s\", steps = 4 }"),
        ["20/s", "40/s", "60/s", "80/s"]
    );
    assert_eq!(
        points("[vary]\na = { from = \"10ms\", to = \"1s\", steps = 3, scale = \"log\" }"),
        ["10ms", "100ms", "1000ms"]
    );
    assert_eq!(points("[vary]\na = { from = \"1min 30s\", to = \"2min\", steps = 2 }"), ["90s", "120s"]);
    assert_eq!(points("[vary]\na = { from = \"99%\", to = \"99.9%\", steps = 2 }"), ["99%", "99.9%"]);
}

#[test]
fn what_is_zipped_moves_together() {
    let zip = "[vary]\na = [1, 2]\n[[zip]]\nb = [3, 4]\nc = [5, 6]";
    assert_eq!(points(zip), ["1 3 5", "1 4 6", "2 3 5", "2 4 6"]);
}

#[test]
fn an_axis_may_exist_only_where_another_has_a_value() {
    let text = "[vary]\np = [\"random\", { policy = \"power-of-d\" }]\n\
                c = { values = [2, 3], where = { p = \"power-of-d\" } }\n\
                d = { from = 1, to = 2, steps = 2, where = { c = \">= 3\" } }";
    assert_eq!(
        points(text),
        [
            "random - -",
            "{ policy = \"power-of-d\" } 2 -",
            "{ policy = \"power-of-d\" } 3 1",
            "{ policy = \"power-of-d\" } 3 2"
        ]
    );
}

#[test]
fn points_are_skipped_by_value_list_and_comparison() {
    let text = "[vary]\na = [1, 2, 3]\nb = [\"50ms\", \"2s\"]\n[[skip]]\na = [1, 3]\nb = \"> 1s\"\n[[skip]]\na = 2\nb = \"50ms\"";
    assert_eq!(points(text), ["1 50ms", "2 2s", "3 50ms"]);
}

/// The numbers of the first axis of a design over [0, 1].
fn placed(policy: &str, points_: u32, seed: u32) -> Vec<f64> {
    let text = format!(
        "design = {{ policy = \"{policy}\", points = {points_}, seed = {seed} }}\n\
         [vary]\na = {{ from = 0.0, to = 1.0 }}\nb = {{ from = 0.0, to = 1.0 }}"
    );
    points(&text).iter().map(|point| point.split(' ').next().unwrap().parse().unwrap()).collect()
}

#[test]
fn designs_fill_the_space_as_they_promise() {
    for policy in ["latin-hypercube", "sobol"] {
        let mut parts: Vec<usize> =
            placed(policy, 64, 3).iter().map(|place| (place * 64.0) as usize).collect();
        parts.sort_unstable();
        assert_eq!(parts, (0..64).collect::<Vec<_>>(), "{policy}");
    }
    let random = placed("random", 400, 1);
    let mean = random.iter().sum::<f64>() / 400.0;
    // Five standard errors of the mean of 400 uniform numbers.
    assert!((mean - 0.5).abs() < 5.0 / (12.0_f64 * 400.0).sqrt(), "{mean}");
    for policy in ["random", "latin-hypercube", "sobol"] {
        assert_eq!(placed(policy, 16, 1), placed(policy, 16, 1), "{policy}");
        assert_ne!(placed(policy, 16, 1), placed(policy, 16, 2), "{policy}");
    }
}

#[test]
fn listed_values_are_drawn_evenly() {
    let text = "design = { policy = \"sobol\", points = 64 }\n[vary]\na = [\"x\", \"y\", \"z\", \"w\"]";
    let found = points(text);
    for value in ["x", "y", "z", "w"] {
        assert_eq!(found.iter().filter(|one| *one == value).count(), 16, "{value}");
    }
}

#[test]
fn arguments_add_axes_and_vary_scenarios() {
    let varied = |path: &str| Varied {
        text: format!("{path}=1,2"),
        path: path.to_owned(),
        values: vec!["1".to_owned(), "2".to_owned()],
    };
    let source = Source { name: "s.toml".to_owned(), text: "[run]\nhorizon = \"1h\"\n".to_owned() };
    let experiment = read(source.clone(), &[varied("a"), varied("b")]).unwrap();
    assert!(experiment.scenario.is_none());
    assert_eq!(experiment.points().len(), 4);
    assert!(read(source.clone(), &[]).is_err(), "nothing is varied");
    assert!(read(source, &[varied("a"), varied("a")]).is_err(), "varied twice");
}

#[test]
fn more_axes_than_anybody_could_look_at_are_refused() {
    let axis = |number: usize| format!("a{number} = [1]\n");
    let axes = |count: usize| format!("[vary]\n{}", (0..count).map(axis).collect::<String>());
    assert_eq!(points(&axes(256)).len(), 1);
    assert!(written(&axes(257)).unwrap_err().contains("at most 256 axes"));
    let many = "[vary]\na = { from = 1, to = 2000, steps = 2000 }\nb = { from = 1, to = 2000, steps = 2000 }";
    assert!(written(many).unwrap_err().contains("more than 1000000 points"));
}

/// A good experiment, and what is put into it.
fn mutated() -> impl Strategy<Value = String> {
    const GOOD: &str = "design = { policy = \"sobol\", points = 4 }\n[set]\nx = 1\n[vary]\na = [1, \"2s\"]\n\
        b = { from = \"1ms\", to = \"1s\", scale = \"log\", where = { a = \">= 1\" } }\n\
        [[zip]]\nc = [1, 2]\nd = [3, 4]\n[[skip]]\na = [1]\nb = \"< 2s\"\n";
    let pieces = prop_oneof![
        "[-\\[\\]{}=\"',.#0-9a-e\n ]{0,10}",
        Just("1e308".to_owned()),
        Just("-9223372036854775808".to_owned()),
        Just("\"1e308s\"".to_owned()),
        Just("{}".to_owned()),
        Just("[]".to_owned()),
    ];
    (0..=GOOD.len(), 0_usize..12, pieces).prop_map(|(start, length, piece)| {
        let end = (start + length).min(GOOD.len());
        format!("{}{piece}{}", &GOOD[..start], &GOOD[end..])
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_reader_never_panics(text in mutated()) {
        if let Ok(experiment) = written(&text) {
            let paths = experiment.paths().len();
            prop_assert!(experiment.points().iter().all(|point| point.choices.len() == paths));
        }
    }
}
