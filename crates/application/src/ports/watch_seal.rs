//! The port that makes a token of what lets somebody watch, and reads it again.

use domain::WatchPass;
use secrecy::SecretString;

use super::TokenError;

/// Seals passes into tokens that nobody else can make, and opens them.
///
/// Guarantees of every adapter:
///
/// 1. What was sealed is opened as it was, for as long as it is good: to the millisecond, for the
///    clock is the same.
/// 2. Nothing else is opened: no other text, none with a byte changed, none of another instance.
/// 3. A token begins with [`WatchPass::MARK`] and has at most 1,024 bytes; a longer one is refused
///    unread.
/// 4. Nothing of the token is in an error.
pub trait WatchSeal: Send + Sync {
    /// A token of this pass.
    fn seal(&self, pass: &WatchPass) -> SecretString;

    /// The pass of a token.
    ///
    /// # Errors
    /// `SignatureInvalid`, `Expired`.
    fn open(&self, token: &str) -> Result<WatchPass, TokenError>;
}

/// Where nobody watches: what is sealed is never opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSeal;

impl WatchSeal for NoSeal {
    fn seal(&self, _: &WatchPass) -> SecretString {
        WatchPass::MARK.into()
    }

    fn open(&self, _: &str) -> Result<WatchPass, TokenError> {
        Err(TokenError::SignatureInvalid { why: "nothing is sealed here" })
    }
}
