//! The command `ninefold`.

use std::process::ExitCode;

fn main() -> ExitCode {
    ninefold::cli::main(std::env::args_os())
}
