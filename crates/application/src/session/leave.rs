//! Leaving channels, whoever wants it.

use std::sync::Arc;

use domain::{ChannelName, Client, ErrorCode, FactKind, TraceId};
use tokio::runtime::Handle;

use super::{
    Session,
    subscribe::{made_by, unsubscribed},
    subscriptions::Subscription,
};
use crate::{
    causes::Causes,
    channels::{Channels, Membership},
    ports::{Change, DomainEvent, Ender, Maker},
};

impl Session {
    /// After new grants: leaves what is no longer granted. The pushes that tell so come later,
    /// behind the reply.
    pub(super) fn leave_what_is_not_granted(&mut self, client: &Client) -> Vec<ChannelName> {
        let mut lost = Vec::new();
        for subscription in self.subscriptions.iter_mut() {
            let channel = subscription.membership.channel();
            if subscription.maker != Maker::Server {
                subscription.maker = made_by(client, channel);
            }
            let signed = subscription.signed.clone();
            if !subscription.is_granted(signed.as_deref().unwrap_or(client)) {
                Channels::leave(&subscription.membership, &self.connection);
                lost.push(channel.clone());
                subscription.attending = None;
            }
        }
        lost
    }

    pub(super) async fn tell_what_is_not_granted(&mut self, lost: Vec<ChannelName>) {
        for channel in lost {
            let reason = ErrorCode::PermissionDenied.reason();
            let push = unsubscribed(&channel, reason, false);
            self.connection.push(&push);
            if let Some(subscription) = self.subscriptions.remove(&channel) {
                self.drop_subscription(subscription, Ender::Grants, None).await;
            }
        }
    }

    /// Lets go of a subscription that a gap ended. The client was told then; its place among the
    /// channel's members stays until it comes back here, so that nobody sees it leave.
    pub(super) async fn let_go_if_lost(&mut self, channel: &ChannelName, trace: Option<&TraceId>) {
        let known = self.subscriptions.get(channel);
        if known.is_some_and(|known| Channels::is_lost(&known.membership, &self.connection))
            && let Some(subscription) = self.subscriptions.remove(channel)
        {
            self.drop_subscription(subscription, Ender::Gap, trace).await;
        }
    }

    // `&mut`, though nothing is changed: a session is not shared, and its sends could not be.
    pub(super) async fn drop_subscription(
        &mut self,
        subscription: Subscription,
        by: Ender,
        trace: Option<&TraceId>,
    ) {
        Channels::leave(&subscription.membership, &self.connection);
        drop(subscription.attending);
        self.note_size(&subscription.membership);
        self.note_subscription(subscription.membership.channel(), Change::Ended(by), trace);
        let hub = Arc::clone(&self.hub);
        let retiring = hub.channels.retire_if_empty(subscription.membership);
        if let Err(error) = self.meanwhile(retiring).await {
            // Announcements without subscribers do no harm: noted, not repeated.
            self.broker_failed("detach", &error, trace);
        }
    }

    /// Leaves every channel of a session that was dropped, at once; the rooms that are now empty
    /// are closed by a task of their own, where there is a runtime to run it.
    pub(super) fn abandon_subscriptions(&mut self) {
        let mut left = Vec::new();
        while let Some(subscription) = self.subscriptions.pop() {
            Channels::leave(&subscription.membership, &self.connection);
            self.note_size(&subscription.membership);
            let ended = Change::Ended(Ender::Connection);
            self.note_subscription(subscription.membership.channel(), ended, None);
            left.push(subscription.membership);
        }
        let Some(runtime) = Handle::try_current().ok().filter(|_| !left.is_empty()) else { return };
        let (hub, connection) = (Arc::clone(&self.hub), self.connection.id);
        let app = self.app().cloned();
        runtime.spawn(async move {
            for membership in left {
                if let Err(error) = hub.channels.retire_if_empty(membership).await {
                    // Announcements without subscribers do no harm: noted, not repeated.
                    let (what, cause) = ("detach", &Causes(&error));
                    hub.events.record(&DomainEvent::Failed {
                        connection,
                        app: app.as_ref(),
                        what,
                        cause,
                        trace: None,
                    });
                }
            }
        });
    }

    /// The app is told that the client is no longer here.
    pub(super) fn note_closed(&self, client: &Client) {
        let (chronicle, app) = (&self.hub.chronicle, &client.app.id);
        if !client.is_watcher() && chronicle.wants(app, FactKind::ConnectionClosed) {
            chronicle.note(app, self.connection.ending(client));
        }
    }

    /// Somebody came or left: where the app wants it, the others are told how many they are.
    pub(super) fn note_size(&self, membership: &Membership) {
        let client = self.client.as_ref().filter(|client| !client.is_watcher());
        if client.is_some_and(|client| client.app.counts_subscribers(membership.channel())) {
            self.hub.channels.size_changed(membership);
        }
    }

    pub(super) fn note_subscription(
        &self,
        channel: &ChannelName,
        change: Change,
        trace: Option<&TraceId>,
    ) {
        // Only clients subscribe.
        let Some(app) = self.app() else { return };
        let connection = self.connection.id;
        let event = DomainEvent::Subscription { connection, app, channel, change, trace };
        self.hub.events.record(&event);
    }
}
