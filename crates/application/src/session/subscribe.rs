//! Subscribing and unsubscribing.

use std::sync::Arc;

use domain::{
    Action, ChannelKey, ChannelMode, ChannelName, Client, ErrorCode, Fact, FactKind, Namespace,
    Offset, TraceId,
};

use super::{Asked, Session, subscriptions::Subscription};
use crate::{
    Push, Refusal, Replay, ReplyData, Subscribe, Subscribed,
    channels::Channels,
    gate::Ending,
    given::Given,
    keepers::durability,
    ports::{BadRequest, Change, Ender, Kind, Maker, Reading, Start},
    presence::Listing,
    recovery::{Budget, Wish},
};

impl Session {
    pub(super) async fn subscribe(&mut self, asked: Asked, client: &Client, wish: Subscribe) {
        let channel = wish.channel.clone();
        self.its_turn(&asked.order(Some(channel.clone()))).await;
        let (mut budget, mut listing) = (Budget::of(&client.app.limits), Listing::default());
        let trace = asked.trace.as_ref();
        let outcome = self.join_with_presence(client, wish, &mut budget, &mut listing, trace).await;
        let joined = outcome.as_ref().ok().map(Joined::of);
        self.answer(asked, Some(channel), outcome.map(ReplyData::Subscribed)).await;
        self.open(joined.as_slice()).await;
        self.open_presence().await;
    }

