//! Messages of one channel that are written together.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::{ConnectionId, Offset, Publication};

use crate::{
    Push,
    ports::{Codec, Encoding},
};

/// Messages of one channel, in order and without a hole in their sequence, as frames of every
/// encoding that had a subscriber when they came.
#[derive(Default)]
pub(crate) struct Run {
    /// The sequence number of the first message.
    first: u64,
    entries: Vec<Entry>,
    /// Bytes of all frames.
    bytes: usize,
    tracks: Vec<Track>,
}

/// What is known of a message beside its frames.
struct Entry {
    hidden_from: Option<ConnectionId>,
    /// Its place, in a channel with history.
    offset: Option<Offset>,
}

/// A run in one encoding.
struct Track {
    encoding: Encoding,
    /// One per message; empty where nobody of this encoding was there when it came.
    frames: Vec<Bytes>,
    /// All frames as one, once the run is complete.
    whole: Bytes,
}

/// What of a run is for one subscriber.
pub(crate) enum Share<'a> {
    /// Nothing.
    Nothing,
    /// All of it: one shared piece of memory, and the frames in it.
    Whole(&'a Bytes, &'a [Bytes]),
    /// Some of it.
    Some(Vec<Piece<'a>>),
}

/// One message of a run, as one subscriber sees it.
pub(crate) enum Piece<'a> {
    /// The message, and its place in a channel with history.
    Message(&'a Bytes, Option<Offset>),
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
        self.entries.len() >= Self::MESSAGES || self.bytes >= Self::BYTES
    }

    /// Bytes of all frames.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends a message, encoded once for each of these codecs. Says how many bytes it became.
    pub(crate) fn append<'a>(
        &mut self,
        publication: &Publication,
        codecs: impl Iterator<Item = (Encoding, &'a Arc<dyn Codec>)>,
    ) -> usize {
        let before = self.bytes;
        for (encoding, codec) in codecs {
            let frame = codec.push(&Push::Message(publication));
            self.bytes += frame.len();
            let messages = self.entries.len();
            let frames = self.frames_of(encoding);
            // Those of this encoding came only now: what was before is not for them.
            frames.resize(messages, Bytes::new());
            frames.push(frame);
        }
        let hidden_from = publication.hidden_from.as_ref().map(|hidden| hidden.connection);
        self.entries.push(Entry { hidden_from, offset: publication.message.offset });
        self.bytes - before
    }

    fn frames_of(&mut self, encoding: Encoding) -> &mut Vec<Bytes> {
        let known = self.tracks.iter().position(|track| track.encoding == encoding);
        let index = known.unwrap_or_else(|| {
            self.tracks.push(Track { encoding, frames: Vec::new(), whole: Bytes::new() });
            self.tracks.len() - 1
        });
        &mut self.tracks[index].frames
    }

    /// Nothing more is appended: makes one piece of the frames of each encoding.
    pub(crate) fn complete(&mut self) {
        for track in &mut self.tracks {
            track.whole = match &track.frames[..] {
                [one] => one.clone(),
                many => {
                    let mut whole = BytesMut::with_capacity(many.iter().map(Bytes::len).sum());
                    many.iter().for_each(|frame| whole.extend_from_slice(frame));
                    whole.freeze()
                }
            };
        }
    }

    /// The place of the last message, in a channel with history.
    pub(crate) fn last_offset(&self) -> Option<Offset> {
        self.entries.last().and_then(|entry| entry.offset)
    }

    /// What a subscriber gets who joined when `joined` was the next sequence number and has seen
    /// everything up to `seen`.
    pub(crate) fn share(&self, encoding: Encoding, place: &Place) -> Share<'_> {
        let Some(track) = self.tracks.iter().find(|track| track.encoding == encoding) else {
            return Share::Nothing;
        };
        let is_new = |entry: &Entry| entry.offset.is_none_or(|offset| offset > place.seen);
        // A loop and not a set: nearly always nothing is hidden from anybody.
        let hidden = |entry: &Entry| entry.hidden_from == Some(place.connection);
        let all_new = place.joined <= self.first && self.entries.first().is_none_or(is_new);
        if all_new && !self.entries.iter().any(hidden) {
            return Share::Whole(&track.whole, &track.frames);
        }
        let numbered = (self.first..).zip(track.frames.iter().zip(&self.entries));
        let mine =
            numbered.filter(|(sequence, (_, entry))| *sequence >= place.joined && is_new(entry));
        let pieces: Vec<_> = mine
            .filter_map(|(_, (frame, entry))| match (hidden(entry), entry.offset) {
                (false, offset) => Some(Piece::Message(frame, offset)),
                (true, offset) => offset.map(Piece::Hidden),
            })
            .collect();
        if pieces.is_empty() { Share::Nothing } else { Share::Some(pieces) }
    }

    /// The frames of a track with the places of their messages.
    pub(crate) fn placed<'a>(
        &'a self,
        frames: &'a [Bytes],
    ) -> impl Iterator<Item = (&'a Bytes, Option<Offset>)> {
        frames.iter().zip(self.entries.iter().map(|entry| entry.offset))
    }
}

/// How far a subscriber is.
pub(crate) struct Place {
    pub(crate) connection: ConnectionId,
    /// The sequence number of the first message that it gets.
    pub(crate) joined: u64,
    /// The last message that it has seen, in a channel with history.
    pub(crate) seen: Offset,
}
