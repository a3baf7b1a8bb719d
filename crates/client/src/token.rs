//! Where tokens come from.

use std::future::Future;

use futures_util::future::BoxFuture;

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Asking again may help.
    #[error("no token now: {0}")]
    Retry(String),
    /// There will be none: the client stops.
    #[error("no token: {0}")]
    Denied(String),
}

/// Fetches a token. Called before the first connection, before the token's end, and after it was
/// refused; never twice at once.
pub struct TokenSource(Box<dyn Fn() -> BoxFuture<'static, Result<String, TokenError>> + Send>);

impl TokenSource {
    /// By a callback.
    pub fn new<F, T>(fetch: F) -> Self
    where
        F: Fn() -> T + Send + 'static,
        T: Future<Output = Result<String, TokenError>> + Send + 'static,
    {
        Self(Box::new(move || Box::pin(fetch())))
    }

    /// Always the same token: the client stops when it ends.
    #[must_use]
    pub fn fixed(token: impl Into<String>) -> Self {
        let token = token.into();
        Self::new(move || {
            let token = token.clone();
            async move { Ok(token) }
        })
    }

    pub(crate) fn fetch(&self) -> BoxFuture<'static, Result<String, TokenError>> {
        (self.0)()
    }
}
