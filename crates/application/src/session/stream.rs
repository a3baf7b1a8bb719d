//! What a session reads of the streams of its channels.

use domain::{
    Action, AppLimits, ChannelKey, ChannelMode, ChannelName, Client, Denial, ErrorCode, Namespace,
    Position, Record, TraceId,
};

use super::{Asked, Session, subscribe::Joined};
use crate::{
    History, HistoryPage, Refusal, Replay, ReplyData, Subscribe, Subscribed,
    channels::Channels,
    keepers::durability,
    ports::{HistoryError, Order, Page, Query},
    recovery::{Budget, Wish},
};

/// A slow reader is asked to read first: a request that can answer with messages begins when no
/// more than this part of the queue is used.
const CALM: usize = 4;

impl Budget {
    pub(super) fn of(limits: &AppLimits) -> Self {
        Self {
            messages: usize::try_from(limits.replay_messages).unwrap_or(usize::MAX),
            bytes: u64::try_from(limits.replay_bytes).unwrap_or(u64::MAX),
        }
    }
}

impl Wish {
    /// What a subscriber wants of a channel with history.
    pub(super) fn of(wish: &Subscribe, namespace: &Namespace) -> Self {
        match (namespace.mode, wish.position, wish.rewind) {
            (ChannelMode::Cache, position, _) => Self::Cached(position),
            (ChannelMode::Stream, Some(position), _) => Self::Since(position),
            (ChannelMode::Stream, None, Some(count)) => Self::Last(count),
            (ChannelMode::Stream, None, None) => Self::Place,
        }
    }
}

impl Session {
    /// Whether what the client asks of the stream may be given: `Ok(false)` where it asks for
    /// nothing and may not read earlier messages, so that it is not told its place either.
    pub(super) fn may_read(
        client: &Client,
        wish: &Subscribe,
        namespace: &Namespace,
    ) -> Result<bool, Denial> {
        if namespace.mode == ChannelMode::Cache {
            return Ok(true);
        }
        match client.check(Action::History, &wish.channel) {
            Ok(()) => Ok(true),
            Err(_) if wish.position.is_none() && wish.rewind.is_none() => Ok(false),
            Err(denial) => Err(denial),
        }
    }

    /// Waits until the client has read most of what it was sent: no answer of messages shall make
    /// it a slow reader.
    pub(super) async fn calm(&mut self) {
        let outbound = std::sync::Arc::clone(&self.connection.outbound);
        self.meanwhile(outbound.drained(self.limits().queue_bytes / CALM)).await;
    }

    /// What a new subscriber is given of the channel's stream. It has joined behind its gate, so
    /// that nothing comes in between.
    ///
    /// A guest begins no stream: an app has so many only, and whoever has its address is a guest.
    pub(super) async fn replay(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        wish: &Wish,
        budget: &mut Budget,
        trace: Option<&TraceId>,
    ) -> Result<(Option<bool>, Option<Replay>), Refusal> {
        if client.is_guest() && !self.has_stream(client, channel, trace).await? {
            return Ok((None, None));
        }
        let page = self.page(client, channel, wish.query(*budget), trace).await?;
        let session = self.connection.session();
        let hidden = |record: &Record| record.is_hidden_from(&client.id, session);
        let (recovered, replay) = wish.grant(page, budget, hidden);
        Ok((recovered, Some(replay)))
    }

    async fn has_stream(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        trace: Option<&TraceId>,
    ) -> Result<bool, Refusal> {
        let key = ChannelKey { app: client.app.id.clone(), channel: channel.clone() };
        let durability = durability(client.app.namespace(channel));
        let keeper = self.hub.keepers.of(durability).clone();
        let exists = self.meanwhile(keeper.history.exists(&key)).await;
        exists.map_err(|error| self.history_failed(&error, trace))
    }

    fn history_failed(&self, error: &HistoryError, trace: Option<&TraceId>) -> Refusal {
        match error {
            HistoryError::Unavailable(_) => self.failed("history", error, trace),
        }
    }

