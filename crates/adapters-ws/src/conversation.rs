//! Who talks over a connection.

use std::task::{Context, Poll};

use domain::CloseReason;

/// A whole message that came.
pub(crate) enum Incoming<'a> {
    Text(&'a str),
    Binary(&'a [u8]),
}

/// The other side of a transport: it takes what came, and answers through the connection's queue.
pub(crate) trait Conversation: Send {
    /// What keeps the connection's place between the end of the conversation and the socket's.
    type Parting: Send;

    /// The most bytes of the next message.
    fn limit(&self) -> usize;

    /// Whether binary messages are refused, from their first header on.
    fn text_only(&self) -> bool;

    /// Something came, if only a part of a frame.
    fn heard(&self);

    /// Notes frames that carried no message: pings, pongs, pieces of messages.
    fn spend_overhead(&mut self, frames: u32);

    /// Takes a message; returns when the next one may come.
    fn receive(&mut self, message: Incoming<'_>) -> impl Future<Output = ()> + Send;

    /// Goes on with what was asked earlier; ready when something of it was answered.
    fn poll_progress(&mut self, context: &mut Context<'_>) -> Poll<()>;

    /// Whether somebody asked something of this side, to be carried out between two messages.
    fn has_orders(&self) -> bool {
        false
    }

    /// Carries that out.
    fn carry_out_orders(&mut self) -> impl Future<Output = ()> + Send {
        std::future::ready(())
    }

    /// The peer broke a rule: says goodbye.
    fn violated(&self, reason: CloseReason);

    /// The connection ended, as the transport saw it. What comes back is held until the socket is
    /// closed.
    fn end(self, seen: CloseReason) -> impl Future<Output = Option<Self::Parting>> + Send;
}
