//! The subscribers of one channel on this node.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use domain::ConnectionId;

use crate::Connection;

/// The subscribers of one channel, and whether the broker announces it here.
pub(crate) struct Room {
    /// Held while subscribers come, go or are served; never over an await.
    members: Mutex<Members>,
    /// Held, also over the broker's answer, while the first subscriber comes or the last one
    /// leaves: that is what keeps attach and detach in order. Taken before `members`.
    pub(crate) attachment: tokio::sync::Mutex<Attachment>,
}

/// Where the broker stands with a room.
#[derive(Default)]
pub(crate) struct Attachment {
    pub(crate) attached: bool,
    /// The room left the map: whoever still holds it must look again.
    pub(crate) retired: bool,
}

#[derive(Default)]
struct Members {
    list: Vec<Member>,
    places: HashMap<ConnectionId, usize>,
}

/// A subscriber.
pub(crate) struct Member {
    pub(crate) connection: Arc<Connection>,
    /// Holds messages back until the reply to `subscribe` is on its way; nothing once it is.
    gate: Option<Gate>,
}

/// Messages that came between joining and the reply.
#[derive(Default)]
struct Gate {
    held: Vec<Bytes>,
    bytes: usize,
    overflowed: bool,
}

impl Gate {
    const MESSAGES: usize = 256;
    const BYTES: usize = 256 * 1024;

    fn hold(&mut self, frame: &Bytes) {
        if self.held.len() >= Self::MESSAGES || self.bytes + frame.len() > Self::BYTES {
            self.overflowed = true;
        }
        if self.overflowed {
            self.held = Vec::new();
            return;
        }
        self.bytes += frame.len();
        self.held.push(frame.clone());
    }
}

impl Member {
    /// Takes a shared frame: to the connection, or behind the gate.
    pub(crate) fn take(&mut self, frame: &Bytes) {
        match &mut self.gate {
            None => self.connection.push_shared(frame),
            Some(gate) => gate.hold(frame),
        }
    }
}

/// More messages came before the gate opened than it holds: the subscription is over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct GateOverflow;

impl Room {
    pub(crate) fn new() -> Self {
        Self { members: Mutex::default(), attachment: tokio::sync::Mutex::default() }
    }

    fn with_members<T>(&self, change: impl FnOnce(&mut Members) -> T) -> T {
        change(&mut self.members.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn for_each_member(&self, visit: impl FnMut(&mut Member)) {
        self.with_members(|members| members.list.iter_mut().for_each(visit));
    }

    /// Joins behind a closed gate. A connection is in a room at most once.
    pub(crate) fn join(&self, connection: &Arc<Connection>) {
        self.with_members(|members| {
            let place = members.list.len();
            if let Entry::Vacant(vacant) = members.places.entry(connection.id) {
                vacant.insert(place);
                let connection = Arc::clone(connection);
                members.list.push(Member { connection, gate: Some(Gate::default()) });
            }
        });
    }

    /// Opens the gate: what it held goes out, and from now on everything at once.
    pub(crate) fn open(&self, id: ConnectionId) -> Result<(), GateOverflow> {
        self.with_members(|members| {
            let Some(&place) = members.places.get(&id) else { return Ok(()) };
            let member = &mut members.list[place];
            let Some(gate) = member.gate.take() else { return Ok(()) };
            if gate.overflowed {
                members.remove(id);
                return Err(GateOverflow);
            }
            gate.held.iter().for_each(|frame| member.connection.push_shared(frame));
            Ok(())
        })
    }

    /// Leaves; after it returns nothing more is pushed. Says whether the room is now empty.
    pub(crate) fn leave(&self, id: ConnectionId) -> bool {
        self.with_members(|members| {
            members.remove(id);
            members.list.is_empty()
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.with_members(|members| members.list.is_empty())
    }
}

impl Members {
    fn remove(&mut self, id: ConnectionId) {
        let Some(place) = self.places.remove(&id) else { return };
        self.list.swap_remove(place);
        if let Some(moved) = self.list.get(place) {
            self.places.insert(moved.connection.id, place);
        }
    }
}
