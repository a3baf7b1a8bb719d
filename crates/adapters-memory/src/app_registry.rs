//! Apps held in memory.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, Weak},
};

use application::ports::{AppRegistry, AppSink, AppTable, RegistryError};
use async_trait::async_trait;
use domain::{App, AppId};

/// The apps of this process.
pub struct MemoryAppRegistry {
    /// Short lock: one look, or one change.
    table: RwLock<Table>,
    /// Who is told of changes. Not held while they are told.
    sinks: Mutex<Vec<Weak<dyn AppSink>>>,
}

#[derive(Default)]
struct Table {
    apps: BTreeMap<AppId, Arc<App>>,
    by_pusher_key: HashMap<Box<str>, AppId>,
}

impl MemoryAppRegistry {
    /// Holds these apps; of two with the same id the later one.
    #[must_use]
    pub fn new(apps: impl IntoIterator<Item = App>) -> Self {
        let mut table = Table::default();
        apps.into_iter().for_each(|app| table.put(app));
        Self { table: RwLock::new(table), sinks: Mutex::default() }
    }

    fn read(&self) -> RwLockReadGuard<'_, Table> {
        self.table.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Table) -> T) -> T {
        change(&mut self.table.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Behind the change, and without its lock: a sink may ask at once.
    fn announce(&self, id: &AppId) {
        let sinks: Vec<_> = {
            let mut sinks = self.sinks.lock().unwrap_or_else(PoisonError::into_inner);
            sinks.retain(|sink| sink.strong_count() > 0);
            sinks.iter().filter_map(Weak::upgrade).collect()
        };
        sinks.iter().for_each(|sink| sink.changed(id));
    }
}

impl Table {
    fn put(&mut self, app: App) {
        self.take_out(&app.id);
        for key in &app.pusher_keys {
            self.by_pusher_key.insert(key.key.clone(), app.id.clone());
        }
        self.apps.insert(app.id.clone(), Arc::new(app));
    }

    fn take_out(&mut self, id: &AppId) -> bool {
        let Some(before) = self.apps.remove(id) else { return false };
        for key in &before.pusher_keys {
            // Another app may have it by now.
            if self.by_pusher_key.get(&key.key).is_some_and(|owner| owner == id) {
                self.by_pusher_key.remove(&key.key);
            }
        }
        true
    }
}

#[async_trait]
impl AppRegistry for MemoryAppRegistry {
    async fn find(&self, id: &AppId) -> Result<Option<Arc<App>>, RegistryError> {
        Ok(self.read().apps.get(id).cloned())
    }

    async fn find_by_pusher_key(&self, key: &str) -> Result<Option<Arc<App>>, RegistryError> {
        let table = self.read();
        let owner = table.by_pusher_key.get(key);
        Ok(owner.and_then(|owner| table.apps.get(owner)).cloned())
    }

    fn is_current(&self, app: &Arc<App>) -> bool {
        self.read().apps.get(&app.id).is_some_and(|known| Arc::ptr_eq(known, app))
    }

    fn watch(&self, sink: Weak<dyn AppSink>) {
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner).push(sink);
    }
}

impl AppTable for MemoryAppRegistry {
    fn put(&self, app: App) {
        let id = app.id.clone();
        self.change(|table| table.put(app));
        self.announce(&id);
    }

    fn remove(&self, id: &AppId) -> bool {
        let was = self.change(|table| table.take_out(id));
        if was {
            self.announce(id);
        }
        was
    }

    fn all(&self) -> Vec<Arc<App>> {
        self.read().apps.values().cloned().collect()
    }
}
