//! Webhooks: how they stand, their dead letters, a try.

use std::sync::Arc;

use application::{EndpointState, Refusal, Replayed, WebhookError, Webhooks, ports::DeadLetter};
use domain::{App, ErrorCode, WebhookName};
use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use super::{
    call::{Call, invalid},
    endpoint::{Outcome, Param, Work, data},
    history::raw,
};

impl Call {
    fn webhooks(&self) -> Result<&Arc<Webhooks>, Refusal> {
        let detail = "this server keeps no events, so it has no webhooks";
        self.webhooks.as_ref().ok_or_else(|| Refusal::because(ErrorCode::NotEnabled, detail))
    }

    fn webhook(&self) -> Result<WebhookName, Refusal> {
        let name = WebhookName::parse(self.path.get("webhook").map_or("", String::as_str));
        name.ok_or_else(|| Refusal::because(ErrorCode::NotFound, "the app has no such webhook"))
    }

    fn letter(&self) -> Result<u64, Refusal> {
        let text = self.path.get("number").map_or("", String::as_str);
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number.ok_or_else(|| invalid("the number of a dead letter is not a number"))
    }
}

#[derive(Serialize)]
struct States {
    webhooks: Vec<State>,
}

#[derive(Serialize)]
struct State {
    name: String,
    host: String,
    format: &'static str,
    cursor: u64,
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    lag: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_since: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failing_since: Option<u64>,
    attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_attempt: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<Failure>,
    switched_off: bool,
}

#[derive(Serialize)]
struct Failure {
    at: u64,
    failure: Box<str>,
}

impl State {
    fn of(state: EndpointState, webhook: &domain::Webhook) -> Self {
        let ms = |time: domain::Timestamp| time.as_millis();
        Self {
            name: state.name.to_string(),
            host: host(&webhook.url).to_owned(),
            format: match webhook.format {
                domain::WebhookFormat::Rtmate => "rtmate",
                domain::WebhookFormat::Pusher => "pusher",
            },
            cursor: state.cursor.0,
            number: state.number,
            lag: state.lag,
            waiting_since: state.waiting_since.map(ms),
            failing_since: state.failing_since.map(ms),
            attempts: state.attempts,
            next_attempt: state.next_attempt.map(ms),
            last_failure: state.last_failure.map(|(at, failure)| Failure { at: ms(at), failure }),
            switched_off: state.switched_off,
        }
    }
}

/// Of an address: its path or query may be a secret.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or_default()
}

/// `GET webhooks`
pub(super) fn list(call: Call) -> Work {
    Box::pin(async move {
        let (webhooks, app) = (Arc::clone(call.webhooks()?), Arc::clone(&call.app));
        let states = webhooks.states(&app).await;
        let pairs = states.into_iter().zip(&app.webhooks);
        data(&States {
            webhooks: pairs.map(|(state, webhook)| State::of(state, webhook)).collect(),
        })
    })
}

#[derive(Serialize)]
struct Letters<'a> {
    letters: Vec<Letter<'a>>,
    more: bool,
}

#[derive(Serialize)]
struct Letter<'a> {
    number: u64,
    first: u64,
    last: u64,
    at: u64,
    attempts: u32,
    failure: &'a str,
    body: Option<&'a RawValue>,
}

impl<'a> Letter<'a> {
    fn of(letter: &'a DeadLetter) -> Self {
        Self {
            number: letter.number,
            first: letter.first.0,
            last: letter.last.0,
            at: letter.at.as_millis(),
            attempts: letter.attempts,
            failure: &letter.failure,
            body: raw(&letter.body),
        }
    }
}

/// Letters of a page: each may have megabytes.
const LETTERS: u64 = 10;
const MOST_LETTERS: u64 = 100;

/// Bytes of bodies after which a page ends.
const PAGE_BYTES: usize = 8 << 20;

/// `GET webhooks/{webhook}/letters`
pub(super) fn letters(call: Call) -> Work {
    Box::pin(async move {
        let Asked { webhooks, app, name } = Asked::of(&call)?;
        let after = call.query.number("after", 0, u64::MAX)?.unwrap_or(0);
        let limit = call.query.number("limit", 1, MOST_LETTERS)?.unwrap_or(LETTERS);
        let limit = usize::try_from(limit).unwrap_or(1);
        let (mut some, mut bytes, mut last) = (Vec::new(), 0, after);
        // One by one, so that little more than a page is ever held.
        let more = loop {
            let next = webhooks.letters(&app, &name, last, 1).await;
            let next = next.map_err(|error| webhooks.refusal(&app, &error))?;
            let Some(letter) = next.into_iter().next() else { break false };
            if some.len() >= limit || bytes >= PAGE_BYTES {
                break true;
            }
            bytes += letter.body.len();
            last = letter.number;
            some.push(letter);
        };
        data(&Letters { letters: some.iter().map(Letter::of).collect(), more })
    })
}

#[derive(Serialize)]
struct Done {
    done: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    failed: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<Box<str>>,
    more: bool,
}

impl From<usize> for Done {
    fn from(done: usize) -> Self {
        Self { done, failed: None, failure: None, more: false }
    }
}

impl From<()> for Done {
    fn from((): ()) -> Self {
        Self::from(1)
    }
}

impl From<Replayed> for Done {
    fn from(replayed: Replayed) -> Self {
        let (failed, failure) = replayed.failed.unzip();
        Self { done: replayed.taken, failed, failure, more: replayed.more }
    }
}

