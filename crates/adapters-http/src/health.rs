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
    /// Says whether the store takes writes, where there is one.
    pub writable: Arc<dyn Fn() -> bool + Send + Sync>,
}

/// `/healthz`: 200 as long as the process serves. `/readyz`: 200 while new connections are
/// welcome, 503 with the reason (`draining`, `store not writable`, `over capacity`) while they are not.
pub fn health(health: Health) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .with_state(health)
}

async fn ready(State(health): State<Health>) -> (StatusCode, &'static str) {
    let (draining, full) = (health.hub.connections().is_draining(), health.admission.is_full());
    verdict(draining, (health.writable)(), full)
}

const fn verdict(draining: bool, writable: bool, full: bool) -> (StatusCode, &'static str) {
    match (draining, writable, full) {
        (true, _, _) => (StatusCode::SERVICE_UNAVAILABLE, "draining\n"),
        (false, false, _) => (StatusCode::SERVICE_UNAVAILABLE, "store not writable\n"),
        (false, true, true) => (StatusCode::SERVICE_UNAVAILABLE, "over capacity\n"),
        (false, true, false) => (StatusCode::OK, "ready\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::verdict;

    #[test]
    fn traffic_is_welcome_unless_something_is_in_its_way() {
        assert_eq!(verdict(false, true, false).0, 200);
        for (draining, writable, full, words) in [
            (true, true, false, "draining\n"),
            (true, false, true, "draining\n"),
            (false, false, true, "store not writable\n"),
            (false, true, true, "over capacity\n"),
        ] {
            let (status, said) = verdict(draining, writable, full);
            assert_eq!((status.as_u16(), said), (503, words));
        }
    }
}
