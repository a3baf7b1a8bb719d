//! Why something happened.

use std::sync::LazyLock;

use application::{Question, Refusal, Which};
use domain::{ChannelName, ClientId, ConnectionId, MessageId, Offset, Timestamp, TraceId};
use serde_json::json;

use super::{
    call::{Call, Query, channel, invalid},
    endpoint::{Param, Work, data},
    explained::Explained,
    turns::Turns,
};

/// Explanations are made one at a time: each looks at megabytes.
static TURNS: LazyLock<Turns> = LazyLock::new(Turns::new);

/// The longest id of a message that is looked for.
const ID: usize = 64;

/// `GET explain`
pub(super) fn explain(call: Call) -> Work {
    Box::pin(async move {
        let question = question(&call.query)?;
        let (backend, app) = (call.backend, call.app.id.clone());
        let explaining = TURNS.work(&call.app.id, move || backend.explain(&app, &question));
        data(&Explained::of(&explaining.await?))
    })
}

/// What is asked, by which parameters are there.
fn question(query: &Query) -> Result<Question, Refusal> {
    let of = |name: &str| query.text(name).is_some();
    let asked = ["client", "message", "channel", "offset", "at", "trace", "connection"];
    let asked: Vec<&str> = asked.into_iter().filter(|name| of(name)).collect();
    Ok(match asked[..] {
        ["trace"] => Question::Trace(trace(query)?),
        ["connection"] => Question::Connection(connection(query)?),
        ["channel"] => Question::Channel(named_channel(query)?),
        ["client"] => Question::Client(client(query)?),
        ["client", "message"] => message(query, Which::Id(id(query)?))?,
        ["client", "channel"] => message(query, Which::Latest(named_channel(query)?))?,
        ["client", "channel", "offset"] => {
            let offset = query.number("offset", 1, u64::MAX)?.unwrap_or_default();
            message(query, Which::Place(named_channel(query)?, Offset(offset)))?
        }
        ["client", "channel", "at"] => {
            let at = query.number("at", 0, u64::MAX)?.unwrap_or_default();
            message(query, Which::Time(named_channel(query)?, Timestamp::from_millis(at)))?
        }
        _ => {
            return Err(invalid(
                "ask by trace, by connection, by channel, or by client; of a client also with \
                 message, or with channel and perhaps offset or at",
            ));
        }
    })
}

fn message(query: &Query, which: Which) -> Result<Question, Refusal> {
    Ok(Question::Message { client: client(query)?, which })
}

fn named_channel(query: &Query) -> Result<ChannelName, Refusal> {
    channel(query.text("channel").unwrap_or_default())
}

fn client(query: &Query) -> Result<ClientId, Refusal> {
    let client = ClientId::parse(query.text("client").unwrap_or_default());
    client.map_err(|error| invalid(format!("client {error}")))
}

fn id(query: &Query) -> Result<MessageId, Refusal> {
    let id = query.text("message").unwrap_or_default();
    let fits = (1..=ID).contains(&id.len());
    fits.then(|| MessageId::new(id)).ok_or_else(|| invalid("message is not a message's id"))
}

fn trace(query: &Query) -> Result<TraceId, Refusal> {
    let trace = TraceId::parse(query.text("trace").unwrap_or_default());
    trace.ok_or_else(|| invalid("trace is not a trace id"))
}

fn connection(query: &Query) -> Result<ConnectionId, Refusal> {
    let connection = ConnectionId::parse(query.text("connection").unwrap_or_default());
    connection.ok_or_else(|| invalid("connection is not a connection's id"))
}

const fn param(
    name: &'static str,
    about: &'static str,
    schema: fn() -> serde_json::Value,
) -> Param {
    Param { name, place: "query", required: false, about, schema }
}

pub(super) const PARAMS: &[Param] = &[
    param(
        "client",
        "Alone: what became of its requests. With message or channel: why it did, or did not, get a message.",
        || json!({ "type": "string", "minLength": 1, "maxLength": 128 }),
    ),
    param(
        "message",
        "With client: the message's id.",
        || json!({ "type": "string", "minLength": 1, "maxLength": ID }),
    ),
    param(
        "channel",
        "Alone: what happened there. With client: its latest message, unless offset or at says which.",
        || json!({ "type": "string", "minLength": 1, "maxLength": 200 }),
    ),
    param(
        "offset",
        "With client and channel: the message at this place.",
        || json!({ "type": "integer", "minimum": 1 }),
    ),
    param(
        "at",
        "With client and channel: the message nearest to this time in Unix milliseconds, no more than 5 s from it.",
        || json!({ "type": "integer", "minimum": 0 }),
    ),
    param(
        "trace",
        "Alone: what became of the request with this traceId, or of the trace of a traceparent.",
        || json!({ "type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$" }),
    ),
    param(
        "connection",
        "Alone: what became of a connection and its requests.",
        || json!({ "type": "string", "pattern": "^[0-9a-f]{32}$" }),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ErrorCode;

    fn ask(pairs: &[(&str, &str)]) -> Result<Question, ErrorCode> {
        let pairs = pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        question(&Query::of(pairs).unwrap()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn what_is_asked_is_one_thing() {
        let (client, channel) = (("client", "bob"), ("channel", "chat"));
        for good in [
            &[client][..],
            &[channel],
            &[client, channel],
            &[client, ("message", "m-1")],
            &[client, channel, ("offset", "3")],
            &[client, channel, ("at", "1800000000000")],
            &[("trace", "t-1")],
            &[("connection", "0123456789abcdef0123456789abcdef"), ("lang", "en")],
        ] {
            assert!(ask(good).is_ok(), "{good:?}");
        }
        for bad in [
            &[][..],
            &[("message", "m-1")],
            &[client, ("trace", "t-1")],
            &[channel, ("offset", "3")],
            &[client, channel, ("offset", "3"), ("at", "1")],
            &[client, channel, ("offset", "0")],
            &[client, ("message", "")],
            &[("trace", "a b")],
            &[("connection", "me")],
        ] {
            assert_eq!(ask(bad), Err(ErrorCode::InvalidParams), "{bad:?}");
        }
    }
}
