//! What a backend of one's own signs, for pages of the demo app.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use application::DemoToken;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
    routing::post,
};
use domain::{App, ChannelName, Claims, ClientId, ErrorCode, Language, Payload, PusherKey};
use http::request::Parts;
use listener::Arrival;
use protocol_pusher::{ChannelKind, SocketId, authenticate_user, authorize_channel};
use serde::Deserialize;
use serde_json::json;

use super::answer;
use crate::demo_token::{refuse, refuse_because};

/// The most bytes of a request's body, and how long it may take to come.
const BODY_BYTES: usize = 8 * 1024;
const BODY_TIME: Duration = Duration::from_secs(5);

#[derive(Clone)]
struct Demo {
    tokens: Arc<DemoToken>,
    language: Language,
}

/// `POST /demo/pusher/auth` and `/demo/pusher/user-auth`: what a backend of one's own signs, signed
/// with the demo app's key, for this same machine only.
pub fn demo_pusher(tokens: Arc<DemoToken>, language: Language) -> Router {
    Router::new()
        .route("/demo/pusher/auth", post(channel))
        .route("/demo/pusher/user-auth", post(user))
        .with_state(Demo { tokens, language })
}

/// What is asked, by a form or as JSON.
#[derive(Deserialize, Default)]
struct Fields {
    socket_id: Option<String>,
    channel_name: Option<String>,
    user_id: Option<String>,
    user_info: Option<String>,
}

/// A wish of somebody whom the demo's rules let in.
struct Wish {
    app: Arc<App>,
    fields: Fields,
    socket: SocketId,
}

async fn channel(State(demo): State<Demo>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match demo.wish(&parts, body).await {
        Ok(wish) => demo.sign_channel(&wish).unwrap_or_else(|refused| *refused),
        Err(refused) => *refused,
    }
}

async fn user(State(demo): State<Demo>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    match demo.wish(&parts, body).await {
        Ok(wish) => demo.sign_user(&wish).unwrap_or_else(|refused| *refused),
        Err(refused) => *refused,
    }
}

/// An answer that says no.
type Refused = Box<Response>;

impl Demo {
    async fn wish(&self, parts: &Parts, body: Body) -> Result<Wish, Refused> {
        let Some(arrival) = parts.extensions.get::<Arrival>() else {
            return Err(Box::new(refuse_because(self.language, ErrorCode::Internal, "no arrival")));
        };
        // Before the body is read: strangers are not worth a wait.
        let peer = arrival.peer(&parts.uri, &parts.headers);
        let app = self.tokens.admit(&peer).await;
        let app = app.map_err(|error| Box::new(refuse(self.language, &error)))?;
        let fields = fields(body).await.map_err(|detail| self.bad(detail))?;
        let socket = fields.socket_id.as_deref().and_then(SocketId::parse);
        let socket = socket.ok_or_else(|| self.bad("socket_id is not digits.digits"))?;
        Ok(Wish { app, fields, socket })
    }

    fn sign_channel(&self, wish: &Wish) -> Result<Response, Refused> {
        let name = wish.fields.channel_name.as_deref().unwrap_or_default();
        let channel =
            ChannelName::parse(name).map_err(|error| self.bad(&format!("channel_name {error}")))?;
        let kind = ChannelKind::of(&channel);
        if !kind.signed {
            return Err(self.bad("channel_name begins with neither private- nor presence-"));
        }
        let key = self.key(wish)?;
        let data = kind.presence.then(|| self.data("user_id", &wish.fields)).transpose()?;
        let auth = authorize_channel(key, wish.socket, &channel, data.as_deref());
        let signed = match data {
            Some(data) => json!({"auth": auth, "channel_data": data}),
            None => json!({"auth": auth}),
        };
        Ok(answer(signed.to_string().into()).into_response())
    }

    fn sign_user(&self, wish: &Wish) -> Result<Response, Refused> {
        let key = self.key(wish)?;
        let data = self.data("id", &wish.fields)?;
        let auth = authenticate_user(key, wish.socket, &data);
        let signed = json!({"auth": auth, "user_data": data});
        Ok(answer(signed.to_string().into()).into_response())
    }

    /// `{"user_id":...,"user_info":...}`: who it says it is, else a guest with a random name.
    fn data(&self, id: &'static str, fields: &Fields) -> Result<String, Refused> {
        let client = fields.user_id.as_deref().map(ClientId::parse).transpose();
        let client = client.map_err(|error| self.bad(&format!("user_id {error}")))?;
        let client = self.tokens.named(client);
        let client = client.map_err(|error| Box::new(refuse(self.language, &error)))?;
        let info = fields.user_info.as_deref();
        let info = info.map(|info| Payload::parse(info, Claims::INFO_LIMIT)).transpose();
        let info = info.map_err(|error| self.bad(&format!("user_info {error}")))?;
        // No name of a client needs an escape.
        Ok(match info {
            Some(info) => format!(r#"{{"{id}":"{client}","user_info":{}}}"#, info.as_str()),
            None => format!(r#"{{"{id}":"{client}"}}"#),
        })
    }

    fn key<'a>(&self, wish: &'a Wish) -> Result<&'a PusherKey, Refused> {
        let none = "the demo app has no key";
        let refused = || Box::new(refuse_because(self.language, ErrorCode::Internal, none));
        wish.app.pusher_keys.first().ok_or_else(refused)
    }

    fn bad(&self, detail: &str) -> Refused {
        Box::new(refuse_because(self.language, ErrorCode::InvalidParams, detail))
    }
}

async fn fields(body: Body) -> Result<Fields, &'static str> {
    let bytes = tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, BODY_BYTES)).await;
    let bytes = bytes.map_err(|_| "the body did not come in time")?;
    let bytes = bytes.map_err(|_| "the body has more than 8192 bytes")?;
    read(&bytes)
}

/// JSON where it begins so, else a form.
fn read(body: &[u8]) -> Result<Fields, &'static str> {
    if body.trim_ascii_start().starts_with(b"{") {
        let what = "the body is not an object with the texts socket_id, channel_name, user_id and \
                    user_info";
        return serde_json::from_slice(body).map_err(|_| what);
    }
    let mut given = BTreeMap::new();
    for (key, value) in form_urlencoded::parse(body) {
        if given.insert(key, value.into_owned()).is_some() {
            return Err("the form has a field twice");
        }
    }
    Ok(Fields {
        socket_id: given.remove("socket_id"),
        channel_name: given.remove("channel_name"),
        user_id: given.remove("user_id"),
        user_info: given.remove("user_info"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_json_say_the_same() {
        let form = b"socket_id=1.2&channel_name=presence-a%23&user_info=%7B%22a%22%3A+1%7D&x=y";
        let json = br#"{"socket_id":"1.2","channel_name":"presence-a#","user_info":"{\"a\": 1}"}"#;
        for body in [&form[..], &json[..]] {
            let fields = read(body).unwrap();
            assert_eq!(fields.socket_id.as_deref(), Some("1.2"));
            assert_eq!(fields.channel_name.as_deref(), Some("presence-a#"));
            assert_eq!(fields.user_info.as_deref(), Some(r#"{"a": 1}"#));
            assert_eq!(fields.user_id, None);
        }
        assert!(read(b"socket_id=1.2&socket_id=1.3").is_err());
        assert!(read(br#"{"socket_id":1.2}"#).is_err());
        assert!(read(b"").unwrap().socket_id.is_none());
    }
}
