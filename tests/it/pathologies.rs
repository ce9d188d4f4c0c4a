//! The pathologies say what they show, where it is from and in which order; their seeds are no choice, and the table
//! in the README has all of them. That their claims are decided as they expect is a matter of `claims`.

use std::fs;
use std::path::{Path, PathBuf};

use ninefold::scenario::{self, Places, Scenario, Source};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Names and texts of the files, in the order of names.
fn files() -> Vec<(String, String)> {
    let folder = root().join("scenarios/pathologies");
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|one| one.unwrap().path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        (name, fs::read_to_string(path).unwrap())
    };
    paths.into_iter().map(read).collect()
}

fn load(name: &str, text: &str) -> Scenario {
    let source = Source { name: format!("{name}.toml"), text: text.to_owned() };
    scenario::load(source, &[], &Places { folders: Vec::new() }).unwrap_or_else(|rejected| {
        panic!("{}", scenario::render(&rejected.findings, &rejected.sources, false))
    })
}

/// The 32-bit FNV-1a hash.
fn fnv(text: &str) -> u64 {
    let step = |hash: u32, byte| (hash ^ u32::from(byte)).wrapping_mul(16_777_619);
    u64::from(text.bytes().fold(2_166_136_261, step))
}

#[test]
fn the_hash_is_fnv() {
    // Test vectors of Fowler, Noll and Vo.
    assert_eq!((fnv(""), fnv("a"), fnv("foobar")), (0x811c_9dc5, 0xe40c_292c, 0xbf9c_f968));
}

#[test]
fn each_is_named_as_its_file_claims_something_and_has_the_seed_of_its_name() {
    for (name, text) in files() {
        let scenario = load(&name, &text);
        assert_eq!(scenario.name, name);
        assert!(!scenario.summary.is_empty() && !scenario.claims.is_empty(), "{name}");
        assert_eq!(scenario.run.seed, fnv(&name), "{name}: seeds are not chosen");
    }
}

#[test]
fn each_says_what_to_see_and_where_it_is_from() {
    for (name, text) in files() {
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        for wanted in ["# See: ", "# Source"] {
            assert!(head.iter().any(|line| line.starts_with(wanted)), "{name} has no \"{wanted}\"");
        }
        for (place, value) in text.match_indices("\nvalue = ") {
            let next = text[place + value.len()..].lines().nth(1).unwrap_or_default();
            assert!(next.starts_with("source = \""), "{name}: a figure without its source");
        }
    }
}

#[test]
fn the_table_in_the_readme_has_all_of_them() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let table: Vec<&str> = readme
        .lines()
        .skip_while(|line| !line.starts_with("| pathology |"))
        .take_while(|line| line.starts_with('|'))
        .collect();
    let named: Vec<&str> = table.iter().flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    let files: Vec<String> = files().into_iter().map(|(name, _)| name).collect();
    for file in &files {
        assert!(named.contains(&file.as_str()), "{file} is not in the table");
    }
    for name in named {
        assert!(files.iter().any(|file| file == name), "there is no pathology {name}");
    }
}
