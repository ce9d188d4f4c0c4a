//! Durations out of the rows of a file.

use std::collections::BTreeMap;
use std::io::Read;

use super::Filter;
use crate::analysis::fit::{Durations, Unusable};
use crate::document::nearest;
use crate::scenario::instant::seconds;

/// What is read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The column with durations, or with the instants at which they begin.
    pub column: String,
    /// What its values are.
    pub what: What,
    /// Rows that do not meet all of these are passed over.
    pub filters: Vec<Filter>,
    /// Seconds in a unit of the numbers.
    pub unit: f64,
    /// What is done with durations of zero.
    pub zeros: Zeros,
}

/// What the values of a column are.
#[derive(Debug, Clone, PartialEq)]
pub enum What {
    /// Durations; where the other column says so, they were not seen to end.
    Durations {
        /// The column that says it.
        censored: Option<String>,
    },
    /// Instants at which something began that lasted until the instant in another column.
    Lasting {
        /// The column of ends; an empty one is not known.
        ended: String,
        /// The column of units; what overlaps or touches at one unit is one. Without it every row stands for itself.
        unit: Option<String>,
    },
    /// Instants of events, whose distances are meant.
    Between {
        /// The column of their ends, from which the distance to the next is counted; what overlaps or touches is one.
        ended: Option<String>,
        /// The column of units, each with its own events.
        unit: Option<String>,
        /// From when on each unit was watched: the first event ends the first duration.
        since: Option<Moment>,
        /// Until when; the time since the last event was not seen to end.
        until: Moment,
    },
}

/// An instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    /// The first of all rows that are wanted.
    First,
    /// The last of them.
    Last,
    /// In seconds, as instants in the file are.
    At(f64),
}

impl Moment {
    /// Reads `first`, `last`, a number of units or a local time.
    pub fn parse(text: &str, unit: f64) -> Option<Self> {
        match text {
            "first" => Some(Self::First),
            "last" => Some(Self::Last),
            _ => instant(text, unit).map(Self::At),
        }
    }
}

/// What is done with durations of zero, which no law with a density can have.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Zeros {
    /// They are an error.
    Refused,
    /// They are left out.
    Dropped,
    /// They are taken for so many seconds.
    Taken(f64),
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The durations.
    pub durations: Durations,
    /// Rows that are wanted.
    pub rows: u64,
    /// Durations of zero among those that ended.
    pub zeros: u64,
}

/// Why durations cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file is no CSV file, or the system refuses.
    #[error("cannot read {file}")]
    Csv {
        /// The file.
        file: String,
        /// Why.
        source: csv::Error,
    },
    /// There is no such column.
    #[error("{file} has no column \"{column}\": {help}")]
    Column {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// The nearest name and all others.
        help: String,
    },
    /// A value is not what it should be.
    #[error("{file}:{line}: column \"{column}\" holds \"{text}\", which is not {expected}")]
    Value {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        text: String,
        /// What should.
        expected: &'static str,
    },
    /// Something ended before it began.
    #[error("{file}:{line}: it ends at \"{ended}\", before it begins at \"{began}\"")]
    Order {
        /// The file.
        file: String,
        /// The line.
        line: u64,
        /// When it began.
        began: String,
        /// When it ended.
        ended: String,
    },
    /// Every row is passed over.
    #[error("no row of {file} is wanted")]
    Empty {
        /// The file.
        file: String,
    },
    /// There are durations of zero, and nobody said what they mean.
    #[error(
        "{count} durations in {file} are zero (the first in line {line}), which no law can be fitted to: \
         --zeros drop leaves them out, --zeros 30s takes each for that long"
    )]
    Zeros {
        /// The file.
        file: String,
        /// How many.
        count: u64,
        /// The line of the first.
        line: u64,
    },
    /// There is nothing to fit a law to.
    #[error("nothing can be fitted to column \"{column}\" of {file}")]
    Unusable {
        /// The file.
        file: String,
        /// The column.
        column: String,
        /// Why.
        source: Unusable,
    },
}

