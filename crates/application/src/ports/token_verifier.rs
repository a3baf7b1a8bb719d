//! The port that turns a token into claims.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use domain::{App, Claims};

use super::Cause;

/// Why a token was not turned into claims.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// Not a token, not yet valid, a claim that is missing or of the wrong form, a header that
    /// asks for what is not understood.
    #[error("invalid token: {why}")]
    Invalid {
        /// What is wrong, without any text of the token.
        why: &'static str,
    },
    /// `exp` is past.
    #[error("the token has expired")]
    Expired,
    /// No key of the app made the signature.
    #[error("no key of the app made this signature: {why}")]
    SignatureInvalid {
        /// What was looked for, without any text of the token.
        why: &'static str,
    },
    /// The token names another app, or none where its key demands one.
    #[error("the token is not for this app")]
    AppMismatch,
    /// The token was revoked.
    #[error("the token was revoked")]
    Revoked,
    /// Too many verifications are waiting.
    #[error("too many verifications are waiting")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// Keys could not be had.
    #[error("the keys could not be had")]
    Unavailable {
        /// When to try again.
        retry_after: Duration,
        /// Why.
        #[source]
        cause: Cause,
    },
}

/// Verifies tokens against the keys of an app.
///
/// Guarantees of every adapter:
///
/// 1. Claims are returned only if a key of *this* app made the signature, with the algorithm that
///    the configuration gives that key. The token's header chooses among keys (`kid`), never the
///    algorithm.
/// 2. The signature is judged before any claim, and `exp` as the first claim. `exp` is required;
///    `exp`, `nbf` and `iat` are judged with 30 s of leeway by the given clock.
/// 3. The app id in the token equals the app's, or is absent and the key names an audience that no
///    other app's key of the same source names (the configuration sees to that).
/// 4. Issuer and audience are judged where the key names them.
/// 5. A header with `crit` is refused; so is a key of a JWKS that is a shared secret.
/// 6. The work is bounded: a token longer than 8 KiB is refused unread, without a `kid` at most
///    four keys are tried, and expensive signatures are verified on a pool whose queue is bounded
///    ([`TokenError::Busy`]).
/// 7. Nothing of the token is in an error.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// Verifies `token` for `app`.
    ///
    /// # Errors
    /// See [`TokenError`].
    async fn verify(&self, app: &Arc<App>, token: &str) -> Result<Claims, TokenError>;
}
