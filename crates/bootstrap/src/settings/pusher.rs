//! `[apps.pusher]`: what an app says of its clients of the Pusher protocol.

use domain::PusherOptions;
use serde::Deserialize;

use super::{
    bounds::within,
    key_path::KeyPath,
    problem::Problem,
    scalar::{Count, Flag},
    size::Size,
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPusher {
    client_events: Flag,
    subscription_count: Flag,
    event: Size,
    event_channels: Count,
    batch_events: Count,
}

impl RawPusher {
    pub(crate) fn parse(self, path: &KeyPath) -> Result<PusherOptions, Problem> {
        let event = within(&path.key("event"), self.event, Size::bytes(1)..=Size::mib(1))?;
        let count = |key: &str, value: Count| {
            let most = within(&path.key(key), value.0, 1..=1000)?;
            Ok(usize::try_from(most).unwrap_or(usize::MAX))
        };
        Ok(PusherOptions {
            client_events: self.client_events.0,
            subscription_count: self.subscription_count.0,
            event_bytes: event.as_usize(),
            event_channels: count("event_channels", self.event_channels)?,
            batch_events: count("batch_events", self.batch_events)?,
        })
    }
}
