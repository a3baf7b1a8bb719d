//! A well-behaved client.

use std::collections::VecDeque;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{
        Message,
        client::IntoClientRequest,
        handshake::client::Response,
        http::{HeaderName, HeaderValue},
        protocol::CloseFrame,
    },
};

use crate::{server::Server, soon, tokens::Token};

/// What a client talks over: plain, or TLS.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// A connection that answers pings and says goodbye as it should.
pub(crate) struct Client {
    socket: WebSocketStream<Box<dyn Wire>>,
    /// Pushes that came while something else was waited for.
    aside: VecDeque<Value>,
    asked: u64,
}

/// The goodbye.
#[derive(Debug)]
pub(crate) struct Goodbye {
    /// The `disconnect` push's payload, if it was the last frame.
    pub(crate) disconnect: Option<Value>,
    /// The close frame's code, if there was one.
    pub(crate) code: Option<u16>,
    /// Frames that came before.
    pub(crate) before: Vec<Value>,
}

impl Client {
    pub(crate) async fn connect(server: &Server) -> Self {
        Self::dial(server, "", &[]).await.0
    }

    /// With a query (`?lang=en`) and headers.
    pub(crate) async fn dial(
        server: &Server,
        query: &str,
        headers: &[(&str, &str)],
    ) -> (Self, Response) {
        Self::dial_path(server, &format!("/ws{query}"), headers).await
    }

