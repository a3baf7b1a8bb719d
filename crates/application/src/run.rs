//! Messages of one channel that are written together.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::{ChannelName, Hidden, Offset, Publication};

use crate::{
    Connection, Push,
    audiences::Audiences,
    ports::{Codec, Encoding, Meter, Tick},
};

/// Messages of one channel, in order and without a hole in their sequence, as frames of every
/// encoding that had a subscriber when they came.
#[derive(Default)]
pub(crate) struct Run {
    /// The sequence number of the first message.
    first: u64,
    entries: Vec<Entry>,
    /// The places of the first and the last message, in a channel with history.
    offsets: Option<(Offset, Offset)>,
    /// Entries that are no messages.
    told: usize,
    /// Bytes of all frames.
    bytes: usize,
    /// When the first message was stamped, by the meter's clock.
    since: Option<Tick>,
    /// The encoding of the frames in `entries`, and all of these as one once the run is complete.
    main: Option<(Encoding, Bytes)>,
    /// Further encodings: most channels have one only.
    others: Vec<Track>,
    /// What comes behind its last message, where the channel's stream began anew. Boxed: a run
    /// hardly ever has one.
    gap: Option<Box<Gap>>,
}

/// A loss, with its place among the messages.
pub(crate) struct Gap {
    /// Its sequence number: who joined behind it is not concerned.
    pub(crate) sequence: u64,
    /// Those who lose their subscription no longer watch who is there, either.
    pub(crate) audiences: Arc<Audiences>,
}

/// A message.
struct Entry {
    /// In the main encoding; empty where nobody of it was there when the message came.
    frame: Bytes,
    /// Boxed: most are hidden from nobody.
    hidden_from: Option<Box<Hidden>>,
    mark: Mark,
}

/// What is known of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Its place, in a channel with history.
    pub(crate) offset: Option<Offset>,
    /// Whether it is a message, and no word about the channel.
    pub(crate) is_message: bool,
}

/// A run in a further encoding.
struct Track {
    encoding: Encoding,
    /// As in [`Entry::frame`].
    frames: Vec<Bytes>,
    whole: Bytes,
}

/// What is told to all subscribers of a channel in one order.
pub(crate) enum News<'a> {
    /// A message.
    Message(&'a Publication),
    /// How many they are.
    Subscribers(&'a ChannelName, usize),
}

impl News<'_> {
    fn push(&self) -> Push<'_> {
        match *self {
            Self::Message(publication) => Push::Message(publication),
            Self::Subscribers(channel, count) => Push::Subscribers { channel, count },
        }
    }

    /// When it was stamped.
    pub(crate) fn tick(&self, meter: &dyn Meter) -> Tick {
        match self {
            Self::Message(publication) => meter.tick_of(publication.message.ts),
            Self::Subscribers(..) => meter.tick(),
        }
    }

    fn hidden_from(&self) -> Option<Box<Hidden>> {
        let Self::Message(publication) = self else { return None };
        publication.hidden_from.clone().map(Box::new)
    }

    fn offset(&self) -> Option<Offset> {
        let Self::Message(publication) = self else { return None };
        publication.message.offset
    }
}

/// What of a run is for one subscriber.
pub(crate) enum Share<'a> {
    /// Nothing.
    Nothing,
    /// All of it: one shared piece of memory, and the frames in it with their places.
    Whole(&'a Bytes, Frames<'a>),
    /// Some of it.
    Some(Vec<Piece<'a>>),
}

/// The messages of a run in one encoding.
#[derive(Clone)]
pub(crate) struct Frames<'a> {
    entries: std::slice::Iter<'a, Entry>,
    /// Instead of the frames in `entries`.
    others: Option<std::slice::Iter<'a, Bytes>>,
    /// How many of all are messages.
    messages: usize,
}

impl<'a> Frames<'a> {
    /// How many.
    pub(crate) fn messages(&self) -> usize {
        self.messages
    }

    fn next_entry(&mut self) -> Option<(&'a Bytes, &'a Entry)> {
        let entry = self.entries.next()?;
        match &mut self.others {
            None => Some((&entry.frame, entry)),
            Some(frames) => Some((frames.next()?, entry)),
        }
    }
}

impl<'a> Iterator for Frames<'a> {
    type Item = (&'a Bytes, Mark);

    fn next(&mut self) -> Option<Self::Item> {
        self.next_entry().map(|(frame, entry)| (frame, entry.mark))
    }
}

/// One message of a run, as one subscriber sees it.
pub(crate) enum Piece<'a> {
    /// The message, and what is known of it.
    Message(&'a Bytes, Mark),
    /// A message that is hidden from this subscriber, whose position moves all the same (P8).
    Hidden(Offset),
}

impl Run {
    /// At this many bytes or messages a run is complete, and the next one begins.
    pub(crate) const BYTES: usize = 64 * 1024;
    const MESSAGES: usize = 256;

    pub(crate) fn beginning_at(sequence: u64) -> Self {
        Self { first: sequence, ..Self::default() }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.entries.len() >= Self::MESSAGES || self.bytes >= Self::BYTES || self.gap.is_some()
    }

    /// Nothing is appended behind a gap.
    pub(crate) fn end_with(&mut self, gap: Gap) {
        self.gap = Some(Box::new(gap));
    }

