//! The handshake, and the socket taken back from hyper.

use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use listener::Io;
use websocket::{Agreement, handshake::accept_key};

/// What may be agreed to.
pub(crate) struct Terms {
    /// A subprotocol, where it is offered.
    pub(crate) subprotocol: Option<&'static str>,
    /// Compression, where it is offered.
    pub(crate) compression: bool,
}

/// A request that may be upgraded.
pub(crate) struct Upgrade {
    accept: String,
    upgrade: OnUpgrade,
    subprotocol: Option<&'static str>,
    agreement: Option<Agreement>,
}

impl Upgrade {
    /// Reads the handshake (RFC 6455, 4.2.1).
    ///
    /// The answer to a request that is no handshake says what is missing.
    pub(crate) fn of(request: &mut Request, terms: &Terms) -> Result<Self, Box<Response>> {
        let headers = request.headers();
        if request.method() != Method::GET
            || !names(headers, &header::CONNECTION, "upgrade")
            || !names(headers, &header::UPGRADE, "websocket")
        {
            return Err(no_handshake("this is a WebSocket address: connect with ws://"));
        }
        if headers.get(header::SEC_WEBSOCKET_VERSION).is_none_or(|version| version != "13") {
            return Err(no_handshake("Sec-WebSocket-Version 13 is spoken here"));
        }
        let key = headers.get(header::SEC_WEBSOCKET_KEY).and_then(|key| key.to_str().ok());
        let accept = key
            .and_then(accept_key)
            .ok_or_else(|| bad_request("Sec-WebSocket-Key is not base64 of 16 bytes"))?;
        // Exactly as it is offered: the answer has to be one of the offers.
        let subprotocol = terms.subprotocol.filter(|name| {
            words(headers, &header::SEC_WEBSOCKET_PROTOCOL).any(|offer| offer == *name)
        });
        let agreement = terms.compression.then(|| agreement(headers)).flatten();
        let upgrade = request
            .extensions_mut()
            .remove::<OnUpgrade>()
            .ok_or_else(|| bad_request("this connection can't be upgraded"))?;
        Ok(Self { accept, upgrade, subprotocol, agreement })
    }

    /// How messages are compressed.
    pub(crate) const fn agreement(&self) -> Option<Agreement> {
        self.agreement
    }

    /// Answers 101, and calls `then` with the socket and what came right behind the handshake.
    pub(crate) fn answer(self, then: impl FnOnce(Io, Vec<u8>) + Send + 'static) -> Response {
        let Self { accept, upgrade, subprotocol, agreement } = self;
        tokio::spawn(async move {
            // A peer that breaks off during the handshake was never a connection.
            let Ok(upgraded) = upgrade.await else { return };
            let Ok(parts) = upgraded.downcast::<TokioIo<Io>>() else {
                tracing::error!(target: "rtmate", "an upgraded socket is not the listener's");
                return;
            };
            // A copy: the read buffer of hyper is large and would stay as long as the connection.
            let early = parts.read_buf.to_vec();
            drop(parts.read_buf);
            then(parts.io.into_inner(), early);
        });
        switching(&accept, subprotocol, agreement)
    }
}

/// What is agreed to of the extensions that are offered.
fn agreement(headers: &HeaderMap) -> Option<Agreement> {
    let offers = headers.get_all(header::SEC_WEBSOCKET_EXTENSIONS).iter();
    Agreement::to(offers.filter_map(|value| value.to_str().ok()))
}

fn switching(
    accept: &str,
    subprotocol: Option<&'static str>,
    agreement: Option<Agreement>,
) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(accept) = HeaderValue::from_str(accept) {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    if let Some(subprotocol) = subprotocol {
        headers.insert(header::SEC_WEBSOCKET_PROTOCOL, HeaderValue::from_static(subprotocol));
    }
    let extensions = agreement.map(|agreement| HeaderValue::from_str(&agreement.answer()));
    if let Some(Ok(extensions)) = extensions {
        headers.insert(header::SEC_WEBSOCKET_EXTENSIONS, extensions);
    }
    response
}

/// Whether a header that is a list of words has this one, in any case.
fn names(headers: &HeaderMap, name: &header::HeaderName, word: &str) -> bool {
    words(headers, name).any(|entry| entry.eq_ignore_ascii_case(word))
}

fn words<'a>(
    headers: &'a HeaderMap,
    name: &header::HeaderName,
) -> impl Iterator<Item = &'a str> + use<'a> {
    headers
        .get_all(name)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
}

fn no_handshake(text: &'static str) -> Box<Response> {
    let headers = [(header::UPGRADE, "websocket"), (header::SEC_WEBSOCKET_VERSION, "13")];
    Box::new((StatusCode::UPGRADE_REQUIRED, headers, text).into_response())
}

fn bad_request(text: &'static str) -> Box<Response> {
    Box::new((StatusCode::BAD_REQUEST, text).into_response())
}
