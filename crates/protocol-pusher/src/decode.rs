//! Reading what clients say.

use std::borrow::Cow;

use application::{
    Command, Pass, PresenceWish, Request, Send, Subscribe,
    ports::{BadRequest, Bounds},
};
use domain::{ChannelName, ErrorCode, MessageName, Payload, PayloadError};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::ChannelKind;

/// The most bytes of what a backend signs beside the connection and the channel.
const SIGNED_DATA_LIMIT: usize = 10 * 1024;
/// What the names of clients' own events begin with.
const CLIENT_EVENT: &str = "client-";

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    event: Cow<'a, str>,
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
}

struct Fault {
    code: ErrorCode,
    detail: String,
}

impl Fault {
    fn params(detail: &str) -> Self {
        Self { code: ErrorCode::InvalidParams, detail: detail.to_owned() }
    }
}

/// Reads one frame.
pub(crate) fn request(frame: &[u8], bounds: Bounds) -> Result<Request, BadRequest> {
    let command = command(frame, bounds).map_err(|Fault { code, detail }| BadRequest {
        id: None,
        trace: None,
        code,
        detail,
        needs_auth: false,
    })?;
    Ok(Request { id: None, trace: None, command })
}

fn command(frame: &[u8], bounds: Bounds) -> Result<Command, Fault> {
    let text =
        std::str::from_utf8(frame).map_err(|_| Fault::params("the frame is not UTF-8 text"))?;
    // A derived reader would also take a list of the values in their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(Fault::params("the frame is not one JSON object"));
    }
    let frame: Frame<'_> = serde_json::from_str(text)
        .map_err(|_| Fault::params("the frame is not a JSON object with an event"))?;
    match &*frame.event {
        "pusher:ping" => Ok(Command::Ping),
        "pusher:pong" => Ok(Command::Alive),
        "pusher:subscribe" => subscribe(frame.data),
        "pusher:unsubscribe" => {
            let fields = fields(frame.data)?;
            Ok(Command::Unsubscribe(channel(fields.channel.as_deref())?))
        }
        "pusher:signin" => sign_in(frame.data),
        event if event.starts_with(CLIENT_EVENT) => send(&frame, bounds),
        _ => {
            let detail = "one of pusher:ping, pusher:pong, pusher:subscribe, pusher:unsubscribe, \
                          pusher:signin, client-...";
            Err(Fault { code: ErrorCode::UnsupportedEvent, detail: detail.to_owned() })
        }
    }
}

/// What `data` may have; others are ignored.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(borrow)]
    auth: Option<Cow<'a, str>>,
    #[serde(borrow)]
    channel_data: Option<Cow<'a, str>>,
    #[serde(borrow)]
    user_data: Option<Cow<'a, str>>,
}

fn fields(data: Option<&RawValue>) -> Result<Fields<'_>, Fault> {
    let data = data.filter(|data| data.get().starts_with('{'));
    let data = data.ok_or_else(|| Fault::params("data is not an object"))?;
    serde_json::from_str(data.get())
        .map_err(|_| Fault::params("data has a key twice or a value that is not text"))
}

fn channel(name: Option<&str>) -> Result<ChannelName, Fault> {
    let name = name.ok_or_else(|| Fault::params("channel is missing"))?;
    ChannelName::parse(name).map_err(|error| Fault {
        code: ErrorCode::InvalidChannel,
        detail: format!("channel {error}"),
    })
}

fn pass(auth: Option<Cow<'_, str>>, data: Option<Cow<'_, str>>) -> Result<Option<Pass>, Fault> {
    if data.as_ref().is_some_and(|data| data.len() > SIGNED_DATA_LIMIT) {
        return Err(Fault::params("the signed data has more than 10240 bytes"));
    }
    let data = data.map(|data| data.into_owned().into_boxed_str());
    Ok(auth.map(|auth| Pass { signature: SecretString::from(auth.into_owned()), data }))
}

fn subscribe(data: Option<&RawValue>) -> Result<Command, Fault> {
    let fields = fields(data)?;
    let channel = channel(fields.channel.as_deref())?;
    let kind = ChannelKind::of(&channel);
    // A channel that needs none is not closed by a signature that nobody asked for.
    let auth = fields.auth.filter(|_| kind.signed);
    Ok(Command::Subscribe(Subscribe {
        presence: kind.presence.then_some(PresenceWish::Enter),
        pass: pass(auth, fields.channel_data)?,
        channel,
        position: None,
        rewind: None,
    }))
}

fn sign_in(data: Option<&RawValue>) -> Result<Command, Fault> {
    let fields = fields(data)?;
    let missing = || Fault::params("auth or user_data is missing");
    let user_data = fields.user_data.ok_or_else(missing)?;
    pass(fields.auth, Some(user_data))?.map(Command::SignIn).ok_or_else(missing)
}

fn send(frame: &Frame<'_>, bounds: Bounds) -> Result<Command, Fault> {
    let name = MessageName::parse_pusher(&frame.event)
        .map_err(|error| Fault::params(&format!("the event's name {error}")))?;
    let data = frame.data.map_or("null", RawValue::get);
    let data = payload(data, bounds.payload_bytes).map_err(|error| Fault {
        code: match error {
            PayloadError::TooLarge { .. } => ErrorCode::PayloadTooLarge,
            PayloadError::TooDeep | PayloadError::LoneSurrogate | PayloadError::NotJson => {
                ErrorCode::InvalidParams
            }
        },
        detail: format!("data {error}"),
    })?;
    let channel = channel(frame.channel.as_deref())?;
    Ok(Command::Send(Send { channel, data, name: Some(name), key: None, echo: false }))
}

/// A text is data of this protocol's own kind, anything else is JSON.
fn payload(json: &str, limit_bytes: usize) -> Result<Payload, PayloadError> {
    if !json.starts_with('"') {
        return Payload::parse(json, limit_bytes);
    }
    let text: Cow<'_, str> = serde_json::from_str(json).map_err(|_| PayloadError::LoneSurrogate)?;
    Payload::from_text(&text, limit_bytes)
}
