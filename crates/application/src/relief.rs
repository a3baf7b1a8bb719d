//! A server for which too much waits lets its slowest readers go.

use std::{sync::Arc, time::Duration};

use domain::{CloseReason, Moment};

use crate::{Connection, Hub, Waiting, ports::DomainEvent};

/// What was done while too much waited.
#[derive(Default)]
struct Relief {
    /// Connections that were closed.
    closed: usize,
    /// The most bytes that waited, as far as was looked.
    most: usize,
}

impl Hub {
    /// Between two looks while too much waits.
    const RELIEF_PAUSE: Duration = Duration::from_millis(50);
    /// So often at most it is told while it goes on.
    const RELIEF_TOLD: Duration = Duration::from_secs(10);
    /// Connections that are looked at before others get their turn.
    const LOOKED_AT_ONCE: usize = 1024;

    /// Closes the slowest readers whenever more waits than should, for as long as the future is
    /// polled.
    pub(crate) async fn run_relief(&self) {
        let waiting = Arc::clone(self.fanout().waiting());
        loop {
            waiting.passed().await;
            let (mut relief, mut since) = (Relief::default(), self.clock.moment());
            while waiting.is_over() {
                self.relieve(&waiting, &mut relief).await;
                self.tell_relief(&mut relief, &mut since, Self::RELIEF_TOLD);
                tokio::time::sleep(Self::RELIEF_PAUSE).await;
            }
            self.tell_relief(&mut relief, &mut since, Duration::ZERO);
        }
    }

    /// Does so once, for tests with a clock of their own.
    pub async fn relieve_once(&self) {
        let waiting = Arc::clone(self.fanout().waiting());
        let mut relief = Relief::default();
        if waiting.is_over() {
            self.relieve(&waiting, &mut relief).await;
            self.tell_relief(&mut relief, &mut self.clock.moment(), Duration::ZERO);
        }
    }

    /// Closes readers as too slow, the one with the most bytes first, until few enough wait. What is
    /// not in queues (backlogs, half of a message) goes by itself, or with its connection.
    async fn relieve(&self, waiting: &Waiting, relief: &mut Relief) {
        relief.most = relief.most.max(waiting.bytes());
        for (_, connection) in self.slow_readers().await {
            if waiting.is_relieved() {
                return;
            }
            connection.close(CloseReason::TooSlow, None);
            relief.closed += 1;
        }
    }

    /// Those for whom something is counted, the slowest first.
    async fn slow_readers(&self) -> Vec<(usize, Arc<Connection>)> {
        let mut slow = Vec::new();
        for some in self.connections.all().chunks(Self::LOOKED_AT_ONCE) {
            let queued = some.iter().map(|known| (known.outbound.queued_bytes(), known));
            let counted = queued.filter(|(bytes, _)| *bytes >= Waiting::UNIT);
            slow.extend(counted.map(|(bytes, known)| (bytes, Arc::clone(known))));
            tokio::task::yield_now().await;
        }
        slow.sort_unstable_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
        slow
    }

    /// Tells what was done, unless it was told less than so long ago.
    fn tell_relief(&self, relief: &mut Relief, since: &mut Moment, pause: Duration) {
        let now = self.clock.moment();
        if relief.most == 0 || now.since(*since) < pause {
            return;
        }
        let Relief { closed, most } = std::mem::take(relief);
        *since = now;
        self.events.record(&DomainEvent::OverCapacity { closed, bytes: most });
    }
}
