//! A server that follows a script.

use std::time::Duration;

use client::{Backoff, Client, Options, TokenSource};
use domain::AppId;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_tungstenite::{
    WebSocketStream, accept_async,
    tungstenite::{
        Message,
        protocol::{CloseFrame, frame::coding::CloseCode},
    },
};

use crate::soon;

pub(crate) const EPOCH: &str = "00000000000000aa";

/// A listener that accepts when the script says so.
pub(crate) struct Fake {
    listener: TcpListener,
}

impl Fake {
    pub(crate) async fn new() -> Self {
        Self { listener: TcpListener::bind("127.0.0.1:0").await.unwrap() }
    }

    pub(crate) fn options(&self) -> Options {
        let address = self.listener.local_addr().unwrap();
        let mut options = Options::new(format!("ws://{address}/ws"), AppId::parse("app").unwrap());
        let ms = Duration::from_millis;
        options.backoff = Backoff { base: ms(5), cap: ms(50), stable: ms(1000) };
        options
    }

    pub(crate) fn client(&self) -> Client {
        Client::start(self.options(), TokenSource::fixed("token"))
    }

    /// The next connection, upgraded.
    pub(crate) async fn accept(&self) -> Peer {
        let (stream, _) = soon("a connection", self.listener.accept()).await.unwrap();
        Peer(soon("the upgrade", accept_async(stream)).await.unwrap())
    }

    /// The next connection, authenticated.
    pub(crate) async fn welcome(&self) -> Peer {
        let mut peer = self.accept().await;
        let auth = peer.asked("auth").await;
        peer.succeed(&auth, welcome()).await;
        peer
    }

    /// Answers the next upgrade with this.
    pub(crate) async fn refuse(&self, answer: &str) {
        let (mut stream, _) = soon("a connection", self.listener.accept()).await.unwrap();
        let mut head = [0; 4096];
        assert!(stream.read(&mut head).await.unwrap() > 0);
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
}

pub(crate) fn welcome() -> Value {
    json!({
        "state": true, "client_id": "alice", "connection_id": "c", "session": "s",
        "expires_at": 3_600_000, "ts": 0, "ping_interval_ms": 25_000,
    })
}

/// The server's end of a connection.
pub(crate) struct Peer(WebSocketStream<TcpStream>);

impl Peer {
    /// The next request, which has this event.
    pub(crate) async fn asked(&mut self, event: &str) -> Value {
        loop {
            match soon(event, self.0.next()).await {
                Some(Ok(Message::Text(text))) => {
                    let request: Value = serde_json::from_str(text.as_str()).unwrap();
                    assert_eq!(request["event"], event, "{request}");
                    return request;
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("{event} was expected, not {other:?}"),
            }
        }
    }

    async fn send(&mut self, frame: Value) {
        soon("sending", self.0.send(Message::text(frame.to_string()))).await.unwrap();
    }

    pub(crate) async fn succeed(&mut self, request: &Value, data: Value) {
        self.send(json!({"code": 200, "message": "success", "data": data, "id": request["id"]}))
            .await;
    }

    pub(crate) async fn push(&mut self, event: &str, payload: Value) {
        self.send(json!({"event": event, "payload": payload})).await;
    }

    pub(crate) async fn message(&mut self, offset: u64) {
        self.push("message", message(offset)).await;
    }

    /// Answers a request to subscribe to `a`.
    pub(crate) async fn subscribed(&mut self, offset: u64) {
        let request = self.asked("subscribe").await;
        self.succeed(&request, json!({"channels": [joined(offset)]})).await;
    }

    pub(crate) async fn close(mut self, code: u16) {
        let frame = CloseFrame { code: CloseCode::from(code), reason: "".into() };
        soon("closing", self.0.close(Some(frame))).await.unwrap();
        while let Some(Ok(_)) = soon("the answer", self.0.next()).await {}
    }

    /// The code that the client says goodbye with; 1006 where it only went.
    pub(crate) async fn goodbye(&mut self) -> u16 {
        loop {
            match soon("the goodbye", self.0.next()).await {
                Some(Ok(Message::Close(frame))) => {
                    return frame.map_or(1005, |frame| frame.code.into());
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 1006,
            }
        }
    }
}

pub(crate) fn joined(offset: u64) -> Value {
    json!({"code": 200, "channel": "a", "epoch": EPOCH, "offset": offset, "messages": []})
}

pub(crate) fn message(offset: u64) -> Value {
    let id = format!("m{offset}");
    json!({"channel": "a", "data": {"n": offset}, "id": id, "offset": offset, "ts": 1})
}
