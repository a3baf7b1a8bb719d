//! What a session is subscribed to.

use std::sync::Arc;

use domain::{Action, ChannelName, Client};

use crate::{attending::Attending, channels::Membership, ports::Maker};

/// One subscription of a session.
pub(super) struct Subscription {
    pub(super) membership: Membership,
    pub(super) maker: Maker,
    /// Its part in the channel's presence; nothing where the client did not ask.
    pub(super) attending: Option<Box<Attending>>,
    /// Who a guest is here: what its backend signed.
    pub(super) signed: Option<Arc<Client>>,
}

impl Subscription {
    /// Whether the client's grants still allow it.
    pub(super) fn is_granted(&self, client: &Client) -> bool {
        let channel = self.membership.channel();
        let granted = |action| client.check(action, channel).is_ok();
        (self.maker > Maker::Client || granted(Action::Subscribe))
            && (self.attending.is_none() || granted(Action::Presence))
    }
}

/// The subscriptions of a session, one per channel, in the order of the channels' names: most
/// sessions have few, and there are many sessions, so this is no larger than what is in it.
#[derive(Default)]
pub(super) struct Subscriptions(Vec<Subscription>);

impl Subscriptions {
    fn place(&self, channel: &ChannelName) -> Result<usize, usize> {
        self.0.binary_search_by(|known| known.membership.channel().as_str().cmp(channel.as_str()))
    }

    pub(super) fn get(&self, channel: &ChannelName) -> Option<&Subscription> {
        self.place(channel).ok().map(|place| &self.0[place])
    }

    pub(super) fn get_mut(&mut self, channel: &ChannelName) -> Option<&mut Subscription> {
        self.place(channel).ok().map(|place| &mut self.0[place])
    }

    /// Keeps a subscription to a channel that has none yet.
    pub(super) fn insert(&mut self, subscription: Subscription) {
        let channel = subscription.membership.channel();
        let place = self.place(channel).unwrap_or_else(|place| place);
        if self.0.len() == self.0.capacity() {
            // Twice as many from the first one on, where a vector would begin with four.
            self.0.reserve_exact(self.0.len().max(1));
        }
        self.0.insert(place, subscription);
    }

    pub(super) fn remove(&mut self, channel: &ChannelName) -> Option<Subscription> {
        self.place(channel).ok().map(|place| self.0.remove(place))
    }

    /// Takes any one out.
    pub(super) fn pop(&mut self) -> Option<Subscription> {
        self.0.pop()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Subscription> {
        self.0.iter_mut()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}
