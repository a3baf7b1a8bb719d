//! The conversation of `/debug/echo`: every message comes back as it was, compressed where that was
//! agreed, so that an independent suite can judge the transport.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use application::{Seat, ports::Outbound};
use bytes::Bytes;
use domain::CloseReason;
use websocket::{Agreement, Opcode};

use crate::{
    conversation::{Conversation, Incoming},
    framing::compressed,
    outbound::{CloseCodes, Queue},
};

/// The most bytes of a message, and of what waits to go back.
pub(crate) const LIMIT: usize = 32 * 1024 * 1024;

pub(crate) struct Echo {
    queue: Arc<Queue>,
    agreement: Option<Agreement>,
    /// Given back when the socket is closed.
    seat: Option<Seat>,
}

impl Echo {
    pub(crate) fn new(queue: Arc<Queue>, agreement: Option<Agreement>, seat: Option<Seat>) -> Self {
        Self { queue, agreement, seat }
    }

    /// RFC 6455's own numbers: nothing else ends an echo.
    pub(crate) fn close_codes() -> CloseCodes {
        CloseCodes::By(|reason| {
            let known = [(CloseReason::InvalidText, 1007), (CloseReason::FrameTooLarge, 1009)];
            known.iter().find(|(known, _)| *known == reason).map_or(1002, |(_, code)| *code)
        })
    }

    fn send(&self, opcode: Opcode, message: &[u8]) {
        let compressed = self.agreement.and_then(|agreed| {
            // Each message for itself, as everywhere: nothing of the last one is kept.
            compressed(opcode, message, agreed.window)
        });
        self.queue.reply(compressed.unwrap_or_else(|| {
            let head = websocket::header(opcode, message.len());
            [head.as_slice(), message].concat().into()
        }));
    }
}

impl Conversation for Echo {
    type Parting = Seat;

    fn limit(&self) -> usize {
        LIMIT
    }

    fn text_only(&self) -> bool {
        false
    }

    fn heard(&self) {}

    /// A suite sends a megabyte in pieces of 64 bytes: nothing is counted here.
    fn spend_overhead(&mut self, _: u32) {}

    async fn receive(&mut self, message: Incoming<'_>) {
        match message {
            Incoming::Text(text) => self.send(Opcode::Text, text.as_bytes()),
            Incoming::Binary(bytes) => self.send(Opcode::Binary, bytes),
        }
    }

    fn poll_progress(&mut self, _context: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn violated(&self, reason: CloseReason) {
        self.queue.close(Bytes::new(), reason);
    }

    async fn end(self, _: CloseReason) -> Option<Seat> {
        self.seat
    }
}
