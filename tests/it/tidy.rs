//! The house rules that a compiler does not know: which module may use which, sizes, names and words.

mod source;

use source::{code, module_of, paths, without_tests};
use std::path::{Path, PathBuf};

/// Open to every module, and using only one another.
const OPEN: [&str; 5] = ["units", "reason", "document", "registry", "limit"];

/// What each module may use besides itself and the open ones.
const ARROWS: [(&str, &[&str]); 10] = [
    ("cli", &["output", "experiment", "scenario", "chain", "model", "measure::metric", "analysis::oracle"]),
    ("output", &["experiment", "scenario", "chain", "measure", "analysis"]),
    (
        "experiment",
        &["scenario", "engine", "measure", "analysis", "model", "kernel::stream", "kernel::distribution"],
    ),
    ("scenario", &["model", "kernel", "measure::metric"]),
    ("engine", &["model", "measure", "kernel"]),
    ("chain", &["analysis::markov"]),
    ("model", &["kernel"]),
    ("measure", &[]),
    ("analysis", &[]),
    ("kernel", &[]),
];

/// What a room of the model may use of the others: rooms do not call each other. What describes a part names the
/// settings it is made of, so these few hold fields of another room's type; nothing points back.
const ROOMS: [(&str, &[&str]); 12] = [
    ("monitoring", &["action"]),
    ("dns", &["monitoring"]),
    ("recovery", &["action"]),
    (
        "system",
        &[
            "call",
            "cost",
            "data",
            "deploy",
            "dns",
            "fault",
            "fleet",
            "function",
            "monitoring",
            "recovery",
            "region",
            "resilience",
            "span",
            "workload",
        ],
    ),
    ("span", &["system"]),
    ("call", &["resilience"]),
    ("flow", &["cache", "call", "system", "workload"]),
    ("function", &["cost", "trace"]),
    ("gateway", &["resilience"]),
    (
        "fleet",
        &[
            "balancing",
            "cache",
            "call",
            "cost",
            "data",
            "effect",
            "event",
            "gateway",
            "function",
            "monitoring",
            "queue",
            "region",
            "resilience",
            "scaling",
        ],
    ),
    ("workload", &["call", "dns", "trace"]),
    ("scaling", &["monitoring"]),
];

/// What a room of the engine may use of the others, besides those that are open to all.
const ENGINE: [(&str, &[&str]); 13] = [
    ("queue", &["traffic", "knowledge", "network", "incident", "replica", "record"]),
    ("traffic", &["knowledge", "network", "incident", "replica", "record"]),
    ("knowledge", &["network", "incident", "replica", "record"]),
    ("network", &["incident", "replica", "record"]),
    ("incident", &["data", "replica", "record"]),
    ("data", &["replica", "record"]),
    ("replica", &["record"]),
    ("record", &[]),
    ("plan", &[]),
    ("id", &[]),
    ("task", &[]),
    ("listener", &[]),
    ("random", &[]),
];

/// Open to every room of the engine: what never changes, what is shared, and the state that all handlers are given.
const ENGINE_OPEN: [&str; 8] = ["plan", "id", "event", "task", "listener", "random", "world", "RunError"];

const LINES_MAX: usize = 500;
const MAIN_LINES_MAX: usize = 29;

/// Words that the code of the library does not say, each split so that this file does not say them either.
const BANNED: [&str; 7] = [
    concat!("to", "do!"),
    concat!("un", "implemented!"),
    concat!("Hash", "Map"),
    concat!("Hash", "Set"),
    concat!("System", "Time"),
    concat!("Instant", "::now"),
    concat!("Ref", "Cell"),
];

/// Places of one machine that no file names.
const PLACES: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/wo", "rk/"),
    concat!("/ro", "ot/"),
    concat!("/Us", "ers/"),
    concat!("/t", "mp/"),
];

