//! What apps use: counted, recorded, reported.

use std::sync::Arc;

use adapters_memory::MemoryUsageLedger;
use application::{
    Checkpoints, Meters, UsageCounter, UsageReports,
    ports::{Clock, EventSink, KeptLeases, Meter, UsageLedger},
};
use domain::{App, PriceList};

use super::store::Store;
use crate::settings::Settings;

/// The counting side, which is there before the ledger is.
pub(super) struct Counting(Arc<UsageCounter>);

/// The ledger and those who use it.
pub(super) struct Metering {
    pub(super) checkpoints: Arc<Checkpoints>,
    pub(super) reports: Arc<UsageReports>,
}

impl Metering {
    /// Reads what apps with quotas used in this month before.
    pub(super) async fn know(&self, apps: &[Arc<App>]) {
        for app in apps.iter().filter(|app| app.limits.monthly.is_any()) {
            self.checkpoints.know(&app.id).await;
        }
    }
}

impl Counting {
    /// With a store, its log counts the messages that it keeps.
    pub(super) fn new(settings: &Settings, clock: &Arc<dyn Clock>) -> Self {
        Self(Arc::new(UsageCounter::new(Arc::clone(clock), !settings.store.ephemeral)))
    }

    /// What quotas are judged by.
    pub(super) fn counter(&self) -> Arc<UsageCounter> {
        Arc::clone(&self.0)
    }

    /// A meter that counts beside this one.
    pub(super) fn beside(&self, meter: Arc<dyn Meter>) -> Arc<dyn Meter> {
        Arc::new(Meters::of(meter, [Arc::clone(&self.0) as _]))
    }

    /// Members that nobody will tell of but when they leave.
    pub(super) fn members_of_before(&self, before: &KeptLeases) {
        self.0.members_of_before(before.leases.iter().map(|lease| &lease.channel.app));
    }

    /// With the ledger of the store; without one, what is counted ends with the process.
    pub(super) fn recorded(
        self,
        store: Option<&Store>,
        events: &Arc<dyn EventSink>,
        clock: &Arc<dyn Clock>,
        prices: &PriceList,
    ) -> Metering {
        let ledger: Arc<dyn UsageLedger> = match store {
            Some(store) => Arc::clone(&store.broker) as _,
            None => Arc::new(MemoryUsageLedger::default()),
        };
        #[cfg(feature = "planted")]
        let ledger = crate::planted::ledger(ledger);
        let (events, clock) = (Arc::clone(events), Arc::clone(clock));
        let (told, time) = (Arc::clone(&events), Arc::clone(&clock));
        let reports = UsageReports::new(Arc::clone(&ledger), told, time, prices.clone());
        let checkpoints = Checkpoints::new(self.0, ledger, events, clock);
        Metering { checkpoints: Arc::new(checkpoints), reports: Arc::new(reports) }
    }
}