    /// The gap behind its last message.
    pub(crate) fn gap(&self) -> Option<&Gap> {
        self.gap.as_deref()
    }

    /// The first message was stamped then; later ones change nothing.
    pub(crate) fn came_at(&mut self, tick: impl FnOnce() -> Tick) {
        self.since.get_or_insert_with(tick);
    }

    /// When its first message was stamped; nothing where it has none.
    pub(crate) const fn since(&self) -> Option<Tick> {
        self.since
    }

    /// Bytes of all frames.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends a message, encoded once for each of these codecs. Says how many bytes it became.
    pub(crate) fn append<'a>(
        &mut self,
        news: &News<'_>,
        codecs: impl Iterator<Item = (Encoding, &'a Arc<dyn Codec>)>,
    ) -> usize {
        let before = self.bytes;
        let mut main = Bytes::new();
        for (encoding, codec) in codecs {
            let frame = codec.push(&news.push());
            self.bytes += frame.len();
            if self.main.get_or_insert((encoding, Bytes::new())).0 == encoding {
                main = frame;
            } else {
                self.append_other(encoding, frame);
            }
        }
        let (hidden_from, offset) = (news.hidden_from(), news.offset());
        if let Some(last) = offset {
            self.offsets = Some((self.offsets.map_or(last, |(first, _)| first), last));
        }
        let mark = Mark { offset, is_message: matches!(news, News::Message(_)) };
        self.told += usize::from(!mark.is_message);
        self.entries.push(Entry { frame: main, hidden_from, mark });
        // Where nobody of an encoding was there any more.
        let messages = self.entries.len();
        self.others.iter_mut().for_each(|track| track.frames.resize(messages, Bytes::new()));
        self.bytes - before
    }

    fn append_other(&mut self, encoding: Encoding, frame: Bytes) {
        let known = self.others.iter().position(|track| track.encoding == encoding);
        let index = known.unwrap_or_else(|| {
            self.others.push(Track { encoding, frames: Vec::new(), whole: Bytes::new() });
            self.others.len() - 1
        });
        let frames = &mut self.others[index].frames;
        // Those of this encoding came only now: what was before is not for them.
        frames.resize(self.entries.len(), Bytes::new());
        frames.push(frame);
    }

    /// Nothing more is appended: makes one piece of the frames of each encoding.
    pub(crate) fn complete(&mut self) {
        let whole = joined(self.entries.iter().map(|entry| &entry.frame));
        if let Some((_, main)) = &mut self.main {
            *main = whole;
        }
        for track in &mut self.others {
            track.whole = joined(track.frames.iter());
        }
    }

    /// The place of the last message, in a channel with history.
    pub(crate) fn last_offset(&self) -> Option<Offset> {
        self.offsets.map(|(_, last)| last)
    }

    fn in_encoding(&self, encoding: Encoding) -> Option<(&Bytes, Frames<'_>)> {
        let (entries, messages) = (self.entries.iter(), self.entries.len() - self.told);
        if let Some((_, whole)) = self.main.as_ref().filter(|(main, _)| *main == encoding) {
            return Some((whole, Frames { entries, others: None, messages }));
        }
        let track = self.others.iter().find(|track| track.encoding == encoding)?;
        Some((&track.whole, Frames { entries, others: Some(track.frames.iter()), messages }))
    }

    /// What a subscriber gets who is so far.
    pub(crate) fn share(&self, encoding: Encoding, place: &Place<'_>) -> Share<'_> {
        let Some((whole, mut frames)) = self.in_encoding(encoding) else { return Share::Nothing };
        let is_new = |entry: &Entry| entry.mark.offset.is_none_or(|offset| offset > place.seen);
        // A loop and not a set: nearly always nothing is hidden from anybody.
        let hidden = |entry: &Entry| {
            entry.hidden_from.as_ref().is_some_and(|hidden| place.connection.is_hidden(hidden))
        };
        let all_new =
            place.joined <= self.first && self.offsets.is_none_or(|(first, _)| first > place.seen);
        if all_new && !self.entries.iter().any(hidden) {
            return Share::Whole(whole, frames);
        }
        let mut pieces = Vec::new();
        let mut sequence = self.first;
        while let Some((frame, entry)) = frames.next_entry() {
            if sequence >= place.joined && is_new(entry) {
                match (hidden(entry), entry.mark.offset) {
                    (false, _) => pieces.push(Piece::Message(frame, entry.mark)),
                    (true, Some(offset)) => pieces.push(Piece::Hidden(offset)),
                    (true, None) => {}
                }
            }
            sequence += 1;
        }
        if pieces.is_empty() { Share::Nothing } else { Share::Some(pieces) }
    }
}

fn joined<'a>(mut frames: impl ExactSizeIterator<Item = &'a Bytes> + Clone) -> Bytes {
    if frames.len() == 1 {
        return frames.next().cloned().unwrap_or_default();
    }
    let mut whole = BytesMut::with_capacity(frames.clone().map(Bytes::len).sum());
    frames.for_each(|frame| whole.extend_from_slice(frame));
    whole.freeze()
}

/// How far a subscriber is.
pub(crate) struct Place<'a> {
    pub(crate) connection: &'a Connection,
    /// The sequence number of the first message that it gets.
    pub(crate) joined: u64,
    /// The last message that it has seen, in a channel with history.
    pub(crate) seen: Offset,
}
