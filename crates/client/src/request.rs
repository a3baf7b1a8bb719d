//! Writes what the client asks.

use std::collections::BTreeMap;

use domain::{ChannelName, Position};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{Attendance, machine::Wish};

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
struct RawWish<'a> {
    channel: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Place>,
    #[serde(skip_serializing_if = "Option::is_none")]
    presence: Option<RawAttendance>,
}

/// `true` or `"watch"`.
#[derive(Serialize)]
#[serde(untagged)]
enum RawAttendance {
    Enter(bool),
    Watch(&'static str),
}

impl From<Attendance> for RawAttendance {
    fn from(attendance: Attendance) -> Self {
        match attendance {
            Attendance::Enter => Self::Enter(true),
            Attendance::Watch => Self::Watch("watch"),
        }
    }
}

/// What asks about a channel and nothing else.
#[derive(Serialize)]
struct About<'a> {
    channel: &'a str,
}

/// `subscribe` with `channels`.
pub(crate) fn subscribe(id: u64, wishes: &[Wish]) -> String {
    #[derive(Serialize)]
    struct Payload<'a> {
        channels: Vec<RawWish<'a>>,
    }
    let channels = wishes
        .iter()
        .map(|wish| RawWish {
            channel: wish.channel.as_str(),
            position: wish.place.map(Place::from),
            presence: wish.attendance.map(RawAttendance::from),
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
    envelope(id, "unsubscribe", About { channel: channel.as_str() })
}

/// `presence`
pub(crate) fn presence(id: u64, channel: &ChannelName) -> String {
    envelope(id, "presence", About { channel: channel.as_str() })
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
