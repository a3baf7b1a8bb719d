//! Authentication and its refresh.

use std::sync::Arc;

use domain::{AppId, ChannelName, Client, CloseReason, ConnectionId, ErrorCode, Peer, Position};
use secrecy::ExposeSecret;

use super::{Asked, Session, requests};
use crate::{
    Auth, Hub, Refusal, ReplyData, Rules, Subscribe, Welcome, WelcomeLimits,
    authenticate::{Asking, NotAuthenticated},
    deadlines::Deadlines,
    ports::DomainEvent,
};

impl Session {
    pub(super) async fn auth(&mut self, asked: Asked, auth: Auth) {
        // A refresh that came before the old token's expiry is decided before it, also where it
        // has to wait for its turn first.
        let (now, wall) = (self.hub.clock.moment(), self.hub.clock.now());
        self.connection.with_deadlines(|deadlines| deadlines.refresh_begins(now, wall));
        // Answers before this one go first; what it changes comes behind its own answer.
        self.its_turn(&asked.order(None)).await;
        match self.client.clone() {
            None => self.first_auth(asked, auth).await,
            Some(present) => self.refresh(asked, auth, &present).await,
        }
    }

    async fn first_auth(&mut self, asked: Asked, auth: Auth) {
        let (hub, peer, hinted) = self.known();
        let asking = asking(self.connection.id, &peer, hinted.as_ref(), &auth);
        let decision = self.meanwhile(hub.authenticate.decide(asking)).await;
        if self.connection.closed().is_some() {
            return;
        }
        match decision {
            Ok(client) => {
                // Shown by a client of its own: it can only hide its own messages from itself.
                self.session = auth.session.unwrap_or(self.session);
                self.admit(asked, auth, client).await;
            }
            Err(error) => {
                self.refuse_auth(asked, &auth, &error).await;
                // A token that nobody could judge was not refused: that close is for good.
                if error.refusal().code != ErrorCode::Unavailable {
                    self.refused_auths += 1;
                }
                if self.refused_auths >= Rules::AUTH_ATTEMPTS {
                    self.connection.close(CloseReason::NotAuthenticated, None);
                }
            }
        }
    }

    async fn admit(&mut self, asked: Asked, auth: Auth, client: Client) {
        if let Some(limit) = client.app.limits.connections {
            if !self.hub.connections.take_seat(&client.app.id, limit) {
                let refusal = Refusal::plain(ErrorCode::QuotaExceeded);
                self.answer(asked, None, Err(refusal)).await;
                return self.connection.close(CloseReason::ConnectionLimit, None);
            }
            self.seated = true;
        }
        if let Some(parting) = &mut self.parting {
            parting.authenticated();
        }
        self.become_client(asked, auth, client, false).await;
    }

    async fn refresh(&mut self, asked: Asked, auth: Auth, present: &Client) {
        let (hub, peer, hinted) = self.known();
        let asking = asking(self.connection.id, &peer, hinted.as_ref(), &auth);
        let decision = self.meanwhile(hub.authenticate.renew(asking, present)).await;
        if self.connection.closed().is_some() {
            return;
        }
        match decision {
            // The new token takes the old one's place, and its expiry no longer waits.
            Ok(client) => self.become_client(asked, auth, client, true).await,
            Err(error) => {
                self.connection.with_deadlines(Deadlines::refresh_failed);
                self.refuse_auth(asked, &auth, &error).await;
            }
        }
    }

    /// What a decision needs, apart from the session: it goes on meanwhile.
    fn known(&self) -> (Arc<Hub>, Peer, Option<AppId>) {
        (Arc::clone(&self.hub), self.peer.clone(), self.hinted.clone())
    }

    /// The reply, then what the new token takes away, then what it subscribes to.
    async fn become_client(&mut self, asked: Asked, auth: Auth, client: Client, refreshed: bool) {
        let client = Arc::new(client);
        self.client = Some(Arc::clone(&client));
        self.adopt(&auth, &client, refreshed);
        let trace = asked.trace.clone();
        self.hub.events.record(&DomainEvent::Authenticated {
            connection: self.connection.id,
            app: &client.app.id,
            client: &client.id,
            refreshed,
            trace: trace.as_ref(),
        });
        let lost = self.leave_what_is_not_granted(&client);
        let welcome = ReplyData::Authenticated(Box::new(self.welcome(&client)));
        self.answer(asked, None, Ok(welcome)).await;
        self.tell_what_is_not_granted(lost).await;
        for channel in &client.channels {
            if self.subscriptions.get(channel).is_some() {
                continue;
            }
            let channel = channel.clone();
            let position = position_of(&auth.positions, &channel);
            let wish = Subscribe { channel, position, rewind: None, presence: None };
            self.subscribe_by_token(&client, wish, trace.as_ref()).await;
        }
    }

    /// What the client's app and wishes change in the connection.
    fn adopt(&mut self, auth: &Auth, client: &Client, refreshed: bool) {
        let (now, wall) = (self.hub.clock.moment(), self.hub.clock.now());
        let limits = client.app.limits;
        self.connection.outbound.set_queue_limit(limits.queue_bytes);
        if !refreshed {
            self.rate = requests(&limits, now);
            self.patience = requests(&limits, now);
        }
        self.connection.with_deadlines(|deadlines| {
            deadlines.admit(client.expires_at, wall);
            if let Some(wanted) = auth.heartbeat {
                deadlines.want_heartbeats(wanted, now);
            }
        });
        // At once: the token may end before the visit that is due.
        self.hub.wheel.arm(&self.connection, now);
    }

    fn welcome(&self, client: &Client) -> Welcome {
        let limits = client.app.limits;
        Welcome {
            client: client.id.clone(),
            connection: self.connection.id,
            session: self.session,
            expires_at: client.expires_at,
            ping_interval: self.hub.rules.ping_interval,
            limits: WelcomeLimits {
                frame_bytes: self.hub.rules.frame_bytes,
                payload_bytes: limits.payload_bytes,
                channels: limits.channels_per_connection,
                requests_per_second: limits.requests_per_second,
                requests_burst: limits.requests_burst,
            },
            ts: self.hub.clock.now(),
        }
    }

    async fn refuse_auth(&mut self, asked: Asked, auth: &Auth, error: &NotAuthenticated) {
        let code = error.refusal().code;
        if let Some(suppressed) =
            self.refusals.get_or_insert_default().note(code, self.hub.clock.moment())
        {
            self.hub.events.record(&DomainEvent::AuthRefused {
                connection: self.connection.id,
                address: self.peer.address,
                app: auth.app.as_ref(),
                code,
                cause: error,
                suppressed,
                trace: asked.trace.as_ref(),
            });
        }
        self.reply_in_order(asked, None, Err(error.refusal())).await;
    }
}

fn asking<'a>(
    connection: ConnectionId,
    peer: &'a Peer,
    hinted: Option<&'a AppId>,
    auth: &'a Auth,
) -> Asking<'a> {
    let (app, token) = (auth.app.as_ref(), auth.token.expose_secret());
    Asking { connection, peer, hinted, app, token }
}

fn position_of(positions: &[(ChannelName, Position)], channel: &ChannelName) -> Option<Position> {
    positions.iter().find(|(name, _)| name == channel).map(|(_, position)| *position)
}
