//! Executes the notebooks: against results that were just made, and with the program that the tests use.

use crate::command::{self, answers, program};
use crate::failure::Failure;
use crate::place;
use crate::skip::Skips;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Exit codes of a run that wrote its results: done, an objective undecided, an objective missed.
const RESULTS_WRITTEN: [i32; 3] = [0, 98, 99];

/// How a notebook begins the line in which it says that it has nothing to draw from.
const LEFT_OUT: &str = "LEFT OUT: ";

/// Executes every notebook against fresh results, or says what is missing.
pub(crate) fn execute(skips: &mut Skips) -> Result<(), Failure> {
    let scenario = place::root().join("scenarios/online-store.toml");
    let Some(python) = environment(skips)? else { return Ok(()) };
    let folder = place::scratch()?;
    let results = folder.path().join("results");
    simulate(&scenario, &results)?;
    for notebook in notebooks()? {
        let executed = folder.path().join("executed.ipynb");
        let mut command = Command::new(&python);
        command.args(["-m", "nbconvert", "--to", "notebook", "--execute", "--log-level", "WARN"]);
        command.arg("--output-dir").arg(folder.path()).args(["--output", "executed.ipynb"]).arg(&notebook);
        command
            .env("NINEFOLD_RESULTS", &results)
            .env("NINEFOLD", place::tested_ninefold()?)
            .env("MPLBACKEND", "module://matplotlib_inline.backend_inline");
        command::run(&mut command)?;
        let executed = place::read(&executed)?;
        let drawn = pictures(&executed);
        if let Some(reason) = left_out(&executed) {
            skips.add(&notebook.display().to_string(), &reason);
        } else if drawn == 0 {
            return Err(Failure::content(&notebook.display(), &"no picture came out of it"));
        } else {
            eprintln!("{}: {drawn} pictures", notebook.display());
        }
    }
    Ok(())
}

/// Makes results of an hour, so that this takes seconds.
fn simulate(scenario: &Path, results: &Path) -> Result<(), Failure> {
    let mut command = Command::new(place::tested_ninefold()?);
    command.arg("run").arg(scenario).args([
        "--set",
        "run.horizon=1h",
        "--runs",
        "4",
        "--quiet",
        "--no-plots",
    ]);
    command.arg("--out").arg(results).stdin(Stdio::null()).stdout(Stdio::null());
    let output = command.output();
    let output = output.map_err(|source| Failure::Start { command: command::line(&command), source })?;
    if output.status.code().is_some_and(|code| RESULTS_WRITTEN.contains(&code)) {
        Ok(())
    } else {
        Err(command::ended(&command, output.status, &String::from_utf8_lossy(&output.stderr)))
    }
}

/// The interpreter of the environment `.venv`, made or renewed where the pinned packages are not in it.
fn environment(skips: &mut Skips) -> Result<Option<PathBuf>, Failure> {
    let folder = place::root().join(".venv");
    let python = folder.join("bin/python");
    let wanted = place::read(&place::root().join("notebooks/requirements.txt"))?;
    // Written last, so that an installation cut short is done again.
    let stamp = folder.join("installed.txt");
    if answers(program(&python, ["--version"]))
        && std::fs::read_to_string(&stamp).is_ok_and(|had| had == wanted)
    {
        return Ok(Some(python));
    }
    if !answers(program(
        "python3",
        ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"],
    )) {
        skips.add("notebooks", "python3 (3.11 or later) with its module venv is missing");
        return Ok(None);
    }
    let mut make = Command::new("python3");
    command::run(make.args(["-m", "venv", "--clear"]).arg(&folder))?;
    let mut install = Command::new(&python);
    install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]);
    install.arg(place::root().join("notebooks/requirements.txt"));
    if command::run(&mut install).is_err() {
        skips.add("notebooks", "pip could not install notebooks/requirements.txt, see its message above");
        return Ok(None);
    }
    place::write(&stamp, wanted)?;
    Ok(Some(python))
}

/// Every notebook, in the order of names.
fn notebooks() -> Result<Vec<PathBuf>, Failure> {
    let folder = place::root().join("notebooks");
    let entries = std::fs::read_dir(&folder).map_err(|error| Failure::file(&folder, error))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let mut notebooks: Vec<_> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "ipynb")).collect();
    notebooks.sort();
    Ok(notebooks)
}

/// How many pictures the cells of an executed notebook show.
fn pictures(notebook: &str) -> usize {
    outputs(notebook).iter().filter(|output| output["data"]["image/png"].is_string()).count()
}

/// Why an executed notebook has nothing to draw from, if it says so.
fn left_out(notebook: &str) -> Option<String> {
    let outputs = outputs(notebook);
    // A text is one string or a list of its lines.
    let texts = outputs.iter().flat_map(|output| match &output["text"] {
        serde_json::Value::Array(lines) => lines.clone(),
        text => vec![text.clone()],
    });
    let lines: Vec<String> = texts.filter_map(|text| text.as_str().map(str::to_owned)).collect();
    let line = lines.iter().flat_map(|text| text.lines()).find_map(|line| line.strip_prefix(LEFT_OUT));
    line.map(|line| line.trim().to_owned())
}

/// What the cells of an executed notebook have brought forth.
fn outputs(notebook: &str) -> Vec<serde_json::Value> {
    let Ok(notebook) = serde_json::from_str::<serde_json::Value>(notebook) else { return Vec::new() };
    let cells = notebook["cells"].as_array().map_or(&[][..], Vec::as_slice);
    cells.iter().filter_map(|cell| cell["outputs"].as_array()).flatten().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_counted_over_all_cells() {
        let shown = r#"{"data": {"image/png": "iVBORw0="}}"#;
        let text = format!(
            r#"{{"cells": [{{"outputs": [{shown}, {{"text": "7"}}]}}, {{"outputs": [{shown}]}}, {{}}]}}"#
        );
        assert_eq!(pictures(&text), 2);
        assert_eq!(pictures("{}"), 0);
    }

    #[test]
    fn a_notebook_without_its_data_says_so() {
        let said =
            r#"{"cells": [{"outputs": [{"text": ["Some words\n", "LEFT OUT: a.csv is not there\n"]}]}]}"#;
        assert_eq!(left_out(said).as_deref(), Some("a.csv is not there"));
        let one = r#"{"cells": [{"outputs": [{"text": "LEFT OUT: b\nmore"}]}]}"#;
        assert_eq!(left_out(one).as_deref(), Some("b"));
        assert_eq!(left_out(r#"{"cells": [{"outputs": [{"text": "not LEFT OUT: it ran"}]}]}"#), None);
    }

    #[test]
    fn there_is_a_notebook() {
        assert!(!notebooks().expect("the folder is there").is_empty());
    }
}
