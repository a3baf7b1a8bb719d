//! Authentication and its refresh.

use std::sync::Arc;

use domain::{
    App, AppId, ChannelName, Client, CloseReason, ConnectionId, ErrorCode, FactKind, Limit, Peer,
    Position, SessionToken, TraceId,
};
use secrecy::ExposeSecret;

use super::{Asked, Session, requests};
use crate::{
    Auth, Hub, Refusal, ReplyData, Rules, Subscribe, Welcome, WelcomeLimits,
    authenticate::{Asking, NotAuthenticated},
    connection::Identity,
    deadlines::Deadlines,
    ports::{DomainEvent, Reading},
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
        // The first one came with its connection.
        if self.refused_auths > 0
            && let Err(refusal) = hub.limits.attempt(peer.address, hub.rules.attempts_per_address)
        {
            return self.answer(asked, None, Err(refusal)).await;
        }
        let asking = asking(self.connection.id, &peer, hinted.as_ref(), &auth);
        let decision = self.meanwhile(hub.authenticate.decide(asking)).await;
        if self.connection.closed().is_some() {
            return;
        }
        match decision {
            Ok(client) => {
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
        let seated = match client.is_watcher() {
            true => self.take_watchers_seat(&client.app),
            false => self.take_seat(&client.app),
        };
        if let Err(refusal) = seated {
            self.answer(asked, None, Err(refusal.clone())).await;
            return self.leave_unseated(&refusal);
        }
        self.become_client(asked, auth, client, false).await;
    }

    /// Takes one of the app's seats, where it has a limit, and not faster than it may.
    pub(super) fn take_seat(&mut self, app: &App) -> Result<(), Refusal> {
        let limits = &self.hub.limits;
        limits.connect(app)?;
        if let Some(most) = app.limits.connections {
            let limit = Limit::Connections;
            let Some(seats) = self.hub.connections.seats.take(&app.id, most) else {
                return Err(limits.full(&app.id, limit));
            };
            let seats = u64::from(seats);
            limits.rose(&app.id, limit, seats - 1, seats, most.into());
            self.seated = true;
        }
        if let Some(parting) = &mut self.parting {
            parting.authenticated();
        }
        Ok(())
    }

    /// Who watches takes none of the app's seats, nor of its rate: whoever may only look keeps
    /// nobody out, and sees an app that is full.
    fn take_watchers_seat(&mut self, app: &App) -> Result<(), Refusal> {
        let most = Rules::WATCHERS;
        if self.hub.connections.watchers.take(&app.id, most).is_none() {
            let detail = format!("{most} connections watch the app already");
            return Err(Refusal::because(ErrorCode::QuotaExceeded, detail));
        }
        self.seated = true;
        if let Some(parting) = &mut self.parting {
            parting.authenticated();
        }
        Ok(())
    }

    /// The app has no seat now, or is coming too fast.
    pub(super) fn leave_unseated(&self, refusal: &Refusal) {
        if refusal.code == ErrorCode::RateLimited {
            self.hub.send_back(&self.connection, refusal);
        } else {
            self.connection.close(CloseReason::ConnectionLimit, None);
        }
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
        // Shown by a client of its own: it can only hide its own messages from itself.
        let shown = auth.session.filter(|_| !refreshed);
        self.become_known(&client, shown);
        // Once more, now that a revocation finds the connection: one that came since the token was
        // looked at did not.
        if self.hub.revocations.is_revoked(&client.app.id, &client.id, &client.token) {
            return self.connection.close(CloseReason::TokenRevoked, None);
        }
        self.adopt(&client, auth.heartbeat, refreshed);
        let trace = asked.trace.clone();
        self.note_authenticated(&client, refreshed, trace.as_ref());
        if !refreshed {
            self.note_opened(&client);
        }
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
            let wish = Subscribe { channel, position, rewind: None, presence: None, pass: None };
            self.subscribe_by_token(&client, wish, trace.as_ref()).await;
        }
    }

    /// From now on the connection is this client's, and is found by it.
    pub(super) fn become_known(&mut self, client: &Arc<Client>, session: Option<SessionToken>) {
        let was_nobody = self.client.replace(Arc::clone(client)).is_none();
        if was_nobody && let Some(app) = self.payer() {
            self.hub.meter.note(&Reading::Connection { app, present: true });
        }
        if session.is_some() {
            self.connection.continues();
        }
        let session = session.unwrap_or_else(|| self.connection.session());
        let identity = Identity { client: Some(Arc::clone(client)), session };
        self.hub.connections.identify(&self.connection, identity);
        self.hub.note_known_under(&client.app);
    }

    /// The app is told that the client is here.
    pub(super) fn note_opened(&self, client: &Client) {
        let (chronicle, app) = (&self.hub.chronicle, &client.app.id);
        if !client.is_watcher() && chronicle.wants(app, FactKind::ConnectionOpened) {
            chronicle.note(app, self.connection.opening(client));
        }
    }

    pub(super) fn note_authenticated(
        &self,
        client: &Client,
        refreshed: bool,
        trace: Option<&TraceId>,
    ) {
        let connection = self.connection.id;
        let (app, client) = (&client.app.id, &client.id);
        let event = DomainEvent::Authenticated { connection, app, client, refreshed, trace };
        self.hub.events.record(&event);
    }

    /// What the client's app and wishes change in the connection.
    pub(super) fn adopt(&mut self, client: &Client, heartbeat: Option<bool>, refreshed: bool) {
        let (now, wall) = (self.hub.clock.moment(), self.hub.clock.now());
        let limits = client.app.limits;
        self.connection.outbound.set_queue_limit(limits.queue_bytes);
        if !refreshed {
            self.rate = requests(&limits, now);
            self.patience = requests(&limits, now);
        }
        self.connection.with_deadlines(|deadlines| {
            deadlines.admit(client.expires_at, wall);
            if let Some(wanted) = heartbeat {
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
            session: self.connection.session(),
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
        let now = self.hub.clock.moment();
        let suppressed = self.refusals.get_or_insert_default().note(code, now);
        self.hub.events.record(&DomainEvent::AuthRefused {
            connection: self.connection.id,
            address: self.peer.address,
            app: auth.app.as_ref(),
            code,
            cause: error,
            suppressed,
            trace: asked.trace.as_ref(),
        });
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
