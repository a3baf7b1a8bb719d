//! The numbers of one app, to which many threads add.

use std::sync::atomic::{AtomicU64, Ordering};

use domain::{Metric, Moment, Usage};

use super::{level::Level, month::Month};

/// What an app used since the last look.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// In the order of [`Metric::ALL`]; those that `levels` tell stay 0.
    counts: [AtomicU64; Metric::ALL.len()],
    pub(super) connections: Level,
    pub(super) channels: Level,
    pub(super) members: Level,
    pub(super) month: Month,
}

impl Cells {
    /// Relaxed: each number stands for itself.
    pub(super) fn add(&self, metric: Metric, more: u64) {
        self.counts[metric as usize].fetch_add(more, Ordering::Relaxed);
        self.month.add(metric, more);
    }

    /// What was used since the last look. Whoever adds meanwhile is in the next one.
    pub(super) fn take(&self, now: Moment) -> Usage {
        let mut usage = Usage::default();
        for (metric, count) in Metric::ALL.into_iter().zip(&self.counts) {
            // Most are 0, and a look shall not take their memory from those who add.
            if count.load(Ordering::Relaxed) > 0 {
                usage.count(metric, count.swap(0, Ordering::Relaxed));
            }
        }
        let connected = self.connections.passed(now);
        self.month.add(Metric::ConnectionMs, connected);
        usage.count(Metric::ConnectionMs, connected);
        usage.count(Metric::PresenceMs, self.members.passed(now));
        usage.count(Metric::PeakConnections, self.connections.peak());
        usage.count(Metric::PeakChannels, self.channels.peak());
        usage
    }
}
