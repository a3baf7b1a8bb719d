//! Keys of the Pusher protocol.

use secrecy::SecretString;

/// A public key and its secret; an app may have several, for rotation.
#[derive(Debug, Clone)]
pub struct PusherKey {
    /// What a client puts in its address: 1 to 64 of `A-Z a-z 0-9 _ -`.
    pub key: Box<str>,
    /// What signs channel authentication and API requests.
    pub secret: SecretString,
}