impl ReadError {
    /// Whether the system refused, so that nothing in the file is wrong.
    pub fn is_environment(&self) -> bool {
        matches!(self, Self::Csv { source, .. } if source.is_io_error())
    }
}

/// Reads durations from the text of a file, which is called `file` in messages.
///
/// # Errors
///
/// [`ReadError`].
pub fn read(file: &str, text: impl Read, wanted: &Wanted) -> Result<Recorded, ReadError> {
    let rows = Rows::read(file, text, wanted)?;
    let mut spans = match &wanted.what {
        What::Durations { .. } => rows.durations(wanted.unit)?,
        What::Lasting { unit, .. } => rows.lasting(wanted.unit, unit.is_some())?,
        What::Between { since, until, .. } => rows.between(wanted.unit, (*since, *until))?,
    };
    let zero = |span: &&Span| span.has_ended && span.seconds == 0.0;
    let zeros = spans.iter().filter(zero).count() as u64;
    match wanted.zeros {
        Zeros::Refused => {
            if let Some(first) = spans.iter().filter(zero).map(|span| span.line).min() {
                return Err(ReadError::Zeros { file: file.to_owned(), count: zeros, line: first });
            }
        }
        Zeros::Dropped => spans.retain(|span| !zero(&span)),
        Zeros::Taken(seconds) => {
            for span in spans.iter_mut().filter(|span| zero(&&**span)) {
                span.seconds = seconds;
            }
        }
    }
    let seconds = |has_ended: bool| {
        spans.iter().filter(move |span| span.has_ended == has_ended).map(|span| span.seconds).collect()
    };
    let durations = Durations::new(seconds(true), seconds(false)).map_err(|source| ReadError::Unusable {
        file: file.to_owned(),
        column: wanted.column.clone(),
        source,
    })?;
    Ok(Recorded { durations, rows: rows.all.len() as u64, zeros })
}

/// A duration and where it was read.
#[derive(Debug, Clone, Copy)]
struct Span {
    seconds: f64,
    has_ended: bool,
    line: u64,
}

/// Something that began, and perhaps ended.
#[derive(Debug, Clone, Copy)]
struct Event {
    began: f64,
    ended: f64,
    line: u64,
}

/// The wanted rows, cell by cell.
struct Rows<'a> {
    file: &'a str,
    column: &'a str,
    /// Name of the second column: of ends, or of what was not seen to end.
    second: Option<&'a str>,
    all: Vec<Row>,
}

struct Row {
    line: u64,
    value: String,
    second: String,
    unit: String,
}

