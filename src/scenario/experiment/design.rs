//! Which combinations of values are looked at.

use rand::{Rng, RngExt};

use super::axis::{Axis, Levels};
use super::{Choice, Experiment, Point};
use crate::document::{Diagnostic, Diagnostics, Field, Kind, Name, Node, Section, Span, Value, read_section};
use crate::kernel::stream::{Purpose, Streams};

/// Most points of an experiment.
pub const POINTS_MAX: usize = 1_000_000;
/// Most points of a Sobol sequence.
const SOBOL_POINTS_MAX: u32 = 1 << 16;
/// Most axes of an experiment, those of a Sobol sequence.
const AXES_MAX: usize = 256;

crate::choices! {
    /// How points are chosen.
    pub(super) enum Policy {
        /// Every combination, the last axis changing fastest.
        Grid = "grid",
        /// Each value drawn by itself.
        Random = "random",
        /// On each axis one point in every one of as many equal parts as there are points.
        LatinHypercube = "latin-hypercube",
        /// A scrambled Sobol sequence.
        Sobol = "sobol",
    }
}

crate::settings! {
    /// How points are chosen, and how many.
    pub(super) struct DesignKeys {
        /// How points are chosen.
        policy: Policy,
        /// How many points there are; a grid has all combinations and takes no number.
        #[range = ">= 1, <= 1000000"]
        points: Option<u32> = None,
        /// Where the random choice of points comes from.
        seed: u64 = 1,
    }
}

/// Which combinations are looked at.
#[derive(Debug, Clone)]
pub(super) struct Design {
    keys: DesignKeys,
    span: Span,
}

impl Default for Design {
    fn default() -> Self {
        Self { keys: DesignKeys { policy: Policy::Grid, points: None, seed: 1 }, span: Span::default() }
    }
}

impl Field for Design {
    const EXPECTED: &'static str =
        "a design such as \"grid\" or { policy = \"latin-hypercube\", points = 40 }";

    fn kind() -> Kind {
        Kind::Either(vec![Policy::kind(), Kind::Table(DesignKeys::shape().called("design"))])
    }

    fn read(node: &Node, findings: &mut Diagnostics) -> Option<Self> {
        let keys = match &node.value {
            Value::Text(_) => DesignKeys { policy: Policy::read(node, findings)?, ..Self::default().keys },
            _ => read_section::<DesignKeys>(node, Self::EXPECTED, findings)?,
        };
        Some(Self { keys, span: node.span })
    }

    fn write(&self) -> Option<toml::Value> {
        Some(crate::document::write_section(&self.keys))
    }
}

impl Design {
    /// Reports what does not fit the axes.
    pub(super) fn check(&self, axes: &[Axis], findings: &mut Diagnostics) {
        let mut refuse = |span: Span, message: String, help: &str| {
            findings.push(Diagnostic::error(span, message).help(help));
        };
        if let Some(axis) = axes.get(AXES_MAX) {
            let span = axis.paths.first().map_or(Span::default(), |path| path.span);
            refuse(span, format!("an experiment has at most {AXES_MAX} axes"), "zip some of them");
        }
        let points = self.keys.points;
        if self.keys.policy == Policy::Grid {
            if points.is_some() {
                refuse(self.span, "a grid has as many points as its axes say".to_owned(), "leave out points");
            }
            for axis in axes {
                if let Levels::Anywhere(range) = &axis.levels {
                    let help = "add steps, or choose another design";
                    refuse(range.span, "a grid needs to know the steps of a range".to_owned(), help);
                }
            }
            // Conditions may leave fewer, but the listing itself has to end.
            if combinations(axes) > POINTS_MAX {
                let help = "use fewer values, or a design with so many points";
                refuse(self.span, format!("the grid has more than {POINTS_MAX} points"), help);
            }
            return;
        }
        let most = if self.keys.policy == Policy::Sobol { SOBOL_POINTS_MAX } else { POINTS_MAX as u32 };
        if points.is_none_or(|points| !(1..=most).contains(&points)) {
            let help = "such as { policy = \"random\", points = 40 }";
            refuse(self.span, format!("this design needs its number of points, from 1 to {most}"), help);
        }
    }

