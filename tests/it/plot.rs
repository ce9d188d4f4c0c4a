//! Figures say what the numbers say: limits, labels and points are read back from the SVG.

use std::fs;
use std::path::Path;

use ninefold::output::folder::write_rows;
use ninefold::output::plot::{self, Availability, Instances, Latency, Rows, Timeline, Waterfall};
use ninefold::output::row::{IncidentRow, InstanceRow, LatencyRow, RunRow, SummaryRow, WindowRow};

/// Texts of a figure with the place where each stands.
fn texts(svg: &str) -> Vec<(f64, f64, String)> {
    let number = |tag: &str, key: &str| -> f64 {
        let start = tag.find(&format!(" {key}=\"")).expect(key) + key.len() + 3;
        tag[start..].split('"').next().unwrap().parse().unwrap()
    };
    svg.split("<text ")
        .skip(1)
        .map(|part| {
            let tag = format!(" {}", part.split('>').next().unwrap());
            let text = part.split('>').nth(1).unwrap().split('<').next().unwrap().trim();
            (number(&tag, "x"), number(&tag, "y"), text.to_owned())
        })
        .collect()
}

fn labels(svg: &str) -> Vec<String> {
    texts(svg).into_iter().map(|(_, _, text)| text).collect()
}

fn summary(scope: &str, metric: &str, estimate: f64, interval: (f64, f64)) -> SummaryRow {
    SummaryRow {
        scope: scope.to_owned(),
        metric: metric.to_owned(),
        unit: "ratio".to_owned(),
        estimate: Some(estimate),
        ci_low: Some(interval.0),
        ci_high: Some(interval.1),
        confidence: 0.95,
        runs: 12,
    }
}

fn bucket(scope: &str, low_s: f64, high_s: f64, count: u64) -> LatencyRow {
    LatencyRow { scope: scope.to_owned(), metric: "latency".to_owned(), low_s, high_s, count }
}

fn window(run: u32, start: f64, scope: &str, failures: u64, p99: Option<f64>) -> WindowRow {
    WindowRow {
        run,
        window_start_s: start,
        scope: scope.to_owned(),
        arrivals: 1000,
        successes: 1000 - failures,
        failures,
        latency_p50_s: p99.map(|one| one / 4.0),
        latency_p99_s: p99,
        in_system: 2.0,
        replicas_up: 3.0,
    }
}

fn incident(run: u32, scope: &str, cause: &str, span: (f64, Option<f64>)) -> IncidentRow {
    IncidentRow {
        run,
        scope: scope.to_owned(),
        cause: cause.to_owned(),
        start_s: Some(span.0),
        detected_s: Some(span.0),
        decided_s: Some(span.0),
        mitigated_s: span.1,
        recovered_s: span.1,
        requests_failed: Some(5),
    }
}

/// Twelve hours of two clients; run 1 fails most.
fn rows() -> Rows {
    let mut rows = Rows::default();
    for (scope, middle) in [("client.batch", 0.2_f64), ("client.shopper", 0.04)] {
        for step in 0..400 {
            let place = (f64::from(step) - 200.0) / 40.0;
            let low_s = middle * place.exp() / 8.0;
            let high_s = middle * ((f64::from(step) - 199.0) / 40.0).exp() / 8.0;
            let count = (1e5 * (-(place - 2.0).powi(2)).exp()) as u64;
            rows.latency.push(bucket(scope, low_s, high_s, count));
        }
        rows.summary.push(summary(scope, "latency_p50", middle, (middle * 0.9, middle * 1.1)));
        rows.summary.push(summary(scope, "latency_p99", middle * 5.0, (middle * 4.0, middle * 6.0)));
        rows.summary.push(summary(scope, "availability_request", 0.9995, (0.9993, 0.9997)));
        for run in 0..12 {
            let value = Some(0.9995 + 0.0002 * (f64::from(run) - 5.5) / 5.5);
            rows.runs.push(RunRow {
                run,
                scope: scope.to_owned(),
                metric: "availability_request".to_owned(),
                unit: "ratio".to_owned(),
                value,
            });
        }
    }
    for run in 0..2 {
        for place in 0..144 {
            let start = 600.0 + f64::from(place) * 300.0;
            let failures = if place % 40 == 7 { 20 + 10 * u64::from(run) } else { 0 };
            rows.timeline.push(window(run, start, "client.batch", failures / 2, Some(1.0)));
            let p99 = (place != 60).then_some(0.2 + 0.01 * f64::from(place % 13));
            rows.timeline.push(window(run, start, "client.shopper", failures, p99));
        }
    }
    rows.incidents = vec![
        incident(0, "service.shop.1", "fault.crash", (900.0, Some(1200.0))),
        incident(1, "service.shop.1", "fault.crash", (2700.0, Some(4100.0))),
        incident(1, "service.shop.2", "fault.crash", (14_700.0, Some(18_000.0))),
        incident(1, "service.shop", "outage/fault.crash", (15_000.0, Some(16_000.0))),
        incident(1, "service.shop.3", "fault.crash", (42_000.0, None)),
    ];
    rows
}

