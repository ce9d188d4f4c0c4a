//! Faults and outages by name, each in a lane below a timeline.

use std::collections::BTreeMap;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::canvas::{Area, Drawn, FAULT, GRID, OUTAGE, SHARE, SMALL, anchored, words};
use super::frame::{LEFT, RIGHT};
use super::timeline::{inside, join};
use super::{IncidentRow, ShareRow};

/// Most lanes.
const LANES: usize = 10;
/// Height of a lane and of a bar in it.
const ROW: i32 = 24;
const BAR: i32 = 14;
/// Letters of a name that fit left of the lanes.
const LETTERS: usize = 13;

/// What lasts when, of a fault or an outage.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Lane {
    name: String,
    /// Begin and end [s], overlapping ones joined.
    bars: Vec<(f64, f64)>,
    is_outage: bool,
    /// Begin, end [s] and share of each window, of what has a share.
    shares: Vec<(f64, f64, f64)>,
}

/// The lanes of what is a share in the windows of a run, each in the order of the rows; the first ones, and how many are left out.
pub(super) fn shares<'a>(rows: impl Iterator<Item = &'a ShareRow>, window: f64) -> (Vec<Lane>, usize) {
    let mut found: Vec<(&str, Lane)> = Vec::new();
    for row in rows {
        let place = found.iter().position(|(scope, _)| *scope == row.scope).unwrap_or_else(|| {
            let name = row.scope.split_once('.').map_or(row.scope.as_str(), |(_, name)| name);
            let name = if row.metric == "hit_ratio" { format!("{name} hits") } else { name.to_owned() };
            let lane = Lane { name, bars: Vec::new(), is_outage: false, shares: Vec::new() };
            found.push((&row.scope, lane));
            found.len() - 1
        });
        if let Some(share) = row.value {
            let start = row.window_start_s;
            found[place].1.shares.push((start, start + window, share));
        }
    }
    let left_out = found.len().saturating_sub(LANES);
    (found.into_iter().map(|(_, lane)| lane).take(LANES).collect(), left_out)
}

/// The lanes of a run, faults first, each in the order of names; those that last longest where there are too many, and how
/// many are left out.
pub(super) fn lanes<'a>(rows: impl Iterator<Item = &'a IncidentRow>, span: (f64, f64)) -> (Vec<Lane>, usize) {
    let mut found: BTreeMap<(bool, &str), Vec<(f64, f64)>> = BTreeMap::new();
    for row in rows {
        let name = if row.is_outage() { &row.scope } else { &row.cause };
        if let Some(bar) = inside(row, span) {
            let name = name.split_once('.').map_or(name.as_str(), |(_, name)| name);
            found.entry((row.is_outage(), name)).or_default().push(bar);
        }
    }
    let mut lanes: Vec<Lane> = found
        .into_iter()
        .map(|((is_outage, name), bars)| Lane {
            name: name.to_owned(),
            bars: join(bars, span),
            is_outage,
            shares: Vec::new(),
        })
        .collect();
    let left_out = super::keep_worst(&mut lanes, LANES, |lane| {
        lane.bars.iter().map(|(start, end)| end - start).sum::<f64>()
    });
    (lanes, left_out)
}

/// Height of the lanes.
pub(super) fn height(lanes: &[Lane]) -> u32 {
    if lanes.is_empty() { 0 } else { (ROW * lanes.len() as i32 + ROW) as u32 }
}

