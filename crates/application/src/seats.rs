//! Connections that each app may have, counted.

use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use domain::AppId;

/// How many of an app's seats are taken; no entry where none is.
#[derive(Debug, Default)]
pub(crate) struct Seats(RwLock<HashMap<AppId, u32>>);

impl Seats {
    /// Takes one of the app's `limit` seats; says how many are taken with it, nothing where there
    /// was none.
    pub(crate) fn take(&self, app: &AppId, limit: u32) -> Option<u32> {
        let mut seats = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let taken = seats.entry(app.clone()).or_insert(0);
        if *taken >= limit {
            return None;
        }
        *taken += 1;
        Some(*taken)
    }

    pub(crate) fn give_back(&self, app: &AppId) {
        let mut seats = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(taken) = seats.get_mut(app) {
            *taken -= 1;
            if *taken == 0 {
                seats.remove(app);
            }
        }
    }
}
