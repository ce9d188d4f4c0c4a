//! What uses up an error budget, and the alarms on it: the formulas and small scenarios say the same.

use std::collections::BTreeMap;

use ninefold::analysis::oracle::{Given, find};

use crate::behaviour::{run_text, value};
use crate::behaviour_resilience::logged;
use crate::behaviour_scaling::seen;

fn answer(formula: &str, answer: &str, arguments: &[(&str, Vec<f64>)]) -> f64 {
    let given = arguments.iter().map(|(name, values)| ((*name).to_owned(), Given::Numbers(values.clone())));
    let given: BTreeMap<String, Given> = given.collect();
    find(formula).unwrap().answer(Some(answer), &given).unwrap()
}

/// Burn, long and short window \[s\].
type Pair = (f64, u32, u32);

/// When an alarm on these pairs is raised, and over: seconds from the beginning and from the end of an outage, two hours from
/// the start of a request every second, that lasts so long.
fn raised(pairs: &[Pair], lasts: u32) -> Option<(f64, f64)> {
    let pair =
        |(burn, long, short): &Pair| format!("{{ burn = {burn}, long = \"{long}s\", short = \"{short}s\" }}");
    let windows: Vec<String> = pairs.iter().map(pair).collect();
    let parts = format!(
        "[client.c]\narrival = {{ process = \"renewal\", between = \"1s\" }}\ncalls = \"s\"\n\
         [service.s]\ndemand = \"100ms\"\n\
         [fault.wrong]\nkind = \"error\"\nshare = \"100%\"\non = \"service.s\"\nat = \"2h\"\nlasts = \"{lasts}s\"\n\
         [monitor.m]\nkind = \"burn-rate\"\nobjective = \"client.c/availability_request\"\ntarget = \"99.9%\"\n\
         windows = [{}]\nevery = \"1s\"\ndoes = \"notify\"\n",
        windows.join(", ")
    );
    let lines = logged(7200 + lasts + 5400, &parts);
    let first = seen(&lines, "alarm_raised").first().map(|(time, _)| time - 7200.0)?;
    let mut over = seen(&lines, "alarm_ok").into_iter().map(|(time, _)| time - 7200.0);
    let last = over.find(|time| *time > first).unwrap();
    Some((first, last - f64::from(lasts)))
}

#[test]
fn burn_rates_fire_and_are_over_when_the_formula_says() {
    let page = (14.4, 3600, 300);
    let rows: [(&[Pair], u32); 6] = [
        (&[page], 1800),
        // Shorter than both windows, and too short.
        (&[page], 200),
        (&[page], 50),
        // Longer than its only window.
        (&[(36.0, 3600, 3600)], 5000),
        // The second fires first and is over last, the first not at all.
        (&[page, (6.0, 5400, 1200)], 600),
        (&[page, (6.0, 5400, 1200)], 45),
    ];
    for (pairs, lasts) in rows {
        let each = |of: fn(&Pair) -> f64| pairs.iter().map(of).collect::<Vec<f64>>();
        let arguments = [
            ("target", vec![0.999]),
            ("error_ratio", vec![1.0]),
            ("burn", each(|pair| pair.0)),
            ("long", each(|pair| f64::from(pair.1))),
            ("short", each(|pair| f64::from(pair.2))),
            ("lasts", vec![f64::from(lasts)]),
        ];
        let predicted = |name: &str| answer("burn-rate", name, &arguments);
        let found = raised(pairs, lasts);
        assert_eq!(predicted("fires") > 0.5, found.is_some(), "{pairs:?}, {lasts} s");
        let Some((first, last)) = found else { continue };
        // A second is a request, and a look.
        assert!((first - predicted("mttd")).abs() <= 1.0, "{pairs:?}, {lasts} s: {first}");
        assert!((last - predicted("reset")).abs() <= 1.0, "{pairs:?}, {lasts} s: {last}");
    }
}

#[test]
fn few_requests_page_as_often_as_the_formula_says() {
    let found = run_text(
        "[run]\nhorizon = \"30d\"\nruns = 20\nseed = 1\n\
         [client.c]\narrival = { process = \"renewal\", between = \"6min\" }\ncalls = \"s\"\n\
         [service.s]\ndemand = \"100ms\"\nerror_ratio = \"0.5%\"\n\
         [monitor.m]\nkind = \"burn-rate\"\nobjective = \"client.c/availability_request\"\ntarget = \"99.9%\"\n\
         windows = [{ burn = 14.4, long = \"1h\", short = \"5min\" }]\nevery = \"1min\"\ndoes = \"notify\"\n"
            .to_owned(),
    );
    let arguments = [
        ("target", vec![0.999]),
        ("failure", vec![0.005]),
        ("between", vec![360.0]),
        ("burn", vec![14.4]),
        ("long", vec![3600.0]),
        ("short", vec![300.0]),
    ];
    let [mean, deviation] =
        ["pages_mean", "pages_deviation"].map(|name| answer("burn-rate-sparse", name, &arguments));
    let alarms: Vec<f64> = found.measurements.iter().map(|run| run.monitors[0].alarms as f64).collect();
    assert_eq!(alarms.len(), 20);
    let average = alarms.iter().sum::<f64>() / 20.0;
    assert!((average - mean).abs() < 4.0 * deviation / 20_f64.sqrt(), "{average} pages, not {mean}");
    // The square of the deviation over that of a sample, nineteen times, has a chi-square law: 99.9 % of it.
    let square = alarms.iter().map(|one| (one - average).powi(2)).sum::<f64>() / deviation.powi(2);
    assert!((5.4..43.8).contains(&square), "{square}");
    // Each is a failure of its own.
    for run in &found.measurements {
        assert_eq!(run.monitors[0].alarms, run.clients[0].requests - run.clients[0].good);
    }
}

#[test]
fn a_bad_release_costs_what_the_formula_says() {
    // A quarter of a hundred requests a second, of which a fifth fail, for a minute and twenty seconds more.
    let found = run_text(
        "[run]\nhorizon = \"200s\"\nruns = 10\nseed = 1\n\
         [client.user]\narrival = { process = \"poisson\", rate = \"100/s\" }\ncalls = \"api\"\n\
         [service.api]\ndemand = \"1ms\"\nfunction = { keep_alive = \"forever\" }\nversions = { v2 = {} }\n\
         [deploy.new]\nservice = \"api\"\nversion = \"v2\"\nat = \"50s\"\npolicy = \"canary\"\nshare = \"25%\"\n\
         bake = \"10min\"\nbad = \"100%\"\nbadness = { kind = \"error\", share = \"20%\" }\nrollback = \"20s\"\n\
         [monitor.m]\nkind = \"schedule\"\nat = \"110s\"\ndoes = \"deploy.new.rollback\"\n"
            .to_owned(),
    );
    // Of an objective that allows all to fail for the run, what is used is the share that does.
    let arguments = [
        ("share", vec![0.25]),
        ("error_ratio", vec![0.2]),
        ("detection", vec![60.0]),
        ("rollback", vec![20.0]),
        ("target", vec![0.0]),
        ("period", vec![200.0]),
    ];
    let share = answer("canary-exposure", "budget_used", &arguments);
    assert!((share - 0.02).abs() < 1e-12);
    let requests = 200.0 * 100.0 * 10.0;
    let deviation = (share * (1.0 - share) / requests).sqrt();
    let failed = 1.0 - value(&found, "client.user/availability_request");
    assert!((failed - share).abs() < 4.0 * deviation, "{failed} failed, not {share}");
}
