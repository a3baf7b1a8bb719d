//! The JavaScript SDK, served as it lies in `sdk/js/src`: a page needs no build step.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderName, StatusCode, header};

/// A module, compiled in.
struct Module {
    name: &'static str,
    text: &'static str,
}

macro_rules! module {
    ($name:literal) => {
        Module { name: $name, text: include_str!(concat!("../../../sdk/js/src/", $name)) }
    };
}

const MODULES: &[Module] = &[
    module!("backoff.js"),
    module!("channel.js"),
    module!("client.js"),
    module!("clock.js"),
    module!("closing.js"),
    module!("connection.js"),
    module!("credential.js"),
    module!("emitter.js"),
    module!("errors.js"),
    module!("frames.js"),
    module!("history.js"),
    module!("loading.js"),
    module!("members.js"),
    module!("message.js"),
    module!("outbox.js"),
    module!("page.js"),
    module!("presence.js"),
    module!("pulse.js"),
    module!("react.js"),
    module!("reader.js"),
    module!("requests.js"),
    module!("room.js"),
    module!("roster.js"),
    module!("rtmate.js"),
    module!("settings.js"),
    module!("subscription.js"),
];

/// One for all modules: those of one version belong together.
static ETAG: LazyLock<String> = LazyLock::new(|| {
    let all: Vec<u8> = MODULES.iter().flat_map(|module| module.text.bytes()).collect();
    let hash = digest(&SHA256, &all);
    let hex: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
});

/// Asked for anew each time, so that modules of two versions never meet; pages of any origin may
/// load them, for there is nothing in them that is not public.
const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "no-cache"),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
];

/// `/sdk/{file}`: for everybody. `/sdk/rtmate.js` is what a page imports.
pub fn sdk_files() -> Router {
    Router::new().route("/sdk/{file}", get(serve))
}

async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(module) = MODULES.iter().find(|module| module.name == name) else {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let etag = [(header::ETAG, ETAG.as_str())];
    if knows(&headers) {
        return (StatusCode::NOT_MODIFIED, HEADERS, etag).into_response();
    }
    (HEADERS, etag, module.text).into_response()
}

/// Whether the browser has this version.
fn knows(headers: &HeaderMap) -> bool {
    let known =
        headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    // A proxy that compresses makes the tag a weak one.
    known.flat_map(|list| list.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == *ETAG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_module_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sdk/js/src");
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        let served: Vec<&str> = MODULES.iter().map(|module| module.name).collect();
        assert_eq!(served, names, "sdk/js/src and sdk_files.rs differ");
    }

    #[tokio::test]
    async fn a_known_version_is_not_sent_again() {
        let ask = |tag: Option<&str>| {
            let mut headers = HeaderMap::new();
            tag.map(|tag| headers.insert(header::IF_NONE_MATCH, tag.parse().unwrap()));
            serve(Path("rtmate.js".to_owned()), headers)
        };
        let first = ask(None).await;
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(ask(Some(&tag)).await.status(), StatusCode::NOT_MODIFIED);
        let weak = format!("\"other\", W/{tag}");
        assert_eq!(ask(Some(&weak)).await.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(ask(Some("\"other\"")).await.status(), StatusCode::OK);
        let missing = serve(Path("nothing.js".to_owned()), HeaderMap::new()).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    }
}
