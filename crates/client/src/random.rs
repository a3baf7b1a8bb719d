//! Randomness that a seed repeats.

use std::{hash::BuildHasher, ops::Range};

/// A generator (SplitMix64): for delays and schedules, not for secrets.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The same seed gives the same numbers.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed that differs from call to call and from process to process.
    #[must_use]
    pub fn fresh_seed() -> u64 {
        // The standard library seeds its maps from the system's randomness.
        std::hash::RandomState::new().hash_one(std::process::id())
    }

    /// A generator of its own for a part of the whole, which does not depend on how much the others
    /// draw.
    #[must_use]
    pub fn fork(seed: u64, part: u64) -> Self {
        let mut mixed = Self(seed ^ part.wrapping_mul(0xd6e8_feb8_6659_fd93));
        let seed = mixed.bits();
        Self(seed)
    }

    /// 64 bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of the range; its start where the range is empty.
    pub const fn within(&mut self, range: Range<u64>) -> u64 {
        let span = range.end.saturating_sub(range.start);
        if span == 0 {
            return range.start;
        }
        range.start + self.bits() % span
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_ranges_hold() {
        let draw = |seed| {
            let mut random = Random::new(seed);
            (0..100).map(|_| random.within(5..10)).collect::<Vec<_>>()
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        assert!(draw(3).iter().all(|n| (5..10).contains(n)));
        assert_eq!(Random::new(1).within(3..3), 3);
        assert_ne!(Random::fork(1, 1).bits(), Random::fork(1, 2).bits());
    }
}