    /// Many channels under one reply: each joins behind its gate, then the reply goes, then all
    /// gates open, so that no push comes before the reply.
    pub(super) async fn subscribe_many(
        &mut self,
        asked: Asked,
        client: &Client,
        wishes: Vec<Result<Subscribe, BadRequest>>,
    ) {
        for wish in wishes.iter().flatten() {
            self.its_turn(&asked.order(Some(wish.channel.clone()))).await;
        }
        self.its_turn(&asked.order(None)).await;
        let mut listing = Listing::default();
        let mut outcomes = Vec::with_capacity(wishes.len());
        let mut budget = Budget::of(&client.app.limits);
        for wish in wishes {
            outcomes.push(match wish {
                Err(bad) => (None, Err(self.refusal_of(&bad))),
                Ok(wish) => {
                    let channel = wish.channel.clone();
                    let trace = asked.trace.as_ref();
                    let outcome = self
                        .join_with_presence(client, wish, &mut budget, &mut listing, trace)
                        .await;
                    (Some(channel), outcome)
                }
            });
        }
        // One request is at most one bad request, however many of its channels are refused: a
        // client that comes back to many channels after its grants changed is not an attacker.
        let spent = outcomes.iter().any(|(_, outcome)| spends(outcome));
        for (channel, outcome) in &outcomes {
            let Err(refusal) = outcome else { continue };
            let (app, code) = (&client.app.id, refusal.code);
            self.hub.meter.note(&Reading::Refused { app, code });
            self.note_refused(Kind::Subscribe, channel.as_ref(), code, asked.trace.as_ref());
        }
        let joined = outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref().ok());
        let joined: Vec<_> = joined.map(Joined::of).collect();
        self.answer(asked, None, Ok(ReplyData::SubscribedMany(outcomes))).await;
        self.open(&joined).await;
        self.open_presence().await;
        if spent {
            self.spend_budget();
        }
    }

    pub(super) async fn unsubscribe(
        &mut self,
        asked: Asked,
        client: &Client,
        channel: ChannelName,
    ) {
        self.its_turn(&asked.order(Some(channel.clone()))).await;
        let trace = asked.trace.clone();
        match self.subscriptions.get(&channel) {
            None => {
                let refusal = Refusal::plain(ErrorCode::NotSubscribed);
                self.answer(asked, Some(channel), Err(refusal)).await;
            }
            Some(subscription) if subscription.maker > Maker::Client => {
                let by_server = subscription.maker == Maker::Server;
                let denial =
                    if by_server { client.made_by_server() } else { client.made_by_token() };
                let refusal = self.deny(client, &channel, &denial, trace.as_ref());
                self.answer(asked, Some(channel), Err(refusal)).await;
            }
            Some(subscription) => {
                // Left before the reply is queued, so no push comes behind it.
                Channels::leave(&subscription.membership, &self.connection);
                self.stop_attending(&channel);
                let done = Ok(ReplyData::Unsubscribed(channel.clone()));
                self.answer(asked, Some(channel.clone()), done).await;
                if let Some(subscription) = self.subscriptions.remove(&channel) {
                    self.drop_subscription(subscription, Ender::Client, trace.as_ref()).await;
                }
            }
        }
    }

    /// Joins behind a closed gate; [`Self::open`] follows when the reply is queued.
    pub(super) async fn join(
        &mut self,
        client: &Client,
        wish: Subscribe,
        maker: Maker,
        budget: &mut Budget,
        trace: Option<&TraceId>,
    ) -> Result<Subscribed, Refusal> {
        let channel = wish.channel.clone();
        let namespace = Arc::clone(client.app.namespace(&channel));
        if maker == Maker::Client {
            self.may_subscribe(client, &channel, trace)?;
            may_wish(&wish, &namespace)?;
        }
        self.let_go_if_lost(&channel, trace).await;
        let readable = match Self::may_read(client, &wish, &namespace) {
            Ok(readable) => readable && namespace.kept().is_some(),
            // What the client did not ask for is not refused: it only learns that nothing is made up
            // for.
            Err(_) if maker > Maker::Client => false,
            Err(denial) => return Err(self.deny(client, &channel, &denial, trace)),
        };
        if let Some(known) = self.subscriptions.get_mut(&channel) {
            known.maker = known.maker.max(maker);
            return self.present_place(client, &wish, trace).await;
        }
        if readable {
            self.calm().await;
        }
        let most = client.app.limits.channels_per_connection;
        if u32::try_from(self.subscriptions.len()).unwrap_or(u32::MAX) >= most {
            return Err(Refusal::plain(ErrorCode::TooManyChannels));
        }
        // One that the token made and that failed is still the token's when the client asks again.
        let maker = maker.max(made_by(client, &channel));
        let key = ChannelKey { app: client.app.id.clone(), channel: channel.clone() };
        let (hub, connection) = (Arc::clone(&self.hub), Arc::clone(&self.connection));
        let durability = durability(&namespace);
        let membership = self.meanwhile(hub.channels.join(key, durability, &connection)).await;
        let membership =
            membership.map_err(|error| self.broker_failed("subscribe", &error, trace))?;
        self.subscriptions.insert(Subscription {
            membership,
            maker,
            attending: None,
            signed: None,
        });
        if let Some(made) = self.subscriptions.get(&channel) {
            self.note_size(&made.membership);
        }
        self.note_subscription(&channel, Change::Made(maker), trace);
        if !readable {
            // Nothing could make up for what was missed.
            let recovered = wish.position.map(|_| false);
            self.note_recovery(recovered);
            return Ok(Subscribed { channel, recovered, stream: None, presence: None });
        }
        match self.replay(client, &channel, &Wish::of(&wish, &namespace), budget, trace).await {
            Ok((recovered, stream)) => {
                if let Some(replay) = &stream {
                    self.note_subscription(&channel, Change::Placed(start(replay)), trace);
                }
                // A cache has nothing to make up for.
                let is_stream = namespace.mode == ChannelMode::Stream;
                self.note_recovery(recovered.filter(|_| is_stream));
                let nothing = stream.as_ref().is_none_or(|replay| replay.messages.is_empty());
                if !is_stream && nothing && recovered != Some(true) {
                    self.note_missed(&channel);
                }
                Ok(Subscribed { channel, recovered, stream, presence: None })
            }
            Err(refusal) => {
                if let Some(subscription) = self.subscriptions.remove(&channel) {
                    self.drop_subscription(subscription, Ender::Refused, trace).await;
                }
                Err(refusal)
            }
        }
    }

    fn may_subscribe(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        trace: Option<&TraceId>,
    ) -> Result<(), Refusal> {
        if client.channels.contains(channel) {
            // The token's own channels need no further grant.
            return Ok(());
        }
        if let Err(denial) = client.check(Action::Subscribe, channel) {
            return Err(self.deny(client, channel, &denial, trace));
        }
        Ok(())
    }

    /// Opens the gates of channels that were joined. Where too much came meanwhile, or the stream
    /// began anew, the subscription ends and the client is told to subscribe again.
    pub(super) async fn open(&mut self, joined: &[Joined]) {
        let mut ended = Vec::new();
        for Joined { channel, seen } in joined {
            let Some(subscription) = self.subscriptions.get(channel) else { continue };
            let opened = Channels::open(&subscription.membership, &self.connection, *seen);
            if let Err(ending) = opened {
                let push = unsubscribed(channel, ending.reason(), true);
                self.connection.push(&push);
                ended.push((channel, ender(ending)));
            }
        }
        // Only now: a broker that takes its time to detach holds no other gate closed.
        for (channel, by) in ended {
            if let Some(subscription) = self.subscriptions.remove(channel) {
                self.drop_subscription(subscription, by, None).await;
            }
        }
    }

    /// A subscription that the server makes: told by a push.
    pub(super) async fn subscribe_by_token(
        &mut self,
        client: &Client,
        wish: Subscribe,
        trace: Option<&TraceId>,
    ) {
        let channel = wish.channel.clone();
        let mut budget = Budget::of(&client.app.limits);
        match self.join(client, wish, Maker::Token, &mut budget, trace).await {
            Ok(subscribed) => {
                // A reply in all but name: what the client asked for does not make it too slow.
                let frame = self.connection.codec.push(&Push::Subscribed(&subscribed));
                let given = Given { messages: subscribed.messages(), bytes: frame.len() };
                given.note(&client.app.id, &*self.hub.meter);
                self.connection.outbound.reply(frame);
                self.open(&[Joined::of(&subscribed)]).await;
            }
            Err(refusal) => {
                self.note_refused(Kind::Subscribe, Some(&channel), refusal.code, trace);
                let reason = refusal.code.reason();
                let retry_after = refusal.retry_after;
                let push = Push::Unsubscribed {
                    channel: &channel,
                    reason,
                    resubscribe: true,
                    retry_after,
                };
                self.connection.push(&push);
            }
        }
    }

    /// The app is told that its cache had nothing to give.
    fn note_missed(&self, channel: &ChannelName) {
        let Some(app) = self.payer() else { return };
        if self.hub.chronicle.wants(app, FactKind::CacheMissed) {
            self.hub.chronicle.note(app, Fact::CacheMissed(channel.clone()));
        }
    }

    fn note_recovery(&self, verdict: Option<bool>) {
        if let (Some(app), Some(whole)) = (self.payer(), verdict) {
            self.hub.meter.note(&Reading::Recovered { app, whole });
        }
    }
}

