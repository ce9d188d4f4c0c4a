//! The scenario of one point, and mistakes in it where the user wrote them.

use super::{Choice, Experiment, Point};
use crate::document::{Name, Span};
use crate::scenario::{self, Override, Places, Rejected, Scenario, Source};

impl Experiment {
    /// What is set in a point: what all have, then `further`, then what is varied.
    pub fn overrides(&self, point: &Point, further: &[Override]) -> Vec<Override> {
        self.origins(point, further).into_iter().map(|(one, _)| one).collect()
    }

    /// Makes the scenario of a point from the text that all points share.
    ///
    /// # Errors
    ///
    /// Every mistake, those in values of the experiment where they stand in it.
    pub fn load(
        &self,
        base: &Source,
        point: &Point,
        further: &[Override],
        places: &Places,
    ) -> Result<Scenario, Box<Rejected>> {
        let origins = self.origins(point, further);
        let overrides: Vec<Override> = origins.iter().map(|(one, _)| one.clone()).collect();
        scenario::load_with(&self.own, base.clone(), &overrides, places)
            .map_err(|rejected| Box::new(self.locate(rejected, &origins)))
    }

    fn origins(&self, point: &Point, further: &[Override]) -> Vec<(Override, Option<Origin>)> {
        let set = self.set.iter().map(|(path, choice)| origin(path, choice));
        let further = further.iter().map(|one| (one.clone(), None));
        let paths = self.axes.iter().flat_map(|axis| &axis.paths);
        let varied = paths.zip(&point.choices);
        let varied = varied.filter_map(|(path, choice)| Some(origin(path, choice.as_ref()?)));
        set.chain(further).chain(varied).collect()
    }

    /// Moves findings about what was set to where the experiment says it.
    fn locate(&self, mut rejected: Rejected, origins: &[(Override, Option<Origin>)]) -> Rejected {
        let spans = rejected.findings.0.iter().filter_map(|finding| finding.span);
        if spans.map(|span| span.source).all(|source| source == 0) {
            return rejected;
        }
        let shift = self.sources.len() as u32;
        for finding in &mut rejected.findings.0 {
            // The file as a whole has no place.
            let Some(span) = finding.span.as_mut().filter(|span| **span != Span::default()) else { continue };
            let number = (span.source as usize).checked_sub(1);
            let origin = number.and_then(|number| origins.get(number));
            match origin {
                Some((one, Some(origin))) => *span = origin.place(*span, one.path.len()),
                _ => span.source += shift,
            }
        }
        let sources = self.sources.iter().cloned().chain(rejected.sources).collect();
        Rejected { findings: rejected.findings, sources }
    }
}

/// Where the path and the value of something that is set stand in the experiment.
struct Origin {
    path: Span,
    value: Span,
    /// Whether the value stands there letter by letter.
    is_verbatim: bool,
}

fn origin(path: &Name, choice: &Choice) -> (Override, Option<Origin>) {
    let one = Override { path: path.text.clone(), value: choice.text.clone() };
    let is_verbatim = choice.span.source == 0 && choice.span.end - choice.span.start == choice.text.len();
    (one, Some(Origin { path: path.span, value: choice.span, is_verbatim }))
}

impl Origin {
    /// The place of a span in `path=value`, whose path has so many bytes.
    fn place(&self, span: Span, path: usize) -> Span {
        let value = path + 1;
        if span.start < value {
            return self.path;
        }
        if !self.is_verbatim {
            return self.value;
        }
        let inside = |byte: usize| (self.value.start + byte.saturating_sub(value)).min(self.value.end);
        Span { source: self.value.source, start: inside(span.start), end: inside(span.end) }
    }
}