impl<'a> Rows<'a> {
    fn read(file: &'a str, text: impl Read, wanted: &'a Wanted) -> Result<Self, ReadError> {
        let unreadable = |source| ReadError::Csv { file: file.to_owned(), source };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text);
        let header = reader.headers().map_err(unreadable)?.clone();
        let find = |column: &str| place(file, &header, column);
        let (second, unit) = match &wanted.what {
            What::Durations { censored } => (censored.as_deref(), None),
            What::Lasting { ended, unit } => (Some(ended.as_str()), unit.as_deref()),
            What::Between { ended, unit, .. } => (ended.as_deref(), unit.as_deref()),
        };
        let places = (find(&wanted.column)?, second.map(find).transpose()?, unit.map(find).transpose()?);
        let filters = wanted.filters.iter().map(|filter| Ok((filter, find(&filter.column)?)));
        let filters = filters.collect::<Result<Vec<_>, ReadError>>()?;
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.map_err(unreadable)?;
            let line = record.position().map_or(0, csv::Position::line);
            let cell = |place: Option<usize>| {
                place.and_then(|place| record.get(place)).unwrap_or_default().to_owned()
            };
            if is_wanted(file, line, &filters, &record)? {
                let (value, second, unit) = (cell(Some(places.0)), cell(places.1), cell(places.2));
                rows.push(Row { line, value, second, unit });
            }
        }
        if rows.is_empty() {
            return Err(ReadError::Empty { file: file.to_owned() });
        }
        Ok(Self { file, column: &wanted.column, second, all: rows })
    }

    fn wrong(&self, row: &Row, (column, text): (&str, &str), expected: &'static str) -> ReadError {
        ReadError::Value {
            file: self.file.to_owned(),
            line: row.line,
            column: column.to_owned(),
            text: text.to_owned(),
            expected,
        }
    }

    fn durations(&self, unit: f64) -> Result<Vec<Span>, ReadError> {
        let one = |row: &Row| {
            let number = row.value.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
            let number = number.ok_or_else(|| {
                self.wrong(row, (self.column, &row.value), "a duration: a number, at least 0")
            })?;
            let has_ended = match self.second.map(|column| (column, row.second.as_str())) {
                None | Some((_, "0" | "false" | "no")) => true,
                Some((_, "1" | "true" | "yes")) => false,
                Some(cell) => {
                    return Err(self.wrong(row, cell, "1 or 0 (true or false, yes or no)"));
                }
            };
            Ok(Span { seconds: number * unit, has_ended, line: row.line })
        };
        self.all.iter().map(one).collect()
    }

    /// What happened at each unit, in the order of instants; an end that is not known is infinitely late.
    fn events(&self, unit: f64) -> Result<BTreeMap<&str, Vec<Event>>, ReadError> {
        const EXPECTED: &str = "an instant: a number, or a local time such as 2001-05-01T11:30:00";
        let mut events: BTreeMap<&str, Vec<Event>> = BTreeMap::new();
        for row in &self.all {
            let began = instant(&row.value, unit)
                .ok_or_else(|| self.wrong(row, (self.column, &row.value), EXPECTED))?;
            let ended = match self.second {
                None => began,
                Some(_) if row.second.is_empty() => f64::INFINITY,
                Some(column) => instant(&row.second, unit)
                    .ok_or_else(|| self.wrong(row, (column, &row.second), EXPECTED))?,
            };
            if ended < began {
                let (began, ended) = (row.value.clone(), row.second.clone());
                return Err(ReadError::Order { file: self.file.to_owned(), line: row.line, began, ended });
            }
            events.entry(&row.unit).or_default().push(Event { began, ended, line: row.line });
        }
        for all in events.values_mut() {
            all.sort_by(|one, other| one.began.total_cmp(&other.began));
        }
        Ok(events)
    }

    fn lasting(&self, unit: f64, is_merged: bool) -> Result<Vec<Span>, ReadError> {
        let events = self.events(unit)?;
        let last = latest(&events);
        let all = events.into_values().flat_map(|all| if is_merged { merged(&all) } else { all });
        let span = |event: Event| {
            let has_ended = event.ended.is_finite();
            let seconds = if has_ended { event.ended } else { last.max(event.began) } - event.began;
            Span { seconds, has_ended, line: event.line }
        };
        Ok(all.map(span).collect())
    }

    fn between(&self, unit: f64, (since, until): (Option<Moment>, Moment)) -> Result<Vec<Span>, ReadError> {
        let events = self.events(unit)?;
        let (first, last) = (earliest(&events), latest(&events));
        let at = |moment: Moment| match moment {
            Moment::First => first,
            Moment::Last => last,
            Moment::At(seconds) => seconds,
        };
        let mut spans = Vec::new();
        for all in events.into_values() {
            let mut all = if self.second.is_some() { merged(&all) } else { all };
            let watched = since.map_or(f64::NEG_INFINITY, at)..=at(until);
            all.retain(|event| watched.contains(&event.began));
            if let (Some(since), Some(event)) = (since.map(at), all.first())
                && event.began > since
            {
                spans.push(Span { seconds: event.began - since, has_ended: true, line: event.line });
            }
            spans.extend(all.windows(2).map(|pair| Span {
                seconds: pair[1].began - pair[0].ended,
                has_ended: true,
                line: pair[1].line,
            }));
            if let Some(event) = all.last().filter(|event| event.ended < at(until)) {
                spans.push(Span { seconds: at(until) - event.ended, has_ended: false, line: event.line });
            }
        }
        Ok(spans)
    }
}

