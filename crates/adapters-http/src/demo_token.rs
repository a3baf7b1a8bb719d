//! The demo page's token.

use std::{sync::Arc, time::Duration};

use application::{DemoToken, DemoTokenError, IssuedToken, Refusal};
use axum::{
    Router,
    body::Body,
    extract::{Query, Request, State, rejection::QueryRejection},
    response::Response,
    routing::post,
};
use domain::{ClientId, ErrorCode, Language};
use listener::{
    Arrival,
    envelope::{refused, success},
};
use serde::{Deserialize, Serialize};

/// The most bytes of the request's body, and how long it may take to come.
const BODY_BYTES: usize = 1024;
const BODY_TIME: Duration = Duration::from_secs(5);

/// What may be asked.
#[derive(Deserialize, Default)]
struct Wish {
    client: Option<String>,
}

/// What is answered.
#[derive(Serialize)]
struct Issued<'a> {
    token: &'a str,
    client_id: &'a str,
    expires_at: u64,
}

impl<'a> Issued<'a> {
    fn of(issued: &'a IssuedToken) -> Self {
        Self {
            token: &issued.token,
            client_id: issued.client.as_str(),
            expires_at: issued.expires_at.as_millis(),
        }
    }
}

/// `?lang=en`, as for `/ws`.
#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

#[derive(Clone)]
struct Demo {
    tokens: Arc<DemoToken>,
    language: Language,
}

/// `POST /demo/token`, with `{"client": ...}` or without a body: a token of a quarter of an hour,
/// for this same machine only.
pub fn demo_token(tokens: Arc<DemoToken>, language: Language) -> Router {
    Router::new().route("/demo/token", post(issue)).with_state(Demo { tokens, language })
}

async fn issue(
    State(demo): State<Demo>,
    asked: Result<Query<Asked>, QueryRejection>,
    request: Request,
) -> Response {
    // A query that can't be read asks for no language.
    let asked = asked.map_or(Asked { lang: None }, |Query(asked)| asked);
    let language = asked.lang.as_deref().and_then(Language::parse).unwrap_or(demo.language);
    let Some(arrival) = request.extensions().get::<Arrival>() else {
        return refuse_because(language, ErrorCode::Internal, "no arrival");
    };
    let peer = arrival.peer(request.uri(), request.headers());
    // Before the body is read: strangers are not worth a wait.
    if !peer.is_same_machine() {
        return refuse(language, &DemoTokenError::NotThisMachine);
    }
    let client = match wish(request.into_body()).await {
        Ok(wish) => wish.client,
        Err(detail) => return refuse_because(language, ErrorCode::InvalidParams, detail),
    };
    let client = match client.as_deref().map(ClientId::parse).transpose() {
        Ok(client) => client,
        Err(error) => {
            return refuse_because(language, ErrorCode::InvalidParams, &format!("client {error}"));
        }
    };
    match demo.tokens.issue(&peer, client).await {
        Ok(issued) => success(language, Issued::of(&issued)),
        Err(error) => refuse(language, &error),
    }
}

pub(crate) fn refuse(language: Language, error: &DemoTokenError) -> Response {
    let code = match error {
        DemoTokenError::Off => ErrorCode::NotEnabled,
        DemoTokenError::NotThisMachine => ErrorCode::OriginDenied,
        DemoTokenError::Registry(_) => ErrorCode::Unavailable,
        DemoTokenError::Issue(_) => ErrorCode::Internal,
    };
    let detail = match error {
        DemoTokenError::Off => {
            "the demo app is off because apps are configured; [demo] enabled = true turns it on"
        }
        DemoTokenError::NotThisMachine => "the demo app answers this same machine only",
        DemoTokenError::Registry(_) | DemoTokenError::Issue(_) => {
            tracing::error!(target: "rtmate", %error, "no demo token");
            "see the server's log"
        }
    };
    refuse_because(language, code, detail)
}

pub(crate) fn refuse_because(language: Language, code: ErrorCode, detail: &str) -> Response {
    refused(language, &Refusal::because(code, detail))
}

async fn wish(body: Body) -> Result<Wish, &'static str> {
    let bytes = tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, BODY_BYTES)).await;
    let bytes = bytes.map_err(|_| "the body did not come in time")?;
    let bytes = bytes.map_err(|_| "the body has more than 1024 bytes")?;
    if bytes.is_empty() {
        return Ok(Wish::default());
    }
    // A derived reader would also take a list of the values in their order.
    let object = bytes.trim_ascii_start().starts_with(b"{");
    let wish = object.then(|| serde_json::from_slice(&bytes).ok()).flatten();
    wish.ok_or("the body is not {\"client\": \"...\"}")
}
