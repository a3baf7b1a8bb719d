//! Reads what the server sends.

use std::time::Duration;

use domain::{ChannelName, Epoch, Offset, Position, PresenceVersion};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{ListedMember, MemberChange, Message, Refusal, Sender};

/// A frame of the server.
pub(crate) enum Frame {
    /// The answer to a request: to ours, which all have an id.
    Reply { id: u64, outcome: Result<Box<RawValue>, Refusal> },
    /// Something that nobody asked for.
    Push { event: String, payload: Box<RawValue> },
}

#[derive(Deserialize)]
struct RawFrame {
    code: Option<u16>,
    id: Option<u64>,
    data: Option<Box<RawValue>>,
    event: Option<String>,
    payload: Option<Box<RawValue>>,
    message: Option<String>,
    reason: Option<String>,
    retry_after_ms: Option<u64>,
}

fn refusal(
    code: u16,
    reason: Option<String>,
    message: Option<String>,
    retry_after_ms: Option<u64>,
) -> Refusal {
    Refusal {
        code,
        reason: reason.unwrap_or_default(),
        message: message.unwrap_or_default(),
        retry_after: retry_after_ms.map(Duration::from_millis),
    }
}

impl Frame {
    /// Nothing where it is no frame of this protocol: a client ignores what it does not know.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let raw: RawFrame = serde_json::from_str(text).ok()?;
        if let Some(code) = raw.code {
            let outcome = match raw.data {
                Some(data) if code == 200 => Ok(data),
                _ => Err(refusal(code, raw.reason, raw.message, raw.retry_after_ms)),
            };
            return Some(Self::Reply { id: raw.id?, outcome });
        }
        Some(Self::Push { event: raw.event?, payload: raw.payload? })
    }
}

/// Reads data or a payload.
pub(crate) fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue) -> Option<T> {
    serde_json::from_str(raw.get()).ok()
}

/// The data of a successful `auth`.
#[derive(Deserialize)]
pub(crate) struct Welcome {
    pub(crate) client_id: String,
    #[serde(default)]
    pub(crate) connection_id: String,
    pub(crate) session: Option<String>,
    /// Unix milliseconds, as `ts`.
    pub(crate) expires_at: Option<u64>,
    pub(crate) ts: Option<u64>,
    pub(crate) ping_interval_ms: Option<u64>,
    #[serde(default)]
    pub(crate) limits: Pace,
}

/// How fast requests may come.
#[derive(Deserialize, Clone, Copy)]
pub(crate) struct Pace {
    #[serde(default = "Pace::per_second")]
    pub(crate) requests_per_second: u32,
    #[serde(default = "Pace::burst")]
    pub(crate) requests_burst: u32,
}

impl Pace {
    const fn per_second() -> u32 {
        100
    }

    const fn burst() -> u32 {
        200
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self { requests_per_second: Self::per_second(), requests_burst: Self::burst() }
    }
}

/// The answer about one channel: of a reply to `subscribe`, or a `subscribed` push.
#[derive(Deserialize)]
pub(crate) struct Joined {
    code: Option<u16>,
    pub(crate) channel: Option<String>,
    epoch: Option<String>,
    offset: Option<u64>,
    #[serde(default)]
    pub(crate) messages: Vec<RawMessage>,
    pub(crate) recovered: Option<bool>,
    members: Option<Vec<ListedMember>>,
    count: Option<u32>,
    version: Option<u64>,
    message: Option<String>,
    reason: Option<String>,
    retry_after_ms: Option<u64>,
}

impl Joined {
    /// The place after `messages`; nothing without history.
    pub(crate) fn position(&self) -> Option<Position> {
        let epoch = Epoch::parse(self.epoch.as_deref()?)?;
        Some(Position { epoch, offset: Offset(self.offset?) })
    }

    /// Who is there, with presence.
    pub(crate) fn roster(&mut self) -> Option<RawRoster> {
        let version = PresenceVersion(self.version?);
        Some(RawRoster { members: self.members.take(), count: self.count?, version })
    }

