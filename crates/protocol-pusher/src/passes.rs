//! What an app's backend signs for a connection: made and judged.

use application::{
    Pass,
    ports::{PassError, PassVerifier},
};
use domain::{App, ChannelName, Claims, ClientId, ConnectionId, Payload, PusherKey, Signed};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{ChannelKind, SocketId, signature};

/// Judges what the apps' Pusher keys signed.
#[derive(Debug, Clone, Copy, Default)]
pub struct PusherPasses;

/// `key:signature` that lets a connection into a channel, as an app's backend answers it; `data` is
/// the `channel_data` of a presence channel.
#[must_use]
pub fn authorize_channel(
    key: &PusherKey,
    socket: SocketId,
    channel: &ChannelName,
    data: Option<&str>,
) -> String {
    format!("{}:{}", key.key, signature::sign(key, &of_channel(socket, channel, data)))
}

/// `key:signature` that says who is at a connection, as an app's backend answers it.
#[must_use]
pub fn authenticate_user(key: &PusherKey, socket: SocketId, data: &str) -> String {
    format!("{}:{}", key.key, signature::sign(key, &of_user(socket, data)))
}

fn of_channel(socket: SocketId, channel: &ChannelName, data: Option<&str>) -> String {
    match data {
        None => format!("{socket}:{channel}"),
        Some(data) => format!("{socket}:{channel}:{data}"),
    }
}

fn of_user(socket: SocketId, data: &str) -> String {
    format!("{socket}::user::{data}")
}

impl PassVerifier for PusherPasses {
    fn channel(
        &self,
        app: &App,
        connection: ConnectionId,
        channel: &ChannelName,
        pass: &Pass,
    ) -> Result<Signed, PassError> {
        let data = pass.data.as_deref();
        judge(app, pass, &of_channel(SocketId::of(connection), channel, data))?;
        // What is signed has a colon between name and data, and names may have colons: only an
        // object is no part of a name. A pass of `private-a:b` would else be one of `private-a`.
        data.map_or(Ok(()), must_be_object)?;
        match data {
            // Elsewhere nobody asks who it is.
            Some(data) if ChannelKind::of(channel).presence => read(data, Names::MEMBER),
            Some(_) | None => Ok(Signed { client: None, info: None }),
        }
    }

    fn user(&self, app: &App, connection: ConnectionId, pass: &Pass) -> Result<Signed, PassError> {
        let data = pass.data.as_deref().unwrap_or_default();
        judge(app, pass, &of_user(SocketId::of(connection), data))?;
        must_be_object(data)?;
        read(data, Names::USER)
    }
}

/// Whether one of the app's keys signed the text.
fn judge(app: &App, pass: &Pass, text: &str) -> Result<(), PassError> {
    let (name, signature) =
        pass.signature.expose_secret().split_once(':').ok_or(PassError::Forged)?;
    let mut keys = app.pusher_keys.iter().filter(|key| *key.key == *name);
    let signed = keys.any(|key| signature::verify(key, text, signature));
    if signed { Ok(()) } else { Err(PassError::Forged) }
}

