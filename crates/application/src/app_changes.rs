//! Changes of apps on their way to the connections that are open.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{App, AppId, AppStatus, CloseReason};
use tokio::sync::Notify;

use crate::{
    Connection, Hub,
    causes::Causes,
    ports::{AppSink, DomainEvent},
};

/// The apps whose change has not reached every connection yet: each once, however often it changed.
#[derive(Default)]
pub(crate) struct AppChanges {
    /// No more than there are apps, and those that were deleted a moment ago. Short lock.
    waiting: Mutex<BTreeSet<AppId>>,
    pub(crate) came: Notify,
    /// Held, over awaits, by whoever brings what waited: who comes behind waits until that is
    /// brought, too.
    bringing: tokio::sync::Mutex<()>,
}

impl AppSink for AppChanges {
    fn changed(&self, app: &AppId) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(app.clone());
        self.came.notify_one();
    }
}

impl AppChanges {
    pub(crate) fn take(&self) -> BTreeSet<AppId> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Hub {
    /// Connections that are told of a change before others get their turn.
    const TOLD_AT_ONCE: usize = 1024;
    /// When the registry is asked again that could not answer.
    const ASK_AGAIN: Duration = Duration::from_secs(1);

    /// Brings changed apps to the open connections, for as long as the future is polled.
    pub(crate) async fn run_app_changes(&self) {
        loop {
            self.app_changes.came.notified().await;
            while !self.bring_app_changes().await {
                tokio::time::sleep(Self::ASK_AGAIN).await;
            }
        }
    }

    /// Brings the changes that wait to the open connections: those of an app that is gone or
    /// disabled are closed, the others take the new value between two frames. Says whether the
    /// registry answered; where it did not, the change waits on. When this returns, what clients send
    /// from then on is judged by what was changed before the call.
    pub async fn bring_app_changes(&self) -> bool {
        let _bringing = self.app_changes.bringing.lock().await;
        let mut now = HashMap::new();
        let mut answered = true;
        for id in self.app_changes.take() {
            match self.registry.find(&id).await {
                Ok(found) => {
                    match &found {
                        Some(app) => self.follow(app).await,
                        // One that wants nothing is forgotten.
                        None => {
                            self.chronicle.follow(&App::new(id.clone()));
                            self.watches.forget(&id);
                        }
                    }
                    now.insert(id, found);
                }
                Err(error) => {
                    let (app, what, cause) = (&id, "change of an app", &Causes(&error));
                    self.events.record(&DomainEvent::BackendFailed {
                        app,
                        what,
                        cause,
                        trace: None,
                    });
                    self.app_changes.changed(&id);
                    answered = false;
                }
            }
        }
        if !now.is_empty() {
            for some in self.connections.all().chunks(Self::TOLD_AT_ONCE) {
                some.iter().for_each(|connection| tell(connection, &now));
                tokio::task::yield_now().await;
            }
        }
        answered
    }

    /// A connection has become a client's. Where the app changed since it was looked up, the
    /// connections were told before this one could be found: once more, then.
    pub(crate) fn note_known_under(&self, app: &Arc<App>) {
        if !self.registry.is_current(app) {
            self.app_changes.changed(&app.id);
        }
    }
}

fn tell(connection: &Connection, now: &HashMap<AppId, Option<Arc<App>>>) {
    let Some(client) = connection.identity().client else { return };
    match now.get(&client.app.id) {
        None => {}
        Some(None) => connection.close(CloseReason::UnknownApp, None),
        Some(Some(app)) if app.status == AppStatus::Disabled => {
            connection.close(CloseReason::DisabledApp, None);
        }
        Some(Some(app)) if Arc::ptr_eq(app, &client.app) => {}
        Some(Some(app)) => connection.change_app(Arc::clone(app)),
    }
}
