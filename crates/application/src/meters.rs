//! Several meters behind one.

use std::sync::Arc;

use domain::Timestamp;

use crate::ports::{Meter, Reading, Tick};

/// Tells each of its meters, in their order; the first one tells the time.
pub struct Meters {
    first: Arc<dyn Meter>,
    others: Box<[Arc<dyn Meter>]>,
}

impl Meters {
    /// All of these.
    #[must_use]
    pub fn of(first: Arc<dyn Meter>, others: impl IntoIterator<Item = Arc<dyn Meter>>) -> Self {
        Self { first, others: others.into_iter().collect() }
    }
}

impl Meter for Meters {
    fn tick(&self) -> Tick {
        self.first.tick()
    }

    fn tick_of(&self, stamp: Timestamp) -> Tick {
        self.first.tick_of(stamp)
    }

    fn note(&self, reading: &Reading<'_>) {
        self.first.note(reading);
        self.others.iter().for_each(|meter| meter.note(reading));
    }
}
