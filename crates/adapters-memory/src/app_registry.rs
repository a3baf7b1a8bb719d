//! Apps held in memory.

use std::{collections::HashMap, sync::Arc};

use application::ports::{AppRegistry, RegistryError};
use async_trait::async_trait;
use domain::{App, AppId};

/// The apps of the configuration, as they were at start.
pub struct MemoryAppRegistry {
    apps: HashMap<AppId, Arc<App>>,
    by_pusher_key: HashMap<Box<str>, Arc<App>>,
}

impl MemoryAppRegistry {
    /// Holds these apps; of two with the same id the later one.
    #[must_use]
    pub fn new(apps: impl IntoIterator<Item = App>) -> Self {
        let named = |app: App| (app.id.clone(), Arc::new(app));
        let apps: HashMap<_, _> = apps.into_iter().map(named).collect();
        let keyed = |app: &Arc<App>| {
            let keys: Vec<_> = app.pusher_keys.iter().map(|key| key.key.clone()).collect();
            let app = Arc::clone(app);
            keys.into_iter().map(move |key| (key, Arc::clone(&app)))
        };
        let by_pusher_key = apps.values().flat_map(keyed).collect();
        Self { apps, by_pusher_key }
    }
}

#[async_trait]
impl AppRegistry for MemoryAppRegistry {
    async fn find(&self, id: &AppId) -> Result<Option<Arc<App>>, RegistryError> {
        Ok(self.apps.get(id).cloned())
    }

    async fn find_by_pusher_key(&self, key: &str) -> Result<Option<Arc<App>>, RegistryError> {
        Ok(self.by_pusher_key.get(key).cloned())
    }
}
