//! Identities that a test can foresee.

use std::sync::atomic::{AtomicU64, Ordering};

use application::ports::IdSource;
use domain::{ConnectionId, Epoch, MessageId, SessionToken, Timestamp};
use secrecy::SecretString;

/// Counts from 1, each kind by itself.
#[derive(Debug, Default)]
pub struct SequenceIds {
    connections: AtomicU64,
    sessions: AtomicU64,
    messages: AtomicU64,
    epochs: AtomicU64,
    keys: AtomicU64,
    spread: AtomicU64,
}

fn next(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

impl IdSource for SequenceIds {
    fn connection(&self) -> ConnectionId {
        ConnectionId::from_random(next(&self.connections).into())
    }

    fn session(&self) -> SessionToken {
        SessionToken::from_random(next(&self.sessions).into())
    }

    fn message(&self, _: Timestamp) -> MessageId {
        // Without a text of its own in between, as the production source has none: tests count.
        let (mut text, mut rest) = ([0; 21], next(&self.messages));
        let mut at = text.len();
        while at == text.len() || rest > 0 {
            at -= 1;
            text[at] = b'0' + u8::try_from(rest % 10).unwrap_or(0);
            rest /= 10;
        }
        at -= 1;
        text[at] = b'm';
        MessageId::new(std::str::from_utf8(&text[at..]).unwrap_or("m"))
    }

    fn epoch(&self) -> Epoch {
        Epoch::from_random(next(&self.epochs))
    }

    fn key(&self) -> SecretString {
        format!("{:064x}", next(&self.keys)).into()
    }

    fn below(&self, bound: u64) -> u64 {
        // A large prime: neighbours lie far apart.
        next(&self.spread).wrapping_mul(7_368_787).checked_rem(bound).unwrap_or(0)
    }
}
