//! One connection from its first frame to its end: the same for every transport.

mod app;
mod auth;
mod guest;
mod leave;
mod orders;
mod presence;
mod refusals;
mod send;
mod stream;
mod subscribe;
mod subscriptions;

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use domain::{
    AppId, AppLimits, ChannelName, Client, CloseReason, Denial, ErrorCode, Moment, Peer, RequestId,
    TokenBucket, TraceId,
};
use futures_util::future::BoxFuture;

use crate::{
    About, Command, Connection, Hub, Parting, Refusal, Reply, ReplyData, Request, Rules,
    admission::Seat,
    answers::{Answers, Order},
    ports::{Bounds, DomainEvent, Ender, Kind, Reading, Tick},
    quiet::Quiet,
};
use send::Unsent;
use subscriptions::Subscriptions;

/// One connection's session. Its transport hands it every frame in order ([`Self::receive`]),
/// polls [`Self::progress`] while it waits for the next one, and tells it the end ([`Self::end`]).
///
/// Requests take effect in the order they arrive. What it answers goes through the connection's
/// `Outbound`, never back through a return value.
pub struct Session {
    hub: Arc<Hub>,
    connection: Arc<Connection>,
    peer: Peer,
    /// Holds the connection's place; taken by whoever ends the session.
    parting: Option<Parting>,
    /// The app that the address named.
    hinted: Option<AppId>,
    /// Who it is; nothing before a successful `auth`.
    client: Option<Arc<Client>>,
    /// Whether the app counts this connection.
    seated: bool,
    subscriptions: Subscriptions,
    /// Requests.
    rate: TokenBucket,
    /// Requests that were refused as too fast and came all the same.
    patience: TokenBucket,
    /// Bad requests.
    budget: TokenBucket,
    refused_auths: u8,
    /// Frames that carry no message: pings, pongs, pieces of messages.
    overhead: TokenBucket,
    /// Boxed: most are never refused anything.
    denials: Option<Box<Quiet<Denial>>>,
    refusals: Option<Box<Quiet<ErrorCode>>>,
    answers: Answers,
    sends: send::Sends,
}

/// What a reply belongs to.
struct Asked {
    id: Option<RequestId>,
    trace: Option<TraceId>,
    kind: Kind,
    /// When it came.
    since: Tick,
}

const fn kind(command: &Command) -> Kind {
    match command {
        Command::Auth(_) => Kind::Auth,
        Command::Subscribe(_) => Kind::Subscribe,
        Command::SubscribeMany(_) => Kind::SubscribeMany,
        Command::Unsubscribe(_) => Kind::Unsubscribe,
        Command::Send(_) => Kind::Send,
        Command::History(_) => Kind::History,
        Command::Presence(_) => Kind::Presence,
        Command::SignIn(_) => Kind::SignIn,
        Command::Ping | Command::Alive => Kind::Ping,
    }
}

impl Session {
    pub(crate) fn new(
        hub: Arc<Hub>,
        connection: Arc<Connection>,
        peer: Peer,
        seat: Option<Seat>,
    ) -> Self {
        let now = connection.opened;
        let limits = AppLimits::default();
        let parting = Parting::new(Arc::clone(&hub), seat);
        connection.outbound.set_queue_limit(Rules::UNAUTHENTICATED_QUEUE);
        Self {
            hub,
            connection,
            peer,
            parting: Some(parting),
            hinted: None,
            client: None,
            seated: false,
            subscriptions: Subscriptions::default(),
            rate: requests(&limits, now),
            patience: requests(&limits, now),
            budget: TokenBucket::new(Rules::BAD_REQUESTS, 1, Rules::BAD_REQUEST_REFILL, now),
            refused_auths: 0,
            overhead: TokenBucket::new(
                Rules::OVERHEAD_BURST,
                Rules::OVERHEAD_PER_SECOND,
                SECOND,
                now,
            ),
            denials: None,
            refusals: None,
            answers: Answers::default(),
            sends: send::Sends::default(),
        }
    }

    /// The connection, as others see it.
    #[must_use]
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// The most bytes of the next frame: fewer before `auth`.
    #[must_use]
    pub fn frame_limit(&self) -> usize {
        let rules = self.hub.rules;
        if self.client.is_some() { rules.frame_bytes } else { rules.unauthenticated_frame_bytes }
    }

    /// Notes a sign of life that is no frame (a pong, a part of a frame).
    pub fn heard(&self) {
        self.connection.heard(self.hub.clock.moment());
    }

