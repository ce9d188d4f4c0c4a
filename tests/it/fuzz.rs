//! The targets of the fuzzer without it: what it has kept is answered, and so are small changes of that.

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use crate::input::TARGETS;
use crate::mutation::{changed, changes};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What a target begins with: its corpus, then the folders that the manifest of the fuzzer names.
fn corpus(name: &str) -> Vec<PathBuf> {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let manifest: toml::Table = manifest.parse().unwrap();
    let seeds = manifest["package"]["metadata"]["seeds"][name].as_array().unwrap();
    let seeds = seeds.iter().map(|folder| root().join(folder.as_str().unwrap()));
    let mut files = Vec::new();
    gather(&root().join("fuzz/corpus").join(name), &mut files);
    assert!(!files.is_empty(), "{name} has no corpus");
    seeds.for_each(|folder| gather(&folder, &mut files));
    files
}

/// The files of a folder and of those in it, in the order of names; messages of bad files are no input.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            gather(&path, files);
        } else if path.extension().is_none_or(|end| end != "txt") {
            files.push(path);
        }
    }
}

/// A target and a small change of something that it begins with.
fn inputs() -> impl Strategy<Value = (&'static str, String)> {
    let texts = TARGETS.map(|(name, _)| {
        let files = corpus(name).into_iter();
        (name, files.filter_map(|path| fs::read_to_string(path).ok()).collect::<Vec<_>>())
    });
    let index = any::<prop::sample::Index>;
    (index(), index(), changes()).prop_map(move |(target, which, changes)| {
        let (name, texts) = &texts[target.index(texts.len())];
        (*name, changed(&texts[which.index(texts.len())], &changes))
    })
}

#[test]
fn what_the_fuzzer_has_kept_is_answered() {
    for (name, read) in TARGETS {
        for path in corpus(name) {
            read(&fs::read(path).unwrap());
        }
    }
}

#[test]
fn every_target_has_its_program() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).unwrap();
    let entries = fs::read_dir(root().join("fuzz/fuzz_targets")).unwrap();
    let mut programs: Vec<String> = entries
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    programs.sort();
    assert_eq!(programs, TARGETS.map(|(name, _)| name));
    for name in programs {
        assert!(manifest.contains(&format!("\nname = \"{name}\"\n")), "{name} is not built");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changes_of_what_was_kept_are_answered((name, text) in inputs()) {
        let (_, read) = TARGETS.into_iter().find(|(one, _)| *one == name).unwrap();
        read(text.as_bytes());
    }
}
