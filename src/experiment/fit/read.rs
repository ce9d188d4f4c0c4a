//! Durations out of the rows of a file.

use std::collections::BTreeMap;
use std::io::Read;

use super::Filter;
use super::error::ReadError;
use crate::analysis::fit::Durations;
use crate::document::TimeUnit;
use crate::scenario::input::{DATA_BYTES_MAX, NAME_BYTES_MAX, Rows, place, shown};
use crate::scenario::instant::{Clock, Form, Instant, Misread, seconds};

/// Most rows that are read, and most durations that a column of counts stands for.
pub(super) const ROWS_MAX: u64 = 10_000_000;

/// What is read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The column with durations, or with the instants at which they begin.
    pub column: String,
    /// What its values are.
    pub what: What,
    /// Rows that do not meet all of these are passed over.
    pub filters: Vec<Filter>,
    /// The unit of numbers.
    pub unit: TimeUnit,
    /// The column that says how many durations a row stands for; without it, each is one.
    pub count: Option<String>,
    /// What is done with durations of zero.
    pub zeros: Zeros,
}

impl Wanted {
    /// The column that names units.
    fn unit_column(&self) -> Option<&str> {
        match &self.what {
            What::Durations { .. } => None,
            What::Lasting { unit, .. } | What::Between { unit, .. } => unit.as_deref(),
        }
    }
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
    /// An instant on the clock of the file.
    At(At),
}

/// An instant that an option gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At(Instant);

impl Moment {
    /// Reads `first`, `last`, a number of units, a date or a time of RFC 3339.
    pub fn parse(text: &str, unit: TimeUnit) -> Option<Self> {
        match text {
            "first" => Some(Self::First),
            "last" => Some(Self::Last),
            _ => Instant::read(text, unit).map(|instant| Self::At(At(instant))),
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

/// Reads durations from the text of a file, which is called `file` in messages.
///
/// # Errors
///
/// [`ReadError`].
pub fn read(file: &str, text: impl Read, wanted: &Wanted) -> Result<Recorded, ReadError> {
    let gathered = Gathered::read(file, text, wanted)?;
    let rows = gathered.rows;
    let mut spans = match &wanted.what {
        What::Durations { .. } => gathered.spans,
        What::Lasting { unit, .. } => gathered.lasting(unit.is_some()),
        What::Between { since, until, .. } => gathered.between((*since, *until))?,
    };
    let zero = |span: &&Span| span.has_ended && span.seconds == 0.0;
    let zeros = spans.iter().filter(zero).map(|span| span.count).sum();
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
    let of = |has_ended: bool| {
        let spans = spans.iter().filter(move |span| span.has_ended == has_ended);
        spans.map(|span| (span.seconds, span.count)).collect()
    };
    let durations = Durations::counted(of(true), of(false)).map_err(|source| ReadError::Unusable {
        file: file.to_owned(),
        column: wanted.column.clone(),
        source,
    })?;
    Ok(Recorded { durations, rows, zeros })
}

/// A duration, how often it was met, and where it was read.
#[derive(Debug, Clone, Copy)]
struct Span {
    seconds: f64,
    has_ended: bool,
    count: u64,
    line: u64,
}

/// Something that began, and perhaps ended, in nanoseconds.
#[derive(Debug, Clone, Copy)]
struct Event {
    began: i128,
    /// [`NEVER`] where that is not known.
    ended: i128,
    count: u64,
    line: u64,
}

/// Later than all that is known.
const NEVER: i128 = i128::MAX;

/// What the wanted rows hold.
struct Gathered<'a> {
    file: &'a str,
    wanted: &'a Wanted,
    clock: Clock,
    spans: Vec<Span>,
    /// By unit; in the order of instants once all are read.
    events: BTreeMap<String, Vec<Event>>,
    rows: u64,
    /// Durations that they stand for.
    counted: u64,
}

/// The cells of a row.
#[derive(Debug, Clone, Copy)]
struct Cells<'a> {
    line: u64,
    value: &'a str,
    /// Of ends, or of what was not seen to end.
    second: Option<(&'a str, &'a str)>,
    unit: &'a str,
    count: Option<(&'a str, &'a str)>,
}

impl<'a> Gathered<'a> {
    fn read(file: &'a str, text: impl Read, wanted: &'a Wanted) -> Result<Self, ReadError> {
        let unreadable = |source| ReadError::Csv { file: file.to_owned(), source };
        let mut rows = Rows::new(text, DATA_BYTES_MAX);
        let header = rows.header().map_err(unreadable)?;
        let find = |column: &str| {
            let absent = |help| ReadError::Column { file: file.to_owned(), column: column.to_owned(), help };
            place(file, &header, column).map_err(absent)
        };
        let second = match &wanted.what {
            What::Durations { censored } => censored.as_deref(),
            What::Lasting { ended, .. } => Some(ended.as_str()),
            What::Between { ended, .. } => ended.as_deref(),
        };
        let unit = wanted.unit_column();
        let count = wanted.count.as_deref();
        let value = find(&wanted.column)?;
        let places = [second, unit, count].map(|column| column.map(find).transpose());
        let [second_place, unit_place, count_place] = places;
        let (second_place, unit_place, count_place) = (second_place?, unit_place?, count_place?);
        let filters = wanted.filters.iter().map(|filter| Ok((filter, find(&filter.column)?)));
        let filters = filters.collect::<Result<Vec<_>, ReadError>>()?;
        let clock = Clock::new(wanted.unit);
        let (spans, events) = (Vec::new(), BTreeMap::new());
        let mut gathered = Self { file, wanted, clock, spans, events, rows: 0, counted: 0 };
        while let Some((line, record)) = rows.next().map_err(unreadable)? {
            if !is_wanted(file, line, &filters, record)? {
                continue;
            }
            let cell = |place: usize| record.get(place).unwrap_or_default();
            gathered.add(Cells {
                line,
                value: cell(value),
                second: second.zip(second_place.map(cell)),
                unit: unit_place.map_or("", cell),
                count: count.zip(count_place.map(cell)),
            })?;
        }
        if gathered.rows == 0 {
            return Err(ReadError::Empty { file: file.to_owned() });
        }
        for all in gathered.events.values_mut() {
            all.sort_by_key(|event| event.began);
        }
        Ok(gathered)
    }

