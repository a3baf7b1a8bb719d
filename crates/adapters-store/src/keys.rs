//! What was sent under which key.

use std::collections::{BTreeSet, HashMap};

use application::ports::{BrokerError, KEYS_PER_APP};
use aws_lc_rs::digest::{Context, SHA256};
use domain::{Draft, Epoch, MessageId, Offset, Position, Receipt, Timestamp};

use crate::{
    encoding::{Reader, Writer},
    space::{AppNumber, split_app},
};

/// Whose key it is: the same text of another app, client or channel is another key. A hash, so that
/// each takes the same small room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct KeyScope {
    pub(crate) app: AppNumber,
    hash: [u8; 32],
}

impl KeyScope {
    /// Of a draft that has a key.
    pub(crate) fn of(app: AppNumber, draft: &Draft) -> Option<Self> {
        let key = draft.key.as_ref()?;
        let mut hash = Context::new(&SHA256);
        // None of the three has a control character, so nothing moves from one to the other.
        for part in [draft.channel.channel.as_str(), draft.source.author.as_str(), key.as_str()] {
            hash.update(part.as_bytes());
            hash.update(&[0]);
        }
        Some(Self { app, hash: array(hash.finish().as_ref()) })
    }

    /// The key on disk.
    pub(crate) fn to_bytes(self) -> [u8; 36] {
        let mut bytes = [0; 36];
        bytes[..4].copy_from_slice(&self.app.to_be_bytes());
        bytes[4..].copy_from_slice(&self.hash);
        bytes
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (app, hash) = split_app(bytes)?;
        Some(Self { app, hash: hash.try_into().ok()? })
    }
}

/// What two sends must have in common to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content([u8; 32]);

impl Content {
    pub(crate) fn of(draft: &Draft) -> Self {
        let name = draft.name.as_ref().map_or("", |name| name.as_str());
        let mut hash = Context::new(&SHA256);
        hash.update(&[u8::from(draft.source.hidden_from.is_none())]);
        hash.update(name.as_bytes());
        // No name has this byte, so that nothing moves from one to the other.
        hash.update(&[0]);
        hash.update(draft.data.as_str().as_bytes());
        Self(array(hash.finish().as_ref()))
    }
}

fn array(bytes: &[u8]) -> [u8; 32] {
    let mut array = [0; 32];
    array.copy_from_slice(bytes);
    array
}

/// What was published under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) content: Content,
    pub(crate) receipt: Receipt,
    /// From then on the key is free.
    pub(crate) until: Timestamp,
}

impl Remembered {
    pub(crate) fn encode(&self, key: &[u8]) -> Vec<u8> {
        let Receipt { id, ts, position, repeated: _ } = &self.receipt;
        let mut to = Writer::with_capacity(128);
        to.bytes(&self.content.0);
        to.u64(self.until.as_millis());
        to.u64(ts.as_millis());
        to.text(id.as_str());
        // 0 is no message's offset.
        to.u64(position.map_or(0, |position| position.offset.0));
        to.u64(position.map_or(0, |position| position.epoch.bits()));
        to.sealed(key)
    }

    /// Nothing where the bytes are not what was written.
    pub(crate) fn decode(key: &[u8], value: &[u8]) -> Option<Self> {
        let mut from = Reader::unsealed(key, value)?;
        let content = Content(from.array()?);
        let until = Timestamp::from_millis(from.u64()?);
        let ts = Timestamp::from_millis(from.u64()?);
        let id = MessageId::new(from.text()?);
        let (offset, epoch) = (Offset(from.u64()?), Epoch::from_random(from.u64()?));
        let position = (offset.0 > 0).then_some(Position { epoch, offset });
        let receipt = Receipt { id, ts, position, repeated: false };
        Some(Self { content, receipt, until })
    }
}

/// The keys that are remembered: all of them are in memory, so that a send never waits for a read.
#[derive(Default)]
pub(crate) struct Keys {
    known: HashMap<KeyScope, Remembered>,
    /// By the time at which they become free.
    ends: BTreeSet<(Timestamp, KeyScope)>,
    /// How many each app has, at most [`KEYS_PER_APP`].
    counts: HashMap<AppNumber, usize>,
}

