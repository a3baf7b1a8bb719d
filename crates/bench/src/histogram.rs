//! Latencies, counted in buckets whose width grows with the value.

/// Buckets of each power of two: the value is known to 1 in 64.
const STEPS: u64 = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();
/// Values up to 2^42 ns (73 minutes) have a bucket; greater ones share the last.
const BUCKETS: usize = ((42 - STEP_BITS as usize) + 1) * STEPS as usize;

/// Counts of nanoseconds, 18 KiB whatever is recorded. Quantiles are at most 1.6% too high.
#[derive(Debug, Clone)]
pub struct Histogram {
    counts: Vec<u64>,
    count: u64,
    highest: u64,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], count: 0, highest: 0 }
    }
}

impl Histogram {
    /// Counts one value.
    pub fn record(&mut self, nanos: u64) {
        self.counts[bucket(nanos)] += 1;
        self.count += 1;
        self.highest = self.highest.max(nanos);
    }

    /// Counts all values of another one too.
    pub fn add(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count += more;
        }
        self.count += other.count;
        self.highest = self.highest.max(other.highest);
    }

    /// How many values were counted.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// The highest value, exactly.
    #[must_use]
    pub const fn highest(&self) -> u64 {
        self.highest
    }

    /// The value that a share of all values does not exceed: 0.5 is the median. Zero while nothing
    /// was counted.
    #[must_use]
    pub fn quantile(&self, share: f64) -> u64 {
        let wanted = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return upper_edge(index).min(self.highest);
            }
        }
        self.highest
    }
}

/// Values below `STEPS` have a bucket each; above, the bits behind the first choose one.
fn bucket(value: u64) -> usize {
    let bits = u64::BITS - value.leading_zeros();
    let shift = bits.saturating_sub(STEP_BITS + 1);
    let row = if bits > STEP_BITS { u64::from(shift) + 1 } else { 0 };
    let column = (value >> shift) % STEPS;
    usize::try_from(row * STEPS + column).map_or(BUCKETS - 1, |index| index.min(BUCKETS - 1))
}

/// The highest value of a bucket.
fn upper_edge(index: usize) -> u64 {
    let (row, column) = (index as u64 / STEPS, index as u64 % STEPS);
    match row.checked_sub(1) {
        None => column,
        Some(shift) => ((STEPS + column + 1) << shift) - 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_follow_each_other_without_a_gap() {
        for index in 0..BUCKETS - 1 {
            let edge = upper_edge(index);
            assert_eq!(bucket(edge), index);
            assert_eq!(bucket(edge + 1), index + 1);
        }
        assert_eq!(bucket(u64::MAX), BUCKETS - 1);
    }

    #[test]
    fn quantiles_are_near_those_of_the_sorted_values() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), 0);
        for value in 1..=10_000 {
            histogram.record(value * 1_000);
        }
        for (share, exact) in [(0.5, 5_000_000.0), (0.99, 9_900_000.0), (0.001, 10_000.0)] {
            let got = histogram.quantile(share) as f64;
            assert!((exact..exact * 1.016).contains(&got), "{share}: {got}");
        }
        assert_eq!(histogram.quantile(1.0), 10_000_000);
        assert_eq!((histogram.count(), histogram.highest()), (10_000, 10_000_000));
    }
}