    /// Takes one frame. What comes back is done when the next one may come: after an `auth` is
    /// decided, at once for most, later where too many sends are under way. After a close frames
    /// are ignored, and in a shutdown: what it acknowledged then would miss who is told goodbye
    /// before.
    // Boxed: what a request needs is large, and the task of an idle connection would keep its place.
    pub fn receive(&mut self, frame: &[u8]) -> BoxFuture<'_, ()> {
        if self.connection.closed().is_some() || self.hub.connections.is_draining() {
            return Box::pin(Already);
        }
        self.heard();
        let since = self.hub.meter.tick();
        self.hub.meter.note(&Reading::Received { app: self.payer(), bytes: frame.len() });
        let bounds = Bounds { payload_bytes: self.payload_bytes() };
        match self.connection.codec.decode(frame, bounds) {
            Ok(Request { id, trace, command }) => {
                let asked = Asked { id, trace, kind: kind(&command), since };
                self.note_command(&asked, frame.len(), command.channel());
                match self.in_time(command.weight()) {
                    Ok(()) => self.begin(asked, command),
                    Err(refusal) => {
                        let channel = command.into_channel();
                        Box::pin(self.answer(asked, channel, Err(refusal)))
                    }
                }
            }
            Err(bad) => {
                let refused = self.in_time(1).err().unwrap_or_else(|| self.refusal_of(&bad));
                let asked = Asked { id: bad.id, trace: bad.trace, kind: Kind::Malformed, since };
                self.note_command(&asked, frame.len(), None);
                Box::pin(self.answer(asked, None, Err(refused)))
            }
        }
    }

    /// Carries a command out: at once where it can be, else in what comes back.
    fn begin(&mut self, asked: Asked, command: Command) -> BoxFuture<'_, ()> {
        let Command::Send(send) = command else { return Box::pin(self.carry_out(asked, command)) };
        match self.send_at_once(asked, send) {
            Ok(None) => Box::pin(Already),
            Ok(Some((asked, channel, refusal))) => {
                Box::pin(self.answer(asked, Some(channel), Err(refusal)))
            }
            Err(Unsent::Asked(asked, send)) => {
                Box::pin(self.carry_out(asked, Command::Send(*send)))
            }
            Err(Unsent::Drafted(asked, draft)) => Box::pin(self.commit(asked, *draft)),
        }
    }

    /// Notes frames that carried no message (pings, pongs, pieces of messages). Too many of them
    /// end the connection: they cost work and count against no other rate.
    pub fn spend_overhead(&mut self, frames: u32) {
        if frames > 0 && self.overhead.take_many(frames, self.hub.clock.moment()).is_err() {
            self.connection.close(CloseReason::RateLimited, None);
        }
    }

    /// A transport could not make a frame of what came: the connection ends.
    pub fn violate(&self, reason: CloseReason) {
        self.connection.close(reason, None);
    }

    /// Ends the session: leaves every channel, gives every place back, tells the log. `seen` is
    /// what the transport saw, for an end that the server did not make. The transport holds what it
    /// gets until the socket is closed.
    pub async fn end(mut self, seen: CloseReason) -> Option<Parting> {
        self.connection.ended(seen);
        // One by one: where this is cut off, the rest is still there to be dropped.
        while let Some(subscription) = self.subscriptions.pop() {
            self.drop_subscription(subscription, Ender::Connection, None).await;
        }
        self.parting.take()
    }

    async fn carry_out(&mut self, asked: Asked, command: Command) {
        let client = match (&command, &self.client) {
            (Command::Auth(_) | Command::Ping | Command::Alive, _) => None,
            (_, Some(client)) => Some(Arc::clone(client)),
            (_, None) => {
                let refusal = Refusal::plain(ErrorCode::Unauthenticated);
                return self.answer(asked, None, Err(refusal)).await;
            }
        };
        match (command, client) {
            (Command::Auth(auth), _) => self.auth(asked, auth).await,
            (Command::Subscribe(one), Some(client)) if client.is_guest() => {
                self.subscribe_guest(asked, &client, one).await;
            }
            (Command::Subscribe(one), Some(client)) => self.subscribe(asked, &client, one).await,
            (Command::SignIn(pass), Some(client)) => self.sign_in(asked, &client, &pass).await,
            (Command::Alive, _) => {}
            (Command::SubscribeMany(list), Some(client)) => {
                self.subscribe_many(asked, &client, list).await;
            }
            (Command::Unsubscribe(channel), Some(client)) => {
                self.unsubscribe(asked, &client, channel).await;
            }
            (Command::Send(send), Some(client)) => {
                let client = self.speaker(&send.channel).map_or(client, Arc::clone);
                self.send(asked, &client, send).await;
            }
            (Command::History(wish), Some(client)) => self.history(asked, &client, wish).await,
            (Command::Presence(channel), Some(client)) => {
                self.show_members(asked, &client, channel).await;
            }
            (Command::Ping, _) | (_, None) => {
                let ts = self.hub.clock.now();
                self.answer(asked, None, Ok(ReplyData::Pong(ts))).await;
            }
        }
    }

    /// Bytes of a message's `data`.
    fn payload_bytes(&self) -> usize {
        match &self.client {
            Some(client) if client.is_guest() => client.app.pusher.event_bytes,
            Some(client) => client.app.limits.payload_bytes,
            None => AppLimits::default().payload_bytes,
        }
    }

    fn limits(&self) -> AppLimits {
        self.client.as_ref().map_or_else(AppLimits::default, |client| client.app.limits)
    }

    /// Whether the request comes within the rate. Who goes on long after being refused is closed.
    fn in_time(&mut self, weight: u32) -> Result<(), Refusal> {
        let now = self.hub.clock.moment();
        self.rate.take_many(weight.min(self.rate.capacity()), now).map_err(|wait| {
            if self.patience.take(now).is_err() {
                self.connection.close(CloseReason::RateLimited, None);
            }
            Refusal::later(ErrorCode::RateLimited, wait)
        })
    }

    /// Answers; a refusal is noted and may spend the budget of bad requests.
    async fn answer(
        &mut self,
        asked: Asked,
        channel: Option<ChannelName>,
        outcome: Result<ReplyData, Refusal>,
    ) {
        let refused = outcome.as_ref().err().map(|refusal| refusal.code);
        let spends = refused.is_some_and(|code| self.spends_budget(asked.kind, code));
        if let Some(code) = refused {
            self.note_refused(asked.kind, channel.as_ref(), code, asked.trace.as_ref());
        }
        self.reply_in_order(asked, channel, outcome).await;
        if spends {
            self.spend_budget();
        }
    }

    /// Replies in the promised order, at once where nothing is in the way.
    async fn reply_in_order(
        &mut self,
        asked: Asked,
        channel: Option<ChannelName>,
        outcome: Result<ReplyData, Refusal>,
    ) {
        let about = asked.about(channel.as_ref(), &outcome);
        let order = asked.order(channel);
        let reply = self.frame(asked, about, outcome);
        if self.answers.blocks(&order) {
            self.room_for_one_more().await;
            let place = self.answers.expect(order);
            self.answers.fill(place, reply, |reply| self.connection.reply(reply));
        } else {
            self.connection.reply(reply);
        }
    }

    /// A reply as a frame; from here on the request counts as answered.
    fn frame(&self, asked: Asked, about: About, outcome: Result<ReplyData, Refusal>) -> Bytes {
        let Asked { id, kind, since, .. } = asked;
        let refused = outcome.as_ref().err().map(|refusal| refusal.code);
        let messages = outcome.as_ref().map_or(0, ReplyData::messages);
        let reply = self.connection.codec.reply(&Reply { id, about, outcome });
        let (app, bytes) = (self.payer(), reply.len());
        self.hub.meter.note(&Reading::Answered { app, kind, since, bytes, messages, refused });
        reply
    }

    fn spend_budget(&mut self) {
        if self.budget.take(self.hub.clock.moment()).is_err() {
            self.connection.close(CloseReason::BadRequests, None);
        }
    }
}

