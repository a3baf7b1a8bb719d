//! Options of channels, by the beginning of their names.

use std::{fmt, sync::Arc, time::Duration};

use crate::{ChannelName, MessageEvents};

/// A set of channels: literal text with an optional `*` at its end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamespacePattern {
    prefix: Box<str>,
    exact: bool,
}

impl NamespacePattern {
    /// Parses `chat:*` (a prefix), `news` (one channel) or `*` (all).
    ///
    /// Nothing where the text is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, exact) = match text.strip_suffix('*') {
            Some(prefix) => (prefix, false),
            None => (text, true),
        };
        let valid = (prefix.is_empty() && !exact) || ChannelName::parse(prefix).is_ok();
        valid.then(|| Self { prefix: prefix.into(), exact })
    }

    /// Whether a channel is one of them.
    #[must_use]
    pub fn fits(&self, channel: &ChannelName) -> bool {
        self.fit(channel).is_some()
    }

    /// How well the pattern fits: the longest prefix wins, an exact name over a prefix.
    fn fit(&self, channel: &ChannelName) -> Option<(usize, bool)> {
        let fits = if self.exact {
            channel.as_str() == &*self.prefix
        } else {
            channel.as_str().starts_with(&*self.prefix)
        };
        fits.then_some((self.prefix.len(), self.exact))
    }
}

impl fmt::Display for NamespacePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.prefix)?;
        if self.exact { Ok(()) } else { f.write_str("*") }
    }
}

/// Where a namespace's messages are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// In memory: gone with the process.
    Memory,
    /// On disk, synced before it is acknowledged or delivered.
    Durable,
}

/// How much of a channel is kept, whichever bound is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HistoryPolicy {
    /// Messages.
    pub size: u32,
    /// Age.
    pub ttl: Duration,
    /// Bytes.
    pub bytes: u64,
    /// Where.
    pub durability: Durability,
}

/// What subscribers get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChannelMode {
    /// Every message in order.
    #[default]
    Stream,
    /// The latest message only.
    Cache,
}

/// How much of its sender a message shows (`from`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SenderView {
    /// Nothing.
    None,
    /// Client and connection.
    #[default]
    Id,
    /// Client, connection and the `info` of its token.
    Full,
}

/// Options of a set of channels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Namespace {
    /// Which channels; nothing for the default of an app.
    pub pattern: Option<NamespacePattern>,
    /// What is kept; nothing for no history.
    pub history: Option<HistoryPolicy>,
    /// What subscribers get.
    pub mode: ChannelMode,
    /// Whether members can be seen.
    pub presence: bool,
    /// How long a leave waits for a return.
    pub presence_leave_delay: Duration,
    /// The most members of a channel.
    pub presence_members: u32,
    /// How much of its sender a message shows.
    pub sender: SenderView,
    /// How long a repeated key gives the first result.
    pub idempotency_window: Duration,
    /// Whether the app is told of messages.
    pub events: MessageEvents,
}

impl Default for Namespace {
    fn default() -> Self {
        Self {
            pattern: None,
            history: None,
            mode: ChannelMode::Stream,
            presence: false,
            presence_leave_delay: Duration::from_secs(3),
            presence_members: 1000,
            sender: SenderView::Id,
            idempotency_window: Duration::from_secs(300),
            events: MessageEvents::None,
        }
    }
}

impl Namespace {
    /// How long a cache keeps its message where no history says otherwise.
    pub const CACHE_TTL: Duration = Duration::from_secs(30 * 60);

    /// What is kept of each channel. A cache keeps the latest message, with `history` as long and
    /// where that says.
    #[must_use]
    pub fn kept(&self) -> Option<HistoryPolicy> {
        match (self.mode, self.history) {
            (ChannelMode::Stream, history) => history,
            (ChannelMode::Cache, Some(history)) => Some(HistoryPolicy { size: 1, ..history }),
            (ChannelMode::Cache, None) => Some(HistoryPolicy {
                size: 1,
                ttl: Self::CACHE_TTL,
                bytes: u64::MAX,
                durability: Durability::Memory,
            }),
        }
    }
}

/// The namespace of a channel: the longest fitting pattern, else `default`.
#[must_use]
pub fn choose<'a>(
    namespaces: &'a [Arc<Namespace>],
    default: &'a Arc<Namespace>,
    channel: &ChannelName,
) -> &'a Arc<Namespace> {
    namespaces
        .iter()
        .filter_map(|namespace| Some((namespace.pattern.as_ref()?.fit(channel)?, namespace)))
        .max_by_key(|(fit, _)| *fit)
        .map_or(default, |(_, namespace)| namespace)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn namespaces(patterns: &[&str]) -> Vec<Arc<Namespace>> {
        let named = |text: &&str| {
            let pattern = Some(NamespacePattern::parse(text).unwrap());
            Arc::new(Namespace { pattern, ..Namespace::default() })
        };
        patterns.iter().map(named).collect()
    }

    fn chosen(patterns: &[&str], channel: &str) -> Option<String> {
        let default = Arc::default();
        let namespaces = namespaces(patterns);
        let channel = ChannelName::parse(channel).unwrap();
        choose(&namespaces, &default, &channel).pattern.as_ref().map(ToString::to_string)
    }

    #[test]
    fn the_longest_prefix_wins_and_a_name_over_a_prefix() {
        let patterns = ["*", "chat:*", "chat:lobby", "chat:lob*", "chat:lobby*"];
        assert_eq!(chosen(&patterns, "chat:lobby").as_deref(), Some("chat:lobby"));
        assert_eq!(chosen(&patterns, "chat:lobby2").as_deref(), Some("chat:lobby*"));
        assert_eq!(chosen(&patterns, "chat:x").as_deref(), Some("chat:*"));
        assert_eq!(chosen(&patterns, "news").as_deref(), Some("*"));
        assert_eq!(chosen(&["chat:*"], "news"), None);
    }

    #[test]
    fn wildcards_stand_at_the_end_only() {
        for bad in ["", "a*b", "**", "a b*"] {
            assert_eq!(NamespacePattern::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_choice(
            patterns in prop::collection::hash_set("[ab]{1,3}\\*?", 0..6),
            channel in "[ab]{1,4}",
        ) {
            let patterns: Vec<&str> = patterns.iter().map(String::as_str).collect();
            let naive = patterns.iter().copied().filter(|pattern| match pattern.strip_suffix('*') {
                Some(prefix) => channel.starts_with(prefix),
                None => channel == *pattern,
            }).max_by_key(|pattern| if pattern.ends_with('*') { (pattern.len() - 1, 0) } else { (pattern.len(), 1) });
            prop_assert_eq!(chosen(&patterns, &channel), naive.map(ToOwned::to_owned));
        }
    }
}
