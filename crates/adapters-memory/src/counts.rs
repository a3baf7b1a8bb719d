//! How many of something each app has.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::AppId;

/// A count per app, bounded by what who counts says.
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
        self.take_up_to(app, self.most)
    }

    /// The same with a bound of its own.
    pub(crate) fn take_up_to(&self, app: &AppId, most: usize) -> bool {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let known = taken.get(app).copied().unwrap_or(0);
        if known >= most.min(self.most) {
            return false;
        }
        taken.insert(app.clone(), known + 1);
        true
    }

    /// How many it has.
    pub(crate) fn of(&self, app: &AppId) -> usize {
        let taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.get(app).copied().unwrap_or(0)
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
