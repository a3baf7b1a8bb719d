//! What an app used: the numbers that a bill rests on.

use std::fmt;

/// Something that is counted for an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Messages that came in and were taken; a repeated one is none.
    Messages,
    /// Messages that were given to connections: each counted once for each of them.
    Deliveries,
    /// Bytes of the frames that authenticated connections sent.
    BytesIn,
    /// Bytes of the frames of messages and replies that they were given.
    BytesOut,
    /// Milliseconds of all authenticated connections together.
    ConnectionMs,
    /// Milliseconds of all members of channels together.
    PresenceMs,
    /// The most authenticated connections at once.
    PeakConnections,
    /// The most channels with subscribers at once.
    PeakChannels,
    /// Bytes of `data` that were added to histories.
    HistoryBytes,
    /// Webhook calls that were delivered.
    WebhookDeliveries,
    /// Subscriptions that were given all they had missed.
    Recoveries,
}

impl Metric {
    /// Every metric, in the order of the documents and of what is kept. New ones come last.
    pub const ALL: [Self; 11] = [
        Self::Messages,
        Self::Deliveries,
        Self::BytesIn,
        Self::BytesOut,
        Self::ConnectionMs,
        Self::PresenceMs,
        Self::PeakConnections,
        Self::PeakChannels,
        Self::HistoryBytes,
        Self::WebhookDeliveries,
        Self::Recoveries,
    ];

    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Messages => "messages",
            Self::Deliveries => "deliveries",
            Self::BytesIn => "bytes_in",
            Self::BytesOut => "bytes_out",
            Self::ConnectionMs => "connection_ms",
            Self::PresenceMs => "presence_ms",
            Self::PeakConnections => "peak_connections",
            Self::PeakChannels => "peak_channels",
            Self::HistoryBytes => "history_bytes",
            Self::WebhookDeliveries => "webhook_deliveries",
            Self::Recoveries => "recoveries",
        }
    }

    /// Whether it is the greatest value of a time, and not what was added up in it.
    #[must_use]
    pub const fn is_peak(self) -> bool {
        matches!(self, Self::PeakConnections | Self::PeakChannels)
    }
}

/// What an app used in some time.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage([u64; Metric::ALL.len()]);

impl Usage {
    /// One of its numbers.
    #[must_use]
    pub const fn get(&self, metric: Metric) -> u64 {
        self.0[metric as usize]
    }

    /// Adds to one of its numbers; a peak becomes this one where it is greater.
    pub fn count(&mut self, metric: Metric, more: u64) {
        let place = &mut self.0[metric as usize];
        *place = if metric.is_peak() { more.max(*place) } else { place.saturating_add(more) };
    }

    /// Adds what was used in another time, which has nothing of this one.
    pub fn add(&mut self, other: &Self) {
        other.all().for_each(|(metric, count)| self.count(metric, count));
    }

    /// Whether nothing was used.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// Its numbers in the order of [`Metric::ALL`].
    pub fn all(&self) -> impl Iterator<Item = (Metric, u64)> {
        Metric::ALL.into_iter().zip(self.0)
    }
}

impl fmt::Debug for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let used = self.all().filter(|(_, count)| *count > 0);
        f.debug_map().entries(used.map(|(metric, count)| (metric.name(), count))).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_add_up_and_peaks_do_not() {
        let mut usage = Usage::default();
        assert!(usage.is_nothing());
        for (messages, peak) in [(3, 7), (4, 5)] {
            let mut more = Usage::default();
            more.count(Metric::Messages, messages);
            more.count(Metric::PeakConnections, peak);
            usage.add(&more);
        }
        assert_eq!((usage.get(Metric::Messages), usage.get(Metric::PeakConnections)), (7, 7));
        assert_eq!(format!("{usage:?}"), r#"{"messages": 7, "peak_connections": 7}"#);
    }

    #[test]
    fn each_metric_has_its_own_place() {
        for (index, metric) in Metric::ALL.into_iter().enumerate() {
            let mut usage = Usage::default();
            usage.count(metric, 1);
            assert_eq!(
                (metric as usize, usage.all().filter(|(_, count)| *count > 0).count()),
                (index, 1)
            );
        }
    }
}