impl Drop for Session {
    /// Also where the transport's task was cut off: nobody is pushed to, nothing stays counted.
    fn drop(&mut self) {
        self.abandon_subscriptions();
        self.connection.ended(CloseReason::PeerLost);
        self.connection.drop_orders();
        self.hub.connections.remove(&self.connection);
        let (client, app) = (self.client.as_deref(), self.app());
        self.payer()
            .inspect(|app| self.hub.meter.note(&Reading::Connection { app, present: false }));
        if let Some(client) = client.filter(|_| self.seated) {
            self.hub.connections.give_seat_back(client);
        }
        self.hub.events.record(&DomainEvent::Closed {
            connection: self.connection.id,
            app,
            client: client.map(|client| &client.id),
            reason: self.connection.closed().unwrap_or(CloseReason::PeerLost),
            lived: self.hub.clock.moment().since(self.connection.opened),
        });
        client.into_iter().for_each(|client| self.note_closed(client));
    }
}

/// Nothing has to be waited for; of no size, so that its box is no memory.
struct Already;

impl Future for Already {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

impl Asked {
    fn order(&self, channel: Option<ChannelName>) -> Order {
        Order { in_sequence: self.id.is_none(), channel }
    }

    /// What its refusal is about.
    fn about(&self, channel: Option<&ChannelName>, outcome: &Result<ReplyData, Refusal>) -> About {
        if outcome.is_ok() {
            return About::Other;
        }
        match (self.kind, channel) {
            (Kind::Subscribe, Some(channel)) => About::Subscribe(channel.clone()),
            (Kind::Send, Some(channel)) => About::Send(channel.clone()),
            (Kind::SignIn, _) => About::SignIn,
            _ => About::Other,
        }
    }
}

const SECOND: Duration = Duration::from_secs(1);

fn requests(limits: &AppLimits, now: Moment) -> TokenBucket {
    TokenBucket::new(limits.requests_burst, limits.requests_per_second, SECOND, now)
}
