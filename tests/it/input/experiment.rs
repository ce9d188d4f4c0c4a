//! The text of an experiment file.

use ninefold::scenario::Places;
use ninefold::scenario::experiment::{POINTS_MAX, read as experiment};

use super::{is_explained, source};

/// What its points are made from.
const SHOP: &str = include_str!("shop.toml");

/// Points whose scenarios are read.
const POINTS: usize = 4;

/// Reads the experiment and the scenarios of its first points.
pub(crate) fn read(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let experiment = match experiment(source(text), &[]) {
        Ok(experiment) => experiment,
        Err(rejected) => return is_explained(&rejected),
    };
    assert!(experiment.points_max() <= POINTS_MAX, "more points than there may be");
    let points = experiment.points();
    assert!(points.len() <= experiment.points_max());
    for point in points.iter().take(POINTS) {
        assert_eq!(point.choices.len(), experiment.paths().len());
        if let Err(rejected) = experiment.load(&source(SHOP), point, &[], &Places::default()) {
            is_explained(&rejected);
        }
    }
}