    /// For each point a number from 0 to 1 on each of so many axes.
    fn places(&self, axes: usize) -> Vec<Vec<f64>> {
        let points = self.keys.points.unwrap_or(0);
        let streams = Streams::new(self.keys.seed, 0);
        let column = |axis: usize| -> Vec<f64> {
            let mut stream = streams.stream(Purpose::Design, axis as u32);
            match self.keys.policy {
                Policy::LatinHypercube => {
                    let mut parts: Vec<u32> = (0..points).collect();
                    shuffle(&mut parts, &mut stream);
                    let place = |part: u32| (f64::from(part) + stream.random::<f64>()) / f64::from(points);
                    parts.into_iter().map(place).collect()
                }
                Policy::Sobol => {
                    let seed = self.keys.seed as u32 ^ (self.keys.seed >> 32) as u32;
                    let place = |point| f64::from(sobol_burley::sample(point, axis as u32, seed));
                    (0..points).map(place).collect()
                }
                Policy::Grid | Policy::Random => (0..points).map(|_| stream.random::<f64>()).collect(),
            }
        };
        let columns: Vec<Vec<f64>> = (0..axes).map(column).collect();
        (0..points as usize).map(|point| columns.iter().map(|column| column[point]).collect()).collect()
    }
}

/// How many combinations of values there are, whatever conditions say.
fn combinations(axes: &[Axis]) -> usize {
    let combined = |total: usize, axis: &Axis| match &axis.levels {
        Levels::Listed(levels) => total.saturating_mul(levels.len()),
        Levels::Anywhere(_) => total,
    };
    axes.iter().fold(1, combined)
}

/// Puts items into a random order, each with the same probability (Fisher and Yates, 1938; Durstenfeld, 1964).
fn shuffle(items: &mut [u32], random: &mut impl Rng) {
    for last in (1..items.len()).rev() {
        items.swap(last, random.random_range(0..=last));
    }
}

impl Experiment {
    /// What is varied, in the order of the file, then of the arguments.
    pub fn paths(&self) -> Vec<&str> {
        self.axes.iter().flat_map(|axis| &axis.paths).map(|path| path.text.as_str()).collect()
    }

    /// How many points there are at most: conditions may leave fewer.
    pub fn points_max(&self) -> usize {
        match self.design.keys.policy {
            Policy::Grid => combinations(&self.axes),
            _ => self.design.keys.points.unwrap_or(0) as usize,
        }
    }

    /// The combinations that are looked at, in their order, without those that are skipped.
    pub fn points(&self) -> Vec<Point> {
        let paths = self.paths();
        let mut points = Vec::new();
        if self.design.keys.policy == Policy::Grid {
            let mut begun = Point { choices: Vec::new() };
            self.combine(&paths, &mut begun, &mut points);
        } else {
            points.extend(self.design.places(self.axes.len()).iter().map(|place| self.at(&paths, place)));
        }
        points.retain(|point| !self.skips.iter().any(|skip| skip.holds(&paths, point)));
        points
    }

    /// Adds every combination that begins with the values so far.
    fn combine(&self, paths: &[&str], begun: &mut Point, points: &mut Vec<Point>) {
        let Some(axis) = self.axis_after(begun.choices.len()) else {
            points.push(begun.clone());
            return;
        };
        let before = begun.choices.len();
        let levels = match &axis.levels {
            Levels::Listed(levels) if axis.is_there(paths, begun) => levels.as_slice(),
            _ => {
                begun.choices.extend(axis.paths.iter().map(|_| None));
                self.combine(paths, begun, points);
                begun.choices.truncate(before);
                return;
            }
        };
        for level in levels {
            begun.choices.extend(level.iter().cloned().map(Some));
            self.combine(paths, begun, points);
            begun.choices.truncate(before);
        }
    }

    /// The axis that follows so many paths.
    fn axis_after(&self, paths: usize) -> Option<&Axis> {
        let mut before = 0;
        self.axes.iter().find(|axis| {
            let is_next = before == paths;
            before += axis.paths.len();
            is_next
        })
    }

    /// The point at a place on each axis.
    fn at(&self, paths: &[&str], place: &[f64]) -> Point {
        let mut point = Point { choices: Vec::new() };
        for (axis, share) in self.axes.iter().zip(place) {
            if axis.is_there(paths, &point) {
                point.choices.extend(axis.at(*share).into_iter().map(Some));
            } else {
                point.choices.extend(axis.paths.iter().map(|_: &Name| None));
            }
        }
        point
    }
}

impl Axis {
    fn is_there(&self, paths: &[&str], point: &Point) -> bool {
        self.when.as_ref().is_none_or(|when| when.holds(paths, point))
    }

    /// The values at a share of the way along the axis.
    fn at(&self, share: f64) -> Vec<Choice> {
        match &self.levels {
            Levels::Listed(levels) => {
                let number = (share * levels.len() as f64) as usize;
                levels[number.min(levels.len() - 1)].clone()
            }
            Levels::Anywhere(range) => vec![range.at(share)],
        }
    }
}
