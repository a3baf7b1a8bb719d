//! What an app's own backend may do, past the grants of its clients.

mod channels;
mod clients;
mod events;
mod explain;
mod history;
mod overview;
mod publish;
mod revocation;
mod subscriptions;
mod watch;

use std::{fmt, sync::Arc, time::Duration};

use domain::{App, AppId, ChannelName, ErrorCode, Peer, Scope, TraceId};
use secrecy::SecretString;

use crate::{Hub, Refusal, causes::Causes, ports::DomainEvent};

pub use channels::{ChannelState, Occupied};
pub use clients::{Connected, OpenConnection};
pub use overview::Overview;
pub use publish::BackendMessage;
pub use subscriptions::Obeyed;

/// What an app's own backend may do, past the grants of its clients: every server API drives this.
/// Whoever calls it has proved that it speaks for the app.
///
/// * `publish` sends messages, one or many in order.
/// * `channels` says what is occupied, how a channel stands and who is in it.
/// * `history` reads and purges what a channel keeps.
/// * `events` reads what happened, and says what is there.
/// * `clients` says who is connected and how, and ends connections; `subscriptions` subscribes them,
///   `revocation` takes their tokens back.
/// * `explain` says why something happened, `overview` how the app stands.
/// * `watch` lets somebody see a channel who is no client of the app.
pub struct Backend {
    hub: Arc<Hub>,
}

impl Backend {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self { hub }
    }

    /// The app that has this key of the Pusher protocol, if it answers backends from there. That
    /// the caller has the key's secret, too, it has to prove yet.
    ///
    /// # Errors
    /// `app_not_found`, `app_disabled`, `origin_denied` (the demo app, from elsewhere than this same
    /// machine), `unavailable`.
    pub async fn app_of_pusher_key(&self, key: &str, peer: &Peer) -> Result<Arc<App>, Refusal> {
        let found = self.hub.authenticate.screen_backend(key, peer).await;
        found.map_err(|error| error.refusal())
    }

    /// What the holder of a token of the app may do by the server API: the token's claim `api`.
    ///
    /// # Errors
    /// As for a client's `auth` with this token.
    pub async fn scopes(&self, app: &Arc<App>, token: &str) -> Result<Vec<Scope>, Refusal> {
        let claims = self.hub.authenticate.claims(app, token).await;
        claims.map(|claims| claims.api).map_err(|error| error.refusal())
    }

    /// A secret that nobody can guess: 256 random bits as 64 hexadecimal digits.
    #[must_use]
    pub fn secret(&self) -> SecretString {
        self.hub.ids.key()
    }

    /// A port failed: the log gets the cause, the backend only learns that it may try again.
    fn failed(&self, app: &AppId, what: &'static str, cause: &dyn std::error::Error) -> Refusal {
        self.failed_in(app, what, cause, None)
    }

    /// The same of a request that the backend calls something.
    fn failed_in(
        &self,
        app: &AppId,
        what: &'static str,
        cause: &dyn std::error::Error,
        trace: Option<&TraceId>,
    ) -> Refusal {
        let cause = &Causes(cause);
        self.hub.events.record(&DomainEvent::BackendFailed { app, what, cause, trace });
        Refusal::later(ErrorCode::Unavailable, SECOND)
    }

    /// Takes note that a request of the app's backend was refused: an API tells this of each.
    pub fn note_refused(
        &self,
        app: &AppId,
        what: &'static str,
        channel: Option<&ChannelName>,
        code: ErrorCode,
        trace: Option<&TraceId>,
    ) {
        let event = DomainEvent::BackendRefused { app, what, channel, code, trace };
        self.hub.events.record(&event);
    }
}

impl fmt::Debug for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backend").finish_non_exhaustive()
    }
}

const SECOND: Duration = Duration::from_secs(1);
