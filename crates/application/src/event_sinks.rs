//! Several sinks of events behind one.

use std::sync::Arc;

use crate::ports::{DomainEvent, EventSink};

/// Tells each of its sinks what happens, in their order.
#[derive(Clone)]
pub struct EventSinks(Arc<[Arc<dyn EventSink>]>);

impl EventSinks {
    /// All of these.
    #[must_use]
    pub fn of(sinks: impl IntoIterator<Item = Arc<dyn EventSink>>) -> Self {
        Self(sinks.into_iter().collect())
    }
}

impl EventSink for EventSinks {
    fn record(&self, event: &DomainEvent<'_>) {
        self.0.iter().for_each(|sink| sink.record(event));
    }
}
