//! Entering a channel's list of members, watching it, and asking for it.

use std::sync::Arc;

use domain::{
    Action, Attendance, ChannelKey, ChannelName, Client, ErrorCode, Limit, Roster, TraceId,
};

use super::{Asked, Session};
use crate::{
    PresenceWish, Push, Refusal, ReplyData, Subscribe, Subscribed,
    attending::{Attending, Most, Part},
    gate::GateOverflow,
    ports::{Ender, Maker, PresenceError},
    presence::Listing,
    recovery::Budget,
};

impl Session {
    /// Subscribes and, where that is wished, takes part in presence: both, or none of it. Changes
    /// are held until [`Self::open_presence`].
    pub(super) async fn join_with_presence(
        &mut self,
        client: &Client,
        wish: Subscribe,
        budget: &mut Budget,
        listing: &mut Listing,
        trace: Option<&TraceId>,
    ) -> Result<Subscribed, Refusal> {
        let Some(presence) = wish.presence else {
            return self.join(client, wish, Maker::Client, budget, trace).await;
        };
        let channel = wish.channel.clone();
        self.may_see_members(client, &channel, trace)?;
        if presence == PresenceWish::Enter
            && let Err(denial) = client.check_entering(&channel)
        {
            return Err(self.deny(client, &channel, &denial, trace));
        }
        self.calm().await;
        self.let_go_if_lost(&channel, trace).await;
        if self.subscriptions.get(&channel).is_some() {
            let before = self.part(&channel);
            let roster = self.attend(client, &channel, presence, trace).await?;
            let joined = self.join(client, wish, Maker::Client, budget, trace).await;
            if joined.is_err() {
                self.go_back(&channel, before);
            }
            return joined.map(|subscribed| Subscribed {
                presence: Some(listing.admit(roster)),
                ..subscribed
            });
        }
        let subscribed = self.join(client, wish, Maker::Client, budget, trace).await?;
        match self.attend(client, &channel, presence, trace).await {
            Ok(roster) => Ok(Subscribed { presence: Some(listing.admit(roster)), ..subscribed }),
            Err(refusal) => {
                if let Some(made) = self.subscriptions.remove(&channel) {
                    self.drop_subscription(made, Ender::Refused, trace).await;
                }
                Err(refusal)
            }
        }
    }

    /// Once the reply is queued: lets out the changes that its lists do not have, and all that
    /// follow. Where too many came meanwhile, the subscription ends.
    pub(super) async fn open_presence(&mut self) {
        let mut overflowed = Vec::new();
        for subscription in self.subscriptions.iter_mut() {
            let opened = subscription.attending.as_ref().map(|attending| attending.open());
            if let Some(Err(GateOverflow)) = opened {
                overflowed.push(subscription.membership.channel().clone());
            }
        }
        for channel in overflowed {
            let (reason, resubscribe, retry_after) = ("overflow", true, None);
            let push = Push::Unsubscribed { channel: &channel, reason, resubscribe, retry_after };
            self.connection.push(&push);
            if let Some(subscription) = self.subscriptions.remove(&channel) {
                self.drop_subscription(subscription, Ender::Overflow, None).await;
            }
        }
    }

    /// Answers `presence`. To who watches the channel it is a new beginning: changes that the reply
    /// has are not told again, and none that it has not comes before it.
    pub(super) async fn show_members(
        &mut self,
        asked: Asked,
        client: &Client,
        channel: ChannelName,
    ) {
        self.its_turn(&asked.order(Some(channel.clone()))).await;
        self.calm().await;
        let roster = self.look(client, &channel, asked.trace.as_ref()).await;
        self.answer(asked, Some(channel), roster.map(ReplyData::Present)).await;
        self.open_presence().await;
    }

    /// The part that the connection takes in the presence of a channel.
    fn part(&self, channel: &ChannelName) -> Option<Part> {
        self.subscriptions.get(channel)?.attending.as_ref().map(|attending| attending.part())
    }

    /// What was changed for a request that was refused is as before.
    fn go_back(&mut self, channel: &ChannelName, before: Option<Part>) {
        let Some(subscription) = self.subscriptions.get_mut(channel) else { return };
        match (&mut subscription.attending, before) {
            (Some(attending), Some(before)) => attending.go_back(before),
            (attending, _) => *attending = None,
        }
    }

