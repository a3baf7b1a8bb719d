//! What backends of the Pusher protocol ask over HTTP (`docs/pusher.md`, HTTP API).
//!
//! * `asked` is a request whose signature holds, and its body; `refused` why there is none.
//! * `send` sends events, `look` tells of channels and users.
//! * [`demo_pusher`] signs for pages of the demo app, as a backend of one's own does.

mod asked;
mod demo;
mod look;
mod refused;
mod send;

use std::sync::Arc;

use application::{Hub, ports::Clock};
use axum::{
    Router,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use domain::CloseReason;
use http::{HeaderValue, header};
use protocol_pusher::api::{event_bytes, user};
use tokio::sync::Semaphore;

pub use demo::demo_pusher;
use refused::Refused;

/// What every request of a backend needs.
#[derive(Clone)]
struct Api {
    hub: Arc<Hub>,
    clock: Arc<dyn Clock>,
    /// KiB of bodies that may be read at once.
    bodies: Arc<Semaphore>,
}

/// KiB of bodies that may be read at once, of all backends: what is more is told to come again.
const BODIES_KIB: usize = 64 * 1024;

/// `/apps/{id}/...`: what backends of the Pusher protocol ask, signed with a key of their app.
pub fn pusher_api(hub: Arc<Hub>, clock: Arc<dyn Clock>) -> Router {
    let bodies = Arc::new(Semaphore::new(BODIES_KIB));
    Router::new()
        .route("/apps/{id}/events", post(send::events))
        .route("/apps/{id}/batch_events", post(send::batch))
        .route("/apps/{id}/channels", get(look::channels))
        .route("/apps/{id}/channels/{name}", get(look::channel))
        .route("/apps/{id}/channels/{name}/users", get(look::users))
        .route("/apps/{id}/users/{user}/terminate_connections", post(terminate))
        .with_state(Api { hub, clock, bodies })
}

async fn terminate(
    State(api): State<Api>,
    Path((id, name)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Refused> {
    let (asked, _body) = api.asked_with_body(&id, request, event_bytes).await?;
    let client = user(&name)?;
    api.hub.backend().disconnect(
        &asked.app.id,
        &client,
        CloseReason::Disconnected,
        asked.trace.as_ref(),
    );
    Ok(answer(b"{}".to_vec()))
}

/// 200 with this JSON.
fn answer(json: Vec<u8>) -> Response {
    let kind = HeaderValue::from_static("application/json");
    let fresh = HeaderValue::from_static("no-store");
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, fresh)], json).into_response()
}
