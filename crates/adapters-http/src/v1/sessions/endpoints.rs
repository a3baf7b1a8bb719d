//! A session begins, is looked at, goes on and ends.

use application::Refusal;
use axum::{body::Body, extract::Request};
use domain::{ApiKeyHash, AppId, ErrorCode, Peer, Scope, Timestamp, TraceId};
use http::HeaderMap;
use listener::Arrival;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        authority::{self, Good, Shown, serves},
        body,
        endpoint::{
            Endpoint,
            Method::{Delete, Get, Post},
            Outcome, Work, data,
        },
        keys::hash_of_key,
        serve::ServerApi,
    },
    Session,
    table::Full,
};
use crate::trace::trace_of;

/// What a token begins with, so that one that leaked is known for what it is.
const PREFIX: &str = "rts_";
/// The largest body, in bytes.
const BODY: usize = 4096;

/// A request for or of a session.
pub(in super::super) struct Asking {
    who: Who,
    headers: HeaderMap,
    body: Body,
}

/// Who asks, with the key or token that is shown.
struct Who {
    api: ServerApi,
    peer: Peer,
    shown: Shown,
    trace: Option<TraceId>,
}

/// Answers.
pub(in super::super) async fn answer(
    api: &ServerApi,
    endpoint: &Endpoint<Asking, ()>,
    request: Request,
) -> Outcome {
    let Some(arrival) = request.extensions().get::<Arrival>() else {
        return Err(Refusal::plain(ErrorCode::Internal));
    };
    let peer = arrival.peer(request.uri(), request.headers());
    let trace = trace_of(request.headers());
    let Some(shown) = authority::bearer(request.headers()) else {
        return Err(api.refuse(&peer, ErrorCode::Unauthenticated, trace.as_ref()));
    };
    let (parts, body) = request.into_parts();
    let who = Who { api: api.clone(), peer, shown, trace };
    (endpoint.run)(Asking { who, headers: parts.headers, body }).await
}

#[derive(Deserialize)]
struct Wanted {
    app: Option<String>,
    #[serde(default)]
    viewer: bool,
}

#[derive(Serialize)]
struct Told<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    expires_at: u64,
    app: Option<&'a str>,
    key: &'a str,
    scopes: Vec<&'static str>,
}

impl Who {
    fn hash(&self) -> ApiKeyHash {
        hash_of_key(self.shown.reveal())
    }

    fn unknown(&self) -> Refusal {
        self.api.refuse(&self.peer, ErrorCode::InvalidToken, self.trace.as_ref())
    }

    /// The app that a session is wanted for, and what the key is good for there.
    async fn good_for(&self, app: Option<&str>) -> Result<(Option<AppId>, Good), Refusal> {
        let Some(id) = app else {
            let good = self.api.good_for_all(&self.peer, &self.shown);
            return Ok((None, good.ok_or_else(|| self.unknown())?));
        };
        let app = self.api.find(id).await?;
        let good = self.api.good_for(&self.peer, &self.shown, app.as_deref());
        let good = good.ok_or_else(|| self.unknown())?;
        // Only who speaks for the app is told of it.
        let app = app.ok_or_else(|| Refusal::because(ErrorCode::NotFound, "no such app"))?;
        serves(&app, &self.peer)?;
        Ok((Some(app.id.clone()), good))
    }

    /// The session that is shown, with what its key is good for now.
    async fn session(&self) -> Result<(Session, Good), Refusal> {
        let session = self.api.sessions.find(&self.hash()).ok_or_else(|| self.unknown())?;
        let (_, good) = self.good_for(session.app.as_ref().map(AppId::as_str)).await?;
        Ok((session, good))
    }
}

fn told(token: Option<&str>, ends: Timestamp, session: &Session, good: &Good) -> Outcome {
    let app = session.app.as_ref().map(AppId::as_str);
    let (expires_at, key, scopes) = (ends.as_millis(), good.name(), good.scopes());
    data(&Told { token, expires_at, app, key, scopes })
}

