//! The apps of the configuration, read anew.

use domain::{App, AppId};
use secrecy::SecretString;

use super::Operator;
use crate::ports::DomainEvent;

/// The apps of a configuration that was read anew.
pub struct GivenApps {
    /// The documents of all of them.
    pub documents: Vec<(AppId, SecretString)>,
    /// Those that are new or changed.
    pub changed: Vec<App>,
    /// Those that are no longer there.
    pub gone: Vec<AppId>,
}

/// Something is an app's of the configuration and one's that was made.
#[derive(Debug, thiserror::Error)]
pub enum Clash {
    /// The id.
    #[error("app {0} was also made while the server ran: delete that one first")]
    Id(AppId),
    /// A key of the Pusher protocol.
    #[error("app {0} has a Pusher key that app {1} has, which was made while the server ran")]
    PusherKey(AppId, AppId),
}

impl Operator {
    /// Whether these apps of the configuration can be beside those that were made; unless `dry_run`
    /// they count from now on.
    ///
    /// # Errors
    /// They can't: nothing changed.
    pub async fn give(&self, given: GivenApps, dry_run: bool) -> Result<(), Clash> {
        let mut known = self.known.lock().await;
        if let Some((id, _)) = given.documents.iter().find(|(id, _)| known.made.contains_key(id)) {
            return Err(Clash::Id(id.clone()));
        }
        let served = self.ports.table.all();
        let made = served.iter().filter(|app| known.made.contains_key(&app.id));
        for other in made {
            let has = |app: &&App| {
                let mut keys = app.pusher_keys.iter();
                keys.any(|key| other.pusher_keys.iter().any(|known| known.key == key.key))
            };
            if let Some(app) = given.changed.iter().find(has) {
                return Err(Clash::PusherKey(app.id.clone(), other.id.clone()));
            }
        }
        if dry_run {
            return Ok(());
        }
        known.given = given.documents.into_iter().collect();
        let events = &self.hub.events;
        // Those that go first: a key may move to another app.
        for app in &given.gone {
            self.ports.table.remove(app);
            events.record(&DomainEvent::AppChanged { app, how: "gone from the configuration" });
        }
        for app in given.changed {
            let id = app.id.clone();
            self.ports.table.put(app);
            events.record(&DomainEvent::AppChanged { app: &id, how: "configured anew" });
        }
        // It counts from the answer on.
        self.hub.bring_app_changes().await;
        Ok(())
    }
}
