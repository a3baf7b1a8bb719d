//! Patterns that name sets of channels in grants.

use std::fmt;

use crate::{ChannelName, ClientId};

/// Why a text is not a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Nothing was given.
    #[error("the pattern is empty")]
    Empty,
    /// Longer than a channel's name may be.
    #[error("the pattern has more than {} characters", GrantPattern::LIMIT)]
    TooLong,
    /// More wildcards than are ever needed.
    #[error("the pattern has more than {} wildcards", GrantPattern::WILDCARDS)]
    TooManyWildcards,
    /// A character that no channel name has, outside `*` and `{client}`.
    #[error("the pattern contains a character that no channel name has")]
    Forbidden,
}

enum Part<'a> {
    Literal(&'a str),
    Wildcard,
    Client,
}

/// A set of channel names: literal text, `*` for any run of characters (also none), `{client}`
/// for the id of the client itself.
///
/// `{client}` is put in literally after the pattern is parsed, so a client's name is never a
/// wildcard. Two kinds of channels need a pattern that names them in its own leading text, before
/// any `*` or `{client}`: `#...` (reserved to the server) and `private-`/`presence-` channels.
// The text and nothing else: many connections hold patterns of their own, and few use them often.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GrantPattern(Box<str>);

/// Prefixes whose channels are granted only by a pattern that names the prefix.
const EXPLICIT: [&str; 3] = ["#", "private-", "presence-"];

impl GrantPattern {
    /// The most characters of a pattern.
    pub const LIMIT: usize = 200;
    /// The most wildcards in a pattern: each one multiplies the work of a mismatch.
    pub const WILDCARDS: usize = 4;
    const CLIENT: &'static str = "{client}";

    /// Parses a pattern.
    ///
    /// # Errors
    /// Empty, too long, too many wildcards, or a character that can't match.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        if text.is_empty() {
            return Err(PatternError::Empty);
        }
        if text.len() > Self::LIMIT {
            return Err(PatternError::TooLong);
        }
        let literals = text.split('*').flat_map(|between| between.split(Self::CLIENT));
        for literal in literals.filter(|literal| !literal.is_empty()) {
            ChannelName::parse(literal).map_err(|_| PatternError::Forbidden)?;
        }
        if text.matches('*').count() > Self::WILDCARDS {
            return Err(PatternError::TooManyWildcards);
        }
        Ok(Self(text.into()))
    }

    /// The pattern as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// This one channel.
    #[must_use]
    pub fn exactly(channel: &ChannelName) -> Self {
        Self(channel.as_str().into())
    }

    /// Every channel that no rule wants named: all but `#...`, `private-...` and `presence-...`.
    #[must_use]
    pub fn everything() -> Self {
        Self("*".into())
    }

    /// The first part of what is left of a pattern, and what is left then. No literal has a `{`.
    fn split(rest: &str) -> Option<(Part<'_>, &str)> {
        if let Some(rest) = rest.strip_prefix('*') {
            return Some((Part::Wildcard, rest));
        }
        if let Some(rest) = rest.strip_prefix(Self::CLIENT) {
            return Some((Part::Client, rest));
        }
        let (literal, left) = rest.split_at(rest.find(['*', '{']).unwrap_or(rest.len()));
        (!literal.is_empty()).then_some((Part::Literal(literal), left))
    }

    /// Whether the pattern names `channel` for `client`.
    #[must_use]
    pub fn matches(&self, channel: &ChannelName, client: &ClientId) -> bool {
        self.names_prefix_of(channel) && self.matches_text(channel.as_str(), client.as_str())
    }

    /// Whether the pattern's own leading text names the explicit prefix that `channel` has.
    fn names_prefix_of(&self, channel: &ChannelName) -> bool {
        let head = match Self::split(&self.0) {
            Some((Part::Literal(text), _)) => text,
            Some((Part::Wildcard | Part::Client, _)) | None => "",
        };
        EXPLICIT
            .iter()
            .all(|prefix| !channel.as_str().starts_with(prefix) || head.starts_with(prefix))
    }

    /// Greedy match with one point to come back to: at most length times length steps.
    fn matches_text(&self, text: &str, client: &str) -> bool {
        let (mut rest, mut at) = (&*self.0, 0);
        let mut resume: Option<(&str, usize)> = None;
        loop {
            let literal = match Self::split(rest) {
                None if at == text.len() => return true,
                None => None,
                Some((Part::Wildcard, after)) => {
                    resume = Some((after, at));
                    rest = after;
                    continue;
                }
                Some((Part::Literal(literal), after)) => Some((literal, after)),
                Some((Part::Client, after)) => Some((client, after)),
            };
            if let Some((literal, after)) = literal
                && text.as_bytes()[at..].starts_with(literal.as_bytes())
            {
                at += literal.len();
                rest = after;
                continue;
            }
            // A mismatch: let the last wildcard swallow one more byte. Names are ASCII.
            match resume {
                Some((after, from)) if from < text.len() => {
                    resume = Some((after, from + 1));
                    rest = after;
                    at = from + 1;
                }
                _ => return false,
            }
        }
    }
}

