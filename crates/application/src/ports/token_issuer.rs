//! The port that makes tokens, for the command line and the demo page.

use domain::{App, ChannelName, ClientId, Grant, Payload, Scope, Timestamp};

/// What a new token shall say.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    /// Who.
    pub client: ClientId,
    /// Until when.
    pub expires_at: Timestamp,
    /// What it allows; nothing leaves it to the app's default.
    pub caps: Option<Vec<Grant>>,
    /// Subscriptions that it makes.
    pub channels: Vec<ChannelName>,
    /// What others may see of the client.
    pub info: Option<Payload>,
    /// What its holder may do by the server API.
    pub api: Vec<Scope>,
}

/// Why no token was made.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The app has no shared secret: its tokens are made where its private key is.
    #[error("the app holds no shared secret (HS256, HS384 or HS512)")]
    NoSecret,
    /// The key can't sign.
    #[error("the key can't sign: {0}")]
    Unsignable(String),
}

/// Makes tokens with the first shared secret of an app.
///
/// Guarantees of every adapter:
///
/// 1. A token that it makes is verified by the `TokenVerifier` beside it, with the same claims.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait TokenIssuer: Send + Sync {
    /// Makes a token.
    ///
    /// # Errors
    /// The app has no secret, or a key that can't sign.
    fn issue(&self, app: &App, request: &TokenRequest) -> Result<String, IssueError>;
}