/// `POST session`
fn begin(Asking { who, headers, body }: Asking) -> Work {
    Box::pin(async move {
        let body = body::read(&headers, body, BODY).await?;
        // Nothing at all is an operator's wish for everything.
        let body: &[u8] = if body.is_empty() { b"{}" } else { &body };
        let Wanted { app, viewer } = body::object(body)?;
        if who.api.sessions.find(&who.hash()).is_some() {
            let detail = "a session makes no session: show a key";
            return Err(Refusal::because(ErrorCode::PermissionDenied, detail));
        }
        let (app, good) = who.good_for(app.as_deref()).await?;
        let good = good.narrowed(viewer);
        if viewer {
            good.need(Scope::Read)?;
        }
        let session = Session { key: who.hash(), app, viewer };
        let token = format!("{PREFIX}{}", who.api.backend.secret().expose_secret());
        let of_app = !good.is_operator();
        let begun = who.api.sessions.begin(&hash_of_key(&token), session.clone(), of_app);
        let ends = begun.map_err(|Full { most }| {
            let detail = format!("{most} sessions are open; one ends within 15 minutes");
            Refusal::because(ErrorCode::QuotaExceeded, detail)
        })?;
        told(Some(&token), ends, &session, &good)
    })
}

/// `GET session`
fn show(Asking { who, .. }: Asking) -> Work {
    Box::pin(async move {
        let (session, good) = who.session().await?;
        let ends = who.api.sessions.ends(&who.hash()).ok_or_else(|| who.unknown())?;
        told(None, ends, &session, &good)
    })
}

/// `POST session/renew`
fn renew(Asking { who, .. }: Asking) -> Work {
    Box::pin(async move {
        let (session, good) = who.session().await?;
        let ends = who.api.sessions.renew(&who.hash()).ok_or_else(|| who.unknown())?;
        told(Some(who.shown.reveal()), ends, &session, &good)
    })
}

/// `DELETE session`
fn end(Asking { who, .. }: Asking) -> Work {
    Box::pin(async move {
        match who.api.sessions.end(&who.hash()) {
            true => data(&json!({})),
            false => Err(who.unknown()),
        }
    })
}

const BEGUN: &[ErrorCode] = &[ErrorCode::QuotaExceeded, ErrorCode::PayloadTooLarge];

/// The table. What a session may do its key says, so none of these needs a scope.
pub(in super::super) static SESSION_ENDPOINTS: &[Endpoint<Asking, ()>] = &[
    Endpoint {
        method: Post,
        path: "/session",
        scope: (),
        id: "beginSession",
        summary: "Gives a token of 15 minutes for a key, for pages: it is worth what the key is, or less.",
        params: &[],
        body: Some(body_schema),
        data: begun_schema,
        refusals: BEGUN,
        run: begin,
    },
    Endpoint {
        method: Get,
        path: "/session",
        scope: (),
        id: "showSession",
        summary: "Says what the session that is shown may do, and until when.",
        params: &[],
        body: None,
        data: shown_schema,
        refusals: &[],
        run: show,
    },
    Endpoint {
        method: Delete,
        path: "/session",
        scope: (),
        id: "endSession",
        summary: "Ends the session that is shown.",
        params: &[],
        body: None,
        data: || json!({ "type": "object" }),
        refusals: &[],
        run: end,
    },
    Endpoint {
        method: Post,
        path: "/session/renew",
        scope: (),
        id: "renewSession",
        summary: "Lets the session that is shown go on for 15 minutes, at most 12 hours in all.",
        params: &[],
        body: None,
        data: begun_schema,
        refusals: &[],
        run: renew,
    },
];

fn body_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "app": { "type": "string", "description": "The app it is for; without it all apps, for a key that is good for all." },
            "viewer": { "type": "boolean", "default": false, "description": "Only to read, whatever the key may." }
        }
    })
}

fn shown_schema() -> Value {
    json!({
        "type": "object",
        "required": ["expires_at", "app", "key", "scopes"],
        "properties": {
            "expires_at": { "type": "integer", "description": "Unix milliseconds." },
            "app": { "type": ["string", "null"], "description": "null: all apps." },
            "key": { "type": "string", "description": "The name of the key." },
            "scopes": {
                "type": "array",
                "description": "What it may do now.",
                "items": { "type": "string", "enum": ["read", "publish", "manage"] }
            }
        }
    })
}

fn begun_schema() -> Value {
    let mut schema = shown_schema();
    schema["required"] = json!(["token", "expires_at", "app", "key", "scopes"]);
    schema["properties"]["token"] =
        json!({ "type": "string", "description": "To be shown as a key is." });
    schema
}
