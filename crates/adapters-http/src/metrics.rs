//! The page that a monitor reads.

use std::sync::Arc;

use aws_lc_rs::{constant_time, digest};
use axum::{
    Router,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{ApiKey, Scope};
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode, header};
use listener::Arrival;
use tokio::sync::Mutex;

/// Makes a page of all figures.
pub type MakePage = Arc<dyn Fn() -> BoxFuture<'static, String> + Send + Sync>;

/// What is shown, and to whom.
#[derive(Clone)]
pub struct Metrics {
    /// Makes the page.
    pub page: MakePage,
    /// Its media type.
    pub format: &'static str,
    /// Whether programs of this same machine need no key: where the server listens for nobody else.
    pub open_here: bool,
    /// Operators' keys; those with the scope `read` open the page.
    pub keys: Arc<[ApiKey]>,
}

#[derive(Clone)]
struct Shown {
    metrics: Metrics,
    /// One page at a time: making one looks at every connection.
    making: Arc<Mutex<()>>,
}

/// `GET /metrics`: 200 with the page, 401 `a key is needed` with `WWW-Authenticate: Bearer` without
/// `Authorization: Bearer KEY`, 403 where the key lacks the scope `read`.
pub fn metrics(metrics: Metrics) -> Router {
    let shown = Shown { metrics, making: Arc::default() };
    Router::new().route("/metrics", get(show)).with_state(shown)
}

async fn show(State(shown): State<Shown>, request: Request) -> Response {
    let metrics = &shown.metrics;
    let here = metrics.open_here && is_same_machine(&request);
    if !here && let Err(refused) = admit(request.headers(), &metrics.keys) {
        return refused.into_response();
    }
    let _one = shown.making.lock().await;
    let page = (metrics.page)().await;
    let headers = [(header::CONTENT_TYPE, metrics.format), (header::CACHE_CONTROL, "no-store")];
    (headers, page).into_response()
}

fn is_same_machine(request: &Request) -> bool {
    let arrival = request.extensions().get::<Arrival>();
    arrival.is_some_and(|arrival| arrival.peer(request.uri(), request.headers()).is_same_machine())
}

/// Why somebody is not shown the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NotShown {
    /// No key, or none that is known.
    NoKey,
    /// The key may not read.
    NoScope,
}

impl IntoResponse for NotShown {
    fn into_response(self) -> Response {
        let asks = [(header::WWW_AUTHENTICATE, "Bearer")];
        match self {
            Self::NoKey => (StatusCode::UNAUTHORIZED, asks, "a key is needed\n").into_response(),
            Self::NoScope => {
                (StatusCode::FORBIDDEN, "the key lacks the scope read\n").into_response()
            }
        }
    }
}

fn admit(headers: &HeaderMap, keys: &[ApiKey]) -> Result<(), NotShown> {
    let known = bearer(headers).and_then(|key| find(keys, key));
    let key = known.ok_or(NotShown::NoKey)?;
    if key.scopes.contains(&Scope::Read) { Ok(()) } else { Err(NotShown::NoScope) }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, key) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// The one that the key hashes to; each is looked at, whichever fits.
fn find<'a>(keys: &'a [ApiKey], key: &str) -> Option<&'a ApiKey> {
    let hash = digest::digest(&digest::SHA256, key.as_bytes());
    let fits = |known: &&ApiKey| {
        constant_time::verify_slices_are_equal(known.hash.as_bytes(), hash.as_ref()).is_ok()
    };
    keys.iter().fold(None, |found, known| if fits(&known) { Some(known) } else { found })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ApiKeyHash;

    /// `printf %s two | sha256sum`
    const TWO: &str = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";

    fn status(authorization: &[&str], scope: Scope) -> u16 {
        let hash = ApiKeyHash::parse(TWO).unwrap();
        let keys = [ApiKey { name: "monitor".into(), hash, scopes: vec![scope] }];
        let mut headers = HeaderMap::new();
        for value in authorization {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        match admit(&headers, &keys) {
            Ok(()) => 200,
            Err(refused) => refused.into_response().status().as_u16(),
        }
    }

    #[test]
    fn a_key_with_the_scope_read_opens_the_page() {
        assert_eq!(status(&["Bearer two"], Scope::Read), 200);
        assert_eq!(status(&["bearer two"], Scope::Read), 200);
        assert_eq!(status(&["Bearer two"], Scope::Manage), 403);
        for bad in [&[][..], &["Bearer one"], &["Basic two"], &["Bearer two", "Bearer two"]] {
            assert_eq!(status(bad, Scope::Read), 401, "{bad:?}");
        }
    }
}
