//! What a verified token says.

use crate::{ChannelName, ClientId, Grant, Payload, Scope, Timestamp};

/// The claims of a token whose signature, times, app, issuer and audience were verified.
#[derive(Debug, Clone)]
pub struct Claims {
    /// Who holds the token.
    pub client: ClientId,
    /// `exp`: from then on the token is not taken (leeway aside).
    pub expires_at: Timestamp,
    /// `iat`.
    pub issued_at: Option<Timestamp>,
    /// `jti`: what a revocation names.
    pub token_id: Option<Box<str>>,
    /// `caps`; nothing where the token leaves it to the app's default.
    pub caps: Option<Vec<Grant>>,
    /// `channels`: subscriptions that the token makes, without a further grant.
    pub channels: Vec<ChannelName>,
    /// `info`: what others may see of the client.
    pub info: Option<Payload>,
    /// `api`: what its holder may do by the server API. Nothing unless the token says so.
    pub api: Vec<Scope>,
}

impl Claims {
    /// The most bytes of `info`, compacted.
    pub const INFO_LIMIT: usize = 1024;
    /// The most channels in `channels`; `docs/configuration.md` gives the app's own limit.
    pub const CHANNELS_LIMIT: usize = 128;
    /// The most patterns in `caps`.
    pub const CAPS_LIMIT: usize = 128;
}
