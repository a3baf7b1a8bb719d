//! Numbers that many threads change.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

/// Only goes up.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// Relaxed: each number stands for itself.
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Goes up and down. What goes down went up before, but a page may be made in between: it is then
/// never shown below 0.
#[derive(Debug, Default)]
pub(crate) struct Level(AtomicI64);

impl Level {
    pub(crate) fn change(&self, up: bool) {
        self.0.fetch_add(if up { 1 } else { -1 }, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        u64::try_from(self.0.load(Ordering::Relaxed)).unwrap_or(0)
    }
}
