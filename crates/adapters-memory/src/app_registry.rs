//! Apps held in memory.

use std::{collections::HashMap, sync::Arc};

use application::ports::{AppRegistry, RegistryError};
use async_trait::async_trait;
use domain::{App, AppId};

/// The apps of the configuration, as they were at start.
pub struct MemoryAppRegistry {
    apps: HashMap<AppId, Arc<App>>,
}

impl MemoryAppRegistry {
    /// Holds these apps; of two with the same id the later one.
    #[must_use]
    pub fn new(apps: impl IntoIterator<Item = App>) -> Self {
        let named = |app: App| (app.id.clone(), Arc::new(app));
        Self { apps: apps.into_iter().map(named).collect() }
    }
}

#[async_trait]
impl AppRegistry for MemoryAppRegistry {
    async fn find(&self, id: &AppId) -> Result<Option<Arc<App>>, RegistryError> {
        Ok(self.apps.get(id).cloned())
    }
}
