//! A client of the Pusher protocol, and the backend that signs for it.

use domain::{ChannelName, PusherKey};
use protocol_pusher::{SocketId, authenticate_user, authorize_channel};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, protocol::CloseFrame};

use crate::{client::Client, server::DEMO_SECRET, server::Server};

/// A connection of the Pusher protocol to the demo app.
pub(crate) struct Pusher {
    client: Client,
    pub(crate) socket: SocketId,
}

/// The demo app's key.
pub(crate) fn demo_key() -> PusherKey {
    PusherKey { key: "demo-key".into(), secret: DEMO_SECRET.into() }
}

/// The goodbye: what errors came, and the close frame's code.
pub(crate) async fn goodbye(client: &mut Client) -> (Vec<Value>, Option<u16>) {
    let (mut errors, mut code) = (Vec::new(), None);
    while let Some(message) = client.message().await {
        match message {
            Message::Text(text) => errors.push(serde_json::from_str(text.as_str()).unwrap()),
            Message::Close(frame) => {
                code = frame.map(|CloseFrame { code, .. }| u16::from(code));
            }
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }
    (errors, code)
}

impl Pusher {
    pub(crate) async fn demo(server: &Server) -> Self {
        Self::connect(server, "demo-key").await
    }

    pub(crate) async fn connect(server: &Server, key: &str) -> Self {
        let path = format!("/app/{key}?protocol=7&client=js&version=8.4.0&flash=false");
        let mut client = Client::dial_path(server, &path, &[]).await.0;
        let greeting: Value = serde_json::from_str(&client.text().await).unwrap();
        assert_eq!(greeting["event"], "pusher:connection_established", "{greeting}");
        let data: Value = serde_json::from_str(greeting["data"].as_str().unwrap()).unwrap();
        assert!(data["activity_timeout"].as_u64().unwrap() >= 5, "{data}");
        let socket = SocketId::parse(data["socket_id"].as_str().unwrap()).unwrap();
        Self { client, socket }
    }

    pub(crate) async fn send(&mut self, frame: Value) {
        self.client.send(&frame.to_string()).await;
    }

    /// The next frame.
    pub(crate) async fn frame(&mut self) -> Value {
        serde_json::from_str(&self.client.text().await).unwrap()
    }

    /// The next frame, which is this event; its data where that is JSON in a text.
    pub(crate) async fn event(&mut self, event: &str) -> Value {
        let frame = self.frame().await;
        assert_eq!(frame["event"], event, "{frame}");
        data_of(&frame)
    }

    /// A public channel, or one that is signed for nobody in particular.
    pub(crate) async fn subscribe(&mut self, channel: &str) {
        self.ask(channel, None).await;
        self.succeeded(channel).await;
    }

    /// A presence channel, as this member; gives who is there.
    pub(crate) async fn enter(&mut self, channel: &str, user: &str) -> Value {
        let data = json!({"user_id": user, "user_info": {"name": user}}).to_string();
        self.ask(channel, Some(data)).await;
        self.succeeded(channel).await["presence"].take()
    }

    /// Asks for a channel, with a signature.
    pub(crate) async fn ask(&mut self, channel: &str, data: Option<String>) {
        let name = ChannelName::parse(channel).unwrap();
        let auth = authorize_channel(&demo_key(), self.socket, &name, data.as_deref());
        let mut fields = json!({"channel": channel, "auth": auth});
        if let Some(data) = data {
            fields["channel_data"] = data.into();
        }
        self.send(json!({"event": "pusher:subscribe", "data": fields})).await;
    }

    pub(crate) async fn succeeded(&mut self, channel: &str) -> Value {
        let frame = self.frame().await;
        assert_eq!(frame["event"], "pusher_internal:subscription_succeeded", "{frame}");
        assert_eq!(frame["channel"], channel, "{frame}");
        data_of(&frame)
    }

    pub(crate) async fn sign_in(&mut self, user: &str) -> Value {
        let data = json!({"id": user, "user_info": {"name": "Al"}}).to_string();
        let auth = authenticate_user(&demo_key(), self.socket, &data);
        let fields = json!({"auth": auth, "user_data": data});
        self.send(json!({"event": "pusher:signin", "data": fields})).await;
        self.event("pusher:signin_success").await
    }

    /// Nothing came until now: what was sent before this call would have come before the answer.
    pub(crate) async fn hears_nothing(&mut self) {
        self.send(json!({"event": "pusher:ping", "data": {}})).await;
        self.event("pusher:pong").await;
    }

    /// The end: errors, and the close frame's code.
    pub(crate) async fn goodbye(mut self) -> (Vec<Value>, Option<u16>) {
        goodbye(&mut self.client).await
    }

    pub(crate) async fn leave(self) {
        self.client.leave().await;
    }
}

/// What is in the text, where it is JSON; the value itself where it is no text.
fn data_of(frame: &Value) -> Value {
    match frame["data"].as_str() {
        Some(text) => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        None => frame["data"].clone(),
    }
}
