//! What every `Clock` guarantees.

use std::{thread, time::Duration};

use application::ports::Clock;

/// Guarantee 1: `moment` never goes back, also between threads, and does go on.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn a_moment_never_goes_back(clock: &dyn Clock, pass: impl Fn(Duration)) {
    let begun = clock.moment();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut last = begun;
                for _ in 0..10_000 {
                    let moment = clock.moment();
                    assert!(moment >= last, "{moment:?} after {last:?}");
                    last = moment;
                }
            });
        }
    });
    pass(Duration::from_millis(20));
    let passed = clock.moment().since(begun);
    assert!(passed >= Duration::from_millis(19), "only {passed:?} of 20 ms went by");
}
