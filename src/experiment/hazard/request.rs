//! How long a request can take.

use crate::kernel::stream::{Purpose, draw};
use crate::model::call::{Call, Fallback};
use crate::model::resilience::retry::{Failed, RetryTimer};
use crate::model::workload::Client;
use crate::reason::Reason;
use crate::units::SimDuration;

/// The longest that a request of a client can take with its timeouts and waits between attempts; `None` where nothing
/// bounds it.
pub(super) fn longest(client: &Client) -> Option<SimDuration> {
    let mut sum = SimDuration::ZERO;
    for step in &client.steps {
        let calls: Option<Vec<SimDuration>> = step.calls.iter().map(of_call).collect();
        sum += calls?.into_iter().max()?;
    }
    Some(sum)
}

fn of_call(call: &Call) -> Option<SimDuration> {
    let policy = &call.policy;
    let fallback = match policy.fallback {
        // Who is called instead has its own time.
        Some(Fallback { service: Some(_), .. }) => return None,
        Some(Fallback { time, .. }) => time,
        None => SimDuration::ZERO,
    };
    let tried = match (policy.deadline, policy.timeout) {
        (Some(deadline), _) => deadline,
        (None, Some(timeout)) => {
            let settings = &policy.retry.policy;
            let attempts = policy.retry.attempts.min(settings.attempts_max());
            waits(&RetryTimer::new(settings), attempts, timeout)
        }
        (None, None) => return None,
    };
    Some(tried + fallback)
}

/// Draws of a wait that are tried, to come near its longest.
const DRAWS: u64 = 64;

/// So many attempts that all time out, with the longest waits between them.
fn waits(timer: &RetryTimer, attempts: u32, timeout: SimDuration) -> SimDuration {
    let (mut sum, mut rested, mut previous) = (timeout, SimDuration::ZERO, SimDuration::ZERO);
    for retry in 1..attempts {
        let failed = Failed { retry, previous, rested, stays: false, reason: Reason::Timeout };
        let drawn = (0..DRAWS).filter_map(|key| timer.delay(&failed, &mut draw(key, Purpose::Jitter)));
        let Some(wait) = drawn.max() else { break };
        (previous, rested) = (wait, rested + wait);
        sum += wait + timeout;
    }
    sum
}
