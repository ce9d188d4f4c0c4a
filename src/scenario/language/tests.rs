use super::*;
use crate::document::Fallback;

/// The text of the only meaning of a path, which is a key.
fn text(path: &str) -> String {
    let found = find(path).unwrap_or_else(|lost| panic!("{path}: {lost:?}"));
    match &found[..] {
        [Meaning::Key(key, _)] => key.text(),
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn every_key_has_a_meaning_that_is_a_sentence() {
    let shapes = shapes();
    assert!(shapes.len() > 35, "{} tables", shapes.len());
    for shape in &shapes {
        for key in shape.all_keys() {
            let (title, text) = (shape.title(), key.text());
            assert!(text.split_whitespace().count() >= 3, "{title}.{}: \"{text}\"", key.name);
            assert!(text.ends_with(['.', '"', '`', ')']), "{title}.{}: \"{text}\"", key.name);
            let absent = key.default().is_none() && matches!(key.fallback, Fallback::Value(_));
            assert!(!(absent && key.is_required()), "{title}.{}", key.name);
        }
    }
}

#[test]
fn shapes_of_one_title_are_one_shape() {
    let mut titles: Vec<String> = shapes().iter().map(Shape::title).collect();
    titles.sort();
    let count = titles.len();
    titles.dedup();
    assert_eq!(titles.len(), count);
    assert_eq!(shape("health-check").unwrap().keys[0].name, "interval");
}

#[test]
fn keys_are_found_as_users_write_their_paths() {
    assert!(text("run.transient").starts_with("The start of a run"));
    assert_eq!(text("service.shop.retry.attempts"), text("client.*.calls.shop.retry.attempts"));
    assert_eq!(text("client.c.calls.timeout"), text("client.c.timeout"));
    assert!(text("recovery.restart.operations.replace.time").starts_with("How long it takes"));
    assert!(text("recovery.r.operations.1.operations.2.success").starts_with("How likely"));
    assert!(text("service.*.balancing.slow_start.window").starts_with("How long"));
    assert!(text("fault.f.replay.where").starts_with("Takes only rows"));
    assert!(matches!(&find("service.*.queue.policy").unwrap()[..], [Meaning::Choice(choice, title)]
        if choice.variants.len() > 5 && title == "queue"));
    assert!(matches!(&find("service.s.balancing.preset").unwrap()[..], [Meaning::Preset(_)]));
    assert!(matches!(&find("service.s.slot.released").unwrap()[..], [Meaning::Word(_)]));
    assert!(matches!(&find("service.s").unwrap()[..], [Meaning::Part(Kind::Table(_))]));
    assert!(matches!(&find("service.s.queue.codel").unwrap()[..], [Meaning::Variant(..)]));
    let several = find("client.c.retry.base").unwrap();
    assert!(several.len() > 2 && several.iter().all(|one| matches!(one, Meaning::Key(_, Some(_)))));
    assert!(matches!(&find("service.s.demand.mean").unwrap()[0], Meaning::Key(_, Some("constant"))));
}

#[test]
fn a_wrong_path_says_where_it_ends() {
    let lost = find("service.shop.retry.atempts").unwrap_err();
    assert_eq!((lost.before.as_str(), lost.near()), ("service.shop.retry", Some("attempts")));
    let lost = find("servce.shop").unwrap_err();
    assert_eq!((lost.before.as_str(), lost.near()), ("", Some("service")));
    assert_eq!(find("client.c.calls.timeot").unwrap_err().near(), Some("timeout"));
    assert!(find("run..x").is_err());
}

#[test]
fn paths_lead_to_the_keys_they_name() {
    let paths = paths();
    assert!(paths.len() > 273, "{} keys", paths.len());
    for (path, key) in &paths {
        let found = find(path).unwrap_or_else(|lost| panic!("{path}: {lost:?}"));
        let is_there =
            found.iter().any(|one| matches!(one, Meaning::Key(other, _) if other.name == key.name));
        assert!(is_there, "{path}: {found:?}");
    }
}

#[test]
fn the_reader_and_the_table_know_the_same_sections() {
    let names: Vec<&str> = file().keys.iter().map(|key| key.name).collect();
    for name in written::NAMED {
        assert!(names.contains(&name), "{name}");
        let key = *file().keys.iter().find(|key| key.name == name).unwrap();
        assert!(matches!((key.kind)(), Kind::Map(_)), "{name}");
    }
    assert_eq!(names.len(), 25);
}
