//! Identities that a test can foresee.

use std::sync::atomic::{AtomicU64, Ordering};

use application::ports::IdSource;
use domain::{ConnectionId, Epoch, MessageId, SessionToken, Timestamp};

/// Counts from 1, each kind by itself.
#[derive(Debug, Default)]
pub struct SequenceIds {
    connections: AtomicU64,
    sessions: AtomicU64,
    messages: AtomicU64,
    epochs: AtomicU64,
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
        MessageId::new(&format!("m{}", next(&self.messages)))
    }

    fn epoch(&self) -> Epoch {
        Epoch::from_random(next(&self.epochs))
    }

    fn below(&self, bound: u64) -> u64 {
        // A large prime: neighbours lie far apart.
        next(&self.spread).wrapping_mul(7_368_787).checked_rem(bound).unwrap_or(0)
    }
}