impl Keys {
    /// What was published under the key, if anything was and still counts.
    pub(crate) fn find(
        &self,
        scope: &KeyScope,
        content: Content,
        now: Timestamp,
    ) -> Option<Result<Receipt, BrokerError>> {
        let known = self.known.get(scope).filter(|known| known.until > now)?;
        if known.content != content {
            return Some(Err(BrokerError::Conflict));
        }
        Some(Ok(Receipt { repeated: true, ..known.receipt.clone() }))
    }

    /// Whether the key can be remembered.
    pub(crate) fn has_room(&self, scope: &KeyScope) -> bool {
        self.known.contains_key(scope)
            || self.counts.get(&scope.app).is_none_or(|count| *count < KEYS_PER_APP)
    }

    /// Remembers what is published.
    pub(crate) fn remember(&mut self, scope: KeyScope, sent: Remembered) {
        self.ends.insert((sent.until, scope));
        match self.known.insert(scope, sent) {
            Some(before) => {
                self.ends.remove(&(before.until, scope));
                // Both may have the same end.
                let until = self.known.get(&scope).map(|known| known.until);
                self.ends.extend(until.map(|until| (until, scope)));
            }
            None => *self.counts.entry(scope.app).or_default() += 1,
        }
    }

    /// Forgets the keys of an app, and names them.
    pub(crate) fn forget(&mut self, app: AppNumber) -> Vec<KeyScope> {
        let its = self.known.iter().filter(|(scope, _)| scope.app == app);
        let gone: Vec<_> = its.map(|(scope, known)| (*scope, known.until)).collect();
        for (scope, until) in &gone {
            self.known.remove(scope);
            self.ends.remove(&(*until, *scope));
        }
        self.counts.remove(&app);
        gone.into_iter().map(|(scope, _)| scope).collect()
    }

    /// Forgets at most `most` keys that no longer count, and names them.
    pub(crate) fn expire(&mut self, now: Timestamp, most: usize) -> Vec<KeyScope> {
        let mut gone = Vec::new();
        while gone.len() < most {
            let Some(end) = self.ends.first().copied().filter(|(until, _)| *until <= now) else {
                break;
            };
            self.ends.remove(&end);
            self.known.remove(&end.1);
            if let Some(count) = self.counts.get_mut(&end.1.app) {
                *count -= 1;
            }
            gone.push(end.1);
        }
        gone
    }

    /// Whether any key no longer counts.
    pub(crate) fn has_expired(&self, now: Timestamp) -> bool {
        self.ends.first().is_some_and(|(until, _)| *until <= now)
    }

    pub(crate) fn len(&self) -> usize {
        self.known.len()
    }

    /// The keys with what they gave, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&KeyScope, &Remembered)> {
        self.known.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(until: u64) -> Remembered {
        let position = Position { epoch: Epoch::from_random(7), offset: Offset(1) };
        Remembered {
            content: Content([1; 32]),
            receipt: Receipt {
                id: MessageId::new("m"),
                ts: Timestamp::from_millis(5),
                position: Some(position),
                repeated: false,
            },
            until: Timestamp::from_millis(until),
        }
    }

    #[test]
    fn what_a_key_gave_comes_back_as_it_was() {
        let known = sent(9);
        assert_eq!(Remembered::decode(b"key", &known.encode(b"key")), Some(known.clone()));
        let receipt = Receipt { position: None, ..known.receipt.clone() };
        let placeless = Remembered { receipt, ..known };
        assert_eq!(Remembered::decode(b"key", &placeless.encode(b"key")), Some(placeless));
    }

    #[test]
    fn keys_go_when_their_time_is_over_and_count_once() {
        let scope = |n: u8| KeyScope { app: 1, hash: [n; 32] };
        let mut keys = Keys::default();
        keys.remember(scope(1), sent(10));
        keys.remember(scope(2), sent(20));
        keys.remember(scope(1), sent(10));
        keys.remember(scope(1), sent(30));
        assert_eq!((keys.len(), keys.counts[&1]), (2, 2));
        assert_eq!(keys.expire(Timestamp::from_millis(20), 9), [scope(2)]);
        assert_eq!(keys.expire(Timestamp::from_millis(30), 9), [scope(1)]);
        assert_eq!((keys.len(), keys.counts[&1], keys.ends.len()), (0, 0, 0));
    }
}
