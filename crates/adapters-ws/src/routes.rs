//! The routes that upgrade.

use std::sync::Arc;

use application::{Entry, Hub, Opening, Refusal, Rules, ports::Outbound};
use axum::{
    Router,
    extract::{Query, Request, State, rejection::QueryRejection},
    response::Response,
    routing::any,
};
use domain::{AppId, ErrorCode, Language, Peer};
use listener::{Arrival, envelope::refused};
use serde::Deserialize;

use crate::{
    codecs::Codecs,
    echo::{self, Echo},
    outbound::{CloseCodes, Queue},
    talk::Talk,
    transport,
    upgrade::{Terms, Upgrade},
};

/// A protocol served at an address.
#[derive(Clone)]
pub struct Endpoint {
    /// The application.
    pub hub: Arc<Hub>,
    /// The protocol.
    pub codecs: Arc<Codecs>,
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
}

/// `/ws`: the endpoint's protocol.
pub fn routes(endpoint: Endpoint) -> Router {
    Router::new().route("/ws", any(talk)).with_state(endpoint)
}

/// `/debug/echo`: sends every message back.
pub fn echo_route(hub: Arc<Hub>) -> Router {
    Router::new().route("/debug/echo", any(answer_echo)).with_state(hub)
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
    let mut terms = Terms { subprotocol: Some(endpoint.subprotocol), compression: false };
    let app = match wishes.app.as_deref().map(AppId::parse) {
        None => None,
        Some(Err(_)) => return refused(language, &Refusal::plain(ErrorCode::AppNotFound)),
        Some(Ok(app)) => {
            match endpoint.hub.screen(&app, &peer).await {
                Err(refusal) => return refused(language, &refusal),
                Ok(screened) => terms.compression = screened.compression,
            }
            Some(app)
        }
    };
    let upgrade = match Upgrade::of(&mut request, &terms) {
        Ok(upgrade) => upgrade,
        Err(answer) => return *answer,
    };
    let Endpoint { hub, codecs, .. } = endpoint;
    converse(upgrade, Coming { hub, codecs, arrival, peer, language, entry: Entry::Token(app) })
}

/// A connection that is about to be upgraded.
pub(crate) struct Coming {
    pub(crate) hub: Arc<Hub>,
    pub(crate) codecs: Arc<Codecs>,
    pub(crate) arrival: Arrival,
    pub(crate) peer: Peer,
    pub(crate) language: Language,
    pub(crate) entry: Entry,
}

/// Answers the handshake; behind it a session speaks.
pub(crate) fn converse(upgrade: Upgrade, coming: Coming) -> Response {
    let agreement = upgrade.agreement();
    upgrade.answer(move |io, early| {
        let Coming { hub, codecs, arrival, peer, language, entry } = coming;
        let codec = codecs.of(language, agreement);
        let close_codes = CloseCodes::Of(Arc::clone(&codec));
        let queue = Arc::new(Queue::new(
            Rules::UNAUTHENTICATED_QUEUE,
            close_codes,
            Arc::clone(hub.waiting()),
        ));
        let outbound: Arc<dyn Outbound> = Arc::clone(&queue) as _;
        let seat = arrival.take_seat();
        let session = hub.open(Opening { outbound, codec, peer, language, seat, entry });
        transport::begin(io, early, queue, agreement.is_some(), Talk(Box::new(session)));
    })
}

async fn answer_echo(State(hub): State<Arc<Hub>>, mut request: Request) -> Response {
    let arrival = request.extensions().get::<Arrival>().cloned();
    let upgrade = match Upgrade::of(&mut request, &Terms { subprotocol: None, compression: true }) {
        Ok(upgrade) => upgrade,
        Err(answer) => return *answer,
    };
    let agreement = upgrade.agreement();
    upgrade.answer(move |io, early| {
        let queue =
            Arc::new(Queue::new(echo::LIMIT, Echo::close_codes(), Arc::clone(hub.waiting())));
        let seat = arrival.as_ref().and_then(Arrival::take_seat);
        let echo = Echo::new(Arc::clone(&queue), agreement, seat);
        transport::begin(io, early, queue, agreement.is_some(), echo);
    })
}
