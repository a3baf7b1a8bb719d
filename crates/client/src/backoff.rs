//! How long to wait before the next attempt.

use std::time::Duration;

use crate::Random;

/// Exponential with full jitter: the n-th delay is anything up to `base * 2^n`, at most `cap`.
/// Clients that lost the same server do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The most that the first delay can be.
    pub base: Duration,
    /// The most that any delay can be.
    pub cap: Duration,
    /// A connection that held so long begins the row anew.
    pub stable: Duration,
}

impl Default for Backoff {
    /// 500 ms, 30 s, 5 s.
    fn default() -> Self {
        Self {
            base: Duration::from_millis(500),
            cap: Duration::from_secs(30),
            stable: Duration::from_secs(5),
        }
    }
}

impl Backoff {
    /// The delay after so many failures before.
    #[must_use]
    pub fn delay(&self, failures: u32, random: &mut Random) -> Duration {
        let most = self.base.saturating_mul(2_u32.saturating_pow(failures)).min(self.cap);
        let most = u64::try_from(most.as_millis()).unwrap_or(u64::MAX - 1);
        Duration::from_millis(random.within(0..most + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_spread_over_everything_up_to_a_growing_bound() {
        let backoff = Backoff::default();
        let mut random = Random::new(7);
        for (failures, most) in [(0, 500), (1, 1000), (5, 16_000), (6, 30_000), (99, 30_000)] {
            let delays: Vec<u128> =
                (0..400).map(|_| backoff.delay(failures, &mut random).as_millis()).collect();
            assert!(delays.iter().all(|delay| *delay <= most), "{failures}");
            assert!(delays.iter().any(|delay| *delay > most * 9 / 10), "{failures}");
            assert!(delays.iter().any(|delay| *delay < most / 10), "{failures}");
        }
    }
}
