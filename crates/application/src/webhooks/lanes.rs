//! How many requests are under way.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use domain::AppId;
use std::collections::HashMap;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Requests under way in all, and of one app: those to endpoints that took the last one at once, and
/// those to endpoints that did not. So receivers that hang use up no place of those that answer.
const FRESH: (usize, usize) = (256, 16);
const AGAIN: (usize, usize) = (64, 4);

/// Places for requests.
struct Lane {
    fresh: Semaphore,
    again: Semaphore,
}

impl Lane {
    fn new(fresh: usize, again: usize) -> Self {
        Self { fresh: Semaphore::new(fresh), again: Semaphore::new(again) }
    }

    async fn enter(&self, again: bool) -> Option<SemaphorePermit<'_>> {
        // Nobody closes them.
        if again { &self.again } else { &self.fresh }.acquire().await.ok()
    }
}

/// The places of all apps.
pub(super) struct Lanes {
    all: Arc<Lane>,
    /// Of apps that have an endpoint at work.
    apps: Mutex<HashMap<AppId, Weak<Lane>>>,
}

/// The places that an app's endpoints share.
#[derive(Clone)]
pub(super) struct AppLanes {
    all: Arc<Lane>,
    own: Arc<Lane>,
}

impl Lanes {
    pub(super) fn new() -> Self {
        Self { all: Arc::new(Lane::new(FRESH.0, AGAIN.0)), apps: Mutex::default() }
    }

    pub(super) fn of(&self, app: &AppId) -> AppLanes {
        let mut apps = self.apps.lock().unwrap_or_else(PoisonError::into_inner);
        apps.retain(|_, lane| lane.strong_count() > 0);
        let known = apps.get(app).and_then(Weak::upgrade);
        let own = known.unwrap_or_else(|| {
            let own = Arc::new(Lane::new(FRESH.1, AGAIN.1));
            apps.insert(app.clone(), Arc::downgrade(&own));
            own
        });
        AppLanes { all: Arc::clone(&self.all), own }
    }
}

impl AppLanes {
    /// Does this once there is a place for it; `again` where the request before was not taken, or
    /// slowly.
    pub(super) async fn pass<T>(&self, again: bool, work: impl Future<Output = T>) -> T {
        // The app's own first: who waits for it takes nobody else's.
        let _own = self.own.enter(again).await;
        let _all = self.all.enter(again).await;
        work.await
    }
}
