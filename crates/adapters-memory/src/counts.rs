//! How many of something each app has.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::AppId;

/// A bounded count per app.
pub(crate) struct Counts {
    most: usize,
    taken: Mutex<HashMap<AppId, usize>>,
}

impl Counts {
    pub(crate) fn new(most: usize) -> Self {
        Self { most, taken: Mutex::default() }
    }

    /// Counts one more, where there may be one more.
    pub(crate) fn take(&self, app: &AppId) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry(app.clone()).or_insert(0);
        if *count >= self.most {
            return false;
        }
        *count += 1;
        true
    }

    /// One less.
    pub(crate) fn give_back(&self, app: &AppId) {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(app) {
            *count -= 1;
            if *count == 0 {
                taken.remove(app);
            }
        }
    }
}
