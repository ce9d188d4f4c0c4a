//! A scenario that is built in code: the tables that a file would hold, read and checked as those of a file are.

use std::fmt;

use super::{Catalogue, Places, Rejected, Scenario, Source, load_with, parse};
use crate::document::{Diagnostics, Node, Severity, Span, Table, Value};

/// Values under keys: a part of a scenario, or a table within one.
///
/// A value is a number, a text, a boolean, a list, a quantity such as [`SimDuration`](crate::units::SimDuration), or
/// further `Keys`. What is set twice has the last value. Which keys there are and what they mean is in the reference of
/// the scenario language (`ninefold explain service`).
///
/// ```
/// use ninefold::scenario::Keys;
/// use ninefold::units::SimDuration;
///
/// let demand = Keys::of("distribution", "exponential").set("mean", SimDuration::from_secs(0.02));
/// let service = Keys::new().set("replicas", 3).set("demand", demand).set("balancing", "random");
/// # drop(service);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Keys(toml::Table);

impl Keys {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// A variant, such as the `policy` "random" or the `distribution` "exponential", to be followed by its settings.
    pub fn of(choice: &str, variant: &str) -> Self {
        Self::new().set(choice, variant)
    }

    /// Puts a value under a key.
    #[must_use]
    pub fn set(mut self, key: &str, value: impl Into<toml::Value>) -> Self {
        self.0.insert(key.to_owned(), value.into());
        self
    }
}

impl From<Keys> for toml::Value {
    fn from(keys: Keys) -> Self {
        Self::Table(keys.0)
    }
}

/// Builds a [`Scenario`], and with it the only [`System`](crate::model::system::System) that there can be: one that was
/// checked.
///
/// ```
/// use ninefold::scenario::{Builder, Keys};
/// use ninefold::units::SimDuration;
///
/// let poisson = Keys::of("process", "poisson").set("rate", "5/s");
/// let scenario = Builder::new("desk")
///     .run(Keys::new().set("horizon", SimDuration::from_secs(60.0)))
///     .client("caller", Keys::new().set("arrival", poisson).set("calls", "desk"))
///     .service("desk", Keys::new().set("replicas", 2).set("demand", "100ms"))
///     .build()?;
/// assert_eq!(scenario.system.services[0].replicas.len(), 2);
///
/// let wrong = Builder::new("desk").service("desk", Keys::new().set("demnd", "100ms")).build().unwrap_err();
/// assert!(wrong.to_string().contains("service.desk.demnd: no key is called \"demnd\""));
/// # Ok::<(), ninefold::scenario::Misfits>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Builder {
    name: String,
    document: toml::Table,
    misfits: Vec<Misfit>,
}

/// Writes one method for each section in which a key names a part.
macro_rules! parts {
    ($($section:ident: $what:literal;)*) => { $(
        #[doc = concat!("Adds ", $what, ".")]
        #[must_use]
        pub fn $section(self, name: &str, keys: Keys) -> Self {
            self.part(stringify!($section), name, keys)
        }
    )* };
}

impl Builder {
    /// An empty scenario of a name.
    pub fn new(name: &str) -> Self {
        let mut document = toml::Table::new();
        document.insert("name".to_owned(), name.into());
        Self { name: name.to_owned(), document, misfits: Vec::new() }
    }

    /// Says for how long, how often and with which seed it is run.
    #[must_use]
    pub fn run(self, keys: Keys) -> Self {
        self.section("run", keys)
    }

    /// Says how long messages take.
    #[must_use]
    pub fn network(self, keys: Keys) -> Self {
        self.section("network", keys)
    }

    parts! {
        region: "a region with zones";
        client: "a source of requests";
        route: "a route by which requests for a path find their service";
        gateway: "a gateway that routes requests and lets in no more than was agreed";
        account: "what functions or gateways share";
        service: "a fleet of replicas, or a function";
        queue: "a queue of messages";
        fault: "something that goes wrong";
        recovery: "a plan by which faults end";
        crew: "people or tools that operations wait for";
        monitor: "a monitor that finds faults";
        block: "a reliability block";
    }

    /// Sets a target of a metric, such as `">= 99.9%"` of `"client.shopper/availability_request"`.
    #[must_use]
    pub fn objective(mut self, metric: &str, target: &str) -> Self {
        self.join("objective", metric, target.into());
        self
    }

    /// Adds a statement that is verified.
    #[must_use]
    pub fn claim(mut self, keys: Keys) -> Self {
        let claims = self.document.entry("claim").or_insert_with(|| toml::Value::Array(Vec::new()));
        if let toml::Value::Array(claims) = claims {
            claims.push(keys.into());
        }
        self
    }

