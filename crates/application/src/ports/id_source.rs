//! The only source of randomness.

use domain::{ConnectionId, Epoch, MessageId, SessionToken, Timestamp};
use secrecy::SecretString;

/// Makes identities, so that a test can replay them.
///
/// Guarantees of every adapter for production:
///
/// 1. All bits come from a cryptographic generator: nobody can guess a connection or a session.
/// 2. Message ids sort by the time they were made at, by the millisecond.
pub trait IdSource: Send + Sync {
    /// A new connection's id.
    fn connection(&self) -> ConnectionId;

    /// A new session's token.
    fn session(&self) -> SessionToken;

    /// A new message's id.
    fn message(&self, ts: Timestamp) -> MessageId;

    /// A new stream's epoch.
    fn epoch(&self) -> Epoch;

    /// A new key for an app: 256 random bits as 64 hexadecimal digits.
    fn key(&self) -> SecretString;

    /// A number from 0 to less than `bound`, for spreading; 0 where `bound` is 0.
    fn below(&self, bound: u64) -> u64;
}
