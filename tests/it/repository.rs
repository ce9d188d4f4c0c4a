//! The files around the code: documents, continuous integration, notebooks.

use assert_cmd::Command;
use std::path::{Path, PathBuf};

/// A cell of a notebook.
struct Cell {
    kind: String,
    source: String,
    outputs: usize,
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    let path = root().join(file);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Targets of the links of a Markdown text that lie within the repository.
fn links(text: &str) -> Vec<&str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with('#')).collect()
}

fn ninefold() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ninefold"));
    command.current_dir(root());
    command
}

/// Subcommands that a text names as `ninefold word`.
fn commands(text: &str) -> Vec<&str> {
    let words = text.split("`ninefold ").skip(1).filter_map(|rest| rest.split([' ', '`']).next());
    words.filter(|word| *word != "help").collect()
}

/// Subcommands that the help of the program lists.
fn listed(help: &str) -> Vec<&str> {
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let words = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    words.filter_map(|line| line.split_whitespace().next()).filter(|word| *word != "help").collect()
}

fn cells(notebook: &serde_json::Value) -> Vec<Cell> {
    let source = |cell: &serde_json::Value| match &cell["source"] {
        serde_json::Value::Array(lines) => lines.iter().filter_map(serde_json::Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    };
    let cells = notebook["cells"].as_array().expect("a notebook has cells");
    cells
        .iter()
        .map(|cell| Cell {
            kind: cell["cell_type"].as_str().unwrap_or_default().to_owned(),
            source: source(cell),
            outputs: cell["outputs"].as_array().map_or(0, Vec::len),
        })
        .collect()
}

fn wrong_cells(cells: &[Cell]) -> Vec<String> {
    let mut wrong = Vec::new();
    for (number, cell) in cells.iter().enumerate() {
        if cell.outputs > 0 {
            wrong.push(format!("cell {number} stores what it printed"));
        }
        if cell.kind != "code" || !cell.source.contains("plt.show()") {
            continue;
        }
        for axis in ["set_xlabel(\"", "set_ylabel(\""] {
            let labels: Vec<&str> =
                cell.source.split(axis).skip(1).filter_map(|rest| rest.split('"').next()).collect();
            if labels.is_empty() || labels.iter().any(|label| !label.ends_with(']')) {
                wrong.push(format!("cell {number} has an axis without a unit: {labels:?}"));
            }
        }
        if !cells.get(number + 1).is_some_and(|next| next.source.contains("What to see")) {
            wrong.push(format!("cell {number} draws a plot and nothing says what to see"));
        }
    }
    wrong
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let documents = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "results/README.md"];
    let mut count = 0;
    for document in documents {
        let folder = Path::new(document).parent().expect("a file has a folder");
        for link in links(&read(document)) {
            let target = link.split('#').next().unwrap_or(link);
            assert!(root().join(folder).join(target).exists(), "{document} links to {link}");
            count += 1;
        }
    }
    assert!(count > 3, "only {count} links were found");
}

#[test]
fn the_readme_names_the_commands_that_there_are() {
    let readme = read("README.md");
    for command in commands(&readme) {
        ninefold().args(["help", command]).assert().success();
    }
    let help = ninefold().arg("--help").output().expect("the program starts").stdout;
    for command in listed(&String::from_utf8_lossy(&help)) {
        assert!(commands(&readme).contains(&command), "README.md does not name {command}");
    }
}

#[test]
fn commands_are_found_in_readme_and_help() {
    assert_eq!(
        commands("`ninefold run SCENARIO` and `ninefold man`, `ninefold help COMMAND`"),
        ["run", "man"]
    );
    let help =
        "Usage: ninefold\n\nCommands:\n  run   Simulate\n         it\n  help  Print\n\nOptions:\n  -h\n";
    assert_eq!(listed(help), ["run"]);
}

#[test]
fn the_example_of_the_readme_is_a_scenario() {
    let readme = read("README.md");
    let example = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let example = example.expect("the README shows a scenario");
    ninefold().args(["check", "-"]).write_stdin(example).assert().success();
}

#[test]
fn scenarios_whose_speed_is_watched_are_accepted() {
    let folder = std::fs::read_dir(root().join("scenarios/bench")).expect("the folder is there");
    let paths: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry is readable").path()).collect();
    assert!(paths.len() >= 8, "only {} scenarios", paths.len());
    for path in paths {
        ninefold().arg("check").arg(path).assert().success();
    }
}

#[test]
fn continuous_integration_runs_the_two_tasks_and_nothing_more() {
    let script = read(".ci/run");
    let lines: Vec<&str> = script.lines().filter(|line| line.starts_with("cargo ")).collect();
    assert_eq!(lines, ["cargo xtask check", "cargo xtask test"]);
    assert!(script.contains("set -euo pipefail\n"), "a failing task must fail the script");
}

#[test]
fn the_architecture_fits_on_one_page_and_its_decisions_on_three() {
    // Sixty lines of a hundred and twenty columns on a page.
    let wrapped = |line: &str| line.chars().count().div_ceil(120).max(1);
    let text = read("ARCHITECTURE.md");
    let (parts, decisions) = text.split_once("\n## Decisions\n").unwrap();
    for (text, pages) in [(parts, 1), (decisions, 3)] {
        let lines: usize = text.lines().map(wrapped).sum();
        assert!(lines <= pages * 60, "{lines} lines");
    }
}

#[test]
fn packages_of_the_notebooks_are_pinned() {
    let text = read("notebooks/requirements.txt");
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
    for line in &lines {
        let version = line.split_once("==").map_or("", |(_, version)| version);
        assert!(version.starts_with(|letter: char| letter.is_ascii_digit()), "{line}");
    }
    for needed in ["polars==", "matplotlib==", "nbconvert==", "ipykernel=="] {
        assert!(lines.iter().any(|line| line.starts_with(needed)), "{needed} is missing");
    }
}

#[test]
fn every_plot_of_a_notebook_names_its_units_and_says_what_to_see() {
    for name in ["first-look", "serverless"] {
        let notebook = read(&format!("notebooks/{name}.ipynb"));
        let notebook = serde_json::from_str(&notebook).expect("a notebook is JSON");
        let cells = cells(&notebook);
        assert!(cells.iter().filter(|cell| cell.source.contains("plt.show()")).count() >= 3);
        let wrong = wrong_cells(&cells);
        assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    }
}

#[test]
fn a_plot_without_unit_or_sentence_and_a_stored_output_are_found() {
    let source = "axes.set_xlabel(\"latency\")\naxes.set_ylabel(\"share [ratio]\")\nplt.show()".to_owned();
    let cell = Cell { kind: "code".to_owned(), source, outputs: 1 };
    assert_eq!(wrong_cells(&[cell]).len(), 3);
}
