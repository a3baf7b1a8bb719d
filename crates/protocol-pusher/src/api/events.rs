//! What a backend sends: read as a whole before any of it is sent.

use std::borrow::Cow;

use domain::{
    ChannelName, ClientId, ConnectionId, MessageName, Payload, PayloadError, PusherOptions,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Attributes, Fault};
use crate::SocketId;

/// An event of a backend.
#[derive(Debug, Clone)]
pub struct Event {
    /// Its name.
    pub name: MessageName,
    /// Its data: the text as it came.
    pub data: Payload,
    /// Where to, each channel once; of an event of a batch one.
    pub channels: Vec<ChannelName>,
    /// The connection that shall not see it.
    pub exclude: Option<ConnectionId>,
    /// What is asked of the channels.
    pub attributes: Attributes,
}

/// Bytes of an event's JSON beside its data and its channels' names, and of each name: written with
/// six bytes for each character, as the most careful library does.
const REST_BYTES: usize = 8 * 1024;
const NAME_BYTES: usize = ChannelName::LIMIT * 6 + 3;
/// No body is larger than this, whatever an app allows.
const BODY_BYTES: usize = 16 * 1024 * 1024;

/// The most bytes of the body that [`events`] reads.
#[must_use]
pub fn event_bytes(options: &PusherOptions) -> usize {
    let names = options.event_channels.saturating_mul(NAME_BYTES);
    options.event_bytes.saturating_mul(6).saturating_add(names + REST_BYTES).min(BODY_BYTES)
}

/// The most bytes of the body that [`batch`] reads.
#[must_use]
pub fn batch_bytes(options: &PusherOptions) -> usize {
    let one = options.event_bytes.saturating_mul(6).saturating_add(NAME_BYTES + REST_BYTES);
    options.batch_events.saturating_mul(one).min(BODY_BYTES)
}

#[derive(Deserialize)]
struct RawEvent<'a> {
    #[serde(borrow)]
    name: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    channel: Option<Cow<'a, str>>,
    #[serde(borrow)]
    channels: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    socket_id: Option<Cow<'a, str>>,
    #[serde(borrow)]
    info: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct RawBatch<'a> {
    #[serde(borrow)]
    batch: Vec<&'a RawValue>,
}

/// Reads `{"name":...,"data":"...","channels":[...]}` or the same with `channel`.
///
/// # Errors
/// `Invalid`; `TooLarge`: the data.
pub fn events(body: &[u8], options: &PusherOptions) -> Result<Event, Fault> {
    event(text(body)?, options)
}

/// Reads `{"batch":[{"name":...,"channel":...,"data":"..."}]}`.
///
/// # Errors
/// `Invalid`, of any event; `TooLarge`: the data of any.
pub fn batch(body: &[u8], options: &PusherOptions) -> Result<Vec<Event>, Fault> {
    let raw: RawBatch<'_> = object(text(body)?, "the body is not {\"batch\": [...]}")?;
    let most = options.batch_events;
    if !(1..=most).contains(&raw.batch.len()) {
        return Err(Fault::invalid(format!("a batch has 1 to {most} events")));
    }
    let one = |(index, raw): (usize, &&RawValue)| {
        let event = event(raw.get(), options).and_then(to_one_channel);
        event.map_err(|fault| fault.of_event(index))
    };
    raw.batch.iter().enumerate().map(one).collect()
}

fn to_one_channel(event: Event) -> Result<Event, Fault> {
    match event.channels.len() {
        1 => Ok(event),
        _ => Err(Fault::invalid("an event of a batch has one channel")),
    }
}

fn text(body: &[u8]) -> Result<&str, Fault> {
    std::str::from_utf8(body).map_err(|_| Fault::invalid("the body is not UTF-8 text"))
}

/// A derived reader would also take a list of the values in their order.
fn object<'a, T: Deserialize<'a>>(json: &'a str, what: &'static str) -> Result<T, Fault> {
    let object = json.trim_ascii_start().starts_with('{');
    let read = object.then(|| serde_json::from_str(json).ok()).flatten();
    read.ok_or_else(|| Fault::invalid(what))
}

