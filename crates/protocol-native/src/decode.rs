//! Reading requests.

use std::{borrow::Cow, collections::HashMap};

use application::{
    Auth, Command, History, PresenceWish, Request, Send, Subscribe,
    ports::{BadRequest, Bounds, Order},
};
use domain::{
    AppId, ChannelName, Envelope, ErrorCode, MessageKey, MessageName, Payload, PayloadError,
    Position, RequestId, SessionToken, TraceId,
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    CHANNELS_AT_ONCE,
    field::{self, Fault},
};

/// The most bytes of `metadata`; more is dropped.
const METADATA_LIMIT: usize = 1024;
/// The most messages that `rewind` may ask for.
const REWIND_LIMIT: u64 = 1000;

/// Reads one frame.
pub(crate) fn request(frame: &[u8], bounds: Bounds) -> Result<Request, BadRequest> {
    let text =
        std::str::from_utf8(frame).map_err(|_| malformed(None, "the frame is not UTF-8 text"))?;
    // A derived reader would also take a list of the values in their order.
    if !text.trim_ascii_start().starts_with('{') {
        return Err(malformed(None, "the frame is not one JSON object"));
    }
    let envelope: Envelope<'_> = serde_json::from_str(text)
        .map_err(|error| malformed(salvaged_id(text), complaint(&error)))?;
    let trace = envelope.metadata.and_then(trace_of);
    match command(&envelope, bounds) {
        Ok(command) => Ok(Request { id: envelope.id, trace, command }),
        Err(Fault { code, detail }) => Err(BadRequest {
            needs_auth: !matches!(&*envelope.event, "auth" | "ping"),
            id: envelope.id,
            trace,
            code,
            detail,
        }),
    }
}

fn malformed(id: Option<RequestId>, detail: &str) -> BadRequest {
    let detail = detail.to_owned();
    BadRequest { id, trace: None, code: ErrorCode::InvalidParams, detail, needs_auth: false }
}

/// What is wrong with an envelope, without its text.
fn complaint(error: &serde_json::Error) -> &'static str {
    match error.classify() {
        serde_json::error::Category::Data => {
            "the frame is not an envelope: event (text) and payload (object) are required, id is \
             a string or integer of at most 64 characters, no key comes twice"
        }
        serde_json::error::Category::Io
        | serde_json::error::Category::Syntax
        | serde_json::error::Category::Eof => "the frame is not one JSON object",
    }
}

/// The id of an envelope that lacks something else, so that the client knows what was refused.
fn salvaged_id(text: &str) -> Option<RequestId> {
    #[derive(Deserialize)]
    struct IdOnly {
        id: Option<RequestId>,
    }
    serde_json::from_str::<IdOnly>(text).ok()?.id
}

/// Metadata that is too large, of another form or with another kind of trace id is dropped.
fn trace_of(metadata: &RawValue) -> Option<TraceId> {
    #[derive(Deserialize)]
    struct Metadata<'a> {
        #[serde(borrow, rename = "traceId")]
        trace_id: Option<Cow<'a, str>>,
    }
    if metadata.get().len() > METADATA_LIMIT || !metadata.get().starts_with('{') {
        return None;
    }
    let metadata: Metadata<'_> = serde_json::from_str(metadata.get()).ok()?;
    TraceId::parse(&metadata.trace_id?)
}

fn command(envelope: &Envelope<'_>, bounds: Bounds) -> Result<Command, Fault> {
    let payload = || envelope.payload.ok_or_else(|| Fault::params("payload is missing"));
    match &*envelope.event {
        "auth" => Ok(Command::Auth(auth(payload()?)?)),
        "subscribe" => subscribe(payload()?),
        "unsubscribe" => Ok(Command::Unsubscribe(channel_only(payload()?)?)),
        "messageSend" | "publish" => Ok(Command::Send(send(payload()?, bounds)?)),
        "history" => Ok(Command::History(history(payload()?)?)),
        "presence" => Ok(Command::Presence(channel_only(payload()?)?)),
        "ping" => ping(envelope.payload),
        _ => {
            let detail = "one of auth, subscribe, unsubscribe, messageSend, publish, history, presence, ping";
            Err(Fault { code: ErrorCode::UnsupportedEvent, detail: detail.to_owned() })
        }
    }
}