    /// A second `subscribe`: where the client is now. Its gate closes until the reply is queued.
    pub(super) async fn present_place(
        &mut self,
        client: &Client,
        wish: &Subscribe,
        trace: Option<&TraceId>,
    ) -> Result<Subscribed, Refusal> {
        let channel = wish.channel.clone();
        let namespace = std::sync::Arc::clone(client.app.namespace(&channel));
        let readable = namespace.kept().is_some()
            && Self::may_read(
                client,
                &Subscribe { position: None, rewind: None, pass: None, ..wish.clone() },
                &namespace,
            )
            .unwrap_or(false);
        if !readable {
            let recovered = wish.position.map(|_| false);
            return Ok(Subscribed { channel, recovered, stream: None, presence: None });
        }
        let Some(subscription) = self.subscriptions.get(&channel) else {
            return Err(Refusal::plain(ErrorCode::NotSubscribed));
        };
        let seen = Channels::close_gate(&subscription.membership, &self.connection);
        let Some(seen) = seen else {
            if Channels::is_lost(&subscription.membership, &self.connection) {
                // A gap in this very moment; it has been told.
                return Err(Refusal::later(ErrorCode::Unavailable, super::SECOND));
            }
            // Twice in one request: the first entry tells the place.
            return Ok(Subscribed { channel, recovered: None, stream: None, presence: None });
        };
        let query = Wish::Place.query(Budget::of(&self.limits()));
        let page = self.page(client, &channel, query, trace).await;
        let position = page.map(|page| Position { epoch: page.position.epoch, offset: seen });
        let position = match position {
            Ok(position) => position,
            Err(refusal) => {
                self.open(&[Joined { channel, seen }]).await;
                return Err(refusal);
            }
        };
        let recovered = wish.position.map(|known| known == position);
        Ok(Subscribed {
            channel,
            recovered,
            stream: Some(Replay { position, messages: Vec::new() }),
            presence: None,
        })
    }

    async fn page(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        query: Query,
        trace: Option<&TraceId>,
    ) -> Result<Page, Refusal> {
        let namespace = client.app.namespace(channel);
        let Some(policy) = namespace.kept() else {
            return Err(Refusal::plain(ErrorCode::NotEnabled));
        };
        // Who only watches begins no stream either.
        if client.is_watcher() && !self.has_stream(client, channel, trace).await? {
            return Ok(Page::of_no_stream(self.hub.ids.epoch()));
        }
        let key = ChannelKey { app: client.app.id.clone(), channel: channel.clone() };
        let keeper = self.hub.keepers.of(durability(namespace)).clone();
        let page = self.meanwhile(keeper.history.read(&key, &policy, &query)).await;
        page.map_err(|error| self.history_failed(&error, trace))
    }

    pub(super) async fn history(&mut self, asked: Asked, client: &Client, wish: History) {
        let channel = wish.channel.clone();
        let outcome = match self.may_page(client, &channel, asked.trace.as_ref()) {
            Err(refusal) => Err(refusal),
            Ok(()) => {
                // What was sent before is in it.
                self.its_turn(&asked.order(Some(channel.clone()))).await;
                self.earlier(client, wish, asked.trace.as_ref()).await
            }
        };
        self.answer(asked, Some(channel), outcome.map(ReplyData::History)).await;
    }

    fn may_page(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        trace: Option<&TraceId>,
    ) -> Result<(), Refusal> {
        if let Err(denial) = client.check(Action::History, channel) {
            return Err(self.deny(client, channel, &denial, trace));
        }
        match client.app.namespace(channel).kept() {
            Some(_) => Ok(()),
            None => Err(Refusal::plain(ErrorCode::NotEnabled)),
        }
    }

    async fn earlier(
        &mut self,
        client: &Client,
        wish: History,
        trace: Option<&TraceId>,
    ) -> Result<HistoryPage, Refusal> {
        let History { channel, epoch, after, before, limit, order } = wish;
        self.calm().await;
        let Budget { messages, bytes } = Budget::of(&client.app.limits);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX).min(messages);
        let query = Query { after, before, order, limit, bytes };
        let page = self.page(client, &channel, query, trace).await?;
        if epoch.is_some_and(|epoch| epoch != page.position.epoch) {
            return Err(Refusal::plain(ErrorCode::EpochChanged));
        }
        Ok(HistoryPage { channel, page })
    }
}

impl History {
    /// Messages of a page that asks for no number.
    pub const LIMIT: u32 = 50;
    /// The most that a page may ask for.
    pub const MOST: u32 = 1000;

    /// The first page of a channel.
    #[must_use]
    pub fn of(channel: ChannelName) -> Self {
        let (limit, order) = (Self::LIMIT, Order::Ascending);
        Self { channel, epoch: None, after: None, before: None, limit, order }
    }
}
