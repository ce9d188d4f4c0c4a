//! `explain`, `reference` and `schema`: the language of scenarios, from the comments of its keys.

use std::io;

use super::args::{ExplainArgs, ReferenceArgs};
use super::{Exit, Failure, Streams, list};
use crate::output::reference::{explain as articles, pages, schema as json_schema};
use crate::output::{catalogue, folder};

/// Explains one thing.
pub(super) fn explain(args: &ExplainArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    one(&args.name, args.json, streams)
}

/// Prints what there is to say about a name.
pub(super) fn one(name: &str, is_json: bool, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let found = articles::explain(name, &list::named())
        .map_err(|unknown| Failure::Usage { message: unknown.to_string() })?;
    if is_json {
        writeln!(streams.out, "{}", catalogue::json(&found).map_err(io::Error::from)?)?;
    } else {
        write!(streams.out, "{}", articles::text(&found, streams.paint))?;
    }
    Ok(Exit::Done)
}

/// Writes the reference.
pub(super) fn reference(args: &ReferenceArgs, streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let pages = pages::pages(&list::referenced());
    std::fs::create_dir_all(&args.out).map_err(|source| Failure::Environment {
        action: format!("cannot make the folder \"{}\"", args.out.display()),
        source,
    })?;
    for (name, text) in &pages {
        folder::write_file(&args.out.join(name), text.as_bytes())?;
    }
    streams.say(&format!("wrote {} pages to {}", pages.len(), args.out.display()));
    Ok(Exit::Done)
}

/// Prints the schema.
pub(super) fn schema(streams: &mut Streams<'_>) -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(&json_schema::schema()).map_err(io::Error::from)?;
    writeln!(streams.out, "{text}")?;
    Ok(Exit::Done)
}
