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
    verdict(health.hub.connections().is_draining(), health.admission.is_full())
}

const fn verdict(draining: bool, full: bool) -> (StatusCode, &'static str) {
    match (draining, full) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        (false, true) => (StatusCode::SERVICE_UNAVAILABLE, "over capacity\n"),
        (false, false) => (StatusCode::OK, "ready\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn traffic_is_welcome_unless_draining_or_full() {
        assert_eq!(verdict(false, false).0, 200);
        assert_eq!(verdict(true, false), verdict(true, true));
        assert_eq!((verdict(true, false).0.as_u16(), verdict(true, false).1), (503, "draining\n"));
        assert_eq!(
            (verdict(false, true).0.as_u16(), verdict(false, true).1),
            (503, "over capacity\n")
        );
    }
}