/// Whether a row meets every condition.
fn is_wanted(
    file: &str,
    line: u64,
    filters: &[(&Filter, usize)],
    record: &csv::StringRecord,
) -> Result<bool, ReadError> {
    for (filter, place) in filters {
        let text = record.get(*place).unwrap_or_default();
        match filter.holds(text) {
            Some(true) => {}
            Some(false) => return Ok(false),
            None => {
                return Err(ReadError::Value {
                    file: file.to_owned(),
                    line,
                    column: filter.column.clone(),
                    text: text.to_owned(),
                    expected: "a number, which --where compares with another",
                });
            }
        }
    }
    Ok(true)
}

fn place(file: &str, header: &csv::StringRecord, column: &str) -> Result<usize, ReadError> {
    header.iter().position(|name| name == column).ok_or_else(|| {
        let known = header.iter().collect::<Vec<_>>().join(", ");
        let meant = nearest(column, header.iter());
        let meant = meant.map_or(String::new(), |name| format!("did you mean \"{name}\"? "));
        ReadError::Column {
            file: file.to_owned(),
            column: column.to_owned(),
            help: format!("{meant}it has {known}"),
        }
    })
}

/// An instant in seconds: a number of units, or a local time.
fn instant(text: &str, unit: f64) -> Option<f64> {
    match text.parse::<f64>() {
        Ok(number) => number.is_finite().then_some(number * unit),
        Err(_) => seconds(text),
    }
}

/// Events of one unit, rising; those that overlap or touch are one.
fn merged(events: &[Event]) -> Vec<Event> {
    let mut merged: Vec<Event> = Vec::with_capacity(events.len());
    for event in events {
        match merged.last_mut().filter(|last| event.began <= last.ended) {
            Some(last) => last.ended = last.ended.max(event.ended),
            None => merged.push(*event),
        }
    }
    merged
}

fn earliest(events: &BTreeMap<&str, Vec<Event>>) -> f64 {
    events.values().flatten().map(|event| event.began).fold(f64::INFINITY, f64::min)
}

