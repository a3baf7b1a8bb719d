//! The OpenAPI document and a page that shows it, without anything from elsewhere.

use std::sync::LazyLock;

use application::Refusal;
use axum::{
    Router,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::get,
};
use domain::{ErrorCode, Peer, Scope};
use http::{HeaderName, StatusCode, Uri, header};
use listener::Arrival;

use super::{
    authority::{self, Shown},
    openapi,
    serve::ServerApi,
};

struct File {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

macro_rules! file {
    ($name:literal, $kind:literal) => {
        File { name: $name, kind: $kind, text: include_str!(concat!("../../assets/docs/", $name)) }
    };
}

const INDEX: File = file!("index.html", "text/html; charset=utf-8");
const FILES: &[File] = &[
    file!("docs.css", "text/css; charset=utf-8"),
    file!("docs.js", "text/javascript; charset=utf-8"),
];

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
];

static DOCUMENT: LazyLock<String> = LazyLock::new(openapi::document);

/// `/docs`, its files and `/v1/openapi.json`: open to this same machine and on an internal address,
/// for a key to all others.
pub(super) fn routes() -> Router<ServerApi> {
    Router::new()
        .route("/docs", get(page))
        .route("/docs/{file}", get(file))
        .route("/v1/openapi.json", get(document))
}

async fn page(State(api): State<ServerApi>, request: Request) -> Response {
    serve(&api, &Asked::of(&request), Some((INDEX.kind, INDEX.text))).await
}

async fn file(
    State(api): State<ServerApi>,
    Path(name): Path<String>,
    request: Request,
) -> Response {
    let file = FILES.iter().find(|file| file.name == name);
    serve(&api, &Asked::of(&request), file.map(|file| (file.kind, file.text))).await
}

async fn document(State(api): State<ServerApi>, request: Request) -> Response {
    serve(&api, &Asked::of(&request), Some(("application/json", &DOCUMENT))).await
}

/// What is looked at of a request: no body, which can't be waited beside.
struct Asked {
    uri: Uri,
    peer: Option<Peer>,
    shown: Option<Shown>,
}

impl Asked {
    fn of(request: &Request) -> Self {
        let (uri, headers) = (request.uri(), request.headers());
        let arrival = request.extensions().get::<Arrival>();
        Self {
            uri: uri.clone(),
            peer: arrival.map(|arrival| arrival.peer(uri, headers)),
            shown: authority::bearer_or_basic(headers),
        }
    }
}

async fn serve(
    api: &ServerApi,
    asked: &Asked,
    found: Option<(&'static str, &'static str)>,
) -> Response {
    if let Err(refusal) = api.may_read(asked).await {
        // What makes a browser ask: the app's id as the name, a key as the password.
        return api.refused(&asked.uri, &refusal, "Basic realm=\"rtmate\", Bearer");
    }
    match found {
        Some((kind, text)) => (HEADERS, [(header::CONTENT_TYPE, kind)], text).into_response(),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}

impl ServerApi {
    /// Whether somebody may read what the API is: nothing secret, but nothing for strangers.
    async fn may_read(&self, asked: &Asked) -> Result<(), Refusal> {
        let Some(peer) = &asked.peer else { return Err(Refusal::plain(ErrorCode::Internal)) };
        if self.is_internal || peer.is_same_machine() {
            return Ok(());
        }
        if asked.shown.as_ref().is_some_and(|shown| self.good_for_all(peer, shown).is_some()) {
            return Ok(());
        }
        let app = asked.shown.as_ref().and_then(|shown| shown.app.as_deref());
        let app = app.unwrap_or_default();
        self.admit(peer, asked.shown.as_ref(), app, Scope::Read, None).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/docs");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let served = FILES.iter().chain([&INDEX]).any(|file| file.name == name);
            assert!(served, "assets/docs/{name} is not in reference.rs");
        }
    }

    #[test]
    fn nothing_of_the_page_is_inline_or_from_elsewhere() {
        assert!(!INDEX.text.contains("<style") && !INDEX.text.contains("style="));
        assert!(!INDEX.text.contains("<script>") && !INDEX.text.contains("onclick"));
        for file in FILES.iter().chain([&INDEX]) {
            assert!(!file.text.contains("http://") && !file.text.contains("https://"));
        }
    }
}
