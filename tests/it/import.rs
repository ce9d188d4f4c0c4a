//! Manifests of Kubernetes and Knative become keys.

use std::fs;
use std::path::{Path, PathBuf};

use ninefold::document::Severity;
use ninefold::scenario::{self, Places, Rejected, Scenario, Source, render, resolved};

fn manifests() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/manifest")
}

/// A service that is scaled so, with more keys of it.
fn load(autoscaling: &str, more: &str, folder: &Path) -> Result<Scenario, Rejected> {
    let text = format!(
        "[run]\nhorizon = \"1h\"\n[client.c]\narrival = {{ process = \"poisson\", rate = \"5/s\" }}\ncalls = \"s\"\n\
         [service.s]\nreplicas = 4\n{more}\nautoscaling = {{ {autoscaling} }}\n"
    );
    let source = Source { name: "import.toml".to_owned(), text };
    scenario::load(source, &[], &Places { folders: vec![folder.to_owned()] })
}

fn loaded(autoscaling: &str, more: &str, folder: &Path) -> Scenario {
    load(autoscaling, more, folder).unwrap_or_else(|no| panic!("{no}"))
}

/// Whoever scales to zero has one.
const QUEUE: &str = "queue = { at = \"service\" }";

/// Imports a manifest that is one text.
fn import(manifest: &str, beside: &str) -> Result<Scenario, Rejected> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("m.yaml"), manifest).unwrap();
    load(
        &format!("import = \"m.yaml\"{beside}"),
        if beside.contains("max = 5") { QUEUE } else { "" },
        folder.path(),
    )
}

/// What is said about a scenario, and of which words.
fn warnings(scenario: &Scenario) -> Vec<(String, String)> {
    let shown = |span: ninefold::document::Span| {
        scenario.sources[span.source as usize].text[span.start..span.end].to_owned()
    };
    let one =
        |finding: &ninefold::document::Diagnostic| (finding.message.clone(), shown(finding.span.unwrap()));
    scenario.warnings.0.iter().filter(|one| one.severity == Severity::Warning).map(one).collect()
}

fn same(one: &Scenario, other: &Scenario) {
    assert_eq!(resolved(one), resolved(other));
    assert_eq!(one.system.services[0].autoscaling, other.system.services[0].autoscaling);
}

#[test]
fn an_autoscaler_of_kubernetes_is_read_as_it_is() {
    let imported = loaded("import = \"hpa.yaml\"", "", &manifests());
    let written = "policy = \"hpa\", min = 3, max = 40, target = \"65%\", up_window = \"30s\", up_select = \"min\", \
                   up = [{ percent = 900, period = \"60s\" }, { count = 10, period = \"30s\" }], \
                   down_window = \"600s\", down = [{ count = 1, period = \"300s\" }]";
    same(&imported, &loaded(written, "", &manifests()));
    let said = warnings(&imported);
    let expected = [
        ("a \"Deployment\" says nothing of autoscaling that is read", "Deployment"),
        ("the resource \"memory\" is not modelled", "memory"),
        ("a metric of type Pods is not modelled", "Pods"),
        ("\"tolerance\" is not modelled", "tolerance"),
    ];
    assert_eq!(said, expected.map(|(message, words)| (message.to_owned(), words.to_owned())));
    // The place is that in the manifest.
    let text = render(&imported.warnings, &imported.sources, false);
    assert!(text.contains("hpa.yaml:30:15"), "{text}");
}

#[test]
fn what_a_manifest_leaves_open_is_as_kubernetes_has_it() {
    let least = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec:\n  maxReplicas: 9\n";
    let imported = import(least, "").unwrap();
    same(&imported, &loaded("policy = \"hpa\", min = 1, max = 9, target = \"80%\"", "", &manifests()));
    assert_eq!(warnings(&imported), []);
    // What is written beside it holds; then nothing is said of metrics.
    let pods = format!("{least}  metrics: [{{ type: Pods, pods: {{}} }}]\n");
    let beside = ", metric = \"throughput\", target = \"20/s\", max = 7, tolerance = \"20%\"";
    let own = import(&pods, beside).unwrap();
    same(&own, &loaded(&format!("policy = \"hpa\"{beside}"), "", &manifests()));
    assert_eq!(warnings(&own), []);
}

