//! What apps used, in memory.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use application::ports::{Counted, LedgerError, RecordError, UsageLedger};
use async_trait::async_trait;
use domain::{AppId, Hour, Usage};

/// Keeps in memory what apps used: of each app the last [`Self::HOURS`] hours that had any.
#[derive(Debug, Default)]
pub struct MemoryUsageLedger(Mutex<BTreeMap<AppId, BTreeMap<Hour, Usage>>>);

impl MemoryUsageLedger {
    /// Hours of an app that are kept: 62 days.
    pub const HOURS: usize = 62 * 24;
}

#[async_trait]
impl UsageLedger for MemoryUsageLedger {
    async fn record(&self, counted: Arc<[Counted]>) -> Result<(), RecordError> {
        let mut apps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for Counted { app, hour, usage } in counted.iter() {
            let hours = apps.entry(app.clone()).or_default();
            hours.entry(*hour).or_default().add(usage);
            while hours.len() > Self::HOURS {
                hours.pop_first();
            }
        }
        Ok(())
    }

    async fn read(
        &self,
        app: &AppId,
        from: Hour,
        to: Hour,
    ) -> Result<Vec<(Hour, Usage)>, LedgerError> {
        let apps = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(hours) = apps.get(app).filter(|_| from < to) else { return Ok(Vec::new()) };
        Ok(hours.range(from..to).map(|(hour, usage)| (*hour, *usage)).collect())
    }
}