#[test]
fn the_latency_figure_holds_every_curve_from_end_to_end() {
    let svg = plot::svg(&Latency::new(&rows(), "online-store").unwrap()).unwrap();
    let labels = labels(&svg);
    for wanted in [
        "online-store: latency of well-answered requests",
        "client.batch  p50 200 ms  p99 1.00 s",
        "client.shopper  p50 40.0 ms  p99 200 ms",
        "latency (logarithmic)",
        "requests [%]",
        "0",
        "100",
        "p50",
        "p99",
    ] {
        assert!(labels.iter().any(|label| label == wanted), "{wanted} in {labels:?}");
    }
    let curves: Vec<usize> = svg
        .split("<polyline")
        .skip(1)
        .map(|part| {
            part.split("points=\"").nth(1).unwrap().split('"').next().unwrap().split_whitespace().count()
        })
        .filter(|points| *points > 100)
        .collect();
    assert_eq!(curves.len(), 2, "one line per client: {curves:?}");
    assert_eq!(svg.matches("<circle").count(), 4, "p50 and p99 of two clients");
}

#[test]
fn the_time_axis_holds_all_latencies() {
    let svg = plot::svg(&Latency::new(&rows(), "x").unwrap()).unwrap();
    let ticks: Vec<String> =
        labels(&svg).into_iter().filter(|label| label.ends_with(" ms") || label.ends_with(" s")).collect();
    // 99.95 % of the faster client's requests take longer than 3 ms, the slowest ones of the other 3.7 s.
    assert!(ticks.contains(&"10 ms".to_owned()) && ticks.contains(&"1 s".to_owned()), "{ticks:?}");
    assert!(ticks.contains(&"5 s".to_owned()), "{ticks:?}");
}

#[test]
fn the_availability_figure_shows_each_run_once_inside_its_axis() {
    let svg = plot::svg(&Availability::new(&rows(), "online-store").unwrap()).unwrap();
    assert_eq!(svg.matches("<circle").count(), 24, "twelve runs of two clients");
    let labels = labels(&svg);
    assert!(
        labels.iter().any(|label| label.contains("99.950 % (99.930 % to 99.970 %, confidence 95 %)")),
        "{labels:?}"
    );
    for wanted in ["0", "10", "availability [%]", "run"] {
        assert_eq!(labels.iter().filter(|label| *label == wanted).count(), 2, "{wanted} in {labels:?}");
    }
    let percents: Vec<f64> = labels
        .iter()
        .filter(|label| label.starts_with("99.9"))
        .filter_map(|label| label.parse().ok())
        .collect();
    let low = percents.iter().copied().fold(f64::INFINITY, f64::min);
    let high = percents.iter().copied().fold(0.0, f64::max);
    assert!(low <= 99.93 && (99.97..=100.0).contains(&high), "{percents:?}");
}

#[test]
fn the_availability_figure_shows_eight_parts_and_counts_the_rest() {
    let mut rows = rows();
    let like = rows.summary.iter().find(|row| row.metric == "availability_request").unwrap().clone();
    rows.summary
        .extend((0..8).map(|number| SummaryRow { scope: format!("client.x{number}"), ..like.clone() }));
    let svg = plot::svg(&Availability::new(&rows, "online-store").unwrap()).unwrap();
    let labels = labels(&svg);
    let panels = labels.iter().filter(|label| label.contains(" availability_request: ")).count();
    assert_eq!(panels, 8, "{labels:?}");
    assert!(labels.iter().any(|label| label.ends_with("(2 more parts in runs.csv)")), "{labels:?}");
}

