//! What is written together of one channel's presence.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use domain::{PresenceChange, PresenceCount, PresenceVersion};

use crate::{
    Push,
    ports::{Codec, Encoding},
};

/// Something that watchers are told.
pub(crate) enum News {
    /// Of a channel whose members are told one by one.
    Change(PresenceChange),
    /// Of one that has too many.
    Count(PresenceCount),
}

impl News {
    /// The list's version with it.
    fn version(&self) -> PresenceVersion {
        match self {
            Self::Change(change) => change.version,
            Self::Count(count) => count.version,
        }
    }

    fn push(&self) -> Push<'_> {
        match self {
            Self::Change(change) => Push::Presence(change),
            Self::Count(count) => Push::PresenceCount(count),
        }
    }
}

/// News in the order of their versions, as frames of every encoding that somebody needed.
pub(crate) struct Volley {
    news: Vec<News>,
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
    /// The most news of one.
    pub(crate) const NEWS: usize = 64;

    pub(crate) fn new(news: Vec<News>) -> Self {
        Self { news, tracks: Vec::new() }
    }

    /// The frames for a connection with this codec; made with the first of its encoding.
    pub(crate) fn track(&mut self, codec: &Arc<dyn Codec>) -> &Track {
        let encoding = codec.encoding();
        let known = self.tracks.iter().position(|track| track.encoding == encoding);
        let index = known.unwrap_or_else(|| {
            self.tracks.push(Track::of(&self.news, &**codec));
            self.tracks.len() - 1
        });
        &self.tracks[index]
    }
}

impl Track {
    fn of(news: &[News], codec: &dyn Codec) -> Self {
        let frames: Vec<_> = news.iter().map(|news| codec.push(&news.push())).collect();
        let whole = match &frames[..] {
            [one] => one.clone(),
            many => {
                let mut whole = BytesMut::with_capacity(many.iter().map(Bytes::len).sum());
                many.iter().for_each(|frame| whole.extend_from_slice(frame));
                whole.freeze()
            }
        };
        let versions = news.iter().map(News::version).collect();
        Self { encoding: codec.encoding(), versions, frames, whole }
    }

    /// The version of the first one.
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
