//! Who is at the other end of an authenticated connection.

use std::sync::Arc;

use crate::{
    Action, Actions, App, ChannelName, Claims, ClientId, ConnectionId, Denial, Grant, GrantPattern,
    GrantSource, Grants, Payload, Timestamp, TokenMark, WatchPass, grants::DenialRule,
};

/// What an app's backend says of a guest, proved by its signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// Who it is; nothing where the backend does not say.
    pub client: Option<ClientId>,
    /// What others may see of it.
    pub info: Option<Payload>,
}

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
    /// When the token ends; nothing for a guest, who has none.
    pub expires_at: Option<Timestamp>,
    /// What a revocation looks at of its token.
    pub token: TokenMark,
    /// Subscriptions that the token makes.
    pub channels: Vec<ChannelName>,
    grants: Grants,
}

impl Client {
    /// The client that these claims admit to this app. Without `caps` the app's default policy
    /// holds.
    #[must_use]
    pub fn admit(app: Arc<App>, connection: ConnectionId, claims: Claims) -> Self {
        let token = TokenMark::of(&claims);
        let grants = match claims.caps {
            Some(rules) => Grants::new(GrantSource::Token, rules),
            None => Grants::new(GrantSource::AppDefault, Arc::clone(&app.default_grants)),
        };
        Self {
            app,
            token,
            id: claims.client,
            connection,
            info: claims.info.map(Arc::new),
            expires_at: Some(claims.expires_at),
            channels: claims.channels,
            grants,
        }
    }

    /// Who watches a channel by a pass of the server's: it may see what is there, and nothing else.
    #[must_use]
    pub fn watcher(app: Arc<App>, connection: ConnectionId, pass: WatchPass) -> Self {
        let actions = [Action::Subscribe, Action::History, Action::Presence];
        let pattern = GrantPattern::exactly(&pass.channel);
        let rule = Grant { pattern, actions: actions.into_iter().collect() };
        Self {
            app,
            id: pass.client,
            connection,
            info: None,
            expires_at: Some(pass.expires_at),
            token: TokenMark { id: Some(pass.id), issued_at: pass.issued_at },
            channels: Vec::new(),
            grants: Grants::new(GrantSource::Watch, vec![rule]),
        }
    }

    /// Whether this is who watches, and no client of the app.
    #[must_use]
    pub fn is_watcher(&self) -> bool {
        self.grants.source() == GrantSource::Watch
    }

    /// Whether this client may be seen among the members of a channel whose members it may see.
    ///
    /// # Errors
    /// No: it only watches.
    pub fn check_entering(&self, channel: &ChannelName) -> Result<(), Denial> {
        if !self.is_watcher() {
            return Ok(());
        }
        let rule = DenialRule::ActionMissing { pattern: GrantPattern::exactly(channel) };
        Err(Denial { action: Action::Presence, source: GrantSource::Watch, rule })
    }

    /// The same client, now that its app is as it is here: what the app itself grants follows it,
    /// what a token or a signature grants stays.
    #[must_use]
    pub fn under(&self, app: Arc<App>) -> Self {
        let grants = match self.grants.source() {
            GrantSource::AppDefault => {
                Grants::new(GrantSource::AppDefault, Arc::clone(&app.default_grants))
            }
            // Whether signed guests may send is an option of the app.
            GrantSource::Signature => self.grants.allowing(Action::Send, app.pusher.client_events),
            GrantSource::Token | GrantSource::Guest | GrantSource::Watch => self.grants.clone(),
        };
        Self { app, grants, ..self.clone() }
    }

    /// A connection that shows no token, of a protocol whose apps let in whoever knows their key: it
    /// may subscribe to every channel that need not be named. What it may do beyond that its app's
    /// backend signs, channel by channel ([`Self::in_channel`]).
    #[must_use]
    pub fn guest(app: Arc<App>, connection: ConnectionId) -> Self {
        let actions = [Action::Subscribe].into_iter().collect();
        let rule = Grant { pattern: GrantPattern::everything(), actions };
        Self {
            app,
            id: ClientId::of_guest(connection),
            connection,
            info: None,
            expires_at: None,
            token: TokenMark::NONE,
            channels: Vec::new(),
            grants: Grants::new(GrantSource::Guest, vec![rule]),
        }
    }

    /// This guest as its app's backend knows it.
    #[must_use]
    pub fn signed_in(
        &self,
        id: ClientId,
        info: Option<Payload>,
        channels: Vec<ChannelName>,
    ) -> Self {
        Self { id, info: info.map(Arc::new), channels, ..self.clone() }
    }

    /// This guest in a channel that its app's backend signed: who it is there, and what it may do.
    #[must_use]
    pub fn in_channel(&self, channel: &ChannelName, signed: Signed, actions: Actions) -> Self {
        let rule = Grant { pattern: GrantPattern::exactly(channel), actions };
        let (id, info) = match signed.client {
            Some(client) => (client, signed.info.map(Arc::new)),
            // As it signed in, if it did.
            None => (self.id.clone(), self.info.clone()),
        };
        Self { id, info, grants: Grants::new(GrantSource::Signature, vec![rule]), ..self.clone() }
    }

    /// Whether no token says who this is.
    #[must_use]
    pub const fn is_guest(&self) -> bool {
        self.expires_at.is_none()
    }

    /// Whether this client may do `action` in `channel`.
    ///
    /// # Errors
    /// No: with the rule that decided.
    pub fn check(&self, action: Action, channel: &ChannelName) -> Result<(), Denial> {
        self.grants.check(action, channel, &self.id)
    }

    /// The rule by which a subscription that the app's backend made can't be ended by the client.
    #[must_use]
    pub fn made_by_server(&self) -> Denial {
        Denial { rule: crate::grants::DenialRule::MadeByServer, ..self.made_by_token() }
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
