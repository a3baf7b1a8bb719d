//! How many bytes of messages each app keeps.

use std::{
    collections::HashMap,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use domain::AppId;

/// Bytes that each app keeps, for adapters that keep messages: read for each message of an app with a
/// limit, changed for each that is kept. Apps share the lock for reading only, but for their first
/// byte and their last.
#[derive(Debug, Default)]
pub struct KeptBytes(RwLock<HashMap<AppId, AtomicU64>>);

impl KeptBytes {
    /// Bytes of an app.
    #[must_use]
    pub fn of(&self, app: &AppId) -> u64 {
        let apps = self.0.read().unwrap_or_else(PoisonError::into_inner);
        apps.get(app).map_or(0, |bytes| bytes.load(Ordering::Relaxed))
    }

    /// Something of an app takes `after` bytes, where it took `before`.
    pub fn change(&self, app: &AppId, before: u64, after: u64) {
        if before == after {
            return;
        }
        // Wraps to what is right: what is taken away was there.
        let more = after.wrapping_sub(before);
        let now = {
            let apps = self.0.read().unwrap_or_else(PoisonError::into_inner);
            let bytes = apps.get(app);
            bytes.map(|bytes| bytes.fetch_add(more, Ordering::Relaxed).wrapping_add(more))
        };
        match now {
            Some(0) => self.forget(app),
            Some(_) => {}
            None => {
                let mut apps = self.0.write().unwrap_or_else(PoisonError::into_inner);
                apps.entry(app.clone()).or_default().fetch_add(more, Ordering::Relaxed);
            }
        }
    }

    /// An app's last byte went, unless others came meanwhile.
    fn forget(&self, app: &AppId) {
        let mut apps = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if apps.get(app).is_some_and(|bytes| bytes.load(Ordering::Relaxed) == 0) {
            apps.remove(app);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_and_goes_is_counted_once() {
        let (kept, shop) = (KeptBytes::default(), AppId::parse("shop").unwrap());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..10_000 {
                        kept.change(&shop, 0, 7);
                        kept.change(&shop, 7, 0);
                    }
                    kept.change(&shop, 0, 5);
                });
            }
        });
        assert_eq!(kept.of(&shop), 20);
        kept.change(&shop, 20, 0);
        assert_eq!((kept.of(&shop), kept.0.read().unwrap().len()), (0, 0));
    }
}