    fn add(&mut self, cells: Cells<'_>) -> Result<(), ReadError> {
        let count = self.count(&cells)?;
        self.rows += 1;
        self.counted += count;
        if self.counted > ROWS_MAX || self.rows > ROWS_MAX {
            return Err(ReadError::TooMany { file: self.file.to_owned() });
        }
        if count == 0 {
            return Ok(());
        }
        if let What::Durations { .. } = self.wanted.what {
            let span = self.duration(&cells, count)?;
            self.spans.push(span);
        } else {
            if cells.unit.len() > NAME_BYTES_MAX {
                let column = self.wanted.unit_column().unwrap_or_default();
                let why = format!("a name longer than {NAME_BYTES_MAX} bytes");
                return Err(self.wrong(cells.line, (column, cells.unit), why));
            }
            let event = self.event(&cells, count)?;
            match self.events.get_mut(cells.unit) {
                Some(events) => events.push(event),
                None => drop(self.events.insert(cells.unit.to_owned(), vec![event])),
            }
        }
        Ok(())
    }

    fn wrong(&self, line: u64, (column, text): (&str, &str), why: String) -> ReadError {
        let (file, text) = (self.file.to_owned(), shown(self.file, text));
        ReadError::Value { file, line, column: column.to_owned(), text, why }
    }

