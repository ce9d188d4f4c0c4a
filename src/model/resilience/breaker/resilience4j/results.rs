//! The results that resilience4j looks at: the last so many, or those of the last so many seconds.

use super::Counted;
use crate::model::resilience::window::Window;
use crate::units::{SimDuration, SimTime};

/// Results of attempts; what is asked for is how many there are, how many failed and how many were slow.
#[derive(Debug, Clone)]
pub(super) enum Results {
    /// The last ones in a ring, and their sums.
    Last { ring: Vec<[i64; 3]>, size: usize, next: usize, sums: [i64; 3] },
    /// Those of some seconds.
    Recent(Window<3>),
}

impl Results {
    pub(super) fn new(counted: Counted, size: u32) -> Self {
        match counted {
            Counted::Count => Self::Last { ring: Vec::new(), size: size as usize, next: 0, sums: [0; 3] },
            Counted::Time => {
                let span = SimDuration::from_nanos(u64::from(size) * 1_000_000_000);
                Self::Recent(Window::new(span, size as usize))
            }
        }
    }

    /// Adds a result; the sums with it.
    pub(super) fn add(&mut self, now: SimTime, is_failed: bool, is_slow: bool) -> [i64; 3] {
        let one = [1, i64::from(is_failed), i64::from(is_slow)];
        match self {
            Self::Last { ring, size, next, sums } => {
                if ring.len() < *size {
                    ring.push(one);
                } else {
                    let old = std::mem::replace(&mut ring[*next], one);
                    *next = (*next + 1) % *size;
                    sums.iter_mut().zip(old).for_each(|(sum, less)| *sum -= less);
                }
                sums.iter_mut().zip(one).for_each(|(sum, more)| *sum += more);
                *sums
            }
            Self::Recent(window) => {
                window.add(now, one);
                window.sum(now)
            }
        }
    }
}
