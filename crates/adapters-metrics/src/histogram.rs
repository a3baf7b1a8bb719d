//! Values by size, in buckets that many threads count in without a lock.

use std::time::Duration;

use application::ports::Spread;

use crate::count::Count;

/// The upper bounds of a histogram's buckets, and what a value is divided by on the page.
#[derive(Debug)]
pub(crate) struct Scale {
    /// Ascending; what is larger is in the last bucket, which has none.
    pub(crate) bounds: &'static [u64],
    /// Values of the page's unit.
    pub(crate) unit: u64,
}

const SECOND: u64 = 1_000_000_000;
const MILLI: u64 = SECOND / 1_000;

/// Nanoseconds, shown as seconds: 100 µs to 10 s.
pub(crate) const TIMES: Scale = Scale {
    bounds: &[
        MILLI / 10,
        MILLI / 4,
        MILLI / 2,
        MILLI,
        5 * MILLI / 2,
        5 * MILLI,
        10 * MILLI,
        25 * MILLI,
        50 * MILLI,
        100 * MILLI,
        250 * MILLI,
        500 * MILLI,
        SECOND,
        5 * SECOND / 2,
        5 * SECOND,
        10 * SECOND,
    ],
    unit: SECOND,
};

/// How many: 1 to 4,096.
pub(crate) const SIZES: Scale = Scale { bounds: &[1, 4, 16, 64, 256, 1024, 4096], unit: 1 };

/// Values by size.
#[derive(Debug)]
pub(crate) struct Histogram {
    pub(crate) scale: &'static Scale,
    /// One for each bound, and one for what is larger; not cumulative.
    buckets: Box<[Count]>,
    sum: Count,
}

impl Histogram {
    pub(crate) fn new(scale: &'static Scale) -> Self {
        let buckets = (0..=scale.bounds.len()).map(|_| Count::default()).collect();
        Self { scale, buckets, sum: Count::default() }
    }

    pub(crate) fn observe(&self, value: u64) {
        let bucket = self.scale.bounds.partition_point(|bound| *bound < value);
        self.buckets[bucket].add(1);
        self.sum.add(value);
    }

    /// How many values are not above each bound, and how many there are at all.
    pub(crate) fn cumulative(&self) -> Vec<u64> {
        let mut below = 0;
        let sums = self.buckets.iter().map(|bucket| {
            below += bucket.get();
            below
        });
        sums.collect()
    }

    /// The same of times.
    pub(crate) fn spread(&self) -> Spread {
        Spread { cumulative: self.cumulative(), sum: Duration::from_nanos(self.sum()) }
    }

    pub(crate) fn sum(&self) -> u64 {
        self.sum.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_in_the_first_bucket_that_holds_it() {
        let sizes = Histogram::new(&SIZES);
        [1, 2, 4, 5, 5000].into_iter().for_each(|size| sizes.observe(size));
        assert_eq!(sizes.cumulative(), [1, 3, 4, 4, 4, 4, 4, 5]);
        assert_eq!(sizes.sum(), 5012);
    }
}