fn event(json: &str, options: &PusherOptions) -> Result<Event, Fault> {
    let what = "an event is a JSON object with the texts name, data, channel (or channels, a list) \
                and perhaps socket_id and info, each once";
    let raw: RawEvent<'_> = object(json, what)?;
    let name = raw.name.ok_or_else(|| Fault::invalid("name is missing"))?;
    let name = MessageName::parse_pusher(&name)
        .map_err(|error| Fault::invalid(format!("the event's name {error}")))?;
    Ok(Event {
        name,
        channels: channels(raw.channel, raw.channels, options.event_channels)?,
        data: data(raw.data, options.event_bytes)?,
        exclude: raw.socket_id.as_deref().map(excluded).transpose()?,
        attributes: Attributes::parse(raw.info.as_deref()),
    })
}

fn data(json: Option<&RawValue>, limit_bytes: usize) -> Result<Payload, Fault> {
    let json = json.ok_or_else(|| Fault::invalid("data is missing"))?;
    let text: Option<Cow<'_, str>> =
        json.get().starts_with('"').then(|| serde_json::from_str(json.get()).ok()).flatten();
    let text = text.ok_or_else(|| {
        Fault::invalid("data is not a text: anything else has to be encoded as JSON inside a text")
    })?;
    Payload::from_text(&text, limit_bytes).map_err(|error| match error {
        PayloadError::TooLarge { limit_bytes } => {
            Fault::TooLarge { what: "the data of this event".into(), limit_bytes }
        }
        PayloadError::TooDeep | PayloadError::LoneSurrogate | PayloadError::NotJson => {
            Fault::invalid(format!("data {error}"))
        }
    })
}

fn channels(
    one: Option<Cow<'_, str>>,
    many: Option<Vec<Cow<'_, str>>>,
    most: usize,
) -> Result<Vec<ChannelName>, Fault> {
    let names = match (one, many) {
        (Some(one), None) => vec![one],
        (None, Some(many)) => many,
        (None, None) => return Err(Fault::invalid("channel is missing, and channels")),
        (Some(_), Some(_)) => {
            return Err(Fault::invalid("channel and channels exclude each other"));
        }
    };
    if !(1..=most).contains(&names.len()) {
        return Err(Fault::invalid(format!("an event has 1 to {most} channels")));
    }
    let mut channels = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let channel = channel(index, name)?;
        if !channels.contains(&channel) {
            channels.push(channel);
        }
    }
    Ok(channels)
}

fn channel(index: usize, name: &str) -> Result<ChannelName, Fault> {
    let channel = ChannelName::parse(name)
        .map_err(|error| Fault::invalid(format!("the name of channel {index} {error}")))?;
    if channel.is_reserved() && !is_of_user(&channel) {
        let text = format!(
            "channel {index} begins with #: of those only #server-to-user-ID is for backends"
        );
        return Err(Fault::invalid(text));
    }
    Ok(channel)
}

fn is_of_user(channel: &ChannelName) -> bool {
    let user = channel.as_str().strip_prefix("#server-to-user-");
    user.is_some_and(|user| ClientId::parse(user).is_ok())
}

