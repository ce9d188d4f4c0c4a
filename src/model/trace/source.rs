//! One call after another, of all functions.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::{Calls, Counts, Trace, Within};
use crate::kernel::stream::{Purpose, draw, mix};
use crate::units::SimTime;
use rand::RngExt;

/// What a request brings along.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TraceCall {
    /// The function, or of calls that were recorded one by one the number of the call.
    pub origin: u32,
    /// The key of the request.
    pub key: u64,
}

/// The running state of a trace.
#[derive(Debug, Clone)]
pub struct TraceSource {
    kind: Kind,
    /// What names the random numbers of the run.
    key: u64,
    /// What the arrival that was given last brings along.
    call: TraceCall,
}

#[derive(Debug, Clone)]
enum Kind {
    /// The calls of the period that was begun last, and the next period.
    Counts { calls: Vec<Placed>, next: usize, period: usize },
    /// The next call, and how many before it are the same.
    Recorded { next: usize, same: u64 },
    /// The next call of each function.
    Rates(BinaryHeap<Reverse<(SimTime, u32)>>),
}

/// A call in its period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Placed {
    at: SimTime,
    function: u32,
    number: u32,
}

impl TraceSource {
    /// The source before its first arrival, at time 0; `key` names its random numbers.
    pub fn new(trace: &Trace, key: u64) -> Self {
        let kind = match &trace.calls {
            Calls::Counts(_) => Kind::Counts { calls: Vec::new(), next: 0, period: 0 },
            Calls::Recorded(_) => Kind::Recorded { next: 0, same: 0 },
            Calls::Rates(all) => {
                let firsts = (0..).zip(all).filter(|(_, one)| one.gap.is_finite()).map(|(number, one)| {
                    let own = mix(key, trace.functions[number as usize].name);
                    Reverse((one.after(SimTime::ZERO, own, true), number))
                });
                Kind::Rates(firsts.collect())
            }
        };
        Self { kind, key, call: TraceCall::default() }
    }

    /// What the arrival brings along that [`TraceSource::next`] gave last.
    pub const fn call(&self) -> TraceCall {
        self.call
    }

    /// The next arrival; [`SimTime::NEVER`] when there is none.
    pub fn next(&mut self, trace: &Trace) -> SimTime {
        let base = self.key;
        let key_of = |function: u32, word: u64| mix(mix(base, trace.functions[function as usize].name), word);
        let (at, call) = match (&mut self.kind, &trace.calls) {
            (Kind::Counts { calls, next, period }, Calls::Counts(counts)) => {
                while *next == calls.len() {
                    if *period + 1 >= counts.starts.len() {
                        return SimTime::NEVER;
                    }
                    place(calls, (counts, *period), |function| key_of(function, *period as u64));
                    (*next, *period) = (0, *period + 1);
                }
                let Placed { at, function, number } = calls[*next];
                *next += 1;
                let key = mix(key_of(function, *period as u64 - 1), u64::from(number));
                (at, TraceCall { origin: function, key })
            }
            (Kind::Recorded { next, same }, Calls::Recorded(calls)) => {
                let Some(one) = calls.get(*next) else { return SimTime::NEVER };
                let before = next.checked_sub(1).map(|before| calls[before]);
                *same = if before == Some(*one) { *same + 1 } else { 0 };
                let key = mix(mix(key_of(one.function, one.at.as_nanos()), one.takes.as_nanos()), *same);
                let origin = *next as u32;
                *next += 1;
                (one.at, TraceCall { origin, key })
            }
            (Kind::Rates(heap), Calls::Rates(all)) => {
                let Some(mut first) = heap.peek_mut() else { return SimTime::NEVER };
                let Reverse((at, function)) = *first;
                if at == SimTime::NEVER {
                    return SimTime::NEVER;
                }
                let key = key_of(function, at.as_nanos());
                *first = Reverse((all[function as usize].after(at, key, false), function));
                (at, TraceCall { origin: function, key })
            }
            _ => unreachable!("a source is asked with the trace that it was made from"),
        };
        self.call = call;
        at
    }
}

/// Places the calls of one period, in the order in which they come.
fn place(calls: &mut Vec<Placed>, (counts, period): (&Counts, usize), key_of: impl Fn(u32) -> u64) {
    calls.clear();
    let (from, length) = (SimTime::ZERO + counts.edge(period), counts.period.as_nanos());
    for (function, count) in &counts.cells[counts.starts[period] as usize..counts.starts[period + 1] as usize]
    {
        let mut random = draw(key_of(*function), Purpose::Trace);
        for number in 0..*count {
            let after = match counts.within {
                Within::Uniform => ((random.random::<f64>() * length as f64) as u64).min(length - 1),
                Within::Even => {
                    let middle = u128::from(length) * (2 * u128::from(number) + 1) / (2 * u128::from(*count));
                    middle as u64
                }
            };
            let at = SimTime::from_nanos(from.as_nanos().saturating_add(after));
            calls.push(Placed { at, function: *function, number });
        }
    }
    calls.sort_unstable();
}
