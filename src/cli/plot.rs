//! `plot`: the figures of a results folder, drawn again.

use super::args::PlotArgs;
use super::{Exit, Failure, Streams};
use crate::output::manifest::Manifest;
use crate::output::plot;

/// Draws the figures and prints their files.
pub(super) fn plot(args: &PlotArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let manifest = Manifest::read(&args.results)?;
    for path in plot::draw_all(&args.results, &manifest.name)? {
        writeln!(streams.out, "{}", path.display())?;
    }
    Ok(Exit::Done)
}
