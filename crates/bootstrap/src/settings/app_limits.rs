//! `[apps.limits]`: what an app and each of its connections may take.

use domain::{AppLimits, MonthlyQuotas};
use serde::Deserialize;

use super::{
    bounds::within,
    key_path::KeyPath,
    limits::Limits,
    problem::Problem,
    rate::rate,
    scalar::{Count, Large},
    size::Size,
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
    new_connections_per_second: Option<Count>,
    new_connections_burst: Option<Count>,
    messages_per_second: Option<Count>,
    messages_burst: Option<Count>,
    deliveries_per_second: Option<Count>,
    deliveries_burst: Option<Count>,
    client_messages_per_second: Option<Count>,
    client_messages_burst: Option<Count>,
    presence_members: Option<Count>,
    history: Option<Size>,
    storage: Option<Size>,
    monthly_messages: Option<Large>,
    monthly_deliveries: Option<Large>,
    monthly_connection_minutes: Option<Large>,
    monthly_warning_percent: Option<Count>,
}

impl RawAppLimits {
    pub(crate) fn parse(self, path: &KeyPath, server: &Limits) -> Result<AppLimits, Problem> {
        let count = |key: &str, value: Count| within(&path.key(key), value.0, 1..=1_000_000);
        let payload = self.payload(&path.key("payload"), server)?;
        let queue = self.queue(&path.key("queue"))?;
        let most = |key: &str, most: Option<Count>| {
            most.map(|most| within(&path.key(key), most.0, 1..=10_000_000)).transpose()
        };
        let kept = |key: &str, most: Option<Size>| {
            let bounds = Size::kib(1)..=Size::gib(65_536);
            most.map(|most| within(&path.key(key), most, bounds).map(Size::get)).transpose()
        };
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
            connections: most("connections", self.connections)?,
            new_connections: rate(
                path,
                ("new_connections_per_second", self.new_connections_per_second),
                ("new_connections_burst", self.new_connections_burst),
            )?,
            messages: rate(
                path,
                ("messages_per_second", self.messages_per_second),
                ("messages_burst", self.messages_burst),
            )?,
            deliveries: rate(
                path,
                ("deliveries_per_second", self.deliveries_per_second),
                ("deliveries_burst", self.deliveries_burst),
            )?,
            client_messages: rate(
                path,
                ("client_messages_per_second", self.client_messages_per_second),
                ("client_messages_burst", self.client_messages_burst),
            )?,
            presence_members: most("presence_members", self.presence_members)?,
            history_bytes: kept("history", self.history)?,
            storage_bytes: kept("storage", self.storage)?,
            monthly: self.monthly(path)?,
        })
    }

    fn monthly(&self, path: &KeyPath) -> Result<MonthlyQuotas, Problem> {
        let most = |key: &str, most: Option<Large>| {
            let bounds = 1..=1_000_000_000_000_000;
            most.map(|most| within(&path.key(key), most.0, bounds)).transpose()
        };
        let percent = self.monthly_warning_percent.map_or(80, |percent| percent.0);
        let percent = within(&path.key("monthly_warning_percent"), percent, 1..=100)?;
        Ok(MonthlyQuotas {
            messages: most("monthly_messages", self.monthly_messages)?,
            deliveries: most("monthly_deliveries", self.monthly_deliveries)?,
            connection_minutes: most(
                "monthly_connection_minutes",
                self.monthly_connection_minutes,
            )?,
            warn_percent: u8::try_from(percent).unwrap_or(100),
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
