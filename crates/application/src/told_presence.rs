//! Who comes and goes, told to apps too.

use std::sync::Arc;

use domain::{Fact, FactKind, Movement, PresenceChange};

use crate::ports::{Chronicle, PresenceSink};

/// Hands each change of presence on, and takes note of it for the app.
pub struct ToldPresence {
    /// Who is told as before.
    pub sink: Arc<dyn PresenceSink>,
    /// Who takes note.
    pub chronicle: Arc<dyn Chronicle>,
}

impl PresenceSink for ToldPresence {
    fn announce(&self, change: &PresenceChange) {
        NotedPresence(&*self.chronicle).announce(change);
        self.sink.announce(change);
    }
}

/// Takes note for the app, and tells nobody else.
pub(crate) struct NotedPresence<'a>(pub(crate) &'a dyn Chronicle);

impl PresenceSink for NotedPresence<'_> {
    fn announce(&self, change: &PresenceChange) {
        let PresenceChange { channel: key, client, info, movement, .. } = change;
        let kind = match movement {
            Movement::Joined => FactKind::MemberJoined,
            Movement::Left => FactKind::MemberLeft,
        };
        if self.0.wants(&key.app, kind) {
            let (channel, client) = (key.channel.clone(), client.clone());
            let fact = match movement {
                Movement::Joined => Fact::MemberJoined { channel, client, info: info.clone() },
                Movement::Left => Fact::MemberLeft { channel, client },
            };
            self.0.note(&key.app, fact);
        }
    }
}
