//! Messages of one channel that are written together.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::{ConnectionId, Publication};

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
    /// Whom each message is hidden from.
    hidden_from: Vec<Option<ConnectionId>>,
    /// Bytes of all frames.
    bytes: usize,
    tracks: Vec<Track>,
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
    /// Some of its frames.
    Some(Vec<&'a Bytes>),
}

impl Run {
    /// At this many bytes or messages a run is complete, and the next one begins.
    pub(crate) const BYTES: usize = 64 * 1024;
    const MESSAGES: usize = 256;

    pub(crate) fn beginning_at(sequence: u64) -> Self {
        Self { first: sequence, ..Self::default() }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.hidden_from.len() >= Self::MESSAGES || self.bytes >= Self::BYTES
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
            let messages = self.hidden_from.len();
            let frames = self.frames_of(encoding);
            // Those of this encoding came only now: what was before is not for them.
            frames.resize(messages, Bytes::new());
            frames.push(frame);
        }
        self.hidden_from.push(publication.hidden_from.as_ref().map(|hidden| hidden.connection));
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

    /// What a subscriber gets who joined when this was the next sequence number.
    pub(crate) fn share(&self, encoding: Encoding, joined: u64, id: ConnectionId) -> Share<'_> {
        let Some(track) = self.tracks.iter().find(|track| track.encoding == encoding) else {
            return Share::Nothing;
        };
        // A loop and not a set: nearly always nothing is hidden from anybody.
        let hidden = self.hidden_from.contains(&Some(id));
        if joined <= self.first && !hidden {
            return Share::Whole(&track.whole, &track.frames);
        }
        let numbered = (self.first..).zip(track.frames.iter().zip(&self.hidden_from));
        let seen =
            numbered.filter(|(sequence, (_, hidden))| *sequence >= joined && **hidden != Some(id));
        let frames: Vec<&Bytes> = seen.map(|(_, (frame, _))| frame).collect();
        if frames.is_empty() { Share::Nothing } else { Share::Some(frames) }
    }
}