    /// No change of the channel's members is told any more, and the connection leaves them.
    pub(super) fn stop_attending(&mut self, channel: &ChannelName) {
        if let Some(subscription) = self.subscriptions.get_mut(channel) {
            subscription.attending = None;
        }
    }

    fn may_see_members(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        trace: Option<&TraceId>,
    ) -> Result<(), Refusal> {
        if let Err(denial) = client.check(Action::Presence, channel) {
            return Err(self.deny(client, channel, &denial, trace));
        }
        if client.app.namespace(channel).presence {
            return Ok(());
        }
        Err(Refusal::because(ErrorCode::NotEnabled, "this channel has no presence"))
    }

    /// Takes part in the presence of a channel that is subscribed to. Changes are held until
    /// [`Self::open_presence`]. Where it fails, what was before stays.
    async fn attend(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        wish: PresenceWish,
        trace: Option<&TraceId>,
    ) -> Result<Roster, Refusal> {
        let namespace = client.app.namespace(channel);
        if wish == PresenceWish::Enter {
            // Before the gate closes: it would have to hold what is waited for.
            let presence = Arc::clone(&self.hub.presence);
            self.meanwhile(presence.room_to_enter(&key(client, channel))).await;
        }
        let known = self.taken_out(channel);
        let was_known = known.is_some();
        let mut attending = known.unwrap_or_else(|| {
            let place = Attendance {
                channel: key(client, channel),
                client: client.id.clone(),
                connection: self.connection.id,
            };
            let delay = namespace.presence_leave_delay;
            Box::new(Attending::new(&self.hub.presence, place, delay, &self.connection))
        });
        attending.hold(&self.connection);
        let app = client.app.limits.presence_members;
        let most = Most { channel: namespace.presence_members, app };
        let roster = self.meanwhile(attending.follow(wish, client.info.clone(), most)).await;
        if let (PresenceWish::Enter, Ok(_), Some(most)) = (wish, &roster, app) {
            let members = u64::from(self.hub.presence.store().members_of(&client.app.id));
            let (before, limit) = (members.saturating_sub(1), Limit::PresenceMembers);
            self.hub.limits.rose(&client.app.id, limit, before, members, most.into());
        }
        if roster.is_ok() || was_known {
            self.put_back(channel, attending);
        }
        roster.map_err(|error| self.presence_failed(client, &error, trace))
    }

    async fn look(
        &mut self,
        client: &Client,
        channel: &ChannelName,
        trace: Option<&TraceId>,
    ) -> Result<Roster, Refusal> {
        self.may_see_members(client, channel, trace)?;
        let roster = match self.taken_out(channel) {
            Some(mut attending) => {
                attending.hold(&self.connection);
                let roster = self.meanwhile(attending.roster()).await;
                self.put_back(channel, attending);
                roster
            }
            None => {
                let presence = Arc::clone(&self.hub.presence);
                self.meanwhile(presence.roster(&key(client, channel))).await
            }
        };
        roster.map_err(|error| self.presence_failed(client, &error, trace))
    }

    /// Out of its subscription while the store is asked; dropped where that is cut off.
    fn taken_out(&mut self, channel: &ChannelName) -> Option<Box<Attending>> {
        self.subscriptions.get_mut(channel)?.attending.take()
    }

    fn put_back(&mut self, channel: &ChannelName, attending: Box<Attending>) {
        if let Some(subscription) = self.subscriptions.get_mut(channel) {
            subscription.attending = Some(attending);
        }
    }

    fn presence_failed(
        &self,
        client: &Client,
        error: &PresenceError,
        trace: Option<&TraceId>,
    ) -> Refusal {
        match error {
            PresenceError::Full => {
                let detail = "the channel has as many members as it may";
                Refusal::because(ErrorCode::QuotaExceeded, detail)
            }
            PresenceError::AppFull => self.hub.limits.full(&client.app.id, Limit::PresenceMembers),
            PresenceError::Unavailable(_) => self.failed("presence", error, trace),
        }
    }
}

fn key(client: &Client, channel: &ChannelName) -> ChannelKey {
    ChannelKey { app: client.app.id.clone(), channel: channel.clone() }
}
