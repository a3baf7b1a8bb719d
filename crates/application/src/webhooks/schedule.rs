//! When a request that failed is tried again.

use std::time::Duration;

/// The first wait is up to this long, each next one up to twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);

/// The longest wait that the schedule has.
pub const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// The longest wait that a receiver may ask for.
pub const MOST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// So long after its first try a request that fails again is given up.
pub const GIVE_UP: Duration = Duration::from_secs(12 * 3600);

/// How long to wait after so many tries: anything up to a bound that doubles (full jitter, so that
/// endpoints of one receiver do not come back together), and no less than the receiver asked for.
/// `below` gives a number less than its bound.
pub(super) fn wait(below: impl Fn(u64) -> u64, attempts: u32, asked: Option<Duration>) -> Duration {
    let doubled = 1u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let bound = FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT);
    let millis = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
    let jittered = Duration::from_millis(below(millis.saturating_add(1)));
    jittered.max(asked.unwrap_or_default().min(MOST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// Numbers that lie far apart.
    fn spread() -> impl Fn(u64) -> u64 {
        let next = Cell::new(0u64);
        move |bound| {
            next.set(next.get() + 7_368_787);
            next.get() % bound
        }
    }

    #[test]
    fn waits_double_up_to_a_bound_and_are_spread() {
        let below = spread();
        for (attempts, bound) in [(1, 1), (2, 2), (5, 16), (11, 600), (40, 600), (u32::MAX, 600)] {
            let waits: Vec<_> = (0..50).map(|_| wait(&below, attempts, None)).collect();
            let bound = Duration::from_secs(bound);
            assert!(waits.iter().all(|wait| *wait <= bound), "{attempts}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait > bound / 2), "{attempts}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait < bound / 2), "{attempts}: {waits:?}");
        }
    }

    #[test]
    fn a_receiver_may_ask_for_time_but_not_for_a_day() {
        let below = spread();
        let minute = Duration::from_secs(60);
        assert_eq!(wait(&below, 1, Some(minute)), minute);
        assert_eq!(wait(&below, 1, Some(minute * 60 * 24)), MOST_RETRY_AFTER);
    }
}
