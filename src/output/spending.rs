//! What is paid for availability, as people and programs read it; the same of variants and of points of a sweep.

use std::fmt::Write;

use serde::{Deserialize, Serialize};

use super::columns::columns;
use super::number::{Scale, significant};
use super::paint::{Paint, Tone};
use super::row::rows;
use crate::analysis::statistics::{Stand, Unsaid, Worth};

rows! {
    SpendingRow "spending.csv" [
        "scope", "metric", "design", "cost", "estimate", "standing", "against", "cost_per_nine", "nine_low", "nine_high",
        "cost_per_minute_saved", "minute_low", "minute_high", "note", "currency"
    ]
        numbers [
            cost, estimate, cost_per_nine, nine_low, nine_high, cost_per_minute_saved, minute_low, minute_high
        ];
}

/// A row of `spending.csv`: one design between its cost and an availability.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SpendingRow {
    /// Whose availability.
    pub scope: String,
    /// Which.
    pub metric: String,
    /// The variant, or the number of the point.
    pub design: String,
    /// What it costs in a month.
    pub cost: Option<f64>,
    /// The availability.
    pub estimate: Option<f64>,
    /// `cheapest`, `step`, `dominated` or `unknown`.
    pub standing: String,
    /// The design from which it is a step, or which is no dearer and as available.
    pub against: String,
    /// Money in a month for a nine more.
    pub cost_per_nine: Option<f64>,
    /// Lower end of its interval.
    pub nine_low: Option<f64>,
    /// Upper end of its interval.
    pub nine_high: Option<f64>,
    /// Money for a minute less in which it is not available.
    pub cost_per_minute_saved: Option<f64>,
    /// Lower end of its interval.
    pub minute_low: Option<f64>,
    /// Upper end of its interval.
    pub minute_high: Option<f64>,
    /// Why nothing is said about a step.
    pub note: String,
    /// The currency of all that.
    pub currency: String,
}

/// The rows of one availability: a label, the cost and availability, and the stand of each design.
pub(crate) fn spending_rows(
    (scope, metric, currency): (&str, &str, &str),
    labels: &[String],
    values: &[Option<(f64, f64)>],
    stands: &[Stand],
) -> Vec<SpendingRow> {
    let row = |place: usize| {
        let (label, value, stand) = (&labels[place], values[place], &stands[place]);
        let (standing, against, step) = match stand {
            Stand::Unknown => ("unknown", None, None),
            Stand::Cheapest => ("cheapest", None, None),
            Stand::Dominated(by) => ("dominated", Some(*by), None),
            Stand::Step(step) => ("step", Some(step.from), Some(step)),
        };
        let worth = |of: Option<Result<Worth, Unsaid>>| of.and_then(Result::ok);
        let (nine, minute) = (worth(step.map(|step| step.per_nine)), worth(step.map(|step| step.per_minute)));
        let note = step.and_then(|step| step.per_nine.err().or(step.per_minute.err()));
        SpendingRow {
            scope: scope.to_owned(),
            metric: metric.to_owned(),
            design: label.clone(),
            cost: value.map(|(cost, _)| cost),
            estimate: value.map(|(_, share)| share),
            standing: standing.to_owned(),
            against: against.map(|one| labels[one].clone()).unwrap_or_default(),
            cost_per_nine: nine.map(|one| one.value),
            nine_low: nine.map(|one| one.low),
            nine_high: nine.map(|one| one.high),
            cost_per_minute_saved: minute.map(|one| one.value),
            minute_low: minute.map(|one| one.low),
            minute_high: minute.map(|one| one.high),
            note: note.map(|why| why.text().to_owned()).unwrap_or_default(),
            currency: currency.to_owned(),
        }
    };
    (0..labels.len().min(values.len()).min(stands.len())).map(row).collect()
}

/// The table of the rows of one availability, the cheapest design first; what a design is called is said by the caller.
pub(crate) fn spending_table(out: &mut String, rows: &[SpendingRow], design: &str, paint: Paint) {
    let Some(first) = rows.first() else { return };
    let title = format!("{}/{}: what it costs", first.scope, first.metric);
    let _ = write!(out, "\n{}\n", paint.tint(Tone::Heading, &title));
    let of = |what: &str| format!("{} {what}", first.currency);
    let header = [
        design.to_owned(),
        of("a month"),
        first.metric.clone(),
        of("a month per nine"),
        of("per minute saved"),
        String::new(),
    ];
    let mut lines = vec![header.to_vec()];
    let mut order: Vec<&SpendingRow> = rows.iter().filter(|row| row.cost.is_some()).collect();
    order.sort_by(|one, other| one.cost.unwrap_or(0.0).total_cmp(&other.cost.unwrap_or(0.0)));
    for row in order {
        let money = |value: Option<f64>, low: Option<f64>, high: Option<f64>| match value.zip(low.zip(high)) {
            Some((value, (low, high))) => {
                format!("{} ({} to {})", significant(value, 3), significant(low, 3), significant(high, 3))
            }
            None => "-".to_owned(),
        };
        let stand = match row.standing.as_str() {
            "dominated" => format!("dominated by {}", row.against),
            "step" if row.note.is_empty() => format!("after {}", row.against),
            "step" => format!("after {}: {}", row.against, row.note),
            other => other.to_owned(),
        };
        lines.push(vec![
            row.design.clone(),
            row.cost.map_or("-".to_owned(), |cost| significant(cost, 5)),
            row.estimate.map_or("-".to_owned(), |value| Scale::new("ratio", value, None).show(value)),
            money(row.cost_per_nine, row.nine_low, row.nine_high),
            money(row.cost_per_minute_saved, row.minute_low, row.minute_high),
            stand,
        ]);
    }
    for line in columns(&lines) {
        let _ = writeln!(out, "{}", line.trim_end());
    }
}
