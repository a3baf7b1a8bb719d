//! What every `IdSource` for production guarantees.

use std::collections::HashSet;

use application::ports::IdSource;
use domain::Timestamp;

/// How many ids are looked at.
const SAMPLE: usize = 4096;

/// Guarantee 1: all bits are random. What a test can see of that: no id comes twice, and each bit
/// is set in about half of them (off by more than 8 standard deviations: less than once in 10^14).
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn all_bits_are_random(ids: &dyn IdSource) {
    let connection = || ids.connection().to_string();
    let session = || ids.session().reveal();
    let epoch = || ids.epoch().to_string();
    judge_bits("connection", 32, connection);
    judge_bits("session", 32, session);
    judge_bits("epoch", 16, epoch);
}

fn judge_bits(kind: &str, digits: usize, make: impl Fn() -> String) {
    let texts: HashSet<String> = (0..SAMPLE).map(|_| make()).collect();
    assert_eq!(texts.len(), SAMPLE, "{kind}: an id came twice");
    let numbers = texts.iter().map(|text| {
        assert_eq!(text.len(), digits, "{kind}: {text}");
        u128::from_str_radix(text, 16).expect("hex digits")
    });
    let numbers: Vec<u128> = numbers.collect();
    for bit in 0..digits * 4 {
        let set = numbers.iter().filter(|number| *number >> bit & 1 == 1).count();
        let off = set.abs_diff(SAMPLE / 2);
        assert!(off < 256, "{kind}: bit {bit} is set in {set} of {SAMPLE}");
    }
}

/// Guarantee 2: message ids are unique and sort by their millisecond, whatever else is in them.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn message_ids_sort_by_time(ids: &dyn IdSource) {
    let times = [1, 2, 255, 256, 1_700_000_000_000, 1_700_000_000_001, 1_800_000_000_000];
    let groups: Vec<HashSet<String>> = times
        .iter()
        .map(|ms| {
            let make = |_| ids.message(Timestamp::from_millis(*ms)).as_str().to_owned();
            let group: HashSet<String> = (0..100).map(make).collect();
            assert_eq!(group.len(), 100, "an id came twice");
            group
        })
        .collect();
    for pair in groups.windows(2) {
        assert!(pair[0].iter().max() < pair[1].iter().min(), "{pair:?}");
    }
}

/// Beside the numbers: a spread stays below its bound and reaches both halves of it.
///
/// # Panics
/// The adapter breaks the promise.
pub fn a_spread_stays_below_its_bound(ids: &dyn IdSource) {
    assert_eq!(ids.below(0), 0);
    assert_eq!(ids.below(1), 0);
    let drawn: Vec<u64> = (0..200).map(|_| ids.below(1000)).collect();
    assert!(drawn.iter().all(|number| *number < 1000), "{drawn:?}");
    assert!(drawn.iter().any(|number| *number < 500), "{drawn:?}");
    assert!(drawn.iter().any(|number| *number >= 500), "{drawn:?}");
}
