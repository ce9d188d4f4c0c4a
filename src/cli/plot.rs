//! `plot`: the figures of a results folder, drawn again.

use super::args::PlotArgs;
use super::{Exit, Failure, Streams};
use crate::output::comparison::files::ComparisonManifest;
use crate::output::fit::files::FitManifest;
use crate::output::manifest::Manifest;
use crate::output::plot;
use crate::output::row::{CompareRow, FitRow, Row};
use crate::output::sweep::files::SWEEP;
use crate::output::sweep::plan::SweepManifest;

/// Draws the figures of a scenario, comparison, sweep or fit and prints their files.
pub(super) fn plot(args: &PlotArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let folder = &args.results;
    let drawn = if folder.join(CompareRow::FILE).is_file() {
        plot::draw_comparison(folder, &ComparisonManifest::read(folder)?.name)?
    } else if folder.join(SWEEP).is_file() {
        plot::draw_sweep(folder, &SweepManifest::read(folder)?)?
    } else if folder.join(FitRow::FILE).is_file() {
        plot::draw_fit(folder, &FitManifest::read(folder)?.title())?
    } else {
        plot::draw_all(folder, &Manifest::read(folder)?.name)?
    };
    for path in drawn {
        writeln!(streams.out, "{}", path.display())?;
    }
    Ok(Exit::Done)
}