    fn section(mut self, section: &str, keys: Keys) -> Self {
        if self.document.insert(section.to_owned(), keys.into()).is_some() {
            self.misfits.push(Misfit::twice(section.to_owned()));
        }
        self
    }

    fn part(mut self, section: &str, name: &str, keys: Keys) -> Self {
        self.join(section, name, keys.into());
        self
    }

    fn join(&mut self, section: &str, name: &str, value: toml::Value) {
        let parts = self.document.entry(section).or_insert_with(|| toml::Table::new().into());
        if let toml::Value::Table(parts) = parts
            && parts.insert(name.to_owned(), value).is_some()
        {
            self.misfits.push(Misfit::twice(format!("{section}.{name}")));
        }
    }

    /// The same scenario as the text of a file.
    pub fn text(&self) -> String {
        self.document.to_string()
    }

    /// Checks what was built.
    ///
    /// # Errors
    ///
    /// Every mistake, each with the part and key that it is about.
    pub fn build(&self) -> Result<Scenario, Misfits> {
        self.build_with(&Catalogue::default(), &Places::default())
    }

    /// The same for a scenario that names policies from outside the crate, or files that are looked for in `places`.
    ///
    /// # Errors
    ///
    /// Every mistake, each with the part and key that it is about.
    pub fn build_with(&self, own: &Catalogue, places: &Places) -> Result<Scenario, Misfits> {
        let source = Source { name: format!("<{}>", self.name), text: self.text() };
        match load_with(own, source, &[], places) {
            Ok(scenario) if self.misfits.is_empty() => Ok(scenario),
            Ok(_) => Err(Misfits(self.misfits.clone())),
            Err(rejected) => Err(Misfits([self.misfits.clone(), misfits(&rejected)].concat())),
        }
    }
}

/// Everything that is wrong with a scenario that was built in code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfits(pub Vec<Misfit>);

/// One thing that is wrong with a scenario that was built in code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The key that it is about with the part that has it, such as `service.shop.demand`; empty where it is about all.
    pub path: String,
    /// What is wrong, a lowercase sentence without a full stop.
    pub message: String,
    /// What would be right, if there is more to say about it.
    pub help: Option<String>,
}

impl Misfit {
    fn twice(path: String) -> Self {
        Self { path, message: "this was added twice".to_owned(), help: None }
    }
}

impl fmt::Display for Misfits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Misfit { path, message, help }) in self.0.iter().enumerate() {
            let (gap, colon) = (if number > 0 { "\n" } else { "" }, if path.is_empty() { "" } else { ": " });
            write!(out, "{gap}{path}{colon}{message}")?;
            if let Some(help) = help {
                write!(out, " ({help})")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Misfits {}

/// The errors about a text, by the keys that they are about.
fn misfits(rejected: &Rejected) -> Vec<Misfit> {
    let document = parse::parse(&rejected.sources[0], &mut Diagnostics::default());
    let errors = rejected.findings.0.iter().filter(|one| one.severity == Severity::Error);
    let of = |span: Option<Span>| {
        let mut found = (usize::MAX, String::new());
        if let Some(span) = span.filter(|span| *span != Span::default()) {
            innermost(&document, span, "", &mut found);
        }
        found.1
    };
    errors
        .map(|one| Misfit { path: of(one.span), message: one.message.clone(), help: one.help.clone() })
        .collect()
}

/// Keeps the path of the shortest key or value that covers a place, and its length in bytes.
fn innermost(table: &Table, at: Span, above: &str, found: &mut (usize, String)) {
    for (name, node) in &table.entries {
        let path = if above.is_empty() { name.text.clone() } else { format!("{above}.{}", name.text) };
        keep(name.span, at, &path, found);
        innermost_of(node, at, &path, found);
    }
}

fn innermost_of(node: &Node, at: Span, path: &str, found: &mut (usize, String)) {
    keep(node.span, at, path, found);
    match &node.value {
        Value::Table(table) => innermost(table, at, path, found),
        Value::List(items) => {
            for (number, item) in items.iter().enumerate() {
                innermost_of(item, at, &format!("{path}.{number}"), found);
            }
        }
        _ => {}
    }
}

fn keep(span: Span, at: Span, path: &str, found: &mut (usize, String)) {
    let length = span.end - span.start;
    if span.start <= at.start && at.end <= span.end && length < found.0 {
        *found = (length, path.to_owned());
    }
}