fn ping(payload: Option<&RawValue>) -> Result<Command, Fault> {
    match payload {
        Some(payload) if !payload.get().starts_with('{') => {
            Err(Fault::params("payload is not an object"))
        }
        _ => Ok(Command::Ping),
    }
}

#[derive(Deserialize)]
struct AuthFields<'a> {
    #[serde(borrow, rename = "appId")]
    app_id: Option<&'a RawValue>,
    #[serde(borrow)]
    token: Option<&'a RawValue>,
    #[serde(borrow)]
    session: Option<&'a RawValue>,
    #[serde(borrow)]
    positions: Option<&'a RawValue>,
    #[serde(borrow)]
    heartbeat: Option<&'a RawValue>,
    #[serde(borrow)]
    sdk: Option<&'a RawValue>,
}

fn auth(payload: &RawValue) -> Result<Auth, Fault> {
    let fields: AuthFields<'_> = field::object("", payload)?;
    let app = field::text("appId", field::required("appId", fields.app_id)?)?;
    let token = field::text("token", field::required("token", fields.token)?)?;
    // For later versions; its form is checked all the same.
    let session = fields.session.map(|value| field::text("session", value)).transpose()?;
    fields.sdk.map(|value| field::text("sdk", value)).transpose()?;
    Ok(Auth {
        // A text that can't be an app's name names no app.
        app: AppId::parse(&app).ok(),
        token: SecretString::from(token.into_owned()),
        // A text that is no session continues none.
        session: session.and_then(|text| SessionToken::parse(&text)),
        positions: fields.positions.map(positions).transpose()?.unwrap_or_default(),
        heartbeat: fields.heartbeat.map(|value| field::flag("heartbeat", value)).transpose()?,
    })
}

fn positions(value: &RawValue) -> Result<Vec<(ChannelName, Position)>, Fault> {
    let map: HashMap<Cow<'_, str>, &RawValue> = field::object("positions", value)?;
    let read = |(channel, position): (&Cow<'_, str>, &&RawValue)| {
        let channel = ChannelName::parse(channel).map_err(|error| Fault {
            code: ErrorCode::InvalidChannel,
            detail: format!("a channel of payload.positions {error}"),
        })?;
        Ok((channel, field::position("positions", position)?))
    };
    map.iter().map(read).collect()
}

#[derive(Deserialize)]
struct SubscribeFields<'a> {
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
    #[serde(borrow)]
    channels: Option<&'a RawValue>,
    #[serde(borrow)]
    position: Option<&'a RawValue>,
    #[serde(borrow)]
    rewind: Option<&'a RawValue>,
    #[serde(borrow)]
    presence: Option<&'a RawValue>,
}

fn subscribe(payload: &RawValue) -> Result<Command, Fault> {
    let fields: SubscribeFields<'_> = field::object("", payload)?;
    match fields.channels {
        None => Ok(Command::Subscribe(subscribe_one(&fields)?)),
        Some(_) if fields.channel.is_some() => {
            Err(Fault::params("payload has both channel and channels"))
        }
        Some(list) => Ok(Command::SubscribeMany(subscribe_list(list)?)),
    }
}

fn subscribe_list(list: &RawValue) -> Result<Vec<Result<Subscribe, BadRequest>>, Fault> {
    let items: Vec<&RawValue> = serde_json::from_str(list.get())
        .map_err(|_| Fault::params("payload.channels is not a list"))?;
    if items.is_empty() || items.len() > CHANNELS_AT_ONCE {
        let detail = format!("payload.channels has not 1 to {CHANNELS_AT_ONCE} entries");
        return Err(Fault::params(detail));
    }
    let read = |item: &&RawValue| {
        field::object("channels[]", item).and_then(|fields| subscribe_one(&fields)).map_err(
            |Fault { code, detail }| BadRequest {
                id: None,
                trace: None,
                code,
                detail,
                needs_auth: true,
            },
        )
    };
    Ok(items.iter().map(read).collect())
}

