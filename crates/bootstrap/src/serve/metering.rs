//! What apps use: counted, recorded, reported.

use std::sync::Arc;

use adapters_memory::MemoryUsageLedger;
use application::{
    Checkpoints, Meters, UsageCounter, UsageReports,
    ports::{Clock, EventSink, KeptLeases, Meter, UsageLedger},
};

use super::store::Store;
use crate::settings::Settings;

/// The counting side, which is there before the ledger is.
pub(super) struct Counting(Arc<UsageCounter>);

/// The ledger and those who use it.
pub(super) struct Metering {
    pub(super) checkpoints: Arc<Checkpoints>,
    pub(super) reports: Arc<UsageReports>,
}

impl Counting {
    /// With a store, its log counts the messages that it keeps.
    pub(super) fn new(settings: &Settings, clock: &Arc<dyn Clock>) -> Self {
        Self(Arc::new(UsageCounter::new(Arc::clone(clock), !settings.store.ephemeral)))
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
    ) -> Metering {
        let ledger: Arc<dyn UsageLedger> = match store {
            Some(store) => Arc::clone(&store.broker) as _,
            None => Arc::new(MemoryUsageLedger::default()),
        };
        let (events, clock) = (Arc::clone(events), Arc::clone(clock));
        let reports =
            UsageReports::new(Arc::clone(&ledger), Arc::clone(&events), Arc::clone(&clock));
        let checkpoints = Checkpoints::new(self.0, ledger, events, clock);
        Metering { checkpoints: Arc::new(checkpoints), reports: Arc::new(reports) }
    }
}
