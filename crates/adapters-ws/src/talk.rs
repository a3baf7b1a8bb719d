//! A session's conversation.

use application::{Parting, Session};
use domain::CloseReason;

use crate::conversation::{Conversation, Incoming};

/// Speaks a text protocol with the application.
pub(crate) struct Talk(pub(crate) Session);

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

    async fn receive(&mut self, message: Incoming<'_>) {
        match message {
            Incoming::Text(text) => self.0.receive(text.as_bytes()).await,
            Incoming::Binary(_) => self.0.violate(CloseReason::UnsupportedFrame),
        }
    }

    async fn progress(&mut self) {
        self.0.progress().await;
    }

    fn violated(&self, reason: CloseReason) {
        self.0.violate(reason);
    }

    async fn end(self, seen: CloseReason) -> Option<Parting> {
        self.0.end(seen).await
    }
}