#[test]
fn figures_of_many_clients_show_the_worst_and_count_the_rest() {
    let mut rows = Rows::default();
    for number in 0..20 {
        let scope = format!("client.x{number:02}");
        // The later, the slower and the more failures.
        let slow = 0.01 * f64::from(1 + number);
        rows.latency.push(bucket(&scope, slow, slow * 1.1, 10));
        rows.summary.push(summary(&scope, "latency_p99", slow, (slow, slow)));
        rows.timeline.extend([0.0, 300.0].map(|start| window(0, start, &scope, number as u64, Some(slow))));
    }
    let shown = |svg: &str| {
        let labels = labels(svg);
        let of =
            |number: usize| labels.iter().any(|label| label.starts_with(&format!("client.x{number:02}")));
        (0..20).filter(|number| of(*number)).collect::<Vec<_>>()
    };
    let latency = plot::svg(&Latency::new(&rows, "many").unwrap()).unwrap();
    assert_eq!(shown(&latency), (8..20).collect::<Vec<_>>());
    assert!(latency.contains("the slowest at p99 (8 more clients in latency.csv)"), "{latency}");
    let timeline = plot::svg(&Timeline::new(&rows, "many").unwrap()).unwrap();
    assert_eq!(shown(&timeline), (8..20).collect::<Vec<_>>());
    assert!(timeline.contains("clients with most failures (8 more in timeline.csv)"), "{timeline}");
    rows.timeline.iter_mut().for_each(|row| row.failures = 0);
    let calm = plot::svg(&Timeline::new(&rows, "many").unwrap()).unwrap();
    assert_eq!(shown(&calm), (0..12).collect::<Vec<_>>());
    assert!(calm.contains("The only run; the first clients (8 more in timeline.csv)"), "{calm}");
}

#[test]
fn the_timeline_shows_the_worst_run_with_its_incidents() {
    let figure = Timeline::new(&rows(), "online-store").unwrap();
    let svg = plot::svg(&figure).unwrap();
    let labels = labels(&svg);
    for wanted in [
        "online-store: timeline of run 1",
        "simulated time [h]",
        "failed requests [%]",
        "latency p99 (logarithmic)",
        "fault",
        "outage of a service or block",
        "12",
    ] {
        assert!(labels.iter().any(|label| label == wanted), "{wanted} in {labels:?}");
    }
    // Three faults and one outage of run 1 in each of two panels and in lanes, one swatch for each, and the sheet itself.
    assert_eq!(svg.matches("<rect").count(), 4 * 3 + 2 + 1);
}

#[test]
fn no_text_leaves_the_sheet_and_no_tick_labels_collide() {
    for svg in [
        plot::svg(&Latency::new(&rows(), "online-store").unwrap()).unwrap(),
        plot::svg(&Timeline::new(&rows(), "online-store").unwrap()).unwrap(),
        plot::svg(&Availability::new(&rows(), "online-store").unwrap()).unwrap(),
        plot::svg(&Waterfall::new(&rows(), "online-store").unwrap()).unwrap(),
    ] {
        let height: f64 = svg.split(" height=\"").nth(1).unwrap().split('"').next().unwrap().parse().unwrap();
        let places = texts(&svg);
        for (x, y, text) in &places {
            assert!((0.0..1100.0).contains(x) && (0.0..height).contains(y), "{text} at {x}, {y}");
        }
        for (x, y, text) in &places {
            let beside = places.iter().filter(|(other, level, _)| level.total_cmp(y).is_eq() && other > x);
            // A digit at this size is 9 pixels wide.
            let near = beside.map(|(other, _, _)| other - x).fold(f64::INFINITY, f64::min);
            assert!(near > 5.0 * text.len() as f64 || text.len() > 8, "{text} at {x}: {near} to the next");
        }
    }
}

