//! The operator console: plain HTML, CSS and ES modules, served as they are. They hold no secret and
//! are for everybody; all that they show they ask of the server API, with a session of their own.

use std::sync::LazyLock;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    extract::Path,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::{HeaderMap, HeaderName, StatusCode, header};

/// A file of the console, compiled in.
struct File {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";

macro_rules! file {
    ($name:literal, $kind:expr) => {
        File { name: $name, kind: $kind, text: include_str!(concat!("../assets/console/", $name)) }
    };
}

const INDEX: File = file!("index.html", "text/html; charset=utf-8");

const FILES: &[File] = &[
    file!("icon.svg", "image/svg+xml"),
    file!("base.css", STYLE),
    file!("parts.css", STYLE),
    file!("shell.css", STYLE),
    file!("api.js", SCRIPT),
    file!("charts.js", SCRIPT),
    file!("console.js", SCRIPT),
    file!("dialog.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("figures.js", SCRIPT),
    file!("finder.js", SCRIPT),
    file!("first.js", SCRIPT),
    file!("format.js", SCRIPT),
    file!("i18n.js", SCRIPT),
    file!("icons.js", SCRIPT),
    file!("latency.js", SCRIPT),
    file!("link.js", SCRIPT),
    file!("message.js", SCRIPT),
    file!("node.js", SCRIPT),
    file!("parts.js", SCRIPT),
    file!("poll.js", SCRIPT),
    file!("router.js", SCRIPT),
    file!("series.js", SCRIPT),
    file!("session.js", SCRIPT),
    file!("shell.js", SCRIPT),
    file!("theme.js", SCRIPT),
    file!("timeline.js", SCRIPT),
    file!("verdict.js", SCRIPT),
    file!("verdicts-en.js", SCRIPT),
    file!("verdicts-zh.js", SCRIPT),
    file!("view-apps.js", SCRIPT),
    file!("view-channel.js", SCRIPT),
    file!("view-channels.js", SCRIPT),
    file!("view-client.js", SCRIPT),
    file!("view-clients.js", SCRIPT),
    file!("view-door.js", SCRIPT),
    file!("view-overview.js", SCRIPT),
    file!("view-settings.js", SCRIPT),
    file!("view-usage.js", SCRIPT),
    file!("view-webhook.js", SCRIPT),
    file!("view-webhooks.js", SCRIPT),
    file!("view-why.js", SCRIPT),
    file!("watch.js", SCRIPT),
    file!("words-en.js", SCRIPT),
    file!("words-zh.js", SCRIPT),
];

/// Only the console's own files and the SDK run and load, only this server is asked, nothing is
/// ever made of text but text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types 'none'";

/// Asked for anew each time, so that files of two versions never meet.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
];

/// One for all files: those of one version belong together.
static ETAG: LazyLock<String> = LazyLock::new(|| {
    let all: Vec<u8> = FILES.iter().chain([&INDEX]).flat_map(|file| file.text.bytes()).collect();
    let hash = digest(&SHA256, &all);
    let hex: String = hash.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{hex}\"")
});

/// `/console` and `/console/{file}`: the shell alone, without a key.
pub fn console_files() -> Router {
    Router::new()
        .route("/console", get(index))
        .route("/console/", get(async || Redirect::permanent("/console")))
        .route("/console/{file}", get(asset))
}

async fn index(headers: HeaderMap) -> Response {
    serve(Some(&INDEX), &headers)
}

async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    serve(FILES.iter().find(|file| file.name == name), &headers)
}

fn serve(file: Option<&File>, headers: &HeaderMap) -> Response {
    let Some(file) = file else {
        return (StatusCode::NOT_FOUND, "not found\n").into_response();
    };
    let etag = [(header::ETAG, ETAG.as_str())];
    if knows(headers) {
        return (StatusCode::NOT_MODIFIED, HEADERS, etag).into_response();
    }
    (HEADERS, etag, [(header::CONTENT_TYPE, file.kind)], file.text).into_response()
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
    use application::ports::Ender;
    use domain::{CloseReason, Ended, ErrorCode, GrantSource};

    #[test]
    fn every_file_of_the_console_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/console");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let served = FILES.iter().chain([&INDEX]).any(|file| file.name == name);
            assert!(served, "assets/console/{name} is not in console_files.rs");
        }
    }

    #[test]
    fn what_is_imported_is_there() {
        for file in FILES.iter().filter(|file| file.kind == SCRIPT) {
            let imports =
                file.text.split("from './").skip(1).filter_map(|rest| rest.split_once('\''));
            for (name, _) in imports {
                assert!(FILES.iter().any(|file| file.name == name), "{}: {name}", file.name);
            }
        }
    }

    #[test]
    fn nothing_is_made_of_text_but_text() {
        let forbidden = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "style=",
            "localStorage.setItem('key",
            "http://",
            "https://",
        ];
        for file in FILES.iter().chain([&INDEX]) {
            for word in forbidden {
                let found = file.text.replace("http://www.w3.org/2000/svg", "").contains(word);
                assert!(!found, "assets/console/{} has {word}", file.name);
            }
        }
        assert!(!INDEX.text.contains("<style"));
    }

    #[test]
    fn every_reason_has_its_word_in_both_languages() {
        let errors = ErrorCode::ALL.map(ErrorCode::reason);
        let seen = [CloseReason::ClientLeft, CloseReason::PeerLost];
        let closes = CloseReason::TOLD.into_iter().chain(seen).map(CloseReason::name);
        let ends = Ender::ALL.map(Ender::name).into_iter().chain([Ended::ServerLost.name()]);
        let reasons = errors.into_iter().chain(closes).chain(ends);
        let sources = [
            GrantSource::Token,
            GrantSource::AppDefault,
            GrantSource::Guest,
            GrantSource::Signature,
            GrantSource::Watch,
        ];
        let sources = sources.map(|source| format!("'grants.{}': '", source.name()));
        let words: Vec<String> =
            reasons.map(|reason| format!("'reason.{reason}': '")).chain(sources).collect();
        for name in ["verdicts-en.js", "verdicts-zh.js"] {
            let file = FILES.iter().find(|file| file.name == name).unwrap();
            let missing: Vec<_> = words.iter().filter(|word| !file.text.contains(*word)).collect();
            assert!(missing.is_empty(), "{name} lacks {missing:?}");
        }
    }

    #[tokio::test]
    async fn a_page_comes_with_its_policy_and_a_known_version_is_not_sent_again() {
        let first = index(HeaderMap::new()).await;
        assert_eq!(first.status(), StatusCode::OK);
        let policy = first.headers()[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
        assert!(!policy.contains("unsafe"));
        let mut known = HeaderMap::new();
        known.insert(header::IF_NONE_MATCH, first.headers()[header::ETAG].clone());
        assert_eq!(index(known.clone()).await.status(), StatusCode::NOT_MODIFIED);
        assert_eq!(asset(Path("base.css".to_owned()), known).await.status(), 304);
        let missing = asset(Path("nothing.js".to_owned()), HeaderMap::new()).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    }
}
