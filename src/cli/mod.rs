//! What a user types. Results go to standard output, all chatter to standard error.

mod args;
mod baseline;
mod check;
mod compare;
mod exit;
mod explain;
mod fit;
mod help;
mod interrupt;
mod list;
mod plot;
mod progress;
mod protected;
mod run;
mod solve;
mod sweep;
mod vary;
mod verify;

use std::error::Error;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::limit::Limits;
use crate::output::paint::{Paint, Tone};
use crate::scenario;

use args::{Args, ColourWhen, Command};
pub use exit::Exit;
use exit::Failure;

/// Where a command reads and writes.
pub(crate) struct Streams<'a> {
    /// Where the scenario `-` comes from.
    pub(crate) input: &'a mut dyn Read,
    /// Results.
    pub(crate) out: &'a mut dyn Write,
    /// Everything else.
    pub(crate) chatter: &'a mut dyn Write,
    /// Colours of the results.
    pub(crate) paint: Paint,
    /// Whether progress can be shown.
    pub(crate) is_watched: bool,
    /// What the command may cost.
    pub(crate) limits: Limits,
}

impl Streams<'_> {
    /// Tells the user something that is no result. Nobody listening is no reason to stop.
    fn say(&mut self, text: &str) {
        let _ = writeln!(self.chatter, "{text}");
    }
}

/// Runs the command that the arguments ask for.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    // Standard error stays unlocked: threads draw their progress on it.
    let (out, mut chatter) = (io::stdout(), io::stderr());
    let (is_terminal, is_watched) = (out.is_terminal(), chatter.is_terminal());
    let mut streams = Streams {
        input: &mut io::stdin(),
        out: &mut io::BufWriter::new(out.lock()),
        chatter: &mut chatter,
        paint: Paint::Plain,
        is_watched,
        limits: Limits::default(),
    };
    let exit = match Args::try_parse_from(arguments) {
        Ok(args) => {
            streams.paint = paint(args.color, is_terminal);
            // Each was read before.
            args.limits.iter().for_each(|limit| drop(streams.limits.set(limit)));
            finish(command(args, &mut streams), &mut streams)
        }
        Err(error) if error.use_stderr() => {
            let _ = write!(streams.chatter, "{}", error.render());
            Exit::Input
        }
        Err(error) => finish(
            write!(streams.out, "{}", error.render()).map(|()| Exit::Done).map_err(Failure::from),
            &mut streams,
        ),
    };
    exit.into()
}

/// Flushes what was printed and explains what went wrong.
fn finish(result: Result<Exit, Failure>, streams: &mut Streams<'_>) -> Exit {
    let flushed = streams.out.flush().map_err(Failure::from);
    let failure = match result.and_then(|exit| flushed.map(|()| exit)) {
        Ok(exit) => return exit,
        Err(failure) => failure,
    };
    if failure.exit() == Exit::Done {
        return Exit::Done;
    }
    if let Failure::Rejected(rejected) = &failure {
        let text = scenario::render(&rejected.findings, &rejected.sources, streams.is_watched);
        let _ = write!(streams.chatter, "{text}");
        return failure.exit();
    }
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    let tone = if streams.is_watched { streams.paint } else { Paint::Plain };
    streams.say(&format!("{} {text}", tone.tint(Tone::Bad, "error:")));
    failure.exit()
}

fn command(args: Args, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    match args.command {
        Command::Run(args) => run::run(&args, streams),
        Command::Compare(args) => compare::compare(&args, streams),
        Command::Sweep(args) => sweep::sweep(&args, streams),
        Command::Verify(args) => verify::verify(&args, streams),
        Command::Solve(args) => solve::solve(&args, streams),
        Command::Fit(args) => fit::fit(&args, streams),
        Command::Check(args) => check::check(&args, streams),
        Command::List(args) => list::list(&args, streams),
        Command::Explain(args) => explain::explain(&args, streams),
        Command::Reference(args) => explain::reference(&args, streams),
        Command::Schema => explain::schema(streams),
        Command::Plot(args) => plot::plot(&args, streams),
        Command::Completions(args) => help::completions(&args, streams),
        Command::Man => help::man(streams),
    }
}

fn paint(when: ColourWhen, is_terminal: bool) -> Paint {
    let is_refused = || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match when {
        ColourWhen::Always => Paint::Coloured,
        ColourWhen::Auto if is_terminal && !is_refused() => Paint::Coloured,
        ColourWhen::Auto | ColourWhen::Never => Paint::Plain,
    }
}
