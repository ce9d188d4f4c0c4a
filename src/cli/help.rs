//! Completions and the manual page, both made from the grammar.

use std::io;

use clap::CommandFactory;

use super::args::{Args, CompletionsArgs};
use super::{Exit, Failure, Streams};

/// Prints completions for a shell.
pub(super) fn completions(args: &CompletionsArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    // The generator does not expect a pipe to close, so it writes to memory.
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "ninefold", &mut text);
    streams.out.write_all(&text)?;
    Ok(Exit::Done)
}

/// Prints the manual page, with a section for each subcommand.
pub(super) fn man(streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let mut command = Args::command();
    command.build();
    let page = |command: &clap::Command, out: &mut dyn io::Write| -> io::Result<()> {
        clap_mangen::Man::new(command.clone()).render(&mut &mut *out)
    };
    page(&command, streams.out)?;
    for part in command.get_subcommands().filter(|part| part.get_name() != "help") {
        page(part, streams.out)?;
    }
    Ok(Exit::Done)
}
