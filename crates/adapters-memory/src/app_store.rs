//! Documents of apps in memory, for a server that keeps nothing.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use application::ports::{AppStore, AppStoreError};
use async_trait::async_trait;
use domain::AppId;
use secrecy::SecretString;

/// Keeps documents until the process ends.
#[derive(Default)]
pub struct MemoryAppStore(Mutex<BTreeMap<AppId, SecretString>>);

impl MemoryAppStore {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AppId, SecretString>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl AppStore for MemoryAppStore {
    async fn all(&self) -> Result<Vec<(AppId, SecretString)>, AppStoreError> {
        Ok(self.lock().iter().map(|(app, document)| (app.clone(), document.clone())).collect())
    }

    async fn put(&self, app: &AppId, document: SecretString) -> Result<(), AppStoreError> {
        self.lock().insert(app.clone(), document);
        Ok(())
    }

    async fn remove(&self, app: &AppId) -> Result<(), AppStoreError> {
        self.lock().remove(app);
        Ok(())
    }
}
