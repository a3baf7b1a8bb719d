//! A client of the Pusher protocol.

use serde_json::{Value, json};

use crate::{
    client::{Client, Goodbye},
    http,
    server::Server,
};

/// A connection to the demo app.
pub(crate) struct Guest {
    client: Client,
    pub(crate) socket: String,
}

impl Guest {
    pub(crate) async fn connect(server: &Server) -> Self {
        let path = "/app/demo-key?protocol=7&client=js&version=8.4.0&flash=false";
        let (client, _) = Client::dial_path(server, path, &[]).await;
        let mut guest = Self { client, socket: String::new() };
        let established = guest.hears("pusher:connection_established").await;
        let data: Value = serde_json::from_str(established["data"].as_str().unwrap()).unwrap();
        guest.socket = data["socket_id"].as_str().unwrap().to_owned();
        guest
    }

    /// The next frame, which has this event.
    pub(crate) async fn hears(&mut self, event: &str) -> Value {
        let frame: Value = serde_json::from_str(&self.client.text().await).unwrap();
        assert_eq!(frame["event"], event, "{frame}");
        frame
    }

    pub(crate) async fn says(&mut self, event: &str, data: Value) {
        self.client.send(&json!({"event": event, "data": data}).to_string()).await;
    }

    /// No frame came until now.
    pub(crate) async fn hears_nothing(&mut self) {
        self.says("pusher:ping", json!({})).await;
        self.hears("pusher:pong").await;
    }

    pub(crate) async fn subscribe(&mut self, channel: &str) {
        self.says("pusher:subscribe", json!({"channel": channel})).await;
        self.hears("pusher_internal:subscription_succeeded").await;
    }

    /// With what the demo's own backend signs.
    pub(crate) async fn enter(&mut self, server: &Server, channel: &str, user: &str) -> Value {
        let form = format!("socket_id={}&channel_name={channel}&user_id={user}", self.socket);
        let answer = http::post(server, "/demo/pusher/auth", &[], &form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let mut data = answer.json();
        data["channel"] = json!(channel);
        self.says("pusher:subscribe", data).await;
        self.hears("pusher_internal:subscription_succeeded").await
    }

    pub(crate) async fn sign_in(&mut self, server: &Server, user: &str) {
        let form = format!("socket_id={}&user_id={user}", self.socket);
        let answer = http::post(server, "/demo/pusher/user-auth", &[], &form).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        self.says("pusher:signin", answer.json()).await;
        self.hears("pusher:signin_success").await;
        // As clients of the protocol do then.
        self.subscribe(&format!("#server-to-user-{user}")).await;
    }

    pub(crate) async fn goodbye(&mut self) -> Goodbye {
        self.client.goodbye().await
    }

    pub(crate) async fn leave(self) {
        self.client.leave().await;
    }
}