fn subscribe_one(fields: &SubscribeFields<'_>) -> Result<Subscribe, Fault> {
    let rewind = fields.rewind.map(|value| field::number("rewind", value, 1, REWIND_LIMIT));
    Ok(Subscribe {
        channel: field::channel("channel", fields.channel)?,
        position: fields.position.map(|value| field::position("position", value)).transpose()?,
        rewind: rewind.transpose()?.and_then(|count| u32::try_from(count).ok()),
        presence: match fields.presence.map(RawValue::get) {
            None | Some("false") => None,
            Some("true") => Some(PresenceWish::Enter),
            Some("\"watch\"") => Some(PresenceWish::Watch),
            Some(_) => return Err(Fault::params("payload.presence is not true or \"watch\"")),
        },
        pass: None,
    })
}

#[derive(Deserialize)]
struct HistoryFields<'a> {
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
    #[serde(borrow)]
    epoch: Option<&'a RawValue>,
    #[serde(borrow)]
    after: Option<&'a RawValue>,
    #[serde(borrow)]
    before: Option<&'a RawValue>,
    #[serde(borrow)]
    limit: Option<&'a RawValue>,
    #[serde(borrow)]
    order: Option<&'a RawValue>,
}

fn history(payload: &RawValue) -> Result<History, Fault> {
    let fields: HistoryFields<'_> = field::object("", payload)?;
    let first = History::of(field::channel("channel", fields.channel)?);
    let most = u64::from(History::MOST);
    let limit = fields.limit.map(|value| field::number("limit", value, 1, most)).transpose()?;
    Ok(History {
        epoch: fields.epoch.map(|value| field::epoch("epoch", value)).transpose()?,
        after: fields.after.map(|value| field::offset("after", value)).transpose()?,
        before: fields.before.map(|value| field::offset("before", value)).transpose()?,
        limit: limit.and_then(|limit| u32::try_from(limit).ok()).unwrap_or(first.limit),
        order: match fields.order.map(RawValue::get) {
            None | Some("\"asc\"") => Order::Ascending,
            Some("\"desc\"") => Order::Descending,
            Some(_) => return Err(Fault::params("payload.order is not \"asc\" or \"desc\"")),
        },
        ..first
    })
}

#[derive(Deserialize)]
struct ChannelFields<'a> {
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
}

fn channel_only(payload: &RawValue) -> Result<ChannelName, Fault> {
    let fields: ChannelFields<'_> = field::object("", payload)?;
    field::channel("channel", fields.channel)
}

#[derive(Deserialize)]
struct SendFields<'a> {
    #[serde(borrow)]
    channel: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "field::present")]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    key: Option<&'a RawValue>,
    #[serde(borrow)]
    echo: Option<&'a RawValue>,
}

fn send(payload: &RawValue, bounds: Bounds) -> Result<Send, Fault> {
    let fields: SendFields<'_> = field::object("", payload)?;
    let channel = field::channel("channel", fields.channel)?;
    let data = field::required("data", fields.data)?;
    let name = |value| field::name("name", value, MessageName::parse);
    let key = |value| field::name("key", value, MessageKey::parse);
    Ok(Send {
        channel,
        data: Payload::compact(data, bounds.payload_bytes).map_err(|error| bad_data(&error))?,
        name: fields.name.map(name).transpose()?,
        key: fields.key.map(key).transpose()?,
        echo: fields.echo.map(|value| field::flag("echo", value)).transpose()?.unwrap_or(true),
    })
}

fn bad_data(error: &PayloadError) -> Fault {
    let code = match error {
        PayloadError::TooLarge { .. } => ErrorCode::PayloadTooLarge,
        PayloadError::TooDeep | PayloadError::LoneSurrogate | PayloadError::NotJson => {
            ErrorCode::InvalidParams
        }
    };
    Fault { code, detail: format!("payload.data {error}") }
}
