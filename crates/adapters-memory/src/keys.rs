//! What was sent under which key.

use std::collections::HashMap;

use application::ports::BrokerError;
use aws_lc_rs::digest::{SHA256, digest};
use domain::{AppId, Author, ChannelKey, Draft, MessageKey, Receipt, Timestamp};

/// Whose key it is: the same text of another client or channel is another key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct KeyScope {
    channel: ChannelKey,
    author: Author,
    key: MessageKey,
}

impl KeyScope {
    /// Of a draft that has a key.
    pub(crate) fn of(draft: &Draft) -> Option<Self> {
        let key = draft.key.clone()?;
        Some(Self { channel: draft.channel.clone(), author: draft.source.author.clone(), key })
    }

    pub(crate) fn app(&self) -> &AppId {
        &self.channel.app
    }
}

/// What two sends must have in common to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content([u8; 32]);

impl Content {
    pub(crate) fn of(draft: &Draft) -> Self {
        let name = draft.name.as_ref().map_or("", |name| name.as_str());
        let mut bytes = Vec::with_capacity(name.len() + draft.data.as_str().len() + 2);
        bytes.push(u8::from(draft.source.hidden_from.is_none()));
        bytes.extend_from_slice(name.as_bytes());
        // No name has this byte, so that nothing moves from one to the other.
        bytes.push(0);
        bytes.extend_from_slice(draft.data.as_str().as_bytes());
        let mut content = [0; 32];
        content.copy_from_slice(digest(&SHA256, &bytes).as_ref());
        Self(content)
    }
}

struct Remembered {
    content: Content,
    receipt: Receipt,
    until: Timestamp,
}

/// Keys that are remembered, with what they gave.
#[derive(Default)]
pub(crate) struct Keys(HashMap<KeyScope, Remembered>);

impl Keys {
    /// What was published under the key, if anything was and still counts.
    pub(crate) fn find(
        &self,
        scope: &KeyScope,
        content: Content,
        now: Timestamp,
    ) -> Option<Result<Receipt, BrokerError>> {
        let known = self.0.get(scope).filter(|known| known.until > now)?;
        if known.content != content {
            return Some(Err(BrokerError::Conflict));
        }
        Some(Ok(Receipt { repeated: true, ..known.receipt.clone() }))
    }

    /// Remembers what was published. Says whether the key is one more than before.
    pub(crate) fn remember(
        &mut self,
        scope: KeyScope,
        content: Content,
        receipt: Receipt,
        until: Timestamp,
    ) -> bool {
        self.0.insert(scope, Remembered { content, receipt, until }).is_none()
    }

    pub(crate) fn knows(&self, scope: &KeyScope) -> bool {
        self.0.contains_key(scope)
    }

    /// Forgets the keys of an app; says how many they were.
    pub(crate) fn forget(&mut self, app: &AppId) -> usize {
        self.0.extract_if(|scope, _| scope.channel.app == *app).count()
    }

    /// Forgets what no longer counts; names the app of each key.
    pub(crate) fn expire(&mut self, now: Timestamp) -> Vec<AppId> {
        let gone = self.0.extract_if(|_, known| known.until <= now);
        gone.map(|(scope, _)| scope.channel.app).collect()
    }
}
