//! The top of a smooth hill over a plane.

/// A hill at one place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hill {
    /// Its height.
    pub(super) height: f64,
    /// Its first derivatives.
    pub(super) slope: [f64; 2],
    /// Its second derivatives: of the first coordinate twice, of both, of the second twice.
    pub(super) bend: [f64; 3],
}

/// Most steps that are taken, each with a new look at the hill.
const STEPS: usize = 200;
/// A step is the last when it is no longer than this.
const SHORT: f64 = 1e-10;

/// Climbs by Newton's steps, shortened by Levenberg's and Marquardt's damping wherever they do not lead upwards;
/// `None` when no top is reached.
///
/// Source: Nocedal and Wright, Numerical Optimization (2006), section 10.3.
pub(super) fn climb(start: [f64; 2], hill: impl Fn([f64; 2]) -> Hill) -> Option<[f64; 2]> {
    let (mut place, mut here) = (start, hill(start));
    let mut damping = 0.0;
    for _ in 0..STEPS {
        let step = step(&here, damping);
        let is_short = step.is_some_and(|step| step.iter().all(|part| part.abs() <= SHORT));
        let next = step.map(|step| [place[0] + step[0], place[1] + step[1]]);
        let there = next.map(|next| (next, hill(next)));
        match there.filter(|(_, there)| there.height >= here.height) {
            Some((next, there)) => {
                (place, here) = (next, there);
                damping = if damping < 1e-6 { 0.0 } else { damping / 10.0 };
            }
            // Nothing is higher by more than rounding.
            None if is_short => return here.height.is_finite().then_some(place),
            None => damping = if damping > 0.0 { damping * 10.0 } else { 1e-4 },
        }
        if is_short && damping == 0.0 {
            return here.height.is_finite().then_some(place);
        }
    }
    None
}

/// The step to the top of the parabola that fits here; `None` where there is none.
fn step(here: &Hill, damping: f64) -> Option<[f64; 2]> {
    let stretch = damping * (here.bend[0].abs() + here.bend[2].abs());
    let [first, both, second] = [here.bend[0] - stretch, here.bend[1], here.bend[2] - stretch];
    let determinant = first * second - both * both;
    if !(determinant > 0.0 && first < 0.0) {
        return None;
    }
    let [across, up] = here.slope;
    Some([(both * up - second * across) / determinant, (both * across - first * up) / determinant])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_top_is_reached_from_where_the_hill_bends_the_wrong_way() {
        // exp(-(x - 1)^2 - 2 (y + 1)^2 - x y): its logarithm is a parabola, itself it is flat far away.
        let hill = |[x, y]: [f64; 2]| {
            let height = (-(x - 1.0).powi(2) - 2.0 * (y + 1.0).powi(2) - x * y).exp();
            let (dx, dy) = (-2.0 * (x - 1.0) - y, -4.0 * (y + 1.0) - x);
            let bend = [height * (dx * dx - 2.0), height * (dx * dy - 1.0), height * (dy * dy - 4.0)];
            Hill { height, slope: [height * dx, height * dy], bend }
        };
        // 2x + y = 2 and x + 4y = -4.
        for start in [[0.0, 0.0], [3.0, -1.0], [1.7, -1.4]] {
            let [x, y] = climb(start, hill).unwrap();
            assert!((x - 12.0 / 7.0).abs() < 1e-8 && (y + 10.0 / 7.0).abs() < 1e-8, "{x} {y}");
        }
    }
}
