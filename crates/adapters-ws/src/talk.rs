//! A session's conversation.

use std::task::{Context, Poll};

use application::{Parting, Session};
use domain::CloseReason;

use crate::conversation::{Conversation, Incoming};

/// Speaks a text protocol with the application. The session is boxed because a future that takes
/// a value keeps its place twice.
pub(crate) struct Talk(pub(crate) Box<Session>);

impl Conversation for Talk {
    type Parting = Parting;

    fn limit(&self) -> usize {
        self.0.frame_limit()
    }

    fn text_only(&self) -> bool {
        true
    }

    fn heard(&self) {
        self.0.heard();
    }

    fn spend_overhead(&mut self, frames: u32) {
        self.0.spend_overhead(frames);
    }

    fn receive(&mut self, message: Incoming<'_>) -> impl Future<Output = ()> + Send {
        match message {
            Incoming::Text(text) => self.0.receive(text.as_bytes()),
            Incoming::Binary(_) => {
                self.0.violate(CloseReason::UnsupportedFrame);
                Box::pin(std::future::ready(()))
            }
        }
    }

    fn poll_progress(&mut self, context: &mut Context<'_>) -> Poll<()> {
        self.0.poll_progress(context)
    }

    fn has_orders(&self) -> bool {
        self.0.has_orders()
    }

    fn carry_out_orders(&mut self) -> impl Future<Output = ()> + Send {
        self.0.carry_out_orders()
    }

    fn violated(&self, reason: CloseReason) {
        self.0.violate(reason);
    }

    async fn end(self, seen: CloseReason) -> Option<Parting> {
        self.0.end(seen).await
    }
}
