//! The routes that upgrade.

use std::sync::Arc;

use application::{
    Hub, Opening, Refusal, Rules,
    ports::{Codec, Outbound},
};
use axum::{
    Router,
    extract::{Query, Request, State, rejection::QueryRejection},
    response::Response,
    routing::any,
};
use domain::{AppId, ErrorCode, Language};
use listener::{Arrival, envelope::refused};
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
    wishes: Result<Query<Wishes>, QueryRejection>,
    mut request: Request,
) -> Response {
    let Ok(Query(wishes)) = wishes else {
        let what = "the address has a key twice or is not readable";
        return refused(endpoint.language, &Refusal::because(ErrorCode::InvalidParams, what));
    };
    let language = endpoint.language(&wishes);
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return refused(language, &Refusal::plain(ErrorCode::Internal));
    };
    let peer = arrival.peer(request.uri(), request.headers());
    let app = match wishes.app.as_deref().map(AppId::parse) {
        None => None,
        Some(Err(_)) => return refused(language, &Refusal::plain(ErrorCode::AppNotFound)),
        Some(Ok(app)) => {
            if let Err(refusal) = endpoint.hub.screen(&app, &peer).await {
                return refused(language, &refusal);
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
        transport::run(Arc::new(io), early, queue, Talk(session)).await;
    })
}

async fn answer_echo(mut request: Request) -> Response {
    let arrival = request.extensions().get::<Arrival>().cloned();
    match Upgrade::of(&mut request, None) {
        Err(answer) => *answer,
        Ok(upgrade) => upgrade.answer(async move |io, early| {
            let queue = Arc::new(Queue::new(echo::LIMIT, Echo::close_codes()));
            let seat = arrival.as_ref().and_then(Arrival::take_seat);
            let echo = Echo::new(Arc::clone(&queue), seat);
            transport::run(Arc::new(io), early, queue, echo).await;
        }),
    }
}
