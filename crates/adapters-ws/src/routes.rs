//! The routes that upgrade.

use std::sync::Arc;

use application::{
    Hub, Opening, Rules,
    ports::{Codec, Outbound},
};
use axum::{
    Json, Router,
    extract::{Query, Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use domain::{AppId, ErrorCode, Language};
use http::StatusCode;
use listener::Arrival;
use serde::Deserialize;

use crate::{
    echo::{self, Echo},
    outbound::Queue,
    talk::Talk,
    transport,
    upgrade::Upgrade,
};

/// A protocol served at an address.
#[derive(Clone)]
pub struct Endpoint {
    /// The application.
    pub hub: Arc<Hub>,
    /// The protocol's codec that answers in Chinese.
    pub chinese: Arc<dyn Codec>,
    /// The same in English.
    pub english: Arc<dyn Codec>,
    /// The language of those who ask for none.
    pub language: Language,
    /// The WebSocket subprotocol that names the protocol.
    pub subprotocol: &'static str,
}

/// What the address may say: `?lang=en&app=shop`.
#[derive(Deserialize)]
struct Wishes {
    lang: Option<String>,
    app: Option<String>,
}

impl Endpoint {
    fn language(&self, wishes: &Wishes) -> Language {
        wishes.lang.as_deref().and_then(Language::parse).unwrap_or(self.language)
    }

    fn codec(&self, language: Language) -> Arc<dyn Codec> {
        match language {
            Language::Chinese => Arc::clone(&self.chinese),
            Language::English => Arc::clone(&self.english),
        }
    }
}

/// `/ws`: the endpoint's protocol.
pub fn routes(endpoint: Endpoint) -> Router {
    Router::new().route("/ws", any(talk)).with_state(endpoint)
}

/// `/debug/echo`: sends every message back.
pub fn echo_route() -> Router {
    Router::new().route("/debug/echo", any(answer_echo))
}

async fn talk(
    State(endpoint): State<Endpoint>,
    Query(wishes): Query<Wishes>,
    mut request: Request,
) -> Response {
    let language = endpoint.language(&wishes);
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return refusal(ErrorCode::Internal, language);
    };
    let peer = arrival.peer(request.headers());
    let app = match wishes.app.as_deref().map(AppId::parse) {
        None => None,
        Some(Err(_)) => return refusal(ErrorCode::AppNotFound, language),
        Some(Ok(app)) => {
            if let Err(refused) = endpoint.hub.screen(&app, &peer).await {
                return refusal(refused.code, language);
            }
            Some(app)
        }
    };
    let upgrade = match Upgrade::of(&mut request, Some(endpoint.subprotocol)) {
        Ok(upgrade) => upgrade,
        Err(answer) => return *answer,
    };
    upgrade.answer(async move |io, early| {
        let codec = endpoint.codec(language);
        let numbers = Arc::clone(&codec);
        let close_codes = Arc::new(move |reason| numbers.close_code(reason));
        let queue = Arc::new(Queue::new(Rules::UNAUTHENTICATED_QUEUE, close_codes));
        let outbound: Arc<dyn Outbound> = Arc::clone(&queue) as _;
        let seat = arrival.take_seat();
        let session = endpoint.hub.open(Opening { outbound, codec, peer, language, seat, app });
        transport::run(io, early, queue, Talk(session)).await;
    })
}

async fn answer_echo(mut request: Request) -> Response {
    let seat = request.extensions().get::<Arrival>().and_then(Arrival::take_seat);
    match Upgrade::of(&mut request, None) {
        Err(answer) => *answer,
        Ok(upgrade) => upgrade.answer(async move |io, early| {
            let queue = Arc::new(Queue::new(echo::LIMIT, Echo::close_codes()));
            let echo = Echo::new(Arc::clone(&queue), seat);
            transport::run(io, early, queue, echo).await;
        }),
    }
}

/// A refusal before the upgrade: the envelope, with its class as the status.
fn refusal(code: ErrorCode, language: Language) -> Response {
    let status = StatusCode::from_u16(code.class()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = serde_json::json!({
        "code": code.class(),
        "message": code.message(language),
        "data": null,
        "reason": code.reason(),
    });
    (status, Json(body)).into_response()
}
