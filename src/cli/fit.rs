//! `fit`: laws for recorded durations.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::args::{FitArgs, UNITS};
use super::progress::Watch;
use super::protected::Protected;
use super::{Exit, Failure, Streams, run};
use crate::experiment::Options;
use crate::experiment::fit::{
    self as experiment, FAMILIES, Family, Fits, Moment, Recorded, Request, Wanted, What, Zeros,
};
use crate::output::fit::files::{self, FitManifest};
use crate::output::fit::json;
use crate::output::fit::table::{self, Heading};
use crate::output::manifest::{quoted, sha256};
use crate::output::plot;
use crate::output::staging::Staging;
use crate::scenario::file_name;

/// Fits laws to durations and prints them.
pub(super) fn fit(args: &FitArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let wanted = wanted(args)?;
    let folder = folder(args)?;
    Protected::default().file(&args.file).allows_folder(&folder)?;
    let text = text(&args.file, streams)?;
    let recorded = experiment::read(&args.file.display().to_string(), text.as_bytes(), &wanted)?;
    tell_zeros(&recorded, wanted.zeros, streams);
    let fits = find(args, &recorded, streams)?;
    if fits.fitted.is_empty() {
        let reasons = fits.unfit.iter().map(|(name, unfit)| format!("{name}: {unfit}"));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        return Err(Failure::Usage { message: format!("no law can be fitted: {reasons}") });
    }
    let manifest = manifest(args, &text);
    let staging = Staging::begin(&folder)?;
    files::write(staging.path(), &recorded.durations, &fits, &manifest)?;
    if !args.no_plots {
        plot::draw_fit(staging.path(), &manifest.title())?;
    }
    staging.commit()?;
    if args.json {
        let text = json::json(&manifest, &recorded.durations, &fits).map_err(io::Error::from)?;
        writeln!(streams.out, "{text}")?;
    } else {
        let heading = Heading {
            title: &format!("{}, {} rows", manifest.title(), recorded.rows),
            resamples: args.resamples,
            confidence: args.confidence,
        };
        write!(streams.out, "{}", table::table(&heading, &recorded.durations, &fits, streams.paint))?;
    }
    if !args.quiet {
        streams.say(&format!("results are in {}", folder.display()));
    }
    Ok(Exit::Done)
}

/// Where results go.
fn folder(args: &FitArgs) -> Result<PathBuf, Failure> {
    if let Some(out) = &args.out {
        return Ok(out.clone());
    }
    let stem = args.file.file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let stem = stem.filter(|_| args.file.as_os_str() != "-").unwrap_or_else(|| "stdin".to_owned());
    file_name::check(&stem).map_err(|why| Failure::Usage {
        message: format!("{stem:?} cannot name results: {why}; --out names a folder"),
    })?;
    Ok(Path::new("results").join(format!("{stem}-fit")))
}

/// What the arguments ask for.
fn wanted(args: &FitArgs) -> Result<Wanted, Failure> {
    let unit = UNITS.iter().find(|(name, _)| *name == args.unit).map_or(1.0, |(_, seconds)| *seconds);
    let moment = |option: &str, text: &String| {
        Moment::parse(text, unit).ok_or_else(|| Failure::Usage {
            message: format!(
                "--{option} \"{text}\" is no time: expected first, last, a number, or a local time such as 2001-05-01T11:30:00"
            ),
        })
    };
    let what = match (&args.ended, args.between) {
        (None, false) if args.by.is_some() => {
            let message = "--by needs --between or --ended: durations have no units to be told apart";
            return Err(Failure::Usage { message: message.to_owned() });
        }
        (None, false) => What::Durations { censored: args.censored.clone() },
        (Some(ended), false) => What::Lasting { ended: ended.clone(), unit: args.by.clone() },
        (ended, true) => What::Between {
            ended: ended.clone(),
            unit: args.by.clone(),
            since: args.since.as_ref().map(|text| moment("since", text)).transpose()?,
            until: moment("until", &args.until)?,
        },
    };
    let zeros = args.zeros.unwrap_or(Zeros::Refused);
    Ok(Wanted { column: args.column.clone(), what, filters: args.filters.clone(), unit, zeros })
}

