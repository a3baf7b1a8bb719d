//! The port that knows which tokens are no longer good.

use async_trait::async_trait;
use domain::{AppId, ClientId, Revocation, TokenMark};

use super::Cause;

/// Why tokens were not revoked.
#[derive(Debug, thiserror::Error)]
pub enum RevocationError {
    /// The app has as many as it may ([`RevocationList::PER_APP`](domain::RevocationList::PER_APP)).
    #[error("the app has as many revocations as it may")]
    Full,
    /// They can't be kept right now.
    #[error("revocations can't be kept")]
    Unavailable(#[source] Cause),
}

/// Knows which tokens are no longer good, although they have not expired.
///
/// Guarantees of every adapter:
///
/// 1. After `revoke` returned, `is_revoked` is true for every token that it names, until its end,
///    and for no other.
/// 2. What it refuses changes nothing. At most as many as the list takes are kept of an app; none is
///    forgotten early for a new one.
/// 3. Tokens of different apps are different tokens.
/// 4. An adapter that outlives the process has it on disk before `revoke` returns.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Revocations: Send + Sync {
    /// Revokes tokens of an app.
    ///
    /// # Errors
    /// Nothing was revoked.
    async fn revoke(&self, app: &AppId, revocation: Revocation) -> Result<(), RevocationError>;

    /// Whether a token of this app and client is revoked. Never blocks: every `auth` asks.
    fn is_revoked(&self, app: &AppId, client: &ClientId, token: &TokenMark) -> bool;
}
