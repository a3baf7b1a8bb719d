//! Whether the process serves, and whether it wants traffic.

use std::sync::Arc;

use application::{Admission, Hub};
use axum::{Router, extract::State, routing::get};
use http::StatusCode;

/// What the answer depends on.
#[derive(Clone)]
pub struct Health {
    /// Knows whether the server shuts down.
    pub hub: Arc<Hub>,
    /// Knows whether there is room.
    pub admission: Arc<Admission>,
}

/// `/healthz`: 200 as long as the process serves. `/readyz`: 200 while new connections are
/// welcome, 503 with the reason (`draining`, `over capacity`) while they are not.
pub fn health(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> (StatusCode, &'static str) {
    if health.hub.connections().is_draining() {
        (StatusCode::SERVICE_UNAVAILABLE, "draining\n")
    } else if health.admission.is_full() {
        (StatusCode::SERVICE_UNAVAILABLE, "over capacity\n")
    } else {
        (StatusCode::OK, "ready\n")
    }
}