const NAMES: [&str; 9] = ["util", "utils", "common", "helper", "helpers", "manager", "imp", "types", "misc"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder of the repository, by their path within it and in its order.
fn files(folder: &str) -> Vec<(String, String)> {
    fn walk(folder: &Path, top: &Path, found: &mut Vec<(String, String)>) {
        let entries = std::fs::read_dir(folder).expect("a folder of the repository is readable");
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("an entry is readable").path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                walk(&path, top, found);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                let name = path.strip_prefix(top).expect("a walk stays below its top");
                found.push((name.to_string_lossy().replace('\\', "/"), text));
            }
        }
    }
    let top = root().join(folder);
    let mut found = Vec::new();
    if top.is_dir() {
        walk(&top, &top, &mut found);
    }
    found
}

/// Source files; those that hold nothing but the unit tests of the module above them are left out.
fn rust(folder: &str) -> Vec<(String, String)> {
    let is_source = |name: &str| {
        Path::new(name).extension().is_some_and(|end| end == "rs") && !name.ends_with("/tests.rs")
    };
    files(folder).into_iter().filter(|(name, _)| is_source(name)).collect()
}

/// Whether `path` is, or lies in, one of the modules.
fn lies_in(path: &[String], modules: &[&str]) -> bool {
    modules.iter().any(|module| {
        module.split("::").zip(path).filter(|(one, two)| one == two).count() == module.split("::").count()
    })
}

