//! The codec itself.

use std::{any::TypeId, marker::PhantomData, time::Duration};

use application::{
    Push, Reply, Request,
    ports::{BadRequest, Bounds, Codec, Encoding, Framing},
};
use bytes::{Bytes, BytesMut};
use domain::{CloseReason, ConnectionId};

use crate::{SocketId, close_code, decode, frame::write_text_data, push, reply};

/// The Pusher protocol over a transport that marks frames by `F`.
pub struct PusherCodec<F>(PhantomData<F>);

impl<F> Default for PusherCodec<F> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

/// Frames one behind the other; mostly one.
#[derive(Default)]
struct Frames {
    first: Bytes,
    rest: BytesMut,
}

impl Frames {
    fn add(&mut self, frame: Bytes) {
        if self.first.is_empty() {
            self.first = frame;
            return;
        }
        self.rest.extend_from_slice(&frame);
    }

    fn into_bytes(self) -> Bytes {
        if self.rest.is_empty() {
            return self.first;
        }
        let mut all = BytesMut::with_capacity(self.first.len() + self.rest.len());
        all.extend_from_slice(&self.first);
        all.extend_from_slice(&self.rest);
        all.freeze()
    }
}

impl<F: Framing> PusherCodec<F> {
    fn buffer(content: usize) -> Vec<u8> {
        let mut buffer = Vec::with_capacity(F::HEAD + 240 + content);
        buffer.resize(F::HEAD, 0);
        buffer
    }
}

impl<F: Framing> Codec for PusherCodec<F> {
    fn encoding(&self) -> Encoding {
        TypeId::of::<Self>()
    }

    fn greeting(&self, connection: ConnectionId, ping_interval: Duration) -> Bytes {
        let mut buffer = Self::buffer(0);
        write_text_data(&mut buffer, "pusher:connection_established", None, |data| {
            data.shown("socket_id", &SocketId::of(connection));
            data.number("activity_timeout", ping_interval.as_secs().max(1));
        });
        F::seal(buffer)
    }

    fn decode(&self, frame: &[u8], bounds: Bounds) -> Result<Request, BadRequest> {
        decode::request(frame, bounds)
    }

    fn reply(&self, reply: &Reply) -> Bytes {
        let mut frames = Frames::default();
        reply::write(reply, &mut |write| {
            let mut buffer = Self::buffer(0);
            write(&mut buffer);
            frames.add(F::seal(buffer));
        });
        frames.into_bytes()
    }

    fn push(&self, push: &Push<'_>) -> Bytes {
        let (content, shared) = match push {
            // As a text inside JSON most data grows a little.
            Push::Message(publication) => (publication.message.data.text().len() * 9 / 8, true),
            Push::Presence(_) | Push::PresenceCount(_) | Push::Subscribers { .. } => (0, true),
            Push::Position { .. }
            | Push::Subscribed(_)
            | Push::Unsubscribed { .. }
            | Push::TokenExpiring { .. }
            | Push::Heartbeat { .. }
            | Push::Disconnect { .. } => (0, false),
        };
        let mut frames = Frames::default();
        push::write(push, &mut |write| {
            let mut buffer = Self::buffer(content);
            write(&mut buffer);
            frames.add(if shared { F::seal_shared(buffer) } else { F::seal(buffer) });
        });
        frames.into_bytes()
    }

    fn close_code(&self, reason: CloseReason) -> u16 {
        close_code(reason)
    }
}