impl fmt::Display for GrantPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn matches(pattern: &str, channel: &str, client: &str) -> bool {
        let channel = ChannelName::parse(channel).unwrap();
        GrantPattern::parse(pattern).unwrap().matches(&channel, &ClientId::parse(client).unwrap())
    }

    #[test]
    fn wildcards_match_any_run() {
        assert!(matches("chat:*", "chat:lobby", "a"));
        assert!(matches("chat:*", "chat:", "a"));
        assert!(!matches("chat:*", "chatter", "a"));
        assert!(matches("a*b*c", "aXbYbZc", "a"));
        assert!(!matches("a*b*c", "aXbYbZ", "a"));
        assert!(matches("*", "anything/at:all", "a"));
        assert!(matches("*:end", "x:end:end", "a"));
    }

    #[test]
    fn the_client_is_put_in_literally() {
        assert!(matches("user:{client}:*", "user:alice:inbox", "alice"));
        assert!(!matches("user:{client}:*", "user:bob:inbox", "alice"));
        assert!(matches("{client}", "alice", "alice"));
        assert!(ClientId::parse("*").is_err(), "no client is a wildcard");
    }

    #[test]
    fn reserved_and_private_channels_must_be_named() {
        for channel in ["#server", "private-x", "presence-x", "private-encrypted-x"] {
            assert!(!matches("*", channel, "a"), "{channel}");
        }
        assert!(matches("private-*", "private-x", "a"));
        assert!(!matches("pri*", "private-x", "a"));
        assert!(matches("#*", "#server", "a"));
        assert!(matches("presence-{client}", "presence-bob", "bob"));
        // A client whose name looks like the prefix does not name it.
        assert!(!matches("{client}*", "private-x", "private-"));
    }

    #[test]
    fn bad_patterns_are_refused() {
        assert_eq!(GrantPattern::parse(""), Err(PatternError::Empty));
        assert_eq!(GrantPattern::parse("a b"), Err(PatternError::Forbidden));
        assert_eq!(GrantPattern::parse("{user}"), Err(PatternError::Forbidden));
        assert_eq!(GrantPattern::parse("*****"), Err(PatternError::TooManyWildcards));
        assert_eq!(GrantPattern::parse(&"x".repeat(201)), Err(PatternError::TooLong));
    }

    /// The reference: recursion over characters, `{client}` replaced by a character of its own.
    fn naive(pattern: &[char], text: &[char], client: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('*', rest)) => (0..=text.len()).any(|n| naive(rest, &text[n..], client)),
            Some(('\u{1}', rest)) => {
                text.starts_with(client) && naive(rest, &text[client.len()..], client)
            }
            Some((c, rest)) => text.first() == Some(c) && naive(rest, &text[1..], client),
        }
    }

    proptest! {
        #[test]
        fn agrees_with_a_naive_matcher(
            parts in prop::collection::vec(prop::sample::select(vec!["a", "b", "ab", "*", "{client}", "private-", "#"]), 1..7),
            text in "(private-|#|presence-)?[ab:]{1,10}",
            client in "(a|b|ab|private-)",
        ) {
            let source = parts.concat();
            prop_assume!(source.matches('*').count() <= GrantPattern::WILDCARDS);
            let pattern: Vec<char> = source.replace("{client}", "\u{1}").chars().collect();
            let chars = |s: &str| s.chars().collect::<Vec<_>>();
            let head: String = source.split(['*', '{']).next().unwrap_or_default().to_owned();
            let named = ["#", "private-", "presence-"].iter().all(|p| !text.starts_with(p) || head.starts_with(p));
            let expected = named && naive(&pattern, &chars(&text), &chars(&client));
            prop_assert_eq!(matches(&source, &text, &client), expected);
        }
    }
}