/// Draws them below each other, as wide as the panels above.
pub(super) fn draw<B: DrawingBackend>(area: &Area<'_, B>, lanes: &[Lane], span: (f64, f64)) -> Drawn<()> {
    let width = area.dim_in_pixel().0 as i32 - LEFT - RIGHT;
    let place = |at: f64| LEFT + ((at - span.0) / (span.1 - span.0) * f64::from(width)).round() as i32;
    for (lane, number) in lanes.iter().zip(0..) {
        let y = ROW * number + ROW / 2;
        let across = PathElement::new(vec![(LEFT, y), (LEFT + width, y)], GRID);
        area.draw(&across).map_err(words)?;
        let shade = if lane.is_outage { OUTAGE } else { FAULT };
        for (start, end) in &lane.bars {
            let corners = [(place(*start), y - BAR / 2), (place(*end), y + BAR / 2)];
            // The shades of the panels above, without what shines through them.
            area.draw(&Rectangle::new(corners, shade.mix(3.0).filled())).map_err(words)?;
        }
        for (start, end, share) in &lane.shares {
            let corners = [(place(*start), y - BAR / 2), (place(*end), y + BAR / 2)];
            area.draw(&Rectangle::new(corners, share_shade(*share).filled())).map_err(words)?;
        }
        let style = anchored(SMALL - 2, HPos::Right, VPos::Center);
        area.draw_text(&short(&lane.name), &style, (LEFT - 8, y)).map_err(words)?;
    }
    Ok(())
}

/// The shade of a share: the darker the more.
pub(super) fn share_shade(share: f64) -> RGBAColor {
    SHARE.mix(share.clamp(0.0, 1.0))
}

/// A name that fits.
fn short(name: &str) -> String {
    if name.chars().count() <= LETTERS {
        return name.to_owned();
    }
    let mut short: String = name.chars().take(LETTERS - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(scope: &str, cause: &str, (start, end): (f64, f64)) -> IncidentRow {
        IncidentRow {
            run: 0,
            scope: scope.to_owned(),
            cause: cause.to_owned(),
            start_s: Some(start),
            detected_s: None,
            decided_s: None,
            mitigated_s: None,
            recovered_s: Some(end),
            requests_failed: Some(0),
        }
    }

    #[test]
    fn each_fault_and_each_outage_has_a_lane() {
        let rows = [
            row("service.shop", "outage/fault.power", (20.0, 30.0)),
            row("service.shop.1", "fault.power", (10.0, 40.0)),
            row("service.shop.2", "fault.disk", (50.0, 60.0)),
            row("service.shop.2", "fault.power", (30.0, 70.0)),
        ];
        let (found, left_out) = lanes(rows.iter(), (0.0, 100.0));
        let lane = |name: &str, bar, is_outage| Lane {
            name: name.to_owned(),
            bars: vec![bar],
            is_outage,
            shares: Vec::new(),
        };
        let expected = [
            lane("disk", (50.0, 60.0), false),
            lane("power", (10.0, 70.0), false),
            lane("shop", (20.0, 30.0), true),
        ];
        assert_eq!((found.as_slice(), left_out), (expected.as_slice(), 0));
    }

    #[test]
    fn each_part_with_a_share_has_a_lane() {
        let row = |start, scope: &str, metric: &str, value| ShareRow {
            run: 0,
            window_start_s: start,
            scope: scope.to_owned(),
            metric: metric.to_owned(),
            value,
        };
        let rows = [
            row(0.0, "dns.www.east", "answered_ratio", Some(1.0)),
            row(0.0, "service.page", "hit_ratio", None),
            row(60.0, "dns.www.east", "answered_ratio", Some(0.25)),
            row(60.0, "service.page", "hit_ratio", Some(0.5)),
        ];
        let (found, left_out) = shares(rows.iter(), 60.0);
        let names: Vec<&str> = found.iter().map(|lane| lane.name.as_str()).collect();
        assert_eq!((names.as_slice(), left_out), (["www.east", "page hits"].as_slice(), 0));
        assert_eq!(found[0].shares, [(0.0, 60.0, 1.0), (60.0, 120.0, 0.25)]);
        assert_eq!(found[1].shares, [(60.0, 120.0, 0.5)]);
    }

    #[test]
    fn of_many_the_longest_are_kept() {
        let rows: Vec<_> = (0..12)
            .map(|n| row("service.s.1", &format!("fault.f{n:02}"), (0.0, 10.0 + f64::from(n))))
            .collect();
        let (found, left_out) = lanes(rows.iter(), (0.0, 100.0));
        assert_eq!((found.len(), left_out, found[0].name.as_str()), (LANES, 2, "f02"));
        assert_eq!(short("power-of-the-west"), "power-of-the…");
    }
}