#[test]
fn drawing_a_folder_writes_both_formats_and_the_same_bytes_again() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plots-of-a-folder");
    let rows = rows();
    write(&folder, &rows);
    let drawn = plot::draw_all(&folder, "online-store").unwrap();
    assert_eq!(drawn.len(), 8);
    let first: Vec<Vec<u8>> = drawn.iter().map(|path| fs::read(path).unwrap()).collect();
    for (path, bytes) in drawn.iter().zip(&first) {
        let is_png = path.extension().unwrap() == "png";
        assert_eq!(bytes.starts_with(b"\x89PNG"), is_png);
        assert_eq!(bytes.starts_with(b"<svg"), !is_png);
    }
    plot::draw_all(&folder, "online-store").unwrap();
    assert!(drawn.iter().zip(&first).all(|(path, bytes)| fs::read(path).unwrap() == *bytes));
}

#[test]
fn a_figure_that_has_nothing_to_show_any_more_goes() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plots-that-go");
    let mut rows = rows();
    write(&folder, &rows);
    plot::draw_all(&folder, "x").unwrap();
    rows.timeline.clear();
    write(&folder, &rows);
    assert_eq!(plot::draw_all(&folder, "x").unwrap().len(), 6);
    assert!(!folder.join("plots/timeline.svg").exists() && !folder.join("plots/timeline.png").exists());
}

#[test]
fn nothing_to_show_is_no_figure() {
    let none = Rows::default();
    assert!(Latency::new(&none, "x").is_none());
    assert!(Timeline::new(&none, "x").is_none());
    assert!(Availability::new(&none, "x").is_none());
    assert!(Waterfall::new(&none, "x").is_none());
}

fn write(folder: &Path, rows: &Rows) {
    write_rows(folder, rows.summary.clone()).unwrap();
    write_rows(folder, rows.runs.clone()).unwrap();
    write_rows(folder, rows.latency.clone()).unwrap();
    write_rows(folder, rows.timeline.clone()).unwrap();
    write_rows(folder, rows.incidents.clone()).unwrap();
}

#[test]
fn instances_are_stacked_with_what_happens_to_requests() {
    let mut rows = rows();
    assert_eq!(Instances::new(&rows, "functions"), None, "there are none");
    let run = 1;
    rows.timeline =
        vec![window(run, 0.0, "client.c", 5, Some(0.1)), window(0, 0.0, "client.c", 4, Some(0.1))];
    let row = |run, start, scope: &str, busy, cost| InstanceRow {
        run,
        window_start_s: start,
        scope: scope.to_owned(),
        starting: 1.0,
        idle: 2.0,
        busy,
        provisioned: 0.0,
        cold_starts: 3,
        throttled: 700,
        cost,
        currency: "USD".to_owned(),
    };
    // Of the other run nothing is shown; two functions count together: 10 + 90, 2 x 2 and 2 x 1.
    rows.instances = vec![
        row(0, 0.0, "service.f", 4000.0, None),
        row(run, 0.0, "service.f", 10.0, None),
        row(run, 0.0, "service.g", 90.0, None),
        row(run, 60.0, "service.f", 0.0, None),
        row(run, 60.0, "service.g", 0.0, None),
    ];
    let svg = plot::svg(&Instances::new(&rows, "functions").unwrap()).unwrap();
    let found = labels(&svg);
    let has = |text: &str| found.iter().any(|label| label == text);
    assert!(
        has("functions: instances") && has("Run 1, as in the timeline; 2 functions together"),
        "{found:?}"
    );
    // 106 fit below 150, and twice 700 below 1500; two windows of a minute.
    assert!(has("150") && has("1500") && !has("200") && !has("4000"), "{found:?}");
    assert!(has("simulated time [min]") && has("2.0") && !has("cost [USD/h]"), "{found:?}");
    // Twice 25 USD in a minute are 3000 an hour.
    rows.instances.iter_mut().for_each(|row| row.cost = Some(25.0));
    let svg = plot::svg(&Instances::new(&rows, "functions").unwrap()).unwrap();
    assert!(labels(&svg).contains(&"3000".to_owned()) && svg.contains("cost [USD/h]"), "{svg}");
}