#[test]
fn annotations_of_knative_are_read_as_they_are() {
    let imported = loaded("import = \"knative.yaml\"", "concurrency = 20", &manifests());
    // Of 50 and the hard limit of 20 the smaller.
    let written = "policy = \"kpa\", min = 2, max = 30, target = 20.0, utilisation = \"80%\", stable = \"90s\", \
                   panic = \"20%\", panic_threshold = 1.5, down_delay = \"15min\", activation = 3";
    same(&imported, &loaded(written, "concurrency = 20", &manifests()));
    let said = warnings(&imported);
    let expected = [
        ("\"initial-scale\" is not modelled", "\"4\""),
        (
            "the annotation \"autoscaling.knative.dev/scale-to-zero-pod-retention-period\" is not modelled",
            "\"1m5s\"",
        ),
    ];
    assert_eq!(said, expected.map(|(message, words)| (message.to_owned(), words.to_owned())));
    // A service with other slots than the limit says is not the one of the manifest.
    let others = loaded("import = \"knative.yaml\"", "concurrency = 10", &manifests());
    let message = "\"containerConcurrency\" as the limit of a pod is not modelled".to_owned();
    assert!(warnings(&others).contains(&(message, "20".to_owned())));
}

#[test]
fn knative_without_annotations_scales_to_zero() {
    let service = |annotations: &str| {
        format!(
            "apiVersion: serving.knative.dev/v1\nkind: Service\nspec:\n  template:\n    metadata:\n      \
             annotations: {{{annotations}}}\n    spec: {{}}\n"
        )
    };
    let plain = import(&service(""), ", max = 5").unwrap();
    same(&plain, &loaded("policy = \"kpa\", min = 0, max = 5, burst = 211.0", QUEUE, &manifests()));
    let rate = "autoscaling.knative.dev/metric: rps, autoscaling.knative.dev/target: '150', \
                autoscaling.knative.dev/min-scale: '1'";
    let rate = import(&service(rate), ", max = 6").unwrap();
    let written = "policy = \"kpa\", min = 1, max = 6, metric = \"throughput\", target = \"150/s\"";
    same(&rate, &loaded(written, "", &manifests()));
    let number = import(&service("autoscaling.knative.dev/target: 150"), ", max = 5").unwrap_err();
    assert!(number.to_string().contains("an annotation is a text"), "{number}");
    for (annotation, message) in [
        ("class: hpa.autoscaling.knative.dev", "is not modelled"),
        ("metric: cpu", "the metric \"cpu\" is not one of this class"),
        ("window: 3s", "\"3s\" is no \"window\""),
        ("min-scale: two", "\"two\" is no \"min-scale\""),
        ("panic-threshold-percentage: '100'", "\"100\" is no \"panic-threshold-percentage\""),
    ] {
        let refused = import(&service(&format!("autoscaling.knative.dev/{annotation}")), ", max = 5");
        let text = refused.unwrap_err().to_string();
        assert!(text.contains(message) && text.contains("m.yaml:6:"), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_manifest_is_shown_in_it() {
    let head = "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nspec:\n";
    let cpu = |target: &str| {
        format!(
            "maxReplicas: 5\n  metrics:\n  - type: Resource\n    resource: {{name: cpu, target: {target}}}"
        )
    };
    let rules = |rules: &str| format!("maxReplicas: 5\n  behavior: {{scaleUp: {rules}}}");
    for (spec, message, line) in [
        ("minReplicas: 2".to_owned(), "\"maxReplicas\" is missing", 2),
        ("maxReplicas: many".to_owned(), "expected a whole number", 4),
        ("maxReplicas: 0".to_owned(), "\"maxReplicas\" is out of range", 4),
        ("maxReplicas: 5\n  minReplicas: 9".to_owned(), "9", 5),
        (cpu("{type: Utilisation, averageUtilization: 5}"), "no type of target is called", 7),
        (cpu("{type: Utilization}"), "a target has its \"averageUtilization\"", 6),
        (cpu("{type: Value, value: 5}"), "none of these metrics is modelled", 6),
        ("maxReplicas: 5\n  metrics: [{type: Pod}]".to_owned(), "no type of metric is called", 5),
        (rules("{selectPolicy: Most}"), "no policy of selection is called", 5),
        (rules("{policies: [{type: Pods, value: 4}]}"), "a rule has a \"periodSeconds\"", 5),
        (rules("{policies: [{type: Pods, value: 4, periodSeconds: 3600}]}"), "out of range", 5),
        (rules("{stabilizationWindowSeconds: -1}"), "out of range", 5),
        ("maxReplicas: [".to_owned(), "this is no YAML", 5),
    ] {
        let refused = import(&format!("{head}  {spec}\n"), "");
        let text = refused.expect_err(&spec).to_string();
        assert!(text.contains(message), "{spec}: {text}");
        assert!(text.contains(&format!("m.yaml:{line}:")), "{spec}: {text}");
    }
    for (manifest, message) in [
        (head.replace("v2", "v1") + "  maxReplicas: 3\n", "expected apiVersion: autoscaling/v2"),
        ("kind: Deployment\n".to_owned(), "has no autoscaler"),
        ("- 1\n".to_owned(), "expected a manifest"),
        (format!("{head}  maxReplicas: 3\n---\n{head}  maxReplicas: 4\n"), "a fleet has one autoscaler"),
    ] {
        let text = import(&manifest, "").unwrap_err().to_string();
        assert!(text.contains(message), "{manifest}: {text}");
    }
}

#[test]
fn manifests_stay_where_files_are_looked_up() {
    let refused = load("import = \"../three.csv\"", "", &manifests()).unwrap_err().to_string();
    assert!(refused.contains("leads out of the folders"), "{refused}");
}

#[test]
fn a_burst_of_knative_is_about_the_queue_of_the_service() {
    let annotated = |annotation: &str| {
        format!(
            "apiVersion: serving.knative.dev/v1\nkind: Service\nspec:\n  template:\n    metadata:\n      \
             annotations: {{autoscaling.knative.dev/min-scale: '1', autoscaling.knative.dev/{annotation}}}\n    \
             spec: {{}}\n"
        )
    };
    let of = |annotation: &str, beside: &str| import(&annotated(annotation), beside);
    for (annotation, beside, written) in [
        ("target-burst-capacity: '70'", "", "70.0"),
        ("target-burst-capacity: '0'", "", "0.0"),
        ("targetBurstCapacity: '-1'", "", "\"unlimited\""),
        ("target-burst-capacity: '70'", ", burst = 3.5", "3.5"),
        ("metric: concurrency", "", "211.0"),
    ] {
        let imported = of(annotation, &format!(", max = 5{beside}")).unwrap();
        let written = format!("policy = \"kpa\", min = 1, max = 5, burst = {written}");
        same(&imported, &loaded(&written, QUEUE, &manifests()));
        assert_eq!(warnings(&imported), []);
    }
    for wrong in ["'-2'", "'many'"] {
        let refused = of(&format!("target-burst-capacity: {wrong}"), ", max = 5").unwrap_err().to_string();
        assert!(
            refused.contains("is no \"target-burst-capacity\"") && refused.contains("m.yaml:6:"),
            "{refused}"
        );
    }
    // Without such a queue requests never wait there.
    let bare = of("target-burst-capacity: '70'", ", max = 6").unwrap();
    same(&bare, &loaded("policy = \"kpa\", min = 1, max = 6", "", &manifests()));
    let message = "\"target-burst-capacity\" without a queue of the service is not modelled".to_owned();
    assert_eq!(warnings(&bare), [(message, "'70'".to_owned())]);
    let bare = of("metric: concurrency", ", max = 6").unwrap();
    same(&bare, &loaded("policy = \"kpa\", min = 1, max = 6", "", &manifests()));
}