/// Where the data has whose it is, and what is wrong with it.
struct Names {
    id: fn(Fields<'_>) -> Option<&RawValue>,
    missing: &'static str,
    unfit: &'static str,
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    user_id: Option<&'a RawValue>,
    #[serde(borrow)]
    user_info: Option<&'a RawValue>,
}

impl Names {
    const MEMBER: Self = Self {
        id: |fields| fields.user_id,
        missing: "channel_data has no user_id",
        unfit: "user_id is not 1 to 128 of A-Z a-z 0-9 _ . @ - | : + =",
    };
    const USER: Self = Self {
        id: |fields| fields.id,
        missing: "user_data has no id",
        unfit: "id is not 1 to 128 of A-Z a-z 0-9 _ . @ - | : + =",
    };
}

const NO_OBJECT: PassError = PassError::Unusable("the data is not a JSON object");

fn must_be_object(data: &str) -> Result<(), PassError> {
    if data.trim_ascii_start().starts_with('{') { Ok(()) } else { Err(NO_OBJECT) }
}

fn read(data: &str, names: Names) -> Result<Signed, PassError> {
    let fields: Fields<'_> = serde_json::from_str(data).map_err(|_| NO_OBJECT)?;
    let info = fields.user_info.filter(|info| info.get() != "null");
    let info = info.map(|info| Payload::compact(info, Claims::INFO_LIMIT)).transpose();
    let info = info.map_err(|_| PassError::Unusable("user_info has more than 1024 bytes"))?;
    let id = (names.id)(fields).ok_or(PassError::Unusable(names.missing))?;
    let client = text_of(id).and_then(|id| ClientId::parse(&id).ok());
    Ok(Signed { client: Some(client.ok_or(PassError::Unusable(names.unfit))?), info })
}

/// A text, or a number as backends write ids of their databases.
fn text_of(id: &RawValue) -> Option<String> {
    if id.get().starts_with('"') {
        return serde_json::from_str(id.get()).ok();
    }
    let digits = id.get().strip_prefix('-').unwrap_or(id.get());
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| id.get().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::AppId;

    fn app() -> App {
        let key = |key: &str, secret: &str| PusherKey { key: key.into(), secret: secret.into() };
        let pusher_keys = vec![key("old", "s-1"), key("new", "s-2")];
        App { pusher_keys, ..App::new(AppId::parse("shop").unwrap()) }
    }

    fn channel(name: &str) -> ChannelName {
        ChannelName::parse(name).unwrap()
    }

    const HERE: ConnectionId = ConnectionId::from_random(7);
    const THERE: ConnectionId = ConnectionId::from_random(8);

    fn pass(signature: &str, data: Option<&str>) -> Pass {
        Pass { signature: signature.to_owned().into(), data: data.map(Into::into) }
    }

    #[test]
    fn a_pass_is_good_for_its_connection_channel_and_data_by_every_key() {
        let (app, room) = (app(), channel("presence-room"));
        let data = r#"{"user_id":17,"user_info":{"name": "Al"}}"#;
        for key in &app.pusher_keys {
            let signature = authorize_channel(key, SocketId::of(HERE), &room, Some(data));
            let good = pass(&signature, Some(data));
            let signed = PusherPasses.channel(&app, HERE, &room, &good).unwrap();
            assert_eq!(signed.client.unwrap().as_str(), "17");
            assert_eq!(signed.info.unwrap().as_str(), r#"{"name":"Al"}"#);
            let forged = [
                PusherPasses.channel(&app, THERE, &room, &good),
                PusherPasses.channel(&app, HERE, &channel("presence-other"), &good),
                PusherPasses.channel(
                    &app,
                    HERE,
                    &room,
                    &pass(&signature, Some("{\"user_id\":18}")),
                ),
                PusherPasses.channel(&app, HERE, &room, &pass(&signature, None)),
                PusherPasses.user(&app, HERE, &good),
                PusherPasses.channel(&App::new(app.id.clone()), HERE, &room, &good),
            ];
            assert!(forged.into_iter().all(|judged| judged == Err(PassError::Forged)));
        }
        let mixed = authorize_channel(&app.pusher_keys[0], SocketId::of(HERE), &room, None);
        let mixed = mixed.replace("old:", "new:");
        assert_eq!(
            PusherPasses.channel(&app, HERE, &room, &pass(&mixed, None)),
            Err(PassError::Forged)
        );
    }

    /// Both are the same signed text, as channels' names may have colons.
    #[test]
    fn a_pass_of_one_channel_is_none_of_another_with_the_rest_of_its_name_as_data() {
        let app = app();
        for (name, shorter) in [
            ("private-a:b", "private-a"),
            ("presence-a:1", "presence-a"),
            ("private-a::", "private-a"),
        ] {
            let name = channel(name);
            let auth = authorize_channel(&app.pusher_keys[0], SocketId::of(HERE), &name, None);
            assert!(PusherPasses.channel(&app, HERE, &name, &pass(&auth, None)).is_ok());
            let rest = &name.as_str()[shorter.len() + 1..];
            let judged =
                PusherPasses.channel(&app, HERE, &channel(shorter), &pass(&auth, Some(rest)));
            assert!(matches!(judged, Err(PassError::Unusable(_))), "{name}: {judged:?}");
        }
        // Data that is no part of a name is taken where nobody asks for it.
        let (room, data) = (channel("private-a"), r#"{"x":1}"#);
        let auth = authorize_channel(&app.pusher_keys[0], SocketId::of(HERE), &room, Some(data));
        assert!(PusherPasses.channel(&app, HERE, &room, &pass(&auth, Some(data))).is_ok());
    }

    #[test]
    fn a_user_says_who_it_is() {
        let app = app();
        let data = r#"{"id":"alice","user_info":null}"#;
        let signature = authenticate_user(&app.pusher_keys[1], SocketId::of(HERE), data);
        let signed = PusherPasses.user(&app, HERE, &pass(&signature, Some(data))).unwrap();
        assert_eq!((signed.client.unwrap().as_str(), signed.info), ("alice", None));
    }

    #[test]
    fn what_is_signed_and_does_not_fit_is_told() {
        let (app, room) = (app(), channel("presence-room"));
        let large = format!(r#"{{"user_id":"a","user_info":"{}"}}"#, "x".repeat(1100));
        for data in [
            "[]x",
            r#"["a","a",null]"#,
            "{}",
            r#"{"user_id":"a b"}"#,
            r#"{"user_id":1.5}"#,
            r#"{"user_id":[]}"#,
            &large,
        ] {
            let signature =
                authorize_channel(&app.pusher_keys[0], SocketId::of(HERE), &room, Some(data));
            let judged = PusherPasses.channel(&app, HERE, &room, &pass(&signature, Some(data)));
            assert!(matches!(judged, Err(PassError::Unusable(_))), "{data}: {judged:?}");
        }
    }
}