/// The text of a file.
fn text(file: &Path, streams: &mut Streams<'_>) -> Result<String, Failure> {
    let bytes = if file.as_os_str() == "-" {
        let mut bytes = Vec::new();
        streams.input.read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(file)
    };
    let bytes = bytes.map_err(|source| Failure::Environment {
        action: format!("cannot read \"{}\"", file.display()),
        source,
    })?;
    String::from_utf8(bytes)
        .map_err(|_| Failure::Usage { message: format!("\"{}\" is not UTF-8 text", file.display()) })
}

/// What was done about durations of zero.
fn tell_zeros(recorded: &Recorded, zeros: Zeros, streams: &mut Streams<'_>) {
    match (recorded.zeros, zeros) {
        (0, _) | (_, Zeros::Refused) => {}
        (count, Zeros::Dropped) => streams.say(&format!("note: {count} durations of zero are left out")),
        (count, Zeros::Taken(seconds)) => {
            streams.say(&format!("note: {count} durations of zero are taken for {seconds} s"));
        }
    }
}

/// Fits every law that is asked for.
fn find(args: &FitArgs, recorded: &Recorded, streams: &mut Streams<'_>) -> Result<Fits, Failure> {
    let is_asked = |family: &&Family| args.law.is_empty() || args.law.iter().any(|name| name == family.name);
    let families: Vec<&'static Family> = FAMILIES.iter().filter(is_asked).collect();
    let request =
        Request { families, resamples: args.resamples, seed: args.seed, confidence: args.confidence };
    let options = Options { threads: run::threads(args.threads, streams)?, data: Vec::new() };
    let watch = Watch::counting("laws", streams.is_watched && !args.quiet);
    let fits = experiment::fit(&recorded.durations, &request, &options, &watch);
    watch.end();
    fits.map_err(Failure::Experiment)
}

/// Where the fit comes from.
fn manifest(args: &FitArgs, text: &str) -> FitManifest {
    // The folder that the file is in differs between machines.
    let file = args.file.file_name().map_or_else(|| args.file.clone(), PathBuf::from).display().to_string();
    let what = match (&args.ended, args.between) {
        (None, false) => args.column.clone(),
        (Some(ended), false) => format!("{} to {ended}", args.column),
        (None, true) => format!("between {}", args.column),
        (Some(ended), true) => format!("between {ended} and next {}", args.column),
    };
    FitManifest {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        file_sha256: sha256(text),
        what,
        seed: args.seed,
        resamples: args.resamples,
        confidence: args.confidence,
        command: command(args, &file),
        file,
    }
}

/// The command that makes the fit again.
fn command(args: &FitArgs, file: &str) -> String {
    let mut words = vec!["ninefold fit".to_owned(), quoted(file)];
    let mut add = |option: &str, value: &str| words.extend([format!("--{option}"), quoted(value)]);
    add("column", &args.column);
    add("unit", &args.unit);
    for filter in &args.filters {
        add("where", &filter.to_string());
    }
    let texts =
        [("censored", &args.censored), ("ended", &args.ended), ("by", &args.by), ("since", &args.since)];
    for (option, text) in texts {
        if let Some(text) = text {
            add(option, text);
        }
    }
    match args.zeros {
        Some(Zeros::Dropped) => add("zeros", "drop"),
        Some(Zeros::Taken(seconds)) => add("zeros", &format!("{seconds}s")),
        Some(Zeros::Refused) | None => {}
    }
    for law in &args.law {
        add("law", law);
    }
    add("resamples", &args.resamples.to_string());
    add("seed", &args.seed.to_string());
    add("confidence", &args.confidence.to_string());
    if args.between {
        add("until", &args.until);
        words.push("--between".to_owned());
    }
    words.join(" ")
}
