//! `fit`: laws for recorded durations.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use super::args::FitArgs;
use super::progress::Watch;
use super::protected::Protected;
use super::{Exit, Failure, Streams, run};
use crate::document::TimeUnit;
use crate::experiment::Options;
use crate::experiment::fit::{
    self as experiment, FAMILIES, Family, Fits, Moment, Recorded, Request, Wanted, What, Zeros,
};
use crate::output::fit::files::{self, FitManifest};
use crate::output::fit::json;
use crate::output::fit::table::{self, Heading};
use crate::output::manifest::{Hashed, quoted};
use crate::output::plot;
use crate::output::staging::Staging;
use crate::scenario::file_name;
use crate::scenario::input::{self, DATA_BYTES_MAX, Refusal};
use crate::scenario::unit_of_name;

/// Fits laws to durations and prints them.
pub(super) fn fit(args: &FitArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let wanted = wanted(args)?;
    let folder = folder(args)?;
    Protected::default().file(&args.file).allows_folder(&folder)?;
    let (recorded, sha256) = recorded(args, &wanted, streams)?;
    tell_unit(args, streams);
    tell_zeros(&recorded, wanted.zeros, streams);
    let fits = find(args, &recorded, streams)?;
    if fits.fitted.is_empty() {
        let reasons = fits.unfit.iter().map(|(name, unfit)| format!("{name}: {unfit}"));
        let reasons = reasons.collect::<Vec<_>>().join("; ");
        return Err(Failure::Usage { message: format!("no law can be fitted: {reasons}") });
    }
    let manifest = manifest(args, sha256);
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
    let unit = args.unit.as_deref().and_then(TimeUnit::named).unwrap_or(TimeUnit::Second);
    let moment = |option: &str, text: &String| {
        Moment::parse(text, unit).ok_or_else(|| Failure::Usage {
            message: format!(
                "--{option} \"{text}\" is no time: expected first, last, a number, a date or a time such as 2001-05-01T11:30:00Z"
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
    let (column, filters, count) = (args.column.clone(), args.filters.clone(), args.count.clone());
    Ok(Wanted { column, what, filters, unit, count, zeros })
}

/// What the file holds, read once and never held as a whole, and its hash.
fn recorded(
    args: &FitArgs,
    wanted: &Wanted,
    streams: &mut Streams<'_>,
) -> Result<(Recorded, String), Failure> {
    let name = args.file.display().to_string();
    let mut opened;
    let input: &mut dyn Read = if args.file.as_os_str() == "-" {
        streams.input
    } else {
        opened = input::open(&args.file, DATA_BYTES_MAX).map_err(|refusal| match refusal {
            Refusal::System(source) => {
                Failure::Environment { action: format!("cannot read \"{name}\""), source }
            }
            Refusal::Missing => Failure::Environment {
                action: format!("cannot read \"{name}\""),
                source: io::ErrorKind::NotFound.into(),
            },
            refusal => Failure::Usage { message: format!("cannot read \"{name}\": {refusal}") },
        })?;
        &mut opened
    };
    let mut text = Hashed::new(input);
    let recorded = experiment::read(&name, &mut text, wanted)?;
    Ok((recorded, text.sha256()))
}

/// That numbers are read as seconds, where their column is named otherwise.
fn tell_unit(args: &FitArgs, streams: &mut Streams<'_>) {
    let Some(unit) = unit_of_name(&args.column).filter(|_| args.unit.is_none()) else { return };
    let (column, unit) = (&args.column, unit.name());
    streams.say(&format!(
        "warning: the numbers of \"{column}\" look like {unit} and are read as seconds: --unit {unit} says so, --unit s that they are"
    ));
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
fn manifest(args: &FitArgs, file_sha256: String) -> FitManifest {
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
        file_sha256,
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
    add("unit", args.unit.as_deref().unwrap_or(TimeUnit::Second.name()));
    for filter in &args.filters {
        add("where", &filter.to_string());
    }
    let texts = [
        ("count", &args.count),
        ("censored", &args.censored),
        ("ended", &args.ended),
        ("by", &args.by),
        ("since", &args.since),
    ];
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
