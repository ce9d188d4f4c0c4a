//! What a user sees and does at a terminal: progress, and Ctrl-C.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use nix::pty::{Winsize, openpty};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a scenario of so many runs of such a length.
fn folder(name: &str, runs: u32, horizon: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("terminal").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "[run]\nhorizon = \"{horizon}\"\nruns = {runs}\n\
         [client.c]\narrival = {{ process = \"poisson\", rate = \"50/s\" }}\ncalls = \"s\"\ntimeout = \"1s\"\n\
         [service.s]\ndemand = {{ distribution = \"exponential\", mean = \"10ms\" }}\n"
    );
    fs::write(folder.join("queue.toml"), text).unwrap();
    folder
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ninefold"));
    command
        .args(arguments)
        .current_dir(folder)
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .stdin(Stdio::null());
    command
}

/// The program with its chatter on a terminal.
struct Session {
    child: Child,
    shown: String,
    further: Receiver<String>,
}

impl Session {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let size = Winsize { ws_row: 24, ws_col: 100, ws_xpixel: 0, ws_ypixel: 0 };
        let terminal = openpty(Some(&size), None).unwrap();
        // The command is dropped at once and its end of the terminal with it, so that reading ends with the program.
        let child = command(folder, arguments).stdout(Stdio::null()).stderr(terminal.slave).spawn().unwrap();
        let (tell, further) = channel();
        let mut screen = File::from(terminal.master);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            // A terminal whose other end is closed may be an error to read from.
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                if tell.send(String::from_utf8_lossy(&bytes[..count]).into_owned()).is_err() {
                    return;
                }
            }
        });
        Self { child, shown: String::new(), further }
    }

    /// Waits until a text has been shown.
    fn wait_for(&mut self, text: &str) {
        assert!(self.shows(text), "{text} is not shown in\n{}", self.stop());
    }

    /// Whether a text is shown before the program ends.
    fn shows(&mut self, text: &str) -> bool {
        while !self.shown.contains(text) {
            match self.further.recv_timeout(PATIENCE) {
                Ok(more) => self.shown += &more,
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return false,
                Err(error) => panic!("{text} is not shown, {error}, in\n{}", self.stop()),
            }
        }
        true
    }

    /// Presses Ctrl-C: what the terminal makes of it is this signal.
    fn interrupt(&self) {
        kill(Pid::from_raw(self.child.id() as i32), Signal::SIGINT).unwrap();
    }

    /// Ends a program that hangs; what it has shown.
    fn stop(&mut self) -> &str {
        let _ = self.child.kill();
        let _ = self.child.wait();
        &self.shown
    }

    /// Waits for the end of the program; what it has shown and how it ended.
    fn end(mut self) -> (String, ExitStatus) {
        loop {
            match self.further.recv_timeout(PATIENCE) {
                Ok(more) => self.shown += &more,
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => panic!("no end after\n{}", self.stop()),
            }
        }
        let status = self.child.wait().unwrap();
        (self.shown, status)
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path.file_name().unwrap().to_str().unwrap().to_owned());
        }
    }
    found.sort();
    found
}

#[test]
fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let folder = folder("progress", 30, "20min");
    let (shown, status) = Session::start(&folder, &["run", "queue.toml", "--no-plots"]).end();
    assert!(status.success(), "{shown}");
    assert!(shown.contains("0/30 runs"), "{shown}");
    assert!(shown.contains(" left"), "{shown}");
    assert!(shown.contains("results are in "), "{shown}");
    let (shown, status) = Session::start(&folder, &["run", "queue.toml", "--no-plots", "--quiet"]).end();
    assert!(status.success() && shown.is_empty(), "{shown}");
    let piped = command(&folder, &["run", "queue.toml", "--no-plots"]).output().unwrap();
    let chatter = String::from_utf8(piped.stderr).unwrap();
    assert_eq!(chatter.lines().count(), 1, "{chatter}");
    assert!(chatter.starts_with("results are in "), "{chatter}");
}