fn allowed_to<'a>(table: &[(&str, &'a [&'a str])], name: &str) -> &'a [&'a str] {
    table.iter().find(|(one, _)| *one == name).map_or(&[], |(_, may)| may)
}

/// The arrows of one file that point the wrong way.
fn wrong_arrows(file: &str, text: &str) -> Vec<String> {
    let module = module_of(file);
    let Some(from) = module.first() else { return Vec::new() };
    let known = OPEN.contains(&from.as_str()) || ARROWS.iter().any(|(name, _)| name == from);
    let mut wrong = Vec::new();
    if !known {
        wrong.push(format!("{file}: the table of arrows does not know {from}"));
    }
    for path in paths(&code(without_tests(text)), &module) {
        let Some(to) = path.first() else { continue };
        let fine = to == from || lies_in(&path, &OPEN) || lies_in(&path, allowed_to(&ARROWS, from));
        let room = module.get(1).filter(|_| from == "model" && to == "model");
        let rooms_fine = room.is_none_or(|room| {
            path.get(1)
                .is_none_or(|other| room == other || allowed_to(&ROOMS, room).contains(&other.as_str()))
        });
        if !fine || !rooms_fine || !fits_in_engine(&module, &path) {
            wrong.push(format!("{file}: {} may not use {}", module.join("::"), path.join("::")));
        }
    }
    wrong
}

/// Whether a room of the engine may use another; what stands above the rooms may use all.
fn fits_in_engine(module: &[String], path: &[String]) -> bool {
    let (Some(room), Some(other)) = (module.get(1), path.get(1)) else { return true };
    let is_inside = module[0] == "engine" && path[0] == "engine";
    let Some((_, may)) = ENGINE.iter().find(|(one, _)| is_inside && one == room) else { return true };
    room == other || ENGINE_OPEN.contains(&other.as_str()) || may.contains(&other.as_str())
}

/// The states of a run, each of which has its handlers.
const STATES: [&str; 7] = ["queues", "traffic", "fleet", "knowledge", "incidents", "stores", "record"];

/// Handlers of the whole state that need one part of it alone, and so should be handlers of that.
fn misplaced_handlers(file: &str, text: &str) -> Vec<String> {
    let code = code(without_tests(text));
    let blocks = code.split("\nimpl ").filter_map(|block| block.strip_prefix("State {"));
    let block = |block: &str| block.split("\n}\n").next().unwrap_or_default().to_owned();
    let handlers: Vec<String> = blocks
        .map(block)
        .flat_map(|block| block.split("\n    }\n").map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let needs = |handler: &str| -> Option<String> {
        let body = handler.split_once("fn ")?.1;
        let uses: Vec<&str> = body.split("self").skip(1).collect();
        let parts = uses.iter().map(|after| {
            let name = after.trim_start().strip_prefix('.')?;
            STATES.iter().find(|state| name.starts_with(&format!("{state}.")))
        });
        // The receiver itself comes first.
        let parts: Option<Vec<_>> = parts.skip(1).collect();
        let parts = parts.filter(|_| !body.contains("Self"))?;
        let first = parts.first()?;
        let name = body.split(['<', '(']).next().unwrap_or_default();
        parts.iter().all(|part| part == first).then(|| format!("{file}: {name} needs {first} alone"))
    };
    handlers.iter().filter_map(|handler| needs(handler)).collect()
}

/// What is wrong with the words of one source file.
fn wrong_words(file: &str, text: &str) -> Vec<String> {
    let code = code(without_tests(text));
    let said = BANNED.iter().filter(|word| code.contains(**word));
    said.map(|word| format!("{file}: says {word}")).collect()
}

fn wrong_size(file: &str, text: &str, limit: usize) -> Option<String> {
    let lines = without_tests(text).lines().count();
    (lines > limit).then(|| format!("{file}: {lines} lines without tests, the limit is {limit}"))
}

fn wrong_name(file: &str) -> Option<String> {
    let part = file.trim_end_matches(".rs").split('/').find(|part| NAMES.contains(part))?;
    Some(format!("{file}: {part} says nothing about what is in it"))
}

fn wrong_places(file: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| PLACES.iter().any(|place| line.contains(place)))
        .map(|(number, line)| format!("{file}:{}: a place of one machine: {}", number + 1, line.trim()))
        .collect()
}

#[track_caller]
fn none(findings: &[String]) {
    assert!(findings.is_empty(), "{} findings:\n{}", findings.len(), findings.join("\n"));
}

#[test]
fn modules_use_only_what_is_to_their_right() {
    let sources = rust("src");
    assert!(sources.len() > 30, "the walk found {} files", sources.len());
    none(&sources.iter().flat_map(|(file, text)| wrong_arrows(file, text)).collect::<Vec<_>>());
}

#[test]
fn the_command_is_a_thin_shell_around_the_library() {
    let main = rust("src").into_iter().find(|(file, _)| file == "main.rs").expect("there is a main.rs").1;
    none(&wrong_size("main.rs", &main, MAIN_LINES_MAX).into_iter().collect::<Vec<_>>());
    for (place, name) in code(&main).match_indices("ninefold::") {
        let rest = &code(&main)[place + name.len()..];
        assert!(rest.starts_with("cli"), "main.rs uses more than cli: {rest}");
    }
}

#[test]
fn files_are_short_and_well_named() {
    let sources = rust("src").into_iter().chain(rust("xtask/src"));
    none(
        &sources
            .flat_map(|(file, text)| wrong_size(&file, &text, LINES_MAX).into_iter().chain(wrong_name(&file)))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn a_handler_that_needs_one_state_alone_is_that_states() {
    let own = "impl State {\n    fn f(&mut self) {\n        self.fleet.up += 1;\n    }\n}\n";
    assert_eq!(misplaced_handlers("a.rs", &format!("\n{own}")).len(), 1);
    for more in ["self.record.up += 1;", "self.g();", "g(self);"] {
        let both = own.replace("+= 1;", &format!("+= 1;\n        {more}"));
        assert!(misplaced_handlers("a.rs", &format!("\n{both}")).is_empty(), "{more}");
    }
    let sources = rust("src").into_iter().filter(|(file, _)| file.starts_with("engine/"));
    none(&sources.flat_map(|(file, text)| misplaced_handlers(&file, &text)).collect::<Vec<_>>());
}

#[test]
fn the_library_says_no_banned_word() {
    none(&rust("src").iter().flat_map(|(file, text)| wrong_words(file, text)).collect::<Vec<_>>());
}

#[test]
fn no_file_names_a_place_of_one_machine() {
    let folders = [
        "src",
        "xtask/src",
        "tests",
        "benches",
        "fuzz/fuzz_targets",
        "scenarios",
        "notebooks",
        ".ci",
        ".cargo",
    ];
    let mut texts: Vec<_> = folders.iter().flat_map(|folder| files(folder)).collect();
    for entry in std::fs::read_dir(root()).expect("the top folder is readable") {
        let path = entry.expect("an entry is readable").path();
        if path.extension().is_some_and(|end| end == "md" || end == "toml") {
            texts.push((path.display().to_string(), std::fs::read_to_string(&path).expect("it is text")));
        }
    }
    none(&texts.iter().flat_map(|(file, text)| wrong_places(file, text)).collect::<Vec<_>>());
}

#[test]
fn a_wrong_arrow_is_found() {
    let wrong = |file: &str, text: &str| wrong_arrows(file, text).len();
    assert_eq!(wrong("analysis/oracle/mm1.rs", "use crate::engine::simulate;\n"), 1);
    assert_eq!(wrong("kernel/calendar.rs", "fn f() { crate::model::call::g() }\n"), 1);
    assert_eq!(
        wrong("output/table.rs", "use crate::{\n    engine::World,\n    measure::{Tally, UpTime},\n};\n"),
        1
    );
    assert_eq!(wrong("scenario/read.rs", "use crate::measure::{metric::Metric, Tally};\n"), 1);
    assert_eq!(wrong("output/plot.rs", "use crate::{units as u, kernel::{*}, model::*};\n"), 2);
    assert_eq!(wrong("cli/run.rs", "use super::super::engine::simulate;\n"), 1);
    assert_eq!(wrong("units.rs", "use crate::kernel::stream::mix;\n"), 1);
    assert_eq!(wrong("helper.rs", "fn f() {}\n"), 1);
}

#[test]
fn a_room_that_uses_another_is_found() {
    assert_eq!(wrong_arrows("model/balancing/mod.rs", "use super::fault::Fault;\n").len(), 1);
    assert_eq!(
        wrong_arrows("model/resilience/retry/fixed.rs", "use crate::model::fleet::Service;\n").len(),
        1
    );
    assert!(wrong_arrows("model/fleet/mod.rs", "use super::call::Step;\n").is_empty());
    assert_eq!(wrong_arrows("engine/record/metrics.rs", "use crate::engine::traffic::Traffic;\n").len(), 1);
    assert_eq!(wrong_arrows("engine/plan/mod.rs", "use super::replica::Fleet;\n").len(), 1);
    assert!(wrong_arrows("engine/traffic/call.rs", "use crate::engine::replica::Fleet;\n").is_empty());
    assert!(wrong_arrows("engine/setup.rs", "use super::traffic::Traffic;\n").is_empty());
    assert!(wrong_arrows("model/balancing/random.rs", "use super::{Needs, below};\n").is_empty());
}

#[test]
fn what_is_no_arrow_is_left_alone() {
    let fine = "//! See [`crate::engine`].\nuse crate::units::SimTime;\ncrate::settings! { }\nconst A: &str = \"crate::engine::x\";\n\
                const B: char = '\"';\n/* crate::cli::x */\n#[cfg(test)]\nmod tests { use crate::engine::simulate; }\n";
    none(&wrong_arrows("analysis/oracle/mm1.rs", fine));
}

#[test]
fn what_follows_a_literal_is_still_read() {
    for literal in
        ["'\"'", "'\\''", "\"\\\"\"", "r\"\\\"", "r#\"a \" b\"#", "fn f<'a>(x: &'a str)", "b'\\\\'"]
    {
        let text = format!("{literal}; use crate::engine::simulate;\n");
        assert_eq!(wrong_arrows("analysis/verify.rs", &text).len(), 1, "{literal}");
    }
}

#[test]
fn a_banned_word_name_size_or_place_is_found() {
    let words = format!("use std::collections::{};\n", BANNED[2]);
    assert_eq!(wrong_words("kernel/calendar.rs", &words).len(), 1);
    assert!(wrong_words("kernel/calendar.rs", &format!("// {}\n", BANNED[2])).is_empty());
    assert!(wrong_name("engine/handler/common.rs").is_some() && wrong_name("model/util/mod.rs").is_some());
    assert!(wrong_name("engine/handler/request.rs").is_none());
    assert!(wrong_size("a.rs", &"\n".repeat(500), LINES_MAX).is_none());
    assert!(wrong_size("a.rs", &"\n".repeat(501), LINES_MAX).is_some());
    let long_tests = format!("fn f() {{}}\n\n#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(900));
    assert!(wrong_size("a.rs", &long_tests, LINES_MAX).is_none());
    assert_eq!(wrong_places("README.md", &format!("fine\nsee {}me/x\n", PLACES[0])).len(), 1);
}
