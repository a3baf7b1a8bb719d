//! Writes what the client asks.

use std::collections::BTreeMap;

use domain::{ChannelName, Position};
use serde::Serialize;
use serde_json::value::RawValue;

#[derive(Serialize)]
struct Envelope<'a, P: Serialize> {
    event: &'a str,
    payload: P,
    id: u64,
}

fn envelope(id: u64, event: &str, payload: impl Serialize) -> String {
    // Texts, numbers and maps with text keys: there is nothing that can't be JSON.
    serde_json::to_string(&Envelope { event, payload, id }).unwrap_or_default()
}

#[derive(Serialize)]
struct Place {
    epoch: String,
    offset: u64,
}

impl From<Position> for Place {
    fn from(position: Position) -> Self {
        Self { epoch: position.epoch.to_string(), offset: position.offset.0 }
    }
}

/// `auth`
pub(crate) struct Auth<'a> {
    pub(crate) app: &'a str,
    pub(crate) token: &'a str,
    pub(crate) session: Option<&'a str>,
    /// Of channels that the token subscribes to.
    pub(crate) positions: Vec<(ChannelName, Position)>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AuthPayload<'a> {
    app_id: &'a str,
    token: &'a str,
    heartbeat: bool,
    sdk: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    positions: BTreeMap<String, Place>,
}

impl Auth<'_> {
    pub(crate) fn encode(self, id: u64) -> String {
        let place =
            |(channel, position): (ChannelName, Position)| (channel.to_string(), position.into());
        let payload = AuthPayload {
            app_id: self.app,
            token: self.token,
            heartbeat: true,
            sdk: concat!("rust/", env!("CARGO_PKG_VERSION")),
            session: self.session,
            positions: self.positions.into_iter().map(place).collect(),
        };
        envelope(id, "auth", payload)
    }
}

#[derive(Serialize)]
struct Wish<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Place>,
}

/// `subscribe` with `channels`.
pub(crate) fn subscribe(id: u64, wishes: &[(ChannelName, Option<Position>)]) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        channels: Vec<Wish<'a>>,
    }
    let channels = wishes
        .iter()
        .map(|(channel, position)| Wish {
            channel: channel.as_str(),
            position: position.map(Place::from),
        })
        .collect();
    envelope(id, "subscribe", Payload { channels })
}

/// Anything.
pub(crate) fn question(id: u64, event: &str, payload: &RawValue) -> String {
    envelope(id, event, payload)
}

/// `unsubscribe`
pub(crate) fn unsubscribe(id: u64, channel: &ChannelName) -> String {
    envelope(id, "unsubscribe", Wish { channel: channel.as_str(), position: None })
}

/// `messageSend`
#[derive(Serialize)]
pub(crate) struct Send<'a> {
    pub(crate) channel: &'a str,
    pub(crate) data: &'a RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<&'a str>,
    pub(crate) key: &'a str,
    pub(crate) echo: bool,
}

impl Send<'_> {
    pub(crate) fn encode(self, id: u64) -> String {
        envelope(id, "messageSend", self)
    }
}
