//! What every `PassVerifier` guarantees.

use application::{
    Pass,
    ports::{PassError, PassVerifier},
};
use domain::{App, ChannelName, ConnectionId};

/// What the suite needs of an adapter.
pub trait PassFixture {
    /// The adapter.
    fn verifier(&self) -> Box<dyn PassVerifier>;

    /// Two apps, each with a key of its own.
    fn apps(&self) -> [App; 2];

    /// A pass of the app's backend for a connection and a channel, for the client `alice`.
    fn channel_pass(&self, app: &App, connection: ConnectionId, channel: &ChannelName) -> Pass;

    /// One that says who is at a connection: `alice`.
    fn user_pass(&self, app: &App, connection: ConnectionId) -> Pass;
}

fn channel(name: &str) -> ChannelName {
    ChannelName::parse(name).expect("a channel's name")
}

/// Guarantee 1: a pass is good for its app, connection and channel, or for signing in, and for
/// nothing else.
///
/// # Panics
/// The adapter breaks the guarantee.
pub fn a_pass_is_good_for_what_it_was_signed_for(fixture: &dyn PassFixture) {
    let (verifier, [shop, bazaar]) = (fixture.verifier(), fixture.apps());
    let (here, there) = (ConnectionId::from_random(1), ConnectionId::from_random(2));
    let (room, other) = (channel("presence-room"), channel("presence-other"));
    let pass = fixture.channel_pass(&shop, here, &room);
    let signed = verifier.channel(&shop, here, &room, &pass).expect("taken");
    assert_eq!(signed.client.as_ref().map(|client| client.as_str()), Some("alice"));
    let user = fixture.user_pass(&shop, here);
    let signed = verifier.user(&shop, here, &user).expect("taken");
    assert_eq!(signed.client.as_ref().map(|client| client.as_str()), Some("alice"));
    let changed = Pass { data: Some(r#"{"user_id":"bob","id":"bob"}"#.into()), ..pass.clone() };
    for refused in [
        verifier.channel(&bazaar, here, &room, &pass),
        verifier.channel(&shop, there, &room, &pass),
        verifier.channel(&shop, here, &other, &pass),
        verifier.channel(&shop, here, &room, &user),
        verifier.channel(&shop, here, &room, &changed),
        verifier.user(&shop, here, &pass),
        verifier.user(&shop, there, &user),
        verifier.user(&bazaar, here, &user),
    ] {
        assert_eq!(refused, Err(PassError::Forged));
    }
}
