//! Coming to a channel and leaving it.

use std::{sync::Arc, time::Duration};

use domain::{AppId, ChannelKey, ChannelName, Durability, Fact, FactKind, Offset};
use tokio::{sync::MutexGuard, time::MissedTickBehavior};

use crate::{
    Connection, Fanout, Keepers,
    gate::Ending,
    ports::{Broker, BrokerError, Chronicle, DeliverySink as _, Reading},
    room::{Attachment, Room},
    sizes::Sizes,
};

/// Subscribes connections to channels, and the node to the broker with the first of them.
pub(crate) struct Channels {
    fanout: Arc<Fanout>,
    keepers: Keepers,
    /// Channels of apps that tell their subscribers how many they are.
    sizes: Sizes,
    chronicle: Arc<dyn Chronicle>,
}

/// One connection's place in a channel. Whoever holds it must [`Channels::leave`].
#[derive(Clone)]
pub(crate) struct Membership(Arc<Room>);

impl Membership {
    /// Where the channel's messages were kept when this began.
    pub(crate) fn durability(&self) -> Durability {
        self.0.durability
    }

    pub(crate) fn channel(&self) -> &ChannelName {
        &self.0.key.channel
    }
}

impl Channels {
    const TICK: Duration = Duration::from_millis(100);

    pub(crate) fn new(
        fanout: Arc<Fanout>,
        keepers: Keepers,
        chronicle: Arc<dyn Chronicle>,
    ) -> Self {
        Self { fanout, keepers, sizes: Sizes::default(), chronicle }
    }

    pub(crate) fn fanout(&self) -> &Fanout {
        &self.fanout
    }

    /// The channel's subscribers shall hear how many they are.
    pub(crate) fn size_changed(&self, membership: &Membership) {
        self.sizes.changed(&membership.0.key, membership.0.size());
    }

    /// Tells the sizes that are due. Called ten times a second.
    pub(crate) fn announce_sizes(&self) {
        for channel in self.sizes.tick() {
            self.fanout.tell_size(&channel);
            self.note_size(&channel);
        }
    }

    fn note_size(&self, key: &ChannelKey) {
        if !self.is_noted(key, FactKind::SubscriptionCount) {
            return;
        }
        // An empty one is vacated: that is told instead, also where somebody watches on.
        if let Some(room) = self.fanout.find(key).filter(|room| room.size() > 0) {
            let count = u32::try_from(room.size()).unwrap_or(u32::MAX);
            let fact = Fact::SubscriptionCount { channel: key.channel.clone(), count };
            self.chronicle.note(&key.app, fact);
        }
    }

    /// Tells the sizes that are due, and has what is due written down. Called ten times a second.
    pub(crate) fn tick(&self) {
        self.announce_sizes();
        self.chronicle.sweep();
    }

    /// The server's own channels are nobody's business.
    fn is_noted(&self, key: &ChannelKey, kind: FactKind) -> bool {
        !key.channel.is_reserved() && self.chronicle.wants(&key.app, kind)
    }

    /// Does so for as long as the future is polled.
    pub(crate) async fn run(&self) {
        let mut ticks = tokio::time::interval(Self::TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.tick();
        }
    }

    /// The app's channels that have subscribers are noted as occupied, each behind its door.
    pub(crate) async fn note_occupied(&self, app: &AppId) {
        for room in self.fanout.rooms_of(app) {
            let attachment = room.attachment.lock().await;
            if attachment.occupied && self.is_noted(&room.key, FactKind::ChannelOccupied) {
                self.chronicle.note(app, Fact::ChannelOccupied(room.key.channel.clone()));
            }
        }
    }

    fn broker(&self, room: &Room) -> &dyn Broker {
        &*self.keepers.of(room.durability).broker
    }

    /// Joins the channel behind a closed gate: messages from now on are held until
    /// [`Self::open`], so that the reply can go first.
    pub(crate) async fn join(
        &self,
        key: ChannelKey,
        durability: Durability,
        connection: &Arc<Connection>,
    ) -> Result<Membership, BrokerError> {
        loop {
            let room = self.fanout.find_or_make(&key, durability);
            let mut door = self.door(&key, &room).await;
            if door.attachment.retired {
                continue;
            }
            if room.durability != durability {
                self.retire_told(&mut door).await?;
                continue;
            }
            if !door.attachment.attached {
                self.broker(&room).attach(&key).await?;
                door.attachment.attached = true;
            }
            room.join(connection);
            self.note_occupancy(&mut door);
            drop(door);
            return Ok(Membership(room));
        }
    }