/// Whom a request is about. Without the call, whose body nobody else may look at meanwhile.
struct Asked {
    webhooks: Arc<Webhooks>,
    app: Arc<App>,
    name: WebhookName,
}

impl Asked {
    fn of(call: &Call) -> Result<Self, Refusal> {
        let (webhooks, app) = (Arc::clone(call.webhooks()?), Arc::clone(&call.app));
        Ok(Self { webhooks, app, name: call.webhook()? })
    }

    fn done<T: Into<Done>>(&self, outcome: Result<T, WebhookError>) -> Outcome {
        match outcome {
            Ok(outcome) => data(&outcome.into()),
            Err(error) => Err(self.webhooks.refusal(&self.app, &error)),
        }
    }
}

/// `POST webhooks/{webhook}/letters/{number}/replay`
pub(super) fn replay(call: Call) -> Work {
    Box::pin(async move {
        let (it, number) = (Asked::of(&call)?, call.letter()?);
        it.done(it.webhooks.replay(&it.app, &it.name, number).await)
    })
}

/// `POST webhooks/{webhook}/letters/replay`
pub(super) fn replay_all(call: Call) -> Work {
    Box::pin(async move {
        let it = Asked::of(&call)?;
        it.done(it.webhooks.replay_all(&it.app, &it.name).await)
    })
}

/// `DELETE webhooks/{webhook}/letters/{number}`
pub(super) fn drop_one(call: Call) -> Work {
    Box::pin(async move {
        let (it, number) = (Asked::of(&call)?, call.letter()?);
        it.done(it.webhooks.drop_letter(&it.app, &it.name, number).await)
    })
}

/// `DELETE webhooks/{webhook}/letters`
pub(super) fn drop_all(call: Call) -> Work {
    Box::pin(async move {
        let it = Asked::of(&call)?;
        it.done(it.webhooks.drop_letters(&it.app, &it.name).await)
    })
}

/// `POST webhooks/{webhook}/test`
pub(super) fn test(call: Call) -> Work {
    Box::pin(async move {
        let it = Asked::of(&call)?;
        it.done(it.webhooks.test(&it.app, &it.name).await)
    })
}

/// `POST webhooks/{webhook}/retry`
pub(super) fn retry(call: Call) -> Work {
    Box::pin(async move {
        let it = Asked::of(&call)?;
        it.done(it.webhooks.retry(&it.app, &it.name))
    })
}

pub(super) const LETTER_PARAMS: &[Param] = &[
    Param {
        name: "after",
        place: "query",
        required: false,
        about: "Only letters with greater numbers.",
        schema: || json!({ "type": "integer", "minimum": 0 }),
    },
    Param {
        name: "limit",
        place: "query",
        required: false,
        about: "At most so many; large ones give fewer.",
        schema: || json!({ "type": "integer", "minimum": 1, "maximum": MOST_LETTERS, "default": LETTERS }),
    },
];

pub(super) fn list_schema() -> Value {
    json!({
        "type": "object",
        "required": ["webhooks"],
        "properties": {
            "webhooks": {
                "type": "array",
                "description": "In the order of the configuration.",
                "items": {
                    "type": "object",
                    "required": ["name", "host", "format", "cursor", "number", "attempts", "switched_off"],
                    "properties": {
                        "name": { "type": "string" },
                        "host": { "type": "string" },
                        "format": { "type": "string", "enum": ["rtmate", "pusher"] },
                        "cursor": { "type": "integer", "description": "The last event that needs no telling any more." },
                        "number": { "type": "integer", "description": "Of the last request that is done with." },
                        "lag": { "type": "integer", "description": "Events behind cursor, wanted or not." },
                        "waiting_since": { "type": "integer", "description": "When the oldest event on its way happened." },
                        "failing_since": { "type": "integer" },
                        "attempts": { "type": "integer", "description": "Failed ones of the present request." },
                        "next_attempt": { "type": "integer" },
                        "last_failure": {
                            "type": "object",
                            "required": ["at", "failure"],
                            "properties": { "at": { "type": "integer" }, "failure": { "type": "string" } }
                        },
                        "switched_off": { "type": "boolean", "description": "It answered 410 and is asked no more." }
                    }
                }
            }
        }
    })
}

pub(super) fn letters_schema() -> Value {
    json!({
        "type": "object",
        "required": ["letters", "more"],
        "properties": {
            "letters": {
                "type": "array",
                "description": "The oldest first.",
                "items": {
                    "type": "object",
                    "required": ["number", "first", "last", "at", "attempts", "failure", "body"],
                    "properties": {
                        "number": { "type": "integer", "description": "Of the request at its webhook." },
                        "first": { "type": "integer", "description": "The first of its events." },
                        "last": { "type": "integer", "description": "The last of its events." },
                        "at": { "type": "integer", "description": "When it was given up." },
                        "attempts": { "type": "integer" },
                        "failure": { "type": "string" },
                        "body": {}
                    }
                }
            },
            "more": { "type": "boolean" }
        }
    })
}

pub(super) fn done_schema() -> Value {
    json!({
        "type": "object",
        "required": ["done", "more"],
        "properties": {
            "done": { "type": "integer", "description": "How many." },
            "failed": { "type": "integer", "description": "The number of the letter that was not taken; those behind it were not tried." },
            "failure": { "type": "string" },
            "more": { "type": "boolean", "description": "Whether more letters are there." }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn of_an_address_its_host_is_shown() {
        assert_eq!(host("https://a.example:8443/hook?token=x"), "a.example:8443");
        assert_eq!(host("http://[::1]?x"), "[::1]");
    }
}
