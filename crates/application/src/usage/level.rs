//! How many there are, how many there were at most, and for how long all of them together.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::Moment;

/// A number of things that come and go, and the time of all of them together.
///
/// One word has both, so that a change is one step and no lock is needed: the low bits how many
/// there are, the high ones the sum of the moments at which some left, less that of the moments at
/// which some came. With `count` times the present moment added, this is the time of all of them
/// until now. It is taken modulo 2^40 ms: good for differences, as long as those are smaller (a
/// hundred thousand things for an hour and a half; it is looked at once a second).
#[derive(Debug, Default)]
pub(super) struct Level {
    word: AtomicU64,
    peak: AtomicU64,
    /// The time of all until the last look, modulo 2^40; for whoever looks, one at a time.
    seen: AtomicU64,
}

/// Bits of the word that say how many there are: some sixteen million.
const COUNT_BITS: u32 = 24;
const COUNT: u64 = (1 << COUNT_BITS) - 1;
const TIME: u64 = (1 << (64 - COUNT_BITS)) - 1;

impl Level {
    /// One more is there, or one fewer. An end that nothing began changes nothing.
    pub(super) fn change(&self, present: bool, now: Moment) {
        let now = now.as_millis() << COUNT_BITS;
        let changed = |word: u64| match (present, word & COUNT) {
            (true, COUNT) | (false, 0) => None,
            (true, _) => Some(word.wrapping_sub(now).wrapping_add(1)),
            (false, _) => Some(word.wrapping_add(now).wrapping_sub(1)),
        };
        let before = self.word.fetch_update(Ordering::Relaxed, Ordering::Relaxed, changed);
        if let (true, Ok(before)) = (present, before) {
            self.peak.fetch_max((before & COUNT) + 1, Ordering::Relaxed);
        }
    }

    /// Milliseconds of all of them together since the last look.
    pub(super) fn passed(&self, now: Moment) -> u64 {
        let word = self.word.load(Ordering::Relaxed);
        let (sum, count) = (word >> COUNT_BITS, word & COUNT);
        let until = sum.wrapping_add(count.wrapping_mul(now.as_millis())) & TIME;
        let passed = until.wrapping_sub(self.seen.load(Ordering::Relaxed)) & TIME;
        // Who read the clock before this look and changes the word behind it: what is too much now
        // is missing in the next look, and time does not go back.
        if passed > TIME / 2 {
            return 0;
        }
        self.seen.store(until, Ordering::Relaxed);
        passed
    }

    /// The most there were since the last look.
    pub(super) fn peak(&self) -> u64 {
        let count = self.word.load(Ordering::Relaxed) & COUNT;
        self.peak.swap(count, Ordering::Relaxed).max(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(millis: u64) -> Moment {
        Moment::from_millis(millis)
    }

    #[test]
    fn the_time_of_each_is_counted_once() {
        let level = Level::default();
        level.change(false, at(5));
        level.change(true, at(10));
        level.change(true, at(15));
        assert_eq!((level.passed(at(20)), level.peak()), (15, 2));
        level.change(false, at(30));
        assert_eq!((level.passed(at(40)), level.peak()), (10 + 20, 2));
        level.change(false, at(45));
        assert_eq!((level.passed(at(90)), level.peak()), (5, 1));
        assert_eq!((level.passed(at(95)), level.peak()), (0, 0));
    }

    #[test]
    fn a_change_that_comes_late_is_made_up_for() {
        let level = Level::default();
        level.change(true, at(0));
        assert_eq!(level.passed(at(100)), 100);
        // It had read the clock before that look.
        level.change(false, at(98));
        assert_eq!(level.passed(at(200)), 0);
        level.change(true, at(200));
        assert_eq!(level.passed(at(300)), 98);
    }

    proptest! {
        /// Against a list of all that came and went, over many days and more than 2^40 ms.
        #[test]
        fn looks_add_up_to_the_whole(steps in proptest::collection::vec((0u64..90_000_000, 0u8..3), 1..80)) {
            let (level, mut now, mut there, mut whole, mut looked) = (Level::default(), 1 << 41, 0u64, 0u64, 0u64);
            for (wait, what) in steps {
                now += wait;
                whole += there * wait;
                match what {
                    0 => looked += level.passed(at(now)),
                    1 => { level.change(true, at(now)); there += 1; }
                    _ => { level.change(false, at(now)); there = there.saturating_sub(1); }
                }
            }
            prop_assert_eq!(looked + level.passed(at(now)), whole);
        }
    }
}
