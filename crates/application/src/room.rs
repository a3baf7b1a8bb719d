//! The subscribers of one channel on this node.

mod members;

use std::{
    collections::hash_map::Entry,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use domain::{ChannelKey, ChannelName, ConnectionId, Durability, Offset};
use tokio::sync::Notify;

use crate::{
    Connection, Push, Waiting,
    audiences::Audiences,
    backlog::Backlog,
    gate::{Ending, Gate},
    given::Given,
    ports::{Encoding, Meter, Reading},
    run::{Frames, Gap, Mark, News, Piece, Place, Run, Share},
};

use members::Members;

/// The subscribers of one channel, what waits for them, and whether the broker announces it here.
pub(crate) struct Room {
    pub(crate) key: ChannelKey,
    /// Which broker has the channel.
    pub(crate) durability: Durability,
    /// Held while subscribers come, go or are written to (at most [`Self::AT_ONCE`] of them); never
    /// over an await.
    members: Mutex<Members>,
    /// Held to append a message and to take a run. Taken after `members` where both are.
    backlog: Mutex<Backlog>,
    /// A run was written to everybody.
    written: Notify,
    meter: Arc<dyn Meter>,
    /// Where the backlog's bytes are counted.
    waiting: Arc<Waiting>,
    /// Held, also over the broker's answer, while the first subscriber comes or the last one
    /// leaves: that is what keeps attach and detach in order. Taken before the other locks.
    pub(crate) attachment: tokio::sync::Mutex<Attachment>,
    #[cfg(feature = "planted")]
    gateless: bool,
}

/// Where the broker stands with a room.
#[derive(Default)]
pub(crate) struct Attachment {
    pub(crate) attached: bool,
    /// A client is here: the app was told.
    pub(crate) occupied: bool,
    /// The room left the map: whoever still holds it must look again.
    pub(crate) retired: bool,
}

/// A subscriber.
struct Member {
    connection: Arc<Connection>,
    encoding: Encoding,
    /// Whether it is a client: who only watches is in nobody's count, and the app pays nothing for it.
    counts: bool,
    /// The sequence number of the first message that it gets.
    joined: u64,
    /// In a channel with history, the last message that it was given.
    seen: Offset,
    /// Holds messages back until the reply to `subscribe` is on its way; nothing once it is.
    gate: Option<Box<Gate>>,
}

impl Member {
    /// Gives what of a run is this subscriber's: to the connection, or behind the gate. Says what
    /// the connection was given.
    fn take(&mut self, run: &Run, channel: &ChannelName) -> Given {
        let mut given = Given::default();
        let place = Place { connection: &self.connection, joined: self.joined, seen: self.seen };
        match run.share(self.encoding, &place) {
            Share::Nothing => {}
            Share::Whole(whole, frames) => match &mut self.gate {
                None => given = self.give(whole, frames),
                Some(gate) => frames.for_each(|(frame, mark)| gate.hold(frame, mark)),
            },
            Share::Some(pieces) => pieces.into_iter().for_each(|piece| match piece {
                Piece::Message(frame, mark) => given += self.take_one(frame, mark),
                Piece::Hidden(offset) => {
                    let frame = self.connection.codec.push(&Push::Position { channel, offset });
                    let mark = Mark { offset: Some(offset), is_message: false };
                    given += self.take_one(&frame, mark);
                }
            }),
        }
        // What a gate holds was not given yet.
        if self.gate.is_none() {
            self.seen = run.last_offset().unwrap_or(self.seen).max(self.seen);
        }
        given.to(self.counts)
    }

    /// Gives all of a run, and says how much of it the connection took.
    fn give(&self, whole: &Bytes, frames: Frames<'_>) -> Given {
        let all = frames.clone().map(|(frame, _)| frame);
        match self.connection.push_run(whole, all) {
            Ok(()) => Given { messages: frames.messages(), bytes: whole.len() },
            Err(first) => {
                let mut given = Given::default();
                frames.take(first).for_each(|(frame, mark)| given += Given::of(frame, mark));
                given
            }
        }
    }

    fn take_one(&mut self, frame: &Bytes, mark: Mark) -> Given {
        match &mut self.gate {
            None if self.connection.push_shared(frame) => return Given::of(frame, mark),
            None => {}
            Some(gate) => gate.hold(frame, mark),
        }
        Given::default()
    }

    /// Lets out what the gate held behind `seen`.
    fn open(&mut self, seen: Offset) -> Result<Given, Ending> {
        let mut given = Given::default();
        let Some(gate) = self.gate.take() else { return Ok(given) };
        self.seen = seen.max(self.seen);
        let anew = gate.began_anew();
        for (frame, mark) in gate.open(self.seen)? {
            if self.connection.push_shared(&frame) {
                given += Given::of(&frame, mark);
            }
            self.seen = mark.offset.unwrap_or(self.seen);
        }
        if anew {
            self.seen = Offset(0);
        }
        Ok(given.to(self.counts))
    }
}

impl Room {
    /// Subscribers that are written to before others get their turn.
    const AT_ONCE: usize = 128;
    /// Bytes that may wait to be written before senders have to.
    pub(crate) const BACKLOG: usize = 1024 * 1024;

    pub(crate) fn new(
        key: ChannelKey,
        durability: Durability,
        meter: Arc<dyn Meter>,
        waiting: Arc<Waiting>,
    ) -> Self {
        Self {
            key,
            durability,
            members: Mutex::default(),
            backlog: Mutex::default(),
            written: Notify::new(),
            meter,
            waiting,
            attachment: tokio::sync::Mutex::default(),
            #[cfg(feature = "planted")]
            gateless: false,
        }
    }

    #[cfg(feature = "planted")]
    pub(crate) fn without_gates(self) -> Self {
        let mut room = self;
        room.gateless = true;
        room
    }

    /// A closed gate.
    #[cfg_attr(not(feature = "planted"), expect(clippy::unused_self, clippy::unnecessary_wraps))]
    fn gate(&self) -> Option<Box<Gate>> {
        #[cfg(feature = "planted")]
        if self.gateless {
            return None;
        }
        Some(Box::default())
    }

    fn with_members<T>(&self, change: impl FnOnce(&mut Members) -> T) -> T {
        change(&mut self.members.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn with_backlog<T>(&self, change: impl FnOnce(&mut Backlog) -> T) -> T {
        let mut backlog = self.backlog.lock().unwrap_or_else(PoisonError::into_inner);
        let before = backlog.bytes();
        let changed = change(&mut backlog);
        self.waiting.changed(before, backlog.bytes());
        changed
    }

    /// Joins behind a closed gate. A connection is in a room at most once.
    pub(crate) fn join(&self, connection: &Arc<Connection>) {
        self.with_members(|members| {
            let place = members.list.len();
            if let Entry::Vacant(vacant) = members.places.entry(connection.id) {
                vacant.insert(place);
                let counts = !connection.is_watcher();
                members.counted += usize::from(counts);
                members.list.push(Some(Member {
                    connection: Arc::clone(connection),
                    encoding: connection.codec.encoding(),
                    counts,
                    joined: self.with_backlog(|backlog| backlog.join(connection, counts)),
                    seen: Offset(0),
                    gate: self.gate(),
                }));
            }
        });
    }

    /// Opens the gate: what it held behind `seen` goes out, and from now on everything at once.
    pub(crate) fn open(&self, id: ConnectionId, seen: Offset) -> Result<(), Ending> {
        self.with_members(|members| {
            let Some(member) = members.get(id) else { return Ok(()) };
            let given = member.open(seen).inspect_err(|_| self.remove(members, id))?;
            given.note(&self.key.app, &*self.meter);
            Ok(())
        })
    }

    /// Closes the gate of one who is here already; says how far it is. What comes waits until
    /// [`Self::open`]. Nothing where the gate was not opened yet.
    pub(crate) fn close_gate(&self, id: ConnectionId) -> Option<Offset> {
        self.with_members(|members| {
            let member = members.get(id).filter(|member| member.gate.is_none())?;
            member.gate = Some(Box::default());
            Some(member.seen)
        })
    }

    /// Leaves; after it returns nothing more is pushed. Says whether the room is now empty.
    pub(crate) fn leave(&self, id: ConnectionId) -> bool {
        self.with_members(|members| {
            self.remove(members, id);
            members.places.is_empty()
        })
    }

    fn remove(&self, members: &mut Members, id: ConnectionId) {
        if let Some(member) = members.remove(id) {
            self.with_backlog(|backlog| backlog.leave(member.encoding, member.counts));
        }
    }

    /// Whether the connection is a subscriber.
    pub(crate) fn has(&self, id: ConnectionId) -> bool {
        self.with_members(|members| members.places.contains_key(&id))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.with_members(|members| members.places.is_empty())
    }

    /// Subscribers that are clients.
    pub(crate) fn size(&self) -> usize {
        self.with_members(|members| members.counted)
    }

    /// The clients whom what is appended next goes to.
    pub(crate) fn listeners(&self) -> usize {
        self.with_backlog(|backlog| backlog.listeners())
    }

    /// Appends news for those who are here now. Says whether somebody has to be asked to
    /// [`Self::flush`].
    pub(crate) fn append(&self, news: &News<'_>) -> bool {
        self.with_backlog(|backlog| backlog.append(news, &*self.meter))
    }

    /// Those who are here now learn behind all that waits that the stream began anew, and are
    /// subscribers no longer. Says whether somebody has to be asked to [`Self::flush`].
    pub(crate) fn append_gap(&self, audiences: &Arc<Audiences>) -> bool {
        self.with_backlog(|backlog| backlog.append_gap(audiences))
    }

    /// Writes what waits, run by run, until nothing does. One task at a time, the one that
    /// [`Self::append`] asked for. Between so many subscribers, and between two runs, others get
    /// their turn: senders that keep up with the writing would never let it end.
    pub(crate) async fn flush(&self) {
        // Every reader that is ready comes first: what they send now goes out with this.
        tokio::task::yield_now().await;
        while let Some(run) = self.with_backlog(Backlog::take) {
            let mut next = self.write(&run, 0);
            while let Some(place) = next {
                tokio::task::yield_now().await;
                next = self.write(&run, place);
            }
            if self.written(&run) {
                tokio::task::yield_now().await;
            }
        }
    }

    /// The same at once, for whoever has no runtime.
    pub(crate) fn flush_now(&self) {
        while let Some(run) = self.with_backlog(Backlog::take) {
            let mut next = Some(0);
            while let Some(place) = next {
                next = self.write(&run, place);
            }
            self.written(&run);
        }
    }

    /// Lets senders go on that waited for this run. Says whether another one waits.
    fn written(&self, run: &Run) -> bool {
        if let Some(since) = run.since() {
            self.meter.note(&Reading::Flushed { since });
        }
        let more = self.with_backlog(|backlog| backlog.written(run));
        self.written.notify_waiters();
        more
    }

    /// Writes a run to some subscribers, from this place on. Says where to go on.
    fn write(&self, run: &Run, place: usize) -> Option<usize> {
        let channel = &self.key.channel;
        self.with_members(|members| {
            members.writing = true;
            let end = members.list.len().min(place + Self::AT_ONCE);
            let some = members.list.get_mut(place..end).unwrap_or_default();
            let mut given = Given::default();
            some.iter_mut().flatten().for_each(|member| given += member.take(run, channel));
            given.note(&self.key.app, &*self.meter);
            if let Some(gap) = run.gap() {
                self.part(members, gap, place..end);
            }
            if end < members.list.len() {
                return Some(end);
            }
            members.writing = false;
            members.close_ranks();
            None
        })
    }

    /// Ends the subscriptions of these members who joined before the gap: at once, or, where the
    /// reply to `subscribe` is not out yet, behind it.
    fn part(&self, members: &mut Members, gap: &Gap, places: Range<usize>) {
        let mut lost = Vec::new();
        for member in members.list[places].iter_mut().flatten() {
            match &mut member.gate {
                _ if member.joined > gap.sequence => {}
                // A guest's protocol knows no places and promises nothing about what it missed: it
                // goes on with the new stream, whose places begin anew.
                gate if member.connection.is_guest() => {
                    member.seen = Offset(0);
                    // What its history was read of may be the old stream.
                    gate.iter_mut().for_each(|gate| gate.begin_anew());
                }
                Some(gate) => gate.end(Ending::Gap),
                None => lost.push(Arc::clone(&member.connection)),
            }
        }
        for connection in lost {
            gap.audiences.leave(&self.key, connection.id);
            let (channel, reason) = (&self.key.channel, Ending::Gap.reason());
            let (resubscribe, retry_after) = (true, None);
            connection.push(&Push::Unsubscribed { channel, reason, resubscribe, retry_after });
            self.remove(members, connection.id);
        }
    }

    /// Whether something waits to be written, or is being written.
    pub(crate) fn is_flushing(&self) -> bool {
        self.with_backlog(|backlog| backlog.is_flushing())
    }

    pub(crate) fn has_room_to_send(&self) -> bool {
        self.with_backlog(|backlog| backlog.bytes()) <= Self::BACKLOG
    }

    /// Resolves when no more waits to be written than may: until then nothing should be sent here.
    pub(crate) async fn room_to_send(&self) {
        loop {
            let written = self.written.notified();
            if self.has_room_to_send() {
                return;
            }
            written.await;
        }
    }
}

impl Drop for Room {
    /// What nobody is there for any more does not wait.
    fn drop(&mut self) {
        self.waiting.changed(self.with_backlog(|backlog| backlog.bytes()), 0);
    }
}
