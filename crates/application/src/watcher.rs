//! One connection that is told of a channel's changes of presence.

use std::sync::Arc;

use bytes::Bytes;
use domain::PresenceVersion;

use crate::{Connection, gate::GateOverflow, volley::Volley};

/// A connection that watches who is in a channel.
pub(crate) struct Watcher {
    connection: Arc<Connection>,
    /// It knows the list of this version: what is not newer is not for it.
    since: PresenceVersion,
    /// Keeps changes until the reply with the list is on its way; nothing once it is. Which of them
    /// the list has already only that reply says.
    gate: Option<Box<Held>>,
}

#[derive(Default)]
struct Held {
    changes: Vec<(PresenceVersion, Bytes)>,
    bytes: usize,
    overflowed: bool,
}

impl Watcher {
    /// With a closed gate. The list that it will be given is no older than this version.
    pub(crate) fn new(connection: &Arc<Connection>, since: PresenceVersion) -> Self {
        Self { connection: Arc::clone(connection), since, gate: Some(Box::default()) }
    }

    /// Closes the gate for another list; one that is closed already keeps what it holds.
    pub(crate) fn close(&mut self) {
        self.gate.get_or_insert_default();
    }

    /// Opens the gate: what it held and the list of this version does not have goes out, and from
    /// now on everything at once.
    pub(crate) fn open(&mut self, since: PresenceVersion) -> Result<(), GateOverflow> {
        let Some(held) = self.gate.take() else { return Ok(()) };
        if held.overflowed {
            return Err(GateOverflow);
        }
        self.since = since.max(self.since);
        let since = self.since;
        let news = held.changes.iter().filter(|(version, _)| *version > since);
        for (_, frame) in news {
            self.connection.push_shared(frame);
        }
        Ok(())
    }

    /// Gives what of a volley is news: to the connection, or behind the gate.
    pub(crate) fn take(&mut self, volley: &mut Volley) {
        let (since, track) = (self.since, volley.track(&self.connection.codec));
        if self.gate.is_none() && track.first() > since {
            // Nobody counts changes.
            let _ = self.connection.push_run(track.whole(), track.all().iter());
            return;
        }
        let news = track.frames().filter(|(version, _)| *version > since);
        match &mut self.gate {
            None => news.for_each(|(_, frame)| {
                self.connection.push_shared(frame);
            }),
            Some(gate) => news.for_each(|(version, frame)| gate.hold(version, frame)),
        }
    }
}

impl Held {
    const CHANGES: usize = 256;
    const BYTES: usize = 256 * 1024;

    fn hold(&mut self, version: PresenceVersion, frame: &Bytes) {
        self.bytes += frame.len();
        self.overflowed |= self.changes.len() >= Self::CHANGES || self.bytes > Self::BYTES;
        if self.overflowed {
            self.changes = Vec::new();
        } else {
            self.changes.push((version, frame.clone()));
        }
    }
}
