//! An explanation as JSON.

#![expect(clippy::wildcard_enum_match_arm, reason = "most facts have none of what is looked for")]

use application::{
    Explanation, Fate, Fated, Missing, Verdict,
    ports::{FlightFact, Sent, What},
};
use domain::{Denial, ErrorCode, Timestamp, grants::DenialRule};
use serde::Serialize;
use serde_json::{Value, json};

/// An explanation. Texts for people are English, without times.
#[derive(Serialize)]
pub(super) struct Explained {
    verdict: &'static str,
    says: String,
    since: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<Vec<Connection>>,
    facts: Vec<Told>,
}

#[derive(Serialize)]
struct Message {
    id: String,
    channel: String,
    ts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offset: Option<u64>,
    subscribers: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    hidden_from: Option<String>,
}

#[derive(Serialize)]
struct Connection {
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    verdict: &'static str,
    says: String,
    certain: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denial: Option<Rule>,
}

#[derive(Serialize)]
struct Told {
    at: u64,
    what: &'static str,
    says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    denial: Option<Rule>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// Which rule decided, and where it came from.
#[derive(Serialize)]
struct Rule {
    action: &'static str,
    source: &'static str,
    rule: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
}

impl Explained {
    pub(super) fn of(explanation: &Explanation) -> Self {
        let (message, fates) = match &explanation.verdict {
            Verdict::Published { message, fates } => (message_of(message), Some(fates)),
            Verdict::Nothing
            | Verdict::Refused(_)
            | Verdict::NotRefused
            | Verdict::NoSuchMessage
            | Verdict::NotPublished(_) => (None, None),
        };
        Self {
            verdict: explanation.verdict.name(),
            says: explanation.to_string(),
            since: explanation.since.as_millis(),
            message: message.map(Message::of),
            connections: fates.map(|fates| fates.iter().map(Connection::of).collect()),
            facts: explanation.facts.iter().map(Told::of).collect(),
        }
    }
}

fn message_of(fact: &FlightFact) -> Option<&Sent> {
    if let What::Published(sent) = &fact.what { Some(sent) } else { None }
}

impl Message {
    fn of(sent: &Sent) -> Self {
        Self {
            id: sent.id.as_str().to_owned(),
            channel: sent.channel.to_string(),
            ts: sent.stamped.as_millis(),
            epoch: sent.position.map(|position| position.epoch.to_string()),
            offset: sent.position.map(|position| position.offset.0),
            subscribers: sent.subscribers,
            bytes: sent.bytes,
            hidden_from: sent.hidden_from.map(|connection| connection.to_string()),
        }
    }
}

impl Connection {
    fn of(fated: &Fated) -> Self {
        let denial = match &fated.fate {
            Fate::NotSubscribed(Missing::Denied(_, denial)) => Some(Rule::of(denial)),
            _ => None,
        };
        Self {
            connection: fated.connection.map(|connection| connection.to_string()),
            verdict: fated.fate.name(),
            says: fated.to_string(),
            certain: fated.certain,
            at: at(&fated.fate).map(Timestamp::as_millis),
            denial,
        }
    }
}

/// When what decided happened.
fn at(fate: &Fate) -> Option<Timestamp> {
    match fate {
        Fate::Offline { left, .. } => left.map(|(at, _)| at),
        Fate::Handed { closed } => closed.map(|(at, _)| at),
        Fate::Recovered(at) => Some(*at),
        Fate::NotSubscribed(missing) => match missing {
            Missing::Denied(at, _)
            | Missing::Refused(at, _)
            | Missing::Ended(at, _)
            | Missing::Later(at) => Some(*at),
            Missing::NeverAsked => None,
        },
        Fate::Forgotten | Fate::Hidden { .. } => None,
    }
}

impl Told {
    fn of(fact: &FlightFact) -> Self {
        let (reason, denial) = why(&fact.what);
        Self {
            at: fact.at.as_millis(),
            what: fact.what.name(),
            says: fact.what.to_string(),
            connection: fact.connection.map(|connection| connection.to_string()),
            client: fact.what.client().map(ToString::to_string),
            channel: fact.what.channel().map(ToString::to_string),
            trace: fact.trace.as_ref().map(|trace| trace.as_str().to_owned()),
            reason,
            denial,
            message: message_of(fact).map(|sent| sent.id.as_str().to_owned()),
        }
    }
}

fn why(what: &What) -> (Option<&'static str>, Option<Rule>) {
    match what {
        What::AuthRefused { code }
        | What::Refused { code, .. }
        | What::BackendRefused { code, .. } => (Some(code.reason()), None),
        What::Denied { denial, .. } => {
            (Some(ErrorCode::PermissionDenied.reason()), Some(Rule::of(denial)))
        }
        What::Closed { reason, .. } => (Some(reason.name()), None),
        What::Subscription { change: application::ports::Change::Ended(by), .. } => {
            (Some(by.name()), None)
        }
        _ => (None, None),
    }
}

impl Rule {
    fn of(denial: &Denial) -> Self {
        let pattern = match &denial.rule {
            DenialRule::ActionMissing { pattern } => Some(pattern.to_string()),
            _ => None,
        };
        let (action, source, rule) =
            (denial.action.name(), denial.source.name(), denial.rule.name());
        Self { action, source, rule, pattern }
    }
}

pub(super) fn schema() -> Value {
    let rule = json!({
        "type": "object",
        "description": "Of a denial: the action, whose rules were asked (token, default_grants, guest, signature, watch), which rule decided, and the pattern that names the channel without the action.",
        "required": ["action", "source", "rule"],
        "properties": {
            "action": { "type": "string" },
            "source": { "type": "string" },
            "rule": { "type": "string" },
            "pattern": { "type": "string" }
        }
    });
    json!({
        "type": "object",
        "required": ["verdict", "says", "since", "facts"],
        "properties": {
            "verdict": {
                "type": "string",
                "enum": [
                    "handed", "recovered", "hidden", "not_subscribed", "offline", "forgotten",
                    "not_published", "no_such_message", "refused", "not_refused", "nothing"
                ]
            },
            "says": { "type": "string", "description": "For people, in English." },
            "since": { "type": "integer", "description": "Since when nothing is missing of what the answer was made of, Unix milliseconds." },
            "message": {
                "type": "object",
                "required": ["id", "channel", "ts", "subscribers", "bytes"],
                "properties": {
                    "id": { "type": "string" },
                    "channel": { "type": "string" },
                    "ts": { "type": "integer" },
                    "epoch": { "type": "string" },
                    "offset": { "type": "integer" },
                    "subscribers": { "type": "integer", "description": "Connections it went to." },
                    "bytes": { "type": "integer", "description": "Of its data, which is not remembered." },
                    "hidden_from": { "type": "string", "description": "The connection that may not see it." }
                }
            },
            "connections": {
                "type": "array",
                "description": "Of a message: what became of it at each connection of the client.",
                "items": {
                    "type": "object",
                    "required": ["verdict", "says", "certain"],
                    "properties": {
                        "connection": { "type": "string" },
                        "verdict": { "type": "string" },
                        "says": { "type": "string" },
                        "certain": { "type": "boolean" },
                        "at": { "type": "integer", "description": "When what decided happened." },
                        "denial": rule
                    }
                }
            },
            "facts": {
                "type": "array",
                "description": "What is remembered, the latest first; at most 200.",
                "items": {
                    "type": "object",
                    "required": ["at", "what", "says"],
                    "properties": {
                        "at": { "type": "integer" },
                        "what": { "type": "string" },
                        "says": { "type": "string" },
                        "connection": { "type": "string" },
                        "client": { "type": "string" },
                        "channel": { "type": "string" },
                        "trace": { "type": "string" },
                        "reason": { "type": "string" },
                        "denial": rule,
                        "message": { "type": "string", "description": "A message's id." }
                    }
                }
            }
        }
    })
}
