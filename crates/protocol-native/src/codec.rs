//! The codec itself.

use std::{any::TypeId, marker::PhantomData};

use application::{
    Push, Reply, Request,
    ports::{BadRequest, Bounds, Codec, Encoding, Framing},
};
use bytes::Bytes;
use domain::{CloseReason, Language};

use crate::{close_code, decode, push, reply};

/// The native protocol over a transport that marks frames by `F`. Replies are in one language;
/// pushes have none, so codecs of all languages share their frames.
pub struct NativeCodec<F> {
    language: Language,
    framing: PhantomData<F>,
}

impl<F: Framing> NativeCodec<F> {
    /// A codec that answers in this language.
    #[must_use]
    pub const fn new(language: Language) -> Self {
        Self { language, framing: PhantomData }
    }

    /// The text that `write` writes, behind the room for the frame's head.
    fn text(content: usize, write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        // What is not content mostly fits; what does not grows once.
        let mut buffer = Vec::with_capacity(F::HEAD + 240 + content);
        buffer.resize(F::HEAD, 0);
        write(&mut buffer);
        buffer
    }
}

impl<F: Framing> Codec for NativeCodec<F> {
    fn encoding(&self) -> Encoding {
        TypeId::of::<F>()
    }

    fn decode(&self, frame: &[u8], bounds: Bounds) -> Result<Request, BadRequest> {
        decode::request(frame, bounds)
    }

    fn reply(&self, reply: &Reply) -> Bytes {
        F::seal(Self::text(0, |buffer| reply::write(buffer, reply, self.language)))
    }

    fn push(&self, push: &Push<'_>) -> Bytes {
        let content = match push {
            Push::Message(publication) => publication.message.data.as_str().len(),
            Push::Position { .. }
            | Push::Subscribed(_)
            | Push::Unsubscribed { .. }
            | Push::TokenExpiring { .. }
            | Push::Heartbeat { .. }
            | Push::Disconnect { .. }
            | Push::Subscribers { .. }
            | Push::Presence(_)
            | Push::PresenceCount(_) => 0,
        };
        let text = Self::text(content, |buffer| push::write(buffer, push));
        match push {
            Push::Message(_)
            | Push::Presence(_)
            | Push::PresenceCount(_)
            | Push::Subscribers { .. } => F::seal_shared(text),
            Push::Position { .. }
            | Push::Subscribed(_)
            | Push::Unsubscribed { .. }
            | Push::TokenExpiring { .. }
            | Push::Heartbeat { .. }
            | Push::Disconnect { .. } => F::seal(text),
        }
    }

    fn close_code(&self, reason: CloseReason) -> u16 {
        close_code(reason)
    }
}
