//! The suite of the port.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

use application::{Pass, ports::PassVerifier};
use domain::{App, AppId, ChannelName, ConnectionId, PusherKey};
use protocol_pusher::{PusherPasses, SocketId, authenticate_user, authorize_channel};
use testkit::contracts::pass_verifier::{self as suite, PassFixture};

struct Pusher;

impl PassFixture for Pusher {
    fn verifier(&self) -> Box<dyn PassVerifier> {
        Box::new(PusherPasses)
    }

    fn apps(&self) -> [App; 2] {
        // The same name of a key in both: what counts is the secret.
        ["shop", "bazaar"].map(|id| {
            let secret = format!("secret of {id}").into();
            let pusher_keys = vec![PusherKey { key: "key".into(), secret }];
            App { pusher_keys, ..App::new(AppId::parse(id).unwrap()) }
        })
    }

    fn channel_pass(&self, app: &App, connection: ConnectionId, channel: &ChannelName) -> Pass {
        let (socket, data) = (SocketId::of(connection), r#"{"user_id":"alice"}"#);
        let signature = authorize_channel(&app.pusher_keys[0], socket, channel, Some(data));
        Pass { signature: signature.into(), data: Some(data.into()) }
    }

    fn user_pass(&self, app: &App, connection: ConnectionId) -> Pass {
        let data = r#"{"id":"alice"}"#;
        let signature = authenticate_user(&app.pusher_keys[0], SocketId::of(connection), data);
        Pass { signature: signature.into(), data: Some(data.into()) }
    }
}

#[test]
fn pass_verifier_1_a_pass_is_good_for_what_it_was_signed_for() {
    suite::a_pass_is_good_for_what_it_was_signed_for(&Pusher);
}
