//! What a failover by names costs: for each client a bar of the attempts that were led to what did not work, by why.

use plotters::coord::Shift;
use plotters::prelude::*;

use super::bars::{self, Bars};
use super::canvas::{Drawn, Figure};
use super::{Rows, keep_worst};

/// The bill of names, client by client.
#[derive(Debug, Clone, PartialEq)]
pub struct LedAstray {
    title: String,
    subtitle: String,
    bars: Vec<Bar>,
}

/// One client.
#[derive(Debug, Clone, PartialEq)]
struct Bar {
    label: String,
    /// Share of its attempts, for each reason.
    shares: [f64; 5],
}

/// Metrics, what they are called, and their colours.
const REASONS: [(&str, &str, usize); 5] = [
    ("astray_undetected_ratio", "not found yet", 3),
    ("astray_unpropagated_ratio", "name servers behind", 1),
    ("astray_kept_ratio", "kept for its ttl", 0),
    ("astray_overstayed_ratio", "kept for longer", 5),
    ("astray_forced_ratio", "nothing else works", 2),
];

/// Most bars.
const BARS: usize = 24;
impl Bar {
    fn sum(&self) -> f64 {
        self.shares.iter().sum()
    }
}

impl LedAstray {
    /// The metrics of which it shows something.
    pub(super) fn metrics() -> impl Iterator<Item = &'static str> {
        REASONS.iter().map(|(metric, ..)| *metric)
    }

    /// Those of clients that names led astray at all; `None` where they did not.
    pub fn new(rows: &Rows, name: &str) -> Option<Self> {
        let [(first, ..), ..] = REASONS;
        let clients = rows.summary.iter().filter(|row| row.metric == first);
        let bar = |scope: &str| {
            let share = |metric| rows.find(scope, metric).and_then(|row| row.estimate).unwrap_or(0.0);
            Bar { label: scope.to_owned(), shares: REASONS.map(|(metric, ..)| share(metric)) }
        };
        let mut bars: Vec<Bar> = clients.map(|row| bar(&row.scope)).filter(|bar| bar.sum() > 0.0).collect();
        if bars.is_empty() {
            return None;
        }
        let left_out = keep_worst(&mut bars, BARS, Bar::sum);
        let mut subtitle =
            "All runs: each by the first delay without which it would have gone right".to_owned();
        if left_out > 0 {
            subtitle = format!("{subtitle}; the worst clients ({left_out} more in summary.csv)");
        }
        Some(Self { title: format!("{name}: attempts that names led astray"), subtitle, bars })
    }
}

impl Figure for LedAstray {
    fn size(&self) -> (u32, u32) {
        bars::size(self.bars.len())
    }

    fn draw<B: DrawingBackend>(&self, sheet: &DrawingArea<B, Shift>) -> Drawn<()> {
        let row = |bar: &Bar| bars::Row {
            label: bar.label.clone(),
            lengths: bar.shares.to_vec(),
            after: format!("{:.3} %", bar.sum() * 100.0),
        };
        let bars = Bars {
            title: &self.title,
            subtitle: &self.subtitle,
            parts: &REASONS.map(|(_, name, number)| (name, number)),
            across: "share of the attempts that went by names [%]",
            unit: 0.01,
            left: 260,
            rows: self.bars.iter().map(row).collect(),
        };
        bars.draw(sheet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::plot::{SummaryRow, svg};

    fn row(scope: &str, metric: &str, share: f64) -> SummaryRow {
        SummaryRow {
            scope: scope.to_owned(),
            metric: metric.to_owned(),
            unit: "ratio".to_owned(),
            estimate: Some(share),
            ci_low: None,
            ci_high: None,
            confidence: 0.95,
            runs: 10,
        }
    }

    #[test]
    fn each_client_is_a_bar_of_its_reasons() {
        let shares = [("client.a", [0.01, 0.002, 0.03, 0.0, 0.0]), ("client.b", [0.0; 5])];
        let row = |(scope, shares): (&str, [f64; 5])| {
            let rows = REASONS.iter().zip(shares).map(|((metric, ..), share)| row(scope, metric, share));
            rows.collect::<Vec<_>>()
        };
        let rows = Rows { summary: shares.into_iter().flat_map(row).collect(), ..Rows::default() };
        let figure = LedAstray::new(&rows, "shop").unwrap();
        assert_eq!(figure.bars.len(), 1);
        assert!((figure.bars[0].sum() - 0.042).abs() < 1e-12);
        let text = svg(&figure).unwrap();
        for words in ["client.a", "name servers behind", "went by names [%]", "4.200 %"] {
            assert!(text.contains(words), "{words} is not in\n{text}");
        }
        let sound = Rows { summary: rows.summary[5..].to_vec(), ..Rows::default() };
        assert!(LedAstray::new(&sound, "shop").is_none());
    }
}
