//! Changes of one channel's presence that are written together.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::{PresenceChange, PresenceVersion};

use crate::{
    Push,
    ports::{Codec, Encoding},
};

/// Changes in the order of their versions, as frames of every encoding that somebody needed.
pub(crate) struct Volley {
    changes: Vec<PresenceChange>,
    tracks: Vec<Track>,
}

/// A volley in one encoding.
pub(crate) struct Track {
    encoding: Encoding,
    versions: Vec<PresenceVersion>,
    frames: Vec<Bytes>,
    /// All frames as one.
    whole: Bytes,
}

impl Volley {
    /// The most changes of one.
    pub(crate) const CHANGES: usize = 64;

    pub(crate) fn new(changes: Vec<PresenceChange>) -> Self {
        Self { changes, tracks: Vec::new() }
    }

    /// The frames for a connection with this codec; made with the first of its encoding.
    pub(crate) fn track(&mut self, codec: &Arc<dyn Codec>) -> &Track {
        let encoding = codec.encoding();
        let known = self.tracks.iter().position(|track| track.encoding == encoding);
        let index = known.unwrap_or_else(|| {
            self.tracks.push(Track::of(&self.changes, &**codec));
            self.tracks.len() - 1
        });
        &self.tracks[index]
    }
}

impl Track {
    fn of(changes: &[PresenceChange], codec: &dyn Codec) -> Self {
        let frames: Vec<_> =
            changes.iter().map(|change| codec.push(&Push::Presence(change))).collect();
        let whole = match &frames[..] {
            [one] => one.clone(),
            many => {
                let mut whole = BytesMut::with_capacity(many.iter().map(Bytes::len).sum());
                many.iter().for_each(|frame| whole.extend_from_slice(frame));
                whole.freeze()
            }
        };
        let versions = changes.iter().map(|change| change.version).collect();
        Self { encoding: codec.encoding(), versions, frames, whole }
    }

    /// The version of the first change.
    pub(crate) fn first(&self) -> PresenceVersion {
        self.versions.first().copied().unwrap_or_default()
    }

    pub(crate) fn frames(&self) -> impl Iterator<Item = (PresenceVersion, &Bytes)> {
        self.versions.iter().copied().zip(&self.frames)
    }

    pub(crate) fn all(&self) -> &[Bytes] {
        &self.frames
    }

    /// All frames as one piece of memory.
    pub(crate) fn whole(&self) -> &Bytes {
        &self.whole
    }
}