fn latest(events: &BTreeMap<&str, Vec<Event>>) -> f64 {
    let known = |event: &Event| if event.ended.is_finite() { event.ended } else { event.began };
    events.values().flatten().map(known).fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTAGES: &str = "node,down, up\n1,100,130\n2,50,60\n1,10,20\n1,120,150\n2,200,\n1,300,310\n";

    fn wanted(column: &str, what: What) -> Wanted {
        Wanted { column: column.to_owned(), what, filters: Vec::new(), unit: 1.0, zeros: Zeros::Refused }
    }

    fn times(text: &str, wanted: &Wanted) -> (Vec<f64>, Vec<f64>) {
        let found = read("f.csv", text.as_bytes(), wanted).unwrap().durations;
        let all = |ties: &[crate::analysis::fit::Tie]| {
            ties.iter().flat_map(|tie| vec![tie.time; tie.count as usize]).collect::<Vec<f64>>()
        };
        (all(found.observed()), all(found.censored()))
    }

    fn refusal(text: &str, wanted: &Wanted) -> String {
        let error = read("f.csv", text.as_bytes(), wanted).unwrap_err();
        std::error::Error::source(&error).map_or(error.to_string(), |cause| format!("{error}: {cause}"))
    }

    fn name(text: &str) -> String {
        text.to_owned()
    }

    #[test]
    fn durations_have_a_unit_and_may_be_censored() {
        let text = "t,going\n1.5,0\n2,yes\n3,no\n3,false\n";
        let mut asked = wanted("t", What::Durations { censored: Some(name("going")) });
        asked.unit = 60.0;
        assert_eq!(times(text, &asked), (vec![90.0, 180.0, 180.0], vec![120.0]));
        asked.filters = vec![Filter::parse("t<3").unwrap()];
        assert_eq!(times(text, &asked), (vec![90.0], vec![120.0]));
    }

    #[test]
    fn outages_of_one_unit_that_overlap_are_one() {
        let what = |unit| What::Lasting { ended: "up".to_owned(), unit };
        assert_eq!(
            times(OUTAGES, &wanted("down", what(Some(name("node"))))),
            (vec![10.0, 10.0, 10.0, 50.0], vec![110.0])
        );
        let (ended, _) = times(OUTAGES, &wanted("down", what(None)));
        assert_eq!(ended, [10.0, 10.0, 10.0, 30.0, 30.0]);
    }

    #[test]
    fn times_between_outages_are_counted_unit_by_unit() {
        let what =
            |ended, since| What::Between { ended, unit: Some(name("node")), since, until: Moment::Last };
        let up = what(Some(name("up")), None);
        // Unit 1 is up from 20 to 100, 150 to 300, and ends the record; unit 2 from 60 to 200.
        assert_eq!(times(OUTAGES, &wanted("down", up)), (vec![80.0, 140.0, 150.0], vec![]));
        let between = what(None, Some(Moment::First));
        let (ended, going) = times(OUTAGES, &wanted("down", between));
        assert_eq!((ended, going), (vec![20.0, 40.0, 90.0, 150.0, 180.0], vec![100.0]));
        let until = What::Between {
            ended: None,
            unit: None,
            since: Some(Moment::At(50.0)),
            until: Moment::At(110.0),
        };
        assert_eq!(times(OUTAGES, &wanted("down", until)), (vec![50.0], vec![10.0]));
    }

    #[test]
    fn local_times_are_instants() {
        let text = "at\n2001-05-01T11:30:00\n2001-05-01 11:31\n2001-05-02T11:31:00\n";
        let what = What::Between { ended: None, unit: None, since: None, until: Moment::Last };
        assert_eq!(times(text, &wanted("at", what)), (vec![60.0, 86_400.0], vec![]));
    }

    #[test]
    fn zeros_have_to_be_explained() {
        let text = "t\n0\n2\n0\n5\n";
        let mut asked = wanted("t", What::Durations { censored: None });
        let said = refusal(text, &asked);
        assert!(said.starts_with("2 durations in f.csv are zero (the first in line 2)"), "{said}");
        asked.zeros = Zeros::Dropped;
        assert_eq!(times(text, &asked).0, [2.0, 5.0]);
        asked.zeros = Zeros::Taken(0.5);
        assert_eq!(times(text, &asked).0, [0.5, 0.5, 2.0, 5.0]);
        assert_eq!(read("f.csv", text.as_bytes(), &asked).unwrap().zeros, 2);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        let plain = |column: &str| wanted(column, What::Durations { censored: None });
        let is = |text: &str, wanted: &Wanted, message: &str| assert_eq!(refusal(text, wanted), message);
        is(
            OUTAGES,
            &plain("nod"),
            "f.csv has no column \"nod\": did you mean \"node\"? it has node, down, up",
        );
        let expected = "which is not a duration: a number, at least 0";
        is("t\n1\nsoon\n", &plain("t"), &format!("f.csv:3: column \"t\" holds \"soon\", {expected}"));
        is("t\n1\n-2\n", &plain("t"), &format!("f.csv:3: column \"t\" holds \"-2\", {expected}"));
        is(
            "t,c\n1,maybe\n",
            &wanted("t", What::Durations { censored: Some(name("c")) }),
            "f.csv:2: column \"c\" holds \"maybe\", which is not 1 or 0 (true or false, yes or no)",
        );
        is(
            "t,c\n1,1\n",
            &wanted("t", What::Durations { censored: Some(name("c")) }),
            "nothing can be fitted to column \"t\" of f.csv: no duration was seen to end",
        );
        let lasting = wanted("down", What::Lasting { ended: "up".to_owned(), unit: None });
        is("down,up\n5,4\n", &lasting, "f.csv:2: it ends at \"4\", before it begins at \"5\"");
        is(
            "down,up\nnow,4\n",
            &lasting,
            "f.csv:2: column \"down\" holds \"now\", which is not an instant: a number, \
            or a local time such as 2001-05-01T11:30:00",
        );
        let mut none = plain("down");
        none.filters = vec![Filter::parse("node=7").unwrap()];
        is(OUTAGES, &none, "no row of f.csv is wanted");
        none.filters = vec![Filter::parse("up<7").unwrap()];
        is(
            OUTAGES,
            &none,
            "f.csv:6: column \"up\" holds \"\", which is not a number, which --where compares with another",
        );
    }
}