    fn count(&self, cells: &Cells<'_>) -> Result<u64, ReadError> {
        let Some((column, text)) = cells.count else { return Ok(1) };
        let whole = text.parse::<f64>().ok().filter(|count| *count >= 0.0 && count.fract() == 0.0);
        let whole = whole.map(|count| count as u64);
        whole.ok_or_else(|| {
            let why = "which is not how many durations a row stands for: a whole number, at least 0";
            self.wrong(cells.line, (column, text), why.to_owned())
        })
    }

    fn duration(&self, cells: &Cells<'_>, count: u64) -> Result<Span, ReadError> {
        let line = cells.line;
        let number = cells.value.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
        let number = number.ok_or_else(|| {
            let is_instant =
                Instant::read(cells.value, self.wanted.unit).is_some_and(|one| one.form != Form::Number);
            let mut why = "which is not a duration: a number, at least 0".to_owned();
            if is_instant {
                why.push_str(
                    "; --ended names the column in which instants end, --between takes those between them",
                );
            }
            self.wrong(line, (&self.wanted.column, cells.value), why)
        })?;
        let has_ended = match cells.second {
            None | Some((_, "0" | "false" | "no")) => true,
            Some((_, "1" | "true" | "yes")) => false,
            Some(cell) => {
                let why = "which is not 1 or 0 (true or false, yes or no)";
                return Err(self.wrong(line, cell, why.to_owned()));
            }
        };
        Ok(Span { seconds: number * self.wanted.unit.seconds(), has_ended, count, line })
    }

    fn event(&mut self, cells: &Cells<'_>, count: u64) -> Result<Event, ReadError> {
        let began = self.instant(cells.line, (&self.wanted.column, cells.value))?;
        let ended = match cells.second {
            None => began,
            Some((_, "")) => NEVER,
            Some(cell) => self.instant(cells.line, cell)?,
        };
        if ended < began {
            let ended = cells.second.map_or(String::new(), |(_, text)| shown(self.file, text));
            let (file, began) = (self.file.to_owned(), shown(self.file, cells.value));
            return Err(ReadError::Order { file, line: cells.line, began, ended });
        }
        Ok(Event { began, ended, count, line: cells.line })
    }

    fn instant(&mut self, line: u64, (column, text): (&str, &str)) -> Result<i128, ReadError> {
        self.clock.read(text, line).map_err(|why| {
            let words = if why == Misread::NoInstant { String::new() } else { "which is ".to_owned() };
            self.wrong(line, (column, text), format!("{words}{why}"))
        })
    }

    fn lasting(self, is_merged: bool) -> Vec<Span> {
        let last = latest(&self.events);
        let all = self.events.into_values().flat_map(|all| if is_merged { merged(&all) } else { all });
        let span = |event: Event| {
            let has_ended = event.ended != NEVER;
            let ended = if has_ended { event.ended } else { last.max(event.began) };
            Span { seconds: seconds(ended - event.began), has_ended, count: event.count, line: event.line }
        };
        all.map(span).collect()
    }

    fn between(self, (since, until): (Option<Moment>, Moment)) -> Result<Vec<Span>, ReadError> {
        let (first, last) = (earliest(&self.events), latest(&self.events));
        let form = self.clock.form();
        let at = |moment: Moment| match moment {
            Moment::First => Ok(first),
            Moment::Last => Ok(last),
            Moment::At(At(instant)) => match form {
                Some(form) if (form == Form::Number) != (instant.form == Form::Number) => {
                    Err(ReadError::Clock { file: self.file.to_owned(), is_number: form == Form::Number })
                }
                _ => Ok(instant.nanos),
            },
        };
        let (since, until) = (since.map(at).transpose()?, at(until)?);
        let has_ends = matches!(&self.wanted.what, What::Between { ended: Some(_), .. });
        let span = |nanos: i128, has_ended: bool, line: u64| Span {
            seconds: seconds(nanos),
            has_ended,
            count: 1,
            line,
        };
        let mut spans = Vec::new();
        for all in self.events.into_values() {
            let mut all = if has_ends { merged(&all) } else { all };
            let watched = since.unwrap_or(i128::MIN)..=until;
            all.retain(|event| watched.contains(&event.began));
            if let (Some(since), Some(event)) = (since, all.first())
                && event.began > since
            {
                spans.push(span(event.began - since, true, event.line));
            }
            spans.extend(all.windows(2).map(|pair| span(pair[1].began - pair[0].ended, true, pair[1].line)));
            if let Some(event) = all.last().filter(|event| event.ended < until) {
                spans.push(span(until - event.ended, false, event.line));
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
                    text: shown(file, text),
                    why: "which is not a number, which --where compares with another".to_owned(),
                });
            }
        }
    }
    Ok(true)
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