    pub(crate) async fn dial_path(
        server: &Server,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (Self, Response) {
        let stream = TcpStream::connect(server.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let url = format!("ws://{}{path}", server.address);
        Self::over(stream, &url, headers).await
    }

    /// Over a connection that is made already.
    pub(crate) async fn over(
        stream: impl Wire + 'static,
        url: &str,
        headers: &[(&str, &str)],
    ) -> (Self, Response) {
        let mut request = url.into_client_request().unwrap();
        for (name, value) in headers {
            let name: HeaderName = name.parse().unwrap();
            request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
        }
        let stream: Box<dyn Wire> = Box::new(stream);
        let (socket, response) =
            soon("the handshake", client_async(request, stream)).await.unwrap();
        (Self { socket, aside: VecDeque::new(), asked: 0 }, response)
    }

    /// Connects and authenticates.
    pub(crate) async fn enter(server: &Server, app: &str, token: &Token) -> Self {
        let mut client = Self::connect(server).await;
        let reply = client.auth(app, &token.sign()).await;
        assert_eq!(reply["code"], 200, "{reply}");
        client
    }

    /// A client of the demo app.
    pub(crate) async fn demo(server: &Server, name: &str) -> Self {
        Self::enter(server, "demo-app", &Token::demo(name)).await
    }

    pub(crate) async fn send_message(&mut self, message: Message) {
        soon("sending", self.socket.send(message)).await.unwrap();
    }

    pub(crate) async fn send(&mut self, text: &str) {
        self.send_message(Message::text(text)).await;
    }

    /// Hands over without waiting for the wire.
    pub(crate) async fn feed(&mut self, text: &str) {
        soon("sending", self.socket.feed(Message::text(text))).await.unwrap();
    }

    pub(crate) async fn flush(&mut self) {
        soon("sending", self.socket.flush()).await.unwrap();
    }

    /// The next message, control frames included; nothing at the end.
    pub(crate) async fn message(&mut self) -> Option<Message> {
        soon("a frame", self.socket.next()).await.and_then(Result::ok)
    }

    /// The next text, as it came.
    pub(crate) async fn text(&mut self) -> String {
        loop {
            match self.message().await {
                Some(Message::Text(text)) => return text.as_str().to_owned(),
                Some(Message::Ping(_) | Message::Pong(_)) => {}
                other => panic!("a text was expected, not {other:?}"),
            }
        }
    }

    async fn frame(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The reply to a request with an id; pushes that come before are kept.
    pub(crate) async fn ask(&mut self, event: &str, payload: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({"event": event, "payload": payload, "id": id}).to_string()).await;
        self.reply(&json!(id)).await
    }

    /// The reply to the request with this id.
    pub(crate) async fn reply(&mut self, id: &Value) -> Value {
        loop {
            let frame = self.frame().await;
            if frame.get("code").is_none() {
                self.aside.push_back(frame);
            } else {
                assert_eq!(&frame["id"], id, "{frame}");
                return frame;
            }
        }
    }

    pub(crate) async fn auth(&mut self, app: &str, token: &str) -> Value {
        self.ask("auth", json!({"appId": app, "token": token})).await
    }

    /// The data of a request that succeeds.
    pub(crate) async fn done(&mut self, event: &str, payload: Value) -> Value {
        let mut reply = self.ask(event, payload).await;
        assert_eq!(reply["code"], 200, "{event}: {reply}");
        reply["data"].take()
    }

    /// The code and the reason of a request that is refused.
    pub(crate) async fn refused(&mut self, event: &str, payload: Value) -> (u64, String) {
        let reply = self.ask(event, payload).await;
        assert!(reply["data"].is_null(), "{event}: {reply}");
        (reply["code"].as_u64().unwrap(), reply["reason"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn subscribe(&mut self, channel: &str) {
        let data = self.done("subscribe", json!({"channel": channel})).await;
        assert_eq!(data["channel"], channel);
    }

    pub(crate) async fn say(&mut self, channel: &str, data: impl Into<Value>) -> Value {
        let data: Value = data.into();
        self.done("messageSend", json!({"channel": channel, "data": data})).await
    }

    /// The payload of the next push, which has this event.
    pub(crate) async fn push(&mut self, event: &str) -> Value {
        let mut push = match self.aside.pop_front() {
            Some(push) => push,
            None => self.frame().await,
        };
        assert_eq!(push["event"], event, "{push}");
        push["payload"].take()
    }

    /// The data of the next message.
    pub(crate) async fn hears(&mut self) -> Value {
        self.push("message").await["data"].take()
    }

    /// No push came until now: one that was sent before this call would have come before the
    /// reply.
    pub(crate) async fn hears_nothing(&mut self) {
        self.done("ping", json!({})).await;
        assert!(self.aside.is_empty(), "{:?}", self.aside);
    }

    /// Waits for the server's goodbye.
    pub(crate) async fn goodbye(&mut self) -> Goodbye {
        let mut before: Vec<Value> = self.aside.drain(..).collect();
        let mut code = None;
        while let Some(message) = self.message().await {
            match message {
                Message::Text(text) => before.push(serde_json::from_str(text.as_str()).unwrap()),
                Message::Close(frame) => {
                    code = frame.map(|CloseFrame { code, .. }| u16::from(code));
                }
                Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
            }
        }
        let last = before.pop_if(|frame| frame["event"] == "disconnect");
        Goodbye { disconnect: last.map(|mut push| push["payload"].take()), code, before }
    }

    /// The goodbye has this code and reason, in its push and in its close frame.
    pub(crate) async fn sent_away(&mut self, code: u16, reason: &str) -> Value {
        self.goodbye().await.is(code, reason)
    }

    /// Says goodbye and waits for the answer.
    pub(crate) async fn leave(mut self) {
        soon("closing", self.socket.close(None)).await.unwrap();
        while self.message().await.is_some() {}
    }
}

impl Goodbye {
    /// Has this code and reason, in its push and in its close frame; gives the push's payload.
    #[track_caller]
    pub(crate) fn is(self, code: u16, reason: &str) -> Value {
        assert_eq!(self.code, Some(code), "{self:?}");
        let Some(disconnect) = self.disconnect else { panic!("no disconnect push: {self:?}") };
        assert_eq!(disconnect["code"], code, "{disconnect}");
        assert_eq!(disconnect["reason"], reason, "{disconnect}");
        disconnect
    }
}
