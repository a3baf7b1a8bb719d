//! The durable store: opened, watched, swept.

use std::{
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use adapters_metrics::Metrics;
use adapters_store::{Doubt, DurableBroker, OpenReport, StoreEvent, StoreOptions};
use application::ports::{Clock, DeliverySink, IdSource, KeptLeases, LeaseStore};
use tracing::{error, info, warn};

use super::NotStarted;
use crate::{data_dir, settings::Settings};

/// How often what is too old is let go.
const SWEEP: Duration = Duration::from_secs(10);

/// The open store.
pub(super) struct Store {
    pub(super) broker: Arc<DurableBroker>,
    watched: Arc<Watched>,
}

/// What is known of the store while it is open.
struct Watched {
    failing: AtomicBool,
    metrics: Arc<Metrics>,
}

impl Store {
    /// Opens the store, also where no app of the configuration keeps anything: others may be made.
    /// Nothing where nothing is to be kept.
    pub(super) fn open(
        settings: &Settings,
        sink: Arc<dyn DeliverySink>,
        clock: &Arc<dyn Clock>,
        ids: &Arc<dyn IdSource>,
        metrics: &Arc<Metrics>,
    ) -> Result<Option<Self>, NotStarted> {
        if settings.store.ephemeral {
            return Ok(None);
        }
        let metrics = Arc::clone(metrics);
        let watched = Arc::new(Watched { failing: AtomicBool::new(false), metrics });
        let told = Arc::clone(&watched);
        let (broker, report) = DurableBroker::open(
            &settings.store.path.join(data_dir::STORE),
            options(settings),
            sink,
            Arc::clone(clock),
            Arc::clone(ids),
            Arc::new(move |event| told.hears(event)),
        )
        .map_err(NotStarted::Store)?;
        let (streams, keys, took_ms) = figures(&report);
        info!(target: "rtmate", streams, keys, took_ms, "the store is open");
        tell(&report);
        let broker = Arc::new(broker);
        tokio::spawn(sweep(Arc::downgrade(&broker)));
        Ok(Some(Self { broker, watched }))
    }

    /// Begins a start: who was there when the server ended, and may return within this window.
    pub(super) async fn members_of_before(
        &self,
        clock: &dyn Clock,
        window: Duration,
    ) -> Result<KeptLeases, NotStarted> {
        let before = self.broker.begin().await.map_err(NotStarted::Leases)?;
        if !before.leases.is_empty() {
            let (members, window_s) = (before.leases.len(), window.as_secs());
            let away_s = before.last_alive.map(|alive| clock.now().since(alive).as_secs());
            info!(target: "rtmate", members, window_s, away_s, "members of before are listed until they return or the window is over");
        }
        Ok(before)
    }

    /// Says whether the store takes writes.
    pub(super) fn health(&self) -> Arc<dyn Fn() -> bool + Send + Sync> {
        let watched = Arc::clone(&self.watched);
        Arc::new(move || !watched.failing.load(Ordering::Relaxed))
    }
}

impl Watched {
    fn hears(&self, event: StoreEvent) {
        match event {
            StoreEvent::Committed { commands, took } => self.metrics.committed(commands, took),
            StoreEvent::Failed(cause) => {
                self.failing.store(true, Ordering::Relaxed);
                self.metrics.store_failed();
                error!(target: "rtmate", error = %cause, "the store failed; durable channels are unavailable");
            }
            StoreEvent::StillFailing(cause) => {
                warn!(target: "rtmate", error = %cause, "the store still fails; trying again");
            }
            StoreEvent::Healed(report) => {
                self.failing.store(false, Ordering::Relaxed);
                let (streams, keys, took_ms) = figures(&report);
                info!(target: "rtmate", streams, keys, took_ms, "the store is open again");
                tell(&report);
            }
            StoreEvent::DamagedMessage => {
                error!(target: "rtmate", "a stored message is damaged; it and those before it are not shown");
            }
            StoreEvent::DamagedLeases { rows } => {
                warn!(target: "rtmate", rows, "the store has damaged leases of members; they are forgotten");
            }
            StoreEvent::DamagedUsage { rows } => {
                error!(target: "rtmate", rows, "the store has damaged rows of usage; what they counted is not charged");
            }
            StoreEvent::LeasesRefused => {
                warn!(target: "rtmate", "too many joins wait for the disk; a start now would not know them");
            }
            StoreEvent::LeasesTakenAgain { refused } => {
                info!(target: "rtmate", refused, "joins are kept again; those refused are handed in again");
            }
        }
    }
}

fn options(settings: &Settings) -> StoreOptions {
    StoreOptions {
        return_window: settings.store.return_window,
        #[cfg(feature = "planted")]
        planted: crate::planted::committer(),
        ..StoreOptions::default()
    }
}

fn figures(report: &OpenReport) -> (usize, usize, u64) {
    let took_ms = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX);
    (report.streams, report.keys, took_ms)
}

/// What is wrong with a store that was opened.
fn tell(report: &OpenReport) {
    match report.doubt {
        None => {}
        Some(Doubt::LostTail { .. }) => {
            error!(target: "rtmate", "the store lost its end; every durable stream begins anew");
        }
        Some(Doubt::NoHead) => {
            error!(target: "rtmate", "the store's head is missing; every durable stream begins anew");
        }
    }
    if let Some(aside) = &report.set_aside {
        let path = aside.path.display();
        error!(target: "rtmate", %path, error = %aside.cause, "the store can't be read; it lies aside and a new one begins");
    }
    if report.damaged > 0 {
        warn!(target: "rtmate", rows = report.damaged, "the store has damaged rows; they are not shown");
    }
}

/// Lets go what is too old, for as long as anybody has the broker.
async fn sweep(broker: Weak<DurableBroker>) {
    let mut times = tokio::time::interval(SWEEP);
    times.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        times.tick().await;
        let Some(broker) = broker.upgrade() else { return };
        // A sweep that was cut off is made up for by the next one.
        drop(tokio::task::spawn_blocking(move || broker.sweep()).await);
    }
}
