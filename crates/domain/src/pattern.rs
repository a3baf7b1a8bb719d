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

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    Literal(Box<str>),
    Wildcard,
    Client,
}

/// A set of channel names: literal text, `*` for any run of characters (also none), `{client}`
/// for the id of the client itself.
///
/// `{client}` is put in literally after the pattern is parsed, so a client's name is never a
/// wildcard. Two kinds of channels need a pattern that names them in its own leading text, before
/// any `*` or `{client}`: `#...` (reserved to the server) and `private-`/`presence-` channels.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GrantPattern {
    source: Box<str>,
    parts: Vec<Part>,
}

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
        let mut parts = Vec::new();
        for (index, between) in text.split('*').enumerate() {
            if index > 0 {
                parts.push(Part::Wildcard);
            }
            for (index, literal) in between.split(Self::CLIENT).enumerate() {
                if index > 0 {
                    parts.push(Part::Client);
                }
                if !literal.is_empty() {
                    ChannelName::parse(literal).map_err(|_| PatternError::Forbidden)?;
                    parts.push(Part::Literal(literal.into()));
                }
            }
        }
        let wildcards = parts.iter().filter(|part| **part == Part::Wildcard).count();
        if wildcards > Self::WILDCARDS {
            return Err(PatternError::TooManyWildcards);
        }
        Ok(Self { source: text.into(), parts })
    }

    /// Whether the pattern names `channel` for `client`.
    #[must_use]
    pub fn matches(&self, channel: &ChannelName, client: &ClientId) -> bool {
        self.names_prefix_of(channel) && self.matches_text(channel.as_str(), client.as_str())
    }

    /// Whether the pattern's own leading text names the explicit prefix that `channel` has.
    fn names_prefix_of(&self, channel: &ChannelName) -> bool {
        let head = match self.parts.first() {
            Some(Part::Literal(text)) => text,
            _ => "",
        };
        EXPLICIT
            .iter()
            .all(|prefix| !channel.as_str().starts_with(prefix) || head.starts_with(prefix))
    }

    /// Greedy match with one point to come back to: at most length times length steps.
    fn matches_text(&self, text: &str, client: &str) -> bool {
        let (mut part, mut at) = (0, 0);
        let mut resume: Option<(usize, usize)> = None;
        loop {
            let literal = match self.parts.get(part) {
                None if at == text.len() => return true,
                None => None,
                Some(Part::Wildcard) => {
                    resume = Some((part + 1, at));
                    part += 1;
                    continue;
                }
                Some(Part::Literal(literal)) => Some(&**literal),
                Some(Part::Client) => Some(client),
            };
            if let Some(literal) = literal
                && text.as_bytes()[at..].starts_with(literal.as_bytes())
            {
                at += literal.len();
                part += 1;
                continue;
            }
            // A mismatch: let the last wildcard swallow one more byte. Names are ASCII.
            match resume {
                Some((after, from)) if from < text.len() => {
                    resume = Some((after, from + 1));
                    part = after;
                    at = from + 1;
                }
                _ => return false,
            }
        }
    }
}

impl fmt::Display for GrantPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
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