    /// Lets out the held messages that are behind `seen`, and all that follow.
    pub(crate) fn open(
        membership: &Membership,
        connection: &Connection,
        seen: Offset,
    ) -> Result<(), Ending> {
        membership.0.open(connection.id, seen)
    }

    /// Holds messages back again until [`Self::open`]; says up to which one they were given. Nothing
    /// where they are held back already.
    pub(crate) fn close_gate(membership: &Membership, connection: &Connection) -> Option<Offset> {
        membership.0.close_gate(connection.id)
    }

    /// Whether the subscription ended by a gap: the session does not know yet.
    pub(crate) fn is_lost(membership: &Membership, connection: &Connection) -> bool {
        !membership.0.has(connection.id)
    }

    /// Resolves when a message may be sent to the channel: not while more waits to be written to its
    /// subscribers than may, for a sender that is faster than the writing has to wait for it.
    pub(crate) async fn room_to_send(&self, key: &ChannelKey) {
        if let Some(room) = self.fanout.find(key) {
            room.room_to_send().await;
        }
    }

    /// Whether that is so now.
    pub(crate) fn has_room_to_send(&self, key: &ChannelKey) -> bool {
        self.fanout.find(key).is_none_or(|room| room.has_room_to_send())
    }

    /// Resolves when what was sent before is written to its subscribers.
    pub(crate) async fn settled(&self) {
        self.fanout.settled().await;
    }

    /// Leaves at once: when this returns, no push of the channel comes any more.
    pub(crate) fn leave(membership: &Membership, connection: &Connection) {
        membership.0.leave(connection.id);
    }

    /// The channel's messages are kept elsewhere from now on: its subscribers are told that its
    /// stream began anew, and whoever comes next attaches it where it is.
    pub(crate) async fn begin_elsewhere(&self, membership: &Membership) -> Result<(), BrokerError> {
        let Membership(room) = membership;
        let mut door = self.door(&room.key, room).await;
        if door.attachment.retired { Ok(()) } else { self.retire_told(&mut door).await }
    }

    async fn retire_told(&self, door: &mut Door<'_>) -> Result<(), BrokerError> {
        self.fanout.gap(door.key);
        let attached = std::mem::take(&mut door.attachment.attached);
        self.note_occupancy(door);
        if attached { self.broker(door.room).detach(door.key).await } else { Ok(()) }
    }

    /// Notes the first client that comes and the last one that goes; behind the door, so that they
    /// come in turn.
    fn note_occupancy(&self, door: &mut Door<'_>) {
        let Door { key, room, attachment, .. } = door;
        let present = attachment.attached && room.size() > 0;
        if std::mem::replace(&mut attachment.occupied, present) == present {
            return;
        }
        self.fanout.meter().note(&Reading::Channel { app: &key.app, present });
        let channel = || key.channel.clone();
        if present && self.is_noted(key, FactKind::ChannelOccupied) {
            self.chronicle.note(&key.app, Fact::ChannelOccupied(channel()));
        }
        if !present && self.is_noted(key, FactKind::ChannelVacated) {
            self.chronicle.note(&key.app, Fact::ChannelVacated(channel()));
        }
    }

    /// After a leave: the last client to go vacates the channel, the last one at all detaches the
    /// node and closes the room.
    pub(crate) async fn retire_if_empty(&self, membership: Membership) -> Result<(), BrokerError> {
        let Membership(room) = membership;
        if room.size() > 0 {
            return Ok(());
        }
        let mut door = self.door(&room.key, &room).await;
        if door.attachment.retired {
            return Ok(());
        }
        self.note_occupancy(&mut door);
        if !room.is_empty() {
            return Ok(());
        }
        // Whoever comes meanwhile waits at this door until the broker let go: a new room's attach
        // must not be undone by the old room's detach.
        door.attachment.attached = false;
        self.broker(&room).detach(&room.key).await
    }

    async fn door<'a>(&'a self, key: &'a ChannelKey, room: &'a Arc<Room>) -> Door<'a> {
        Door { fanout: &self.fanout, key, room, attachment: room.attachment.lock().await }
    }
}

/// A room whose attachment is locked. If it is not attached when the lock is given back (the broker
/// refused, the last one left, whoever asked was cut off), it leaves the map: no room stays without
/// a subscriber.
struct Door<'a> {
    fanout: &'a Fanout,
    key: &'a ChannelKey,
    room: &'a Arc<Room>,
    attachment: MutexGuard<'a, Attachment>,
}

impl Drop for Door<'_> {
    fn drop(&mut self) {
        if !self.attachment.attached {
            self.attachment.retired = true;
            self.fanout.forget(self.key, self.room);
        }
    }
}
