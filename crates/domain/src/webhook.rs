//! Where an app wants to be told of events.

use std::{fmt, sync::Arc, time::Duration};

use secrecy::SecretString;

use crate::{Event, FactKind, FactKinds, NamespacePattern};

/// The name of an endpoint, used once in its app: 1 to 64 of `A-Z a-z 0-9 _ . -`. Progress and dead
/// letters are kept under it, so another address under the same name goes on where the one before
/// stood.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WebhookName(Arc<str>);

impl WebhookName {
    /// Parses the name. Nothing where the text is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
        ((1..=64).contains(&text.len()) && text.chars().all(fits)).then(|| Self(text.into()))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for WebhookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for WebhookName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookName({self})")
    }
}

/// In whose words an endpoint is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WebhookFormat {
    /// The server's own.
    #[default]
    Rtmate,
    /// Those of the hosted service whose protocol is spoken here too.
    Pusher,
}

impl WebhookFormat {
    /// Whether it has words for events of this kind.
    #[must_use]
    pub const fn tells(self, kind: FactKind) -> bool {
        match self {
            Self::Rtmate => true,
            Self::Pusher => matches!(
                kind,
                FactKind::ChannelOccupied
                    | FactKind::ChannelVacated
                    | FactKind::MemberJoined
                    | FactKind::MemberLeft
                    | FactKind::SubscriptionCount
                    | FactKind::ClientEvent
                    | FactKind::CacheMissed
                    | FactKind::EventsDropped
            ),
        }
    }
}

/// How events are gathered into one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WebhookBatch {
    /// The most events of one request.
    pub size: u32,
    /// How long the first of them waits for others.
    pub delay: Duration,
}

impl Default for WebhookBatch {
    fn default() -> Self {
        Self { size: 100, delay: Duration::from_millis(100) }
    }
}

/// A header that every request to an endpoint has.
#[derive(Debug, Clone)]
pub struct WebhookHeader {
    /// Its name, in lower case.
    pub name: Box<str>,
    /// Its value, which may open a door.
    pub value: SecretString,
}

/// One receiver of an app's events.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name.
    pub name: WebhookName,
    /// An https address; an http one only where private addresses are allowed.
    pub url: Box<str>,
    /// The kinds of events that it is told.
    pub events: FactKinds,
    /// The channels whose events it is told; none means all. What is about no channel is told
    /// whatever stands here.
    pub channels: Vec<NamespacePattern>,
    /// Headers of every request.
    pub headers: Vec<WebhookHeader>,
    /// In whose words.
    pub format: WebhookFormat,
    /// What signs the requests: the present secret first, then those of before. The Pusher format
    /// signs with the app's key, and may have none.
    pub secrets: Vec<SecretString>,
    /// How events are gathered.
    pub batch: WebhookBatch,
    /// Whether the address may be one of a private network, or of this machine.
    pub allow_private_addresses: bool,
}

impl Webhook {
    /// Whether this endpoint is told the same as the other one, in the same words and requests:
    /// where to, and how it is signed, may differ.
    #[must_use]
    pub fn makes_the_same(&self, other: &Self) -> bool {
        let Self { events, channels, format, batch, .. } = self;
        (events, channels) == (&other.events, &other.channels)
            && (*format, *batch) == (other.format, other.batch)
    }

    /// Whether this endpoint is told of the event: it wants it, and its format has words for it.
    #[must_use]
    pub fn wants(&self, event: &Event) -> bool {
        let fits = |pattern: &NamespacePattern| {
            event.fact.channel().is_none_or(|channel| pattern.fits(channel))
        };
        let kind = event.fact.kind();
        self.events.has(kind)
            && self.format.tells(kind)
            && (self.channels.is_empty() || self.channels.iter().any(fits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ChannelName, Fact, Sequence, Timestamp};

    #[test]
    fn an_endpoint_is_told_of_its_kinds_in_its_channels() {
        let webhook = Webhook {
            name: WebhookName::parse("main").unwrap(),
            url: "https://a.example".into(),
            events: [FactKind::ChannelOccupied, FactKind::EventsDropped].into_iter().collect(),
            channels: vec![NamespacePattern::parse("chat:*").unwrap()],
            headers: Vec::new(),
            format: WebhookFormat::Rtmate,
            secrets: Vec::new(),
            batch: WebhookBatch::default(),
            allow_private_addresses: false,
        };
        let wants = |fact| {
            let (sequence, ts) = (Sequence(1), Timestamp::from_millis(0));
            webhook.wants(&Event { sequence, ts, fact })
        };
        let channel = |name| ChannelName::parse(name).unwrap();
        assert!(wants(Fact::ChannelOccupied(channel("chat:a"))));
        assert!(!wants(Fact::ChannelOccupied(channel("news"))));
        assert!(!wants(Fact::ChannelVacated(channel("chat:a"))));
        assert!(wants(Fact::EventsDropped { count: 1 }), "about no channel");
    }

    #[test]
    fn a_name_is_short_and_plain() {
        let long = "a".repeat(65);
        for bad in ["", "a b", "ä", &long] {
            assert_eq!(WebhookName::parse(bad), None, "{bad}");
        }
        assert_eq!(WebhookName::parse("crm-1.x_y").unwrap().as_str(), "crm-1.x_y");
    }
}
