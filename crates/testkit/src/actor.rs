//! A client on a stage.

use std::sync::Arc;

use application::Session;
use domain::CloseReason;
use futures_util::FutureExt;
use serde_json::{Value, json};

use crate::{RecordingOutbound, gist};

/// A client on a stage: a session, driven as a transport would drive it, and what it was sent.
pub struct Actor {
    session: Session,
    outbound: Arc<RecordingOutbound>,
}

impl Actor {
    pub(crate) fn new(session: Session, outbound: Arc<RecordingOutbound>) -> Self {
        Self { session, outbound }
    }

    /// Sends a frame. Returns when the server would read the next one.
    pub async fn sends(&mut self, frame: Value) {
        self.sends_text(&frame.to_string()).await;
    }

    /// Sends any text as a frame.
    pub async fn sends_text(&mut self, text: &str) {
        self.session.receive(text.as_bytes()).await;
    }

    /// Asks for something, without an id.
    pub async fn asks(&mut self, event: &str, payload: Value) {
        self.sends(json!({ "event": event, "payload": payload })).await;
    }

    /// Asks for something, with an id.
    pub async fn asks_as(&mut self, id: &str, event: &str, payload: Value) {
        self.sends(json!({ "event": event, "payload": payload, "id": id })).await;
    }

    /// Authenticates, or refreshes, without an id.
    pub async fn auth(&mut self, app: &str, token: &str) {
        self.asks("auth", json!({ "appId": app, "token": token })).await;
    }

    /// Subscribes, with the channel as the id.
    pub async fn subscribes(&mut self, channel: &str) {
        self.asks_as(channel, "subscribe", json!({ "channel": channel })).await;
    }

    /// Unsubscribes, with the channel as the id.
    pub async fn unsubscribes(&mut self, channel: &str) {
        self.asks_as(channel, "unsubscribe", json!({ "channel": channel })).await;
    }

    /// Sends a message, without an id.
    pub async fn says(&mut self, channel: &str, data: Value) {
        self.asks("messageSend", json!({ "channel": channel, "data": data })).await;
    }

    /// Gives the answers that became ready meanwhile the chance to go out.
    pub fn catches_up(&mut self) {
        while self.session.progress().now_or_never().is_some() {}
    }

    /// Carries out what was ordered from outside, as a transport does when it is nudged.
    pub async fn obeys(&mut self) {
        self.session.carry_out_orders().await;
    }

    /// The frames since the last look, whole.
    ///
    /// # Panics
    /// A frame is not one line of JSON.
    pub fn reads(&mut self) -> Vec<Value> {
        let pieces = self.outbound.take();
        pieces
            .iter()
            .flat_map(|piece| piece.split_inclusive(|byte| *byte == b'\n'))
            .map(parse)
            .collect()
    }

    /// The frames since the last look, in short ([`gist`]).
    pub fn hears(&mut self) -> Vec<String> {
        self.reads().iter().map(gist).collect()
    }

    /// How often the server asked for a sign of life since the last look.
    pub fn was_probed(&self) -> u32 {
        self.outbound.take_probes()
    }

    /// Gives a sign of life that is no frame.
    pub fn stirs(&self) {
        self.session.heard();
    }

    /// Why the server closed the connection.
    pub fn closed(&self) -> Option<CloseReason> {
        self.outbound.closed()
    }

    /// The session itself.
    pub fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// The session alone, for a test that drives it itself.
    #[must_use]
    pub fn into_session(self) -> Session {
        self.session
    }

    /// The writing side, for a look from elsewhere.
    #[must_use]
    pub fn outbound(&self) -> Arc<RecordingOutbound> {
        Arc::clone(&self.outbound)
    }

    /// Says goodbye; the transport ends the session.
    pub async fn leaves(self) {
        self.session.end(CloseReason::ClientLeft).await;
    }
}

fn parse(frame: &[u8]) -> Value {
    let line = frame.strip_suffix(b"\n").expect("a frame is a line");
    assert!(!line.iter().any(|byte| *byte < 0x20), "a control byte in {frame:?}");
    serde_json::from_slice(line).expect("a frame is JSON")
}
