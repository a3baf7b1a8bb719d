//! Randomness from the cryptographic generator.

use application::ports::IdSource;
use aws_lc_rs::rand;
use domain::{ConnectionId, Epoch, MessageId, SessionToken, Timestamp};
use secrecy::SecretString;
use uuid::Uuid;

/// Identities from the process's cryptographic generator.
#[derive(Debug, Default)]
pub struct RandomIds;

impl RandomIds {
    /// `N` random bytes.
    ///
    /// # Panics
    /// Where the operating system gives no randomness: nothing that follows would be safe.
    fn bytes<const N: usize>() -> [u8; N] {
        let mut bytes = [0; N];
        assert!(rand::fill(&mut bytes).is_ok(), "the operating system gives no randomness");
        bytes
    }
}

impl IdSource for RandomIds {
    fn connection(&self) -> ConnectionId {
        ConnectionId::from_random(u128::from_be_bytes(Self::bytes()))
    }

    fn session(&self) -> SessionToken {
        SessionToken::from_random(u128::from_be_bytes(Self::bytes()))
    }

    fn message(&self, ts: Timestamp) -> MessageId {
        let id = uuid::Builder::from_unix_timestamp_millis(ts.as_millis(), &Self::bytes());
        MessageId::new(id.into_uuid().hyphenated().encode_lower(&mut Uuid::encode_buffer()))
    }

    fn epoch(&self) -> Epoch {
        Epoch::from_random(u64::from_be_bytes(Self::bytes()))
    }

    fn key(&self) -> SecretString {
        let digits =
            Self::bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        digits.into()
    }

    fn below(&self, bound: u64) -> u64 {
        // Multiply and shift: the bias is below one in 2^64 over `bound`, nothing for a spread.
        let random = u64::from_be_bytes(Self::bytes());
        u64::try_from((u128::from(random) * u128::from(bound)) >> 64).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn ids_are_unique_and_messages_sort_by_time() {
        let ids = RandomIds;
        let connections: HashSet<_> = (0..1000).map(|_| ids.connection()).collect();
        assert_eq!(connections.len(), 1000);
        let earlier = ids.message(Timestamp::from_millis(1_700_000_000_000));
        let later = ids.message(Timestamp::from_millis(1_700_000_000_001));
        assert!(earlier.as_str() < later.as_str());
        assert_eq!(earlier.as_str().len(), 36);
    }

    #[test]
    fn a_spread_stays_below_its_bound() {
        assert_eq!(RandomIds.below(0), 0);
        assert!((0..1000).all(|_| RandomIds.below(7) < 7));
    }
}