    /// The refusal, where it is one.
    pub(crate) fn refusal(&mut self) -> Option<Refusal> {
        let code = self.code.filter(|code| *code != 200)?;
        Some(refusal(code, self.reason.take(), self.message.take(), self.retry_after_ms))
    }
}

/// The data of a reply to `subscribe` with several channels.
#[derive(Deserialize)]
pub(crate) struct JoinedMany {
    pub(crate) channels: Vec<Joined>,
}

/// A message, in a push or a reply.
#[derive(Deserialize)]
pub(crate) struct RawMessage {
    pub(crate) channel: Option<ChannelText>,
    id: String,
    ts: u64,
    pub(crate) offset: Option<u64>,
    name: Option<String>,
    data: Box<RawValue>,
    from: Option<RawSender>,
}

impl RawMessage {
    /// At this place.
    pub(crate) fn at(self, position: Option<Position>) -> Message {
        Message {
            id: self.id,
            ts: self.ts,
            position,
            name: self.name,
            data: self.data,
            from: self.from.map(Into::into),
        }
    }
}

/// The name of a channel, checked.
#[derive(Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct ChannelText(pub(crate) ChannelName);

impl TryFrom<String> for ChannelText {
    type Error = domain::NameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        ChannelName::parse(&text).map(Self)
    }
}

#[derive(Deserialize)]
struct RawSender {
    client: String,
    connection: Option<String>,
    info: Option<Box<RawValue>>,
}

impl From<RawSender> for Sender {
    fn from(raw: RawSender) -> Self {
        Self { client: raw.client, connection: raw.connection, info: raw.info }
    }
}

/// The payload of `memberJoined` and `memberLeft`.
#[derive(Deserialize)]
pub(crate) struct MemberMoved {
    pub(crate) channel: ChannelText,
    client: String,
    info: Option<Box<RawValue>>,
    version: u64,
}

impl MemberMoved {
    pub(crate) fn change(self) -> MemberChange {
        let version = PresenceVersion(self.version);
        MemberChange { client: self.client, info: self.info, version }
    }
}

/// The data of a reply to `presence`, and what a reply to `subscribe` has of it.
#[derive(Deserialize)]
pub(crate) struct RawRoster {
    /// Nothing where there are too many.
    pub(crate) members: Option<Vec<ListedMember>>,
    pub(crate) count: u32,
    #[serde(deserialize_with = "version")]
    pub(crate) version: PresenceVersion,
}

/// The payload of the push `presence`.
#[derive(Deserialize)]
pub(crate) struct MembersCounted {
    pub(crate) channel: ChannelText,
    pub(crate) count: u32,
    #[serde(deserialize_with = "version")]
    pub(crate) version: PresenceVersion,
}

fn version<'de, D: serde::Deserializer<'de>>(from: D) -> Result<PresenceVersion, D::Error> {
    u64::deserialize(from).map(PresenceVersion)
}

/// The payload of `position`.
#[derive(Deserialize)]
pub(crate) struct Moved {
    pub(crate) channel: ChannelText,
    pub(crate) offset: u64,
}

/// The payload of `unsubscribed`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Ended {
    pub(crate) channel: ChannelText,
    #[serde(default)]
    pub(crate) reason: String,
    #[serde(default)]
    pub(crate) resubscribe: bool,
    pub(crate) retry_after_ms: Option<u64>,
}

/// The payload of `disconnect`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Farewell {
    pub(crate) code: u16,
    pub(crate) reason: Option<String>,
    pub(crate) retry_after_ms: Option<u64>,
}

/// The data of a successful send.
#[derive(Deserialize)]
pub(crate) struct Stamp {
    pub(crate) id: String,
    pub(crate) ts: u64,
    epoch: Option<String>,
    offset: Option<u64>,
    #[serde(default)]
    pub(crate) repeated: bool,
}

impl Stamp {
    pub(crate) fn position(&self) -> Option<Position> {
        let epoch = Epoch::parse(self.epoch.as_deref()?)?;
        Some(Position { epoch, offset: Offset(self.offset?) })
    }
}
