//! The page that a monitor reads.

use std::sync::Arc;

use application::Refusal;
use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{ErrorCode, Peer, Scope};
use futures_util::future::BoxFuture;
use http::header;
use listener::Arrival;
use tokio::sync::Mutex;

use crate::v1::{ServerApi, Shown, bearer};

/// Makes a page of all figures.
pub type MakePage = Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>;

/// Who sees the page without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenTo {
    /// Nobody.
    Nobody,
    /// Programs of this same machine: where the server listens for nobody else.
    ThisMachine,
    /// Whoever reaches it: on an address that is not public.
    Everybody,
}

/// What is shown, and to whom.
#[derive(Clone)]
pub struct Metrics {
    /// Makes the page.
    pub page: MakePage,
    /// Its media type.
    pub format: &'static str,
    /// Who needs no key.
    pub open_to: OpenTo,
}

#[derive(Clone)]
struct Shows {
    metrics: Metrics,
    /// Judges keys: all HTTP surfaces have one way to.
    api: ServerApi,
    /// One page at a time: making one looks at every connection.
    making: Arc<Mutex<()>>,
}

/// `GET /metrics`: 200 with the page; where a key is needed, it is an operator's with the scope
/// `read`, shown and judged as for the server API.
pub fn metrics(metrics: Metrics, api: ServerApi) -> Router {
    let shows = Shows { metrics, api, making: Arc::default() };
    Router::new().route("/metrics", get(show)).with_state(shows)
}

async fn show(State(shows): State<Shows>, request: Request) -> Response {
    let peer = request.extensions().get::<Arrival>();
    let peer = peer.map(|arrival| arrival.peer(request.uri(), request.headers()));
    if let Err(refusal) = shows.admit(peer.as_ref(), bearer(request.headers()).as_ref()) {
        return shows.api.refused(request.uri(), &refusal, "Bearer");
    }
    let metrics = &shows.metrics;
    let _one = shows.making.lock().await;
    let page = (metrics.page)().await;
    let headers = [(header::CONTENT_TYPE, metrics.format), (header::CACHE_CONTROL, "no-store")];
    (headers, page).into_response()
}

impl Shows {
    fn admit(&self, peer: Option<&Peer>, shown: Option<&Shown>) -> Result<(), Refusal> {
        let Some(peer) = peer else { return Err(Refusal::plain(ErrorCode::Internal)) };
        match self.metrics.open_to {
            OpenTo::Everybody => Ok(()),
            OpenTo::ThisMachine if peer.is_same_machine() => Ok(()),
            OpenTo::ThisMachine | OpenTo::Nobody => {
                self.api.admit_operator(peer, shown, Scope::Read, None)
            }
        }
    }
}
