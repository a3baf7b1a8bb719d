//! `[apps.limits]`: what one connection of an app may take.

use domain::AppLimits;
use serde::Deserialize;

use super::{
    bounds::within, key_path::KeyPath, limits::Limits, problem::Problem, scalar::Count, size::Size,
};

/// What of a frame is not `data`: event, channel, name, key, id and metadata at their longest.
const ENVELOPE: Size = Size::kib(2);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawAppLimits {
    channels_per_connection: Count,
    requests_per_second: Count,
    requests_burst: Count,
    payload: Size,
    queue: Size,
    replay_messages: Count,
    replay: Option<Size>,
    connections: Option<Count>,
}

impl RawAppLimits {
    pub(crate) fn parse(self, path: &KeyPath, server: &Limits) -> Result<AppLimits, Problem> {
        let count = |key: &str, value: Count| within(&path.key(key), value.0, 1..=1_000_000);
        let payload = self.payload(&path.key("payload"), server)?;
        let queue = self.queue(&path.key("queue"))?;
        let connections =
            self.connections.map(|most| within(&path.key("connections"), most.0, 1..=10_000_000));
        Ok(AppLimits {
            channels_per_connection: count(
                "channels_per_connection",
                self.channels_per_connection,
            )?,
            requests_per_second: count("requests_per_second", self.requests_per_second)?,
            requests_burst: count("requests_burst", self.requests_burst)?,
            payload_bytes: payload.as_usize(),
            queue_bytes: queue.as_usize(),
            replay_messages: within(
                &path.key("replay_messages"),
                self.replay_messages.0,
                1..=1000,
            )?,
            replay_bytes: self.replay(&path.key("replay"), queue)?.as_usize(),
            connections: connections.transpose()?,
        })
    }

    fn payload(&self, path: &KeyPath, server: &Limits) -> Result<Size, Problem> {
        within(path, self.payload, Size::bytes(1)..=Size::mib(16))?;
        let frame = Size::bytes(server.frame_bytes as u64);
        if self.payload.get() + ENVELOPE.get() > frame.get() {
            let message =
                format!("must leave {ENVELOPE} of limits.frame ({frame}) to the envelope");
            return Err(Problem::value(path, message));
        }
        Ok(self.payload)
    }

    /// What a request is answered with must leave room for what comes meanwhile.
    fn replay(&self, path: &KeyPath, queue: Size) -> Result<Size, Problem> {
        let half = Size::bytes(queue.get() / 2);
        within(path, self.replay.unwrap_or(half), Size::kib(1)..=half)
    }

    /// A queue that one message can fill would close every connection.
    fn queue(&self, path: &KeyPath) -> Result<Size, Problem> {
        within(path, self.queue, Size::kib(4)..=Size::gib(1))?;
        if self.queue.get() < 2 * (self.payload.get() + ENVELOPE.get()) {
            let message = format!("must hold two messages of {} (payload) each", self.payload);
            return Err(Problem::value(path, message));
        }
        Ok(self.queue)
    }
}
