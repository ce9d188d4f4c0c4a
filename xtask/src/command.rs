//! Other programs: how they are started, and what their end means.

use crate::failure::Failure;
use crate::place;
use std::ffi::{OsStr, OsString};
use std::process::{Child, Command, ExitStatus, Stdio};

/// Cargo in the top folder, the same one that runs this task.
pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Command {
    let mut command = program(cargo_path(), arguments);
    command.current_dir(place::root());
    command
}

fn cargo_path() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"))
}

/// Runs a program in sight of the user.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    eprintln!("$ {}", line(command));
    let status = command.status().map_err(|source| Failure::Start { command: line(command), source })?;
    if status.success() { Ok(()) } else { Err(ended(command, status, "")) }
}

/// Runs a program out of sight and returns what it printed.
pub(crate) fn output(mut command: Command) -> Result<String, Failure> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Failure::Start { command: line(&command), source })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(ended(&command, output.status, &String::from_utf8_lossy(&output.stderr)))
    }
}

/// A program that runs out of sight while others do; it is ended where nothing waits for its end.
#[derive(Debug)]
pub(crate) struct Meanwhile {
    command: Command,
    child: Child,
    /// What it says.
    log: tempfile::NamedTempFile,
}

impl Meanwhile {
    pub(crate) fn start(mut command: Command) -> Result<Self, Failure> {
        let log = tempfile::NamedTempFile::new();
        let log = log.map_err(|error| Failure::file(&std::env::temp_dir(), error))?;
        let said = log.reopen().map_err(|error| Failure::file(log.path(), error))?;
        let also = said.try_clone().map_err(|error| Failure::file(log.path(), error))?;
        command.stdin(Stdio::null()).stdout(also).stderr(said);
        eprintln!("$ {} # meanwhile", line(&command));
        let child = command.spawn().map_err(|source| Failure::Start { command: line(&command), source })?;
        Ok(Self { command, child, log })
    }

    /// Waits until it has ended well, and says all that it said.
    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        let status = self.child.wait();
        let status = status.map_err(|source| Failure::Start { command: line(&self.command), source })?;
        eprint!("$ {} # said:\n{}", line(&self.command), place::read(self.log.path())?);
        if status.success() { Ok(()) } else { Err(ended(&self.command, status, "")) }
    }
}

impl Drop for Meanwhile {
    fn drop(&mut self) {
        // An error says that it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Whether a program is there and ends well, out of sight.
pub(crate) fn answers(mut command: Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// A program and its arguments.
pub(crate) fn program<const N: usize>(name: impl AsRef<OsStr>, arguments: [&str; N]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments);
    command
}

/// The failure of a program that ended badly; of what it said, the last lines.
pub(crate) fn ended(command: &Command, status: ExitStatus, stderr: &str) -> Failure {
    let lines: Vec<&str> = stderr.trim_end().lines().collect();
    let last = lines[lines.len().saturating_sub(20)..].join("\n");
    Failure::Ended { command: line(command), status: status.to_string(), stderr: last }
}

/// A command as one would type it.
pub(crate) fn line(command: &Command) -> String {
    let path = cargo_path();
    let program = command.get_program();
    let program = if program == path { OsStr::new("cargo") } else { program };
    let words = std::iter::once(program).chain(command.get_args());
    words.map(OsStr::to_string_lossy).map(|word| quoted(&word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./=:,%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_pasted_into_a_shell() {
        let command = program("ninefold", ["run", "a b.toml", "--set", "client.c.retry={ policy = 'none' }"]);
        assert_eq!(
            line(&command),
            r"ninefold run 'a b.toml' --set 'client.c.retry={ policy = '\''none'\'' }'"
        );
    }

    #[test]
    fn a_failing_program_says_why() {
        let failure = output(cargo(["no-such-command"])).expect_err("cargo knows no such command");
        assert!(failure.to_string().contains("no such command"), "{failure}");
    }

    #[test]
    fn what_runs_meanwhile_is_waited_for_or_ended() {
        let shell = |script: &str| program("sh", ["-c", script]);
        assert!(Meanwhile::start(shell("exit 0")).and_then(Meanwhile::finish).is_ok());
        let failure = Meanwhile::start(shell("exit 3")).and_then(Meanwhile::finish);
        assert!(failure.expect_err("it ends with 3").to_string().contains("exit 3"));
        let long = Meanwhile::start(program("sleep", ["600"])).expect("it starts");
        let process = long.child.id().to_string();
        assert!(answers(program("kill", ["-0", &process])));
        drop(long);
        assert!(!answers(program("kill", ["-0", &process])), "it runs on");
    }

    #[test]
    fn a_missing_program_does_not_answer() {
        assert!(!answers(program("no-such-program-anywhere", ["--version"])));
    }
}