const fn ender(ending: Ending) -> Ender {
    match ending {
        Ending::Overflow => Ender::Overflow,
        Ending::Gap => Ender::Gap,
    }
}

/// What a subscriber is given with the reply.
fn start(replay: &Replay) -> Start {
    let first = replay.messages.first().and_then(|record| record.message.offset);
    Start { first, position: replay.position }
}

/// Who makes a subscription that nobody orders.
pub(super) fn made_by(client: &Client, channel: &ChannelName) -> Maker {
    if client.channels.contains(channel) { Maker::Token } else { Maker::Client }
}

/// A channel whose gate is to be opened, and how far its subscriber is then.
pub(super) struct Joined {
    pub(super) channel: ChannelName,
    pub(super) seen: Offset,
}

impl Joined {
    pub(super) fn of(subscribed: &Subscribed) -> Self {
        let seen = subscribed.stream.as_ref().map_or(Offset(0), |stream| stream.position.offset);
        Self { channel: subscribed.channel.clone(), seen }
    }
}

/// Whether the channel has what is asked of it.
fn may_wish(wish: &Subscribe, namespace: &Namespace) -> Result<(), Refusal> {
    if wish.position.is_some() && wish.rewind.is_some() {
        let detail = "a position and a rewind exclude each other";
        return Err(Refusal::because(ErrorCode::InvalidParams, detail));
    }
    if (wish.position.is_some() || wish.rewind.is_some()) && namespace.kept().is_none() {
        return Err(Refusal::because(ErrorCode::NotEnabled, "this channel has no history"));
    }
    Ok(())
}

/// An end that no waiting helps against, or that waiting is not needed for.
pub(super) fn unsubscribed<'a>(
    channel: &'a ChannelName,
    reason: &'static str,
    resubscribe: bool,
) -> Push<'a> {
    Push::Unsubscribed { channel, reason, resubscribe, retry_after: None }
}

fn spends(outcome: &Result<Subscribed, Refusal>) -> bool {
    outcome.as_ref().is_err_and(|refusal| refusal.code.spends_budget())
}
