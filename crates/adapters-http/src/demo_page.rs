//! The demo page: plain HTML and ES modules on the SDK, served as they are.

use axum::{
    Router,
    extract::{Path, Request},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderName, StatusCode, header};
use listener::Arrival;

/// A file of the page, compiled in.
struct File {
    name: &'static str,
    kind: &'static str,
    text: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

macro_rules! file {
    ($name:literal, $kind:expr) => {
        File { name: $name, kind: $kind, text: include_str!(concat!("../assets/demo/", $name)) }
    };
}

const INDEX: File = file!("index.html", "text/html; charset=utf-8");

const FILES: &[File] = &[
    file!("demo.css", "text/css; charset=utf-8"),
    file!("icon.svg", "image/svg+xml"),
    file!("demo.js", SCRIPT),
    file!("chat.js", SCRIPT),
    file!("dom.js", SCRIPT),
    file!("frames.js", SCRIPT),
    file!("help.js", SCRIPT),
    file!("link.js", SCRIPT),
    file!("names.js", SCRIPT),
    file!("outbox.js", SCRIPT),
    file!("page.js", SCRIPT),
    file!("roster.js", SCRIPT),
    file!("token.js", SCRIPT),
    file!("tryit.js", SCRIPT),
    file!("wishes.js", SCRIPT),
    file!("words.js", SCRIPT),
];

/// Only the page's own files run and load; only this server is connected to.
const POLICY: &str = "default-src 'self'; connect-src 'self'; img-src 'self' data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 4] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
];

/// `/` and `/demo/{file}`: for this same machine only, like the demo app; 404 for all others.
pub fn demo_page() -> Router {
    Router::new().route("/", get(index)).route("/demo/{file}", get(asset))
}

async fn index(request: Request) -> Response {
    serve(&request, Some(&INDEX))
}

async fn asset(Path(name): Path<String>, request: Request) -> Response {
    serve(&request, FILES.iter().find(|file| file.name == name))
}

fn serve(request: &Request, file: Option<&File>) -> Response {
    let arrival = request.extensions().get::<Arrival>();
    let local = arrival
        .is_some_and(|arrival| arrival.peer(request.uri(), request.headers()).is_same_machine());
    match file.filter(|_| local) {
        Some(file) => (HEADERS, [(header::CONTENT_TYPE, file.kind)], file.text).into_response(),
        None => (StatusCode::NOT_FOUND, "not found\n").into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_page_is_served() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/assets/demo");
        for entry in std::fs::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let served = FILES.iter().chain([&INDEX]).any(|file| file.name == name);
            assert!(served, "assets/demo/{name} is not in demo_page.rs");
        }
    }
}
