//! Who is at the other end of an authenticated connection.

use std::sync::Arc;

use crate::{
    Action, App, ChannelName, Claims, ClientId, ConnectionId, Denial, GrantSource, Grants, Payload,
    Timestamp,
};

/// An authenticated client on one connection: who it is and what it may do, until its token ends.
#[derive(Debug, Clone)]
pub struct Client {
    /// The tenant, as it was at the last `auth`.
    pub app: Arc<App>,
    /// Who, as the token says.
    pub id: ClientId,
    /// On which connection.
    pub connection: ConnectionId,
    /// What others may see of it.
    pub info: Option<Arc<Payload>>,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// Subscriptions that the token makes.
    pub channels: Vec<ChannelName>,
    grants: Grants,
}

impl Client {
    /// The client that these claims admit to this app. Without `caps` the app's default policy
    /// holds.
    #[must_use]
    pub fn admit(app: Arc<App>, connection: ConnectionId, claims: Claims) -> Self {
        let grants = match claims.caps {
            Some(rules) => Grants::new(GrantSource::Token, rules),
            None => Grants::new(GrantSource::AppDefault, Arc::clone(&app.default_grants)),
        };
        Self {
            app,
            id: claims.client,
            connection,
            info: claims.info.map(Arc::new),
            expires_at: claims.expires_at,
            channels: claims.channels,
            grants,
        }
    }

    /// Whether this client may do `action` in `channel`.
    ///
    /// # Errors
    /// No: with the rule that decided.
    pub fn check(&self, action: Action, channel: &ChannelName) -> Result<(), Denial> {
        self.grants.check(action, channel, &self.id)
    }

    /// The rule by which a subscription that the token made can't be ended by the client.
    #[must_use]
    pub fn made_by_token(&self) -> Denial {
        Denial {
            action: Action::Subscribe,
            source: GrantSource::Token,
            rule: crate::grants::DenialRule::MadeByToken,
        }
    }
}