fn excluded(socket_id: &str) -> Result<ConnectionId, Fault> {
    let socket = SocketId::parse(socket_id);
    let socket = socket.ok_or_else(|| Fault::invalid("socket_id is not digits.digits"))?;
    Ok(socket.connection())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: PusherOptions = PusherOptions {
        client_events: true,
        subscription_count: false,
        event_bytes: 10,
        event_channels: 2,
        batch_events: 2,
    };

    fn read(body: &str) -> Result<Event, Fault> {
        events(body.as_bytes(), &OPTIONS)
    }

    #[test]
    fn an_event_is_read() {
        let event = read(
            r##"{"name":"foo","data":"{\"a\": 1}","channels":["a","#server-to-user-7"],
            "socket_id":"1.2","info":"user_count"}"##,
        )
        .unwrap();
        assert_eq!((event.name.as_str(), event.data.text()), ("foo", r#"{"a": 1}"#));
        assert_eq!(event.data.as_str(), r#"{"a":1}"#);
        let names: Vec<_> = event.channels.iter().map(ChannelName::as_str).collect();
        assert_eq!(names, ["a", "#server-to-user-7"]);
        assert_eq!(event.exclude, Some(ConnectionId::from_random(1 << 64 | 2)));
        assert!(event.attributes.users && !event.attributes.subscriptions);
        let event = read(
            r#"{"name":"client-x","data":"","channel":"a","channels":null,"socket_id":null,"x":1}"#,
        );
        assert_eq!(event.unwrap().exclude, None);
    }

    #[test]
    fn a_channel_is_sent_to_once() {
        let event = read(r#"{"name":"foo","data":"x","channels":["a","a"]}"#).unwrap();
        assert_eq!(event.channels.len(), 1);
    }

    #[test]
    fn what_is_no_event_is_told() {
        let long = format!(r#"{{"name":"{}","data":"x","channel":"a"}}"#, "x".repeat(201));
        for (body, part) in [
            ("", "JSON object"),
            (r#"["foo","x","a"]"#, "JSON object"),
            (r#"{"name":"a","name":"b","data":"x","channel":"a"}"#, "JSON object"),
            (r#"{"data":"x","channel":"a"}"#, "name is missing"),
            (r#"{"name":"","data":"x","channel":"a"}"#, "is empty"),
            (&long, "more than 200"),
            (r#"{"name":"pusher:x","data":"x","channel":"a"}"#, "reserved"),
            (r#"{"name":"pusher_internal:x","data":"x","channel":"a"}"#, "reserved"),
            (r#"{"name":"foo","channel":"a"}"#, "data is missing"),
            (r#"{"name":"foo","data":{"a":1},"channel":"a"}"#, "not a text"),
            (r#"{"name":"foo","data":7,"channel":"a"}"#, "not a text"),
            (r#"{"name":"foo","data":"\ud800","channel":"a"}"#, "not a text"),
            (r#"{"name":"foo","data":"x"}"#, "channel is missing"),
            (r#"{"name":"foo","data":"x","channel":"a","channels":["b"]}"#, "exclude"),
            (r#"{"name":"foo","data":"x","channels":[]}"#, "1 to 2 channels"),
            (r#"{"name":"foo","data":"x","channels":["a","b","c"]}"#, "1 to 2 channels"),
            (r#"{"name":"foo","data":"x","channel":"a b"}"#, "not allowed"),
            (r##"{"name":"foo","data":"x","channel":"#news"}"##, "begins with #"),
            (r##"{"name":"foo","data":"x","channel":"#server-to-user-"}"##, "begins with #"),
            (r#"{"name":"foo","data":"x","channel":"a","socket_id":"x"}"#, "digits.digits"),
        ] {
            let fault = read(body).unwrap_err();
            assert_eq!(fault.status(), 400, "{body}");
            assert!(fault.to_string().contains(part), "{body}: {fault}");
        }
        assert_eq!(events(b"\xff", &OPTIONS).unwrap_err().status(), 400);
    }

    #[test]
    fn data_has_a_limit() {
        let of = |data: &str| format!(r#"{{"name":"foo","data":"{data}","channel":"a"}}"#);
        assert!(read(&of("0123456789")).is_ok());
        let fault = read(&of("0123456789a")).unwrap_err();
        assert_eq!(fault.status(), 413);
        let text = "the data of this event exceeds the allowed maximum (10 bytes)";
        assert_eq!(fault.to_string(), text);
        assert!(event_bytes(&OPTIONS) >= 2 * 1200 + 60);
        let huge = PusherOptions { event_bytes: 1 << 20, batch_events: 1000, ..OPTIONS };
        assert_eq!(batch_bytes(&huge), BODY_BYTES);
    }

    #[test]
    fn a_batch_is_taken_as_a_whole() {
        let of = |events: &str| batch(format!(r#"{{"batch":[{events}]}}"#).as_bytes(), &OPTIONS);
        let good = r#"{"name":"foo","data":"x","channel":"a"}"#;
        assert_eq!(of(&format!("{good},{good}")).unwrap().len(), 2);
        assert!(of("").unwrap_err().to_string().contains("1 to 2 events"));
        assert!(of(&format!("{good},{good},{good}")).is_err());
        let bad = r#"{"name":"foo","data":"0123456789a","channel":"a"}"#;
        let fault = of(&format!("{good},{bad}")).unwrap_err();
        assert_eq!(fault.status(), 413);
        assert!(fault.to_string().starts_with("event 1: the data"), "{fault}");
        let two = r#"{"name":"foo","data":"x","channels":["a","b"]}"#;
        assert!(of(two).unwrap_err().to_string().contains("one channel"));
        assert!(of(r#"["foo","x"]"#).unwrap_err().to_string().starts_with("event 0"));
        assert!(batch(b"{}", &OPTIONS).is_err());
    }
}
