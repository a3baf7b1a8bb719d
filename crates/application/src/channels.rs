//! Coming to a channel and leaving it.

use std::sync::Arc;

use domain::ChannelKey;

use crate::{
    Connection, Fanout,
    ports::{Broker, BrokerError},
    room::{GateOverflow, Room},
};

/// Subscribes connections to channels, and the node to the broker with the first of them.
pub(crate) struct Channels {
    fanout: Arc<Fanout>,
    broker: Arc<dyn Broker>,
}

/// One connection's place in a channel. Whoever holds it must [`Channels::leave`].
pub(crate) struct Membership {
    key: ChannelKey,
    room: Arc<Room>,
}

impl Channels {
    pub(crate) fn new(fanout: Arc<Fanout>, broker: Arc<dyn Broker>) -> Self {
        Self { fanout, broker }
    }

    /// Joins the channel behind a closed gate: messages from now on are held until
    /// [`Self::open`], so that the reply can go first.
    pub(crate) async fn join(
        &self,
        key: ChannelKey,
        connection: &Arc<Connection>,
    ) -> Result<Membership, BrokerError> {
        loop {
            let room = self.fanout.find_or_make(&key);
            let mut attachment = room.attachment.lock().await;
            if attachment.retired {
                continue;
            }
            if !attachment.attached {
                if let Err(error) = self.broker.attach(&key).await {
                    attachment.retired = true;
                    self.fanout.forget(&key, &room);
                    return Err(error);
                }
                attachment.attached = true;
            }
            room.join(connection);
            drop(attachment);
            return Ok(Membership { key, room });
        }
    }

    /// Lets the held messages out, and all that follow.
    pub(crate) fn open(
        membership: &Membership,
        connection: &Connection,
    ) -> Result<(), GateOverflow> {
        membership.room.open(connection.id)
    }

    /// Leaves at once: when this returns, no push of the channel comes any more.
    pub(crate) fn leave(membership: &Membership, connection: &Connection) {
        membership.room.leave(connection.id);
    }

    /// After a leave: the last one to go detaches the node and closes the room.
    pub(crate) async fn retire_if_empty(&self, membership: Membership) -> Result<(), BrokerError> {
        let Membership { key, room } = membership;
        if !room.is_empty() {
            return Ok(());
        }
        let mut attachment = room.attachment.lock().await;
        if attachment.retired || !room.is_empty() {
            return Ok(());
        }
        attachment.retired = true;
        self.fanout.forget(&key, &room);
        self.broker.detach(&key).await
    }
}
