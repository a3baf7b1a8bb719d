//! Requests that do not upgrade.

use serde_json::Value;

use crate::{raw::Raw, server::Server};

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    /// Whether the head has this header line.
    pub(crate) fn has(&self, line: &str) -> bool {
        self.head.lines().any(|known| known.eq_ignore_ascii_case(line))
    }

    /// What a header says.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .into_iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(crate) fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        Self { status: status(head), head: head.to_owned(), body: body.to_owned() }
    }
}

/// `GET`, with the server's own address as the `Host` unless a header says otherwise.
pub(crate) async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(server, "GET", path, headers, "").await
}

/// `POST` of JSON.
pub(crate) async fn post(
    server: &Server,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    ask(server, "POST", path, headers, body).await
}

/// Any method.
pub(crate) async fn ask(
    server: &Server,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let own = server.address.to_string();
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    let mut line = |name: &str, value: &str| head.push_str(&format!("{name}: {value}\r\n"));
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        line("Host", &own);
    }
    headers.iter().for_each(|(name, value)| line(name, value));
    line("Content-Length", &body.len().to_string());
    let request = format!("{head}\r\n{body}");
    let mut raw = Raw::connect(server).await;
    raw.write(request.as_bytes()).await;
    let head = raw.head().await;
    let length = header(&head, "content-length").map_or(0, |length| length.parse().unwrap());
    let body = String::from_utf8(raw.bytes(length).await).unwrap();
    Answer { status: status(&head), head, body }
}

fn status(head: &str) -> u16 {
    head.split(' ').nth(1).unwrap().parse().unwrap()
}

/// A header's value.
fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The headers that ask for a WebSocket.
pub(crate) const UPGRADE: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

/// The answer to a request for a WebSocket that is refused.
pub(crate) async fn refused_upgrade(
    server: &Server,
    path: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let headers: Vec<_> = UPGRADE.iter().chain(headers).copied().collect();
    get(server, path, &headers).await
}