fn earliest(events: &BTreeMap<String, Vec<Event>>) -> i128 {
    events.values().flatten().map(|event| event.began).min().unwrap_or(0)
}

fn latest(events: &BTreeMap<String, Vec<Event>>) -> i128 {
    let known = |event: &Event| if event.ended == NEVER { event.began } else { event.ended };
    events.values().flatten().map(known).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTAGES: &str = "node,down, up\n1,100,130\n2,50,60\n1,10,20\n1,120,150\n2,200,\n1,300,310\n";

    fn wanted(column: &str, what: What) -> Wanted {
        let (column, unit) = (column.to_owned(), TimeUnit::Second);
        Wanted { column, what, filters: Vec::new(), unit, count: None, zeros: Zeros::Refused }
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
        asked.unit = TimeUnit::Minute;
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
            since: Moment::parse("50", TimeUnit::Second),
            until: Moment::parse("110", TimeUnit::Second).unwrap(),
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
    fn times_of_rfc_3339_and_dates_are_instants_of_one_form() {
        let lasting = || What::Lasting { ended: name("up"), unit: None };
        let text = "down,up\n2026-01-01T00:00:00Z,2026-01-01T03:00:00+02:00\n2026-01-02T00:00:00.5Z,\n";
        assert_eq!(times(text, &wanted("down", lasting())), (vec![3_600.0], vec![]));
        let text = "down,up\n2026-01-01,2026-01-02\n";
        assert_eq!(times(text, &wanted("down", lasting())).0, [86_400.0]);
        let mixed = refusal("down,up\n5,9\n7,2026-01-01\n", &wanted("down", lasting()));
        assert_eq!(
            mixed,
            "f.csv:3: column \"up\" holds \"2026-01-01\", which is a date or a time without an offset, but line 2 \
             holds a number: the instants of a file are all written in one form"
        );
        let until = Moment::parse("2026-01-01", TimeUnit::Second).unwrap();
        let what = What::Between { ended: None, unit: None, since: None, until };
        assert_eq!(
            refusal("at\n5\n9\n", &wanted("at", what)),
            "f.csv holds numbers, and an option gives a date"
        );
        let said = refusal("t\n2026-01-01T00:00:00Z\n", &wanted("t", What::Durations { censored: None }));
        assert!(said.contains("--ended names the column"), "{said}");
    }

    #[test]
    fn a_row_may_stand_for_many() {
        let mut asked = wanted("t", What::Durations { censored: Some(name("c")) });
        asked.count = Some(name("n"));
        let text = "t,n,c\n40,1,0\n30.5,2,0\n9,0,0\n56,23,1\n";
        assert_eq!(times(text, &asked), (vec![30.5, 30.5, 40.0], vec![56.0; 23]));
        assert!(refusal("t,n,c\n40,1.5,0\n", &asked).contains("not how many durations a row stands for"));
        assert_eq!(refusal("t,n,c\n4,1e9,0\n", &asked), "f.csv has more than 10000000 durations");
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
            "f.csv:2: column \"down\" holds \"now\", which is not an instant: a number, a date such as 2001-05-01, \
            or a time such as 2001-05-01T11:30:00 with Z, an offset or neither",
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