#[test]
fn ctrl_c_keeps_the_runs_that_are_finished() {
    let folder = folder("stopped", 100_000, "20min");
    let mut session = Session::start(&folder, &["run", "queue.toml", "--no-plots", "--out", "stopped"]);
    // Some run has ended when there is a time that is left.
    session.wait_for(" left");
    session.interrupt();
    let (shown, status) = session.end();
    assert_eq!(status.code(), Some(130), "{shown}");
    assert!(shown.contains("stopping after the runs under way"), "{shown}");
    let stopped = folder.join("stopped");
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(stopped.join("manifest.json")).unwrap()).unwrap();
    let runs = manifest["runs"].as_u64().unwrap();
    assert!((1..100_000).contains(&runs) && manifest["runs_planned"] == 100_000, "{manifest}");
    assert!(
        shown.contains(&format!("interrupted: only {runs} finished runs are in these results")),
        "{shown}"
    );
    let whole = [
        "incidents.csv",
        "latency.csv",
        "manifest.json",
        "runs.csv",
        "summary.csv",
        "theory.csv",
        "timeline.csv",
    ];
    assert_eq!(files(&stopped), whole);
    // They are the first ones: as many runs from the start give the same results.
    let again = ["run", "queue.toml", "--no-plots", "--out", "again", "--runs", &runs.to_string()];
    assert!(command(&folder, &again).stdout(Stdio::null()).status().unwrap().success());
    for file in ["summary.csv", "runs.csv", "latency.csv"] {
        let read = |results: &str| fs::read(folder.join(results).join(file)).unwrap();
        assert_eq!(read("stopped"), read("again"), "{file}");
    }
}

#[test]
fn ctrl_c_keeps_the_runs_that_every_variant_has_finished() {
    let folder = folder("compared", 100_000, "20min");
    let vary = ["compare", "queue.toml", "--vary", "service.s.replicas=1,2,3", "--no-plots"];
    let mut session = Session::start(&folder, &[&vary[..], &["--out", "stopped"]].concat());
    session.wait_for(" left");
    session.interrupt();
    let (shown, status) = session.end();
    // A stop before the first run of each variant leaves nothing to compare.
    assert_eq!(status.code(), Some(130), "{shown}");
    if shown.contains("stopped before there was a result") {
        return;
    }
    let manifest: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.join("stopped/manifest.json")).unwrap()).unwrap();
    let runs = manifest["runs"].as_u64().unwrap();
    assert!((1..100_000).contains(&runs) && manifest["runs_planned"] == 100_000, "{manifest}");
    assert!(shown.contains(&format!("only {runs} finished runs of each variant are compared")), "{shown}");
    let runs = runs.to_string();
    let again = [&vary[..], &["--out", "again", "--runs", &runs]].concat();
    assert!(command(&folder, &again).stdout(Stdio::null()).status().unwrap().success());
    for file in ["compare.csv", "ranking.csv", "pareto.csv", "variants/replicas-2/runs.csv"] {
        let read = |results: &str| fs::read(folder.join(results).join(file)).unwrap();
        assert_eq!(read("stopped"), read("again"), "{file}");
    }
}

#[test]
fn ctrl_c_again_drops_the_runs_under_way_and_leaves_no_files() {
    // One run would take far longer than anybody waits.
    let folder = folder("dropped", 2, "10000d");
    let mut session = Session::start(&folder, &["run", "queue.toml", "--no-plots"]);
    session.wait_for("0/2 runs");
    session.interrupt();
    // On a busy machine no run may have started yet; then there is nothing to drop.
    if session.shows("stopping after the runs under way") {
        session.interrupt();
    }
    let (shown, status) = session.end();
    assert_eq!(status.code(), Some(130), "{shown}");
    assert!(shown.contains("stopped before there was a result"), "{shown}");
    assert_eq!(files(&folder), ["queue.toml"]);
}

#[test]
fn ctrl_c_leaves_no_half_written_event_log() {
    let folder = folder("log", 1, "10000d");
    let mut session = Session::start(&folder, &["run", "queue.toml", "--no-plots", "--events", "events.csv"]);
    // The log grows under a temporary name.
    let deadline = std::time::Duration::from_millis(20);
    let mut looks = 0;
    while files(&folder).len() < 2 {
        thread::sleep(deadline);
        looks += 1;
        assert!(looks < 3_000, "{}", session.stop());
    }
    session.interrupt();
    let (shown, status) = session.end();
    assert_eq!(status.code(), Some(130), "{shown}");
    assert_eq!(files(&folder), ["queue.toml"]);
}
