//! The route of a protocol whose address has the app's key: who connects is its guest.

use std::sync::Arc;

use application::{Entry, Hub, Refusal};
use axum::{
    Router,
    extract::{Path, Query, Request, State, rejection::QueryRejection},
    response::Response,
    routing::any,
};
use domain::{CloseReason, ErrorCode, Language};
use listener::{Arrival, envelope::refused};
use serde::Deserialize;

use crate::{
    codecs::Codecs,
    routes::{Coming, converse},
    upgrade::{Terms, Upgrade},
};

/// A protocol of guests, served at `/app/{key}`.
#[derive(Clone)]
pub struct GuestEndpoint {
    /// The application.
    pub hub: Arc<Hub>,
    /// The protocol.
    pub codecs: Arc<Codecs>,
    /// Versions that are spoken; who names none speaks one of them.
    pub versions: std::ops::RangeInclusive<u32>,
}

/// What the address may say: `?protocol=7`; what else clients say of themselves is not needed.
#[derive(Deserialize)]
struct Wishes {
    protocol: Option<String>,
}

/// `/app/{key}`: the endpoint's protocol.
pub fn guest_routes(endpoint: GuestEndpoint) -> Router {
    Router::new().route("/app/{key}", any(talk)).with_state(endpoint)
}

async fn talk(
    State(endpoint): State<GuestEndpoint>,
    Path(key): Path<String>,
    wishes: Result<Query<Wishes>, QueryRejection>,
    mut request: Request,
) -> Response {
    let language = Language::English;
    let Ok(Query(wishes)) = wishes else {
        let what = "the address has a key twice or is not readable";
        return refused(language, &Refusal::because(ErrorCode::InvalidParams, what));
    };
    let Some(arrival) = request.extensions().get::<Arrival>().cloned() else {
        return refused(language, &Refusal::plain(ErrorCode::Internal));
    };
    let peer = arrival.peer(request.uri(), request.headers());
    let spoken =
        |text: String| text.parse().is_ok_and(|version| endpoint.versions.contains(&version));
    let guest = if wishes.protocol.is_none_or(spoken) {
        endpoint.hub.screen_guest(&key, &peer).await
    } else {
        Err(CloseReason::UnsupportedProtocol)
    };
    // Who is refused is told so in the protocol's own words: its clients see no status.
    let (entry, compression) = match guest {
        Ok(app) => {
            let compression = app.compression;
            (Entry::Guest(app), compression)
        }
        Err(reason) => (Entry::Refused(reason), false),
    };
    let upgrade = match Upgrade::of(&mut request, &Terms { subprotocol: None, compression }) {
        Ok(upgrade) => upgrade,
        Err(answer) => return *answer,
    };
    let GuestEndpoint { hub, codecs, .. } = endpoint;
    converse(upgrade, Coming { hub, codecs, arrival, peer, language, entry })
}
