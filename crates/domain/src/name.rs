//! Names that people choose: parsed once, cheap to clone, safe to log.

use std::{fmt, sync::Arc};

use crate::ConnectionId;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("is empty")]
    Empty,
    /// More characters than this kind of name may have.
    #[error("has more than {limit} characters")]
    TooLong {
        /// The most characters this kind of name may have.
        limit: usize,
    },
    /// A character outside this kind of name's alphabet.
    #[error("contains a character that is not allowed at position {at}")]
    Forbidden {
        /// Index of the first such character, counted in characters from 0.
        at: usize,
    },
    /// The beginning belongs to another protocol or to the server.
    #[error("begins with the reserved prefix `{prefix}`")]
    Reserved {
        /// The prefix.
        prefix: &'static str,
    },
}

fn check(text: &str, limit: usize, allowed: fn(char) -> bool) -> Result<(), NameError> {
    if text.is_empty() {
        return Err(NameError::Empty);
    }
    let mut count = 0;
    for (at, character) in text.chars().enumerate() {
        if !allowed(character) {
            return Err(NameError::Forbidden { at });
        }
        count = at + 1;
    }
    if count > limit {
        return Err(NameError::TooLong { limit });
    }
    Ok(())
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $limit:expr, $allowed:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The most characters such a name may have.
            pub const LIMIT: usize = $limit;

            /// Parses the name; see the type for its alphabet and length.
            ///
            /// # Errors
            /// Says what is wrong with it.
            pub fn parse(text: &str) -> Result<Self, NameError> {
                check(text, Self::LIMIT, $allowed)?;
                Ok(Self(text.into()))
            }

            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// A tenant: 1 to 64 of `A-Z a-z 0-9 _ . -`.
    AppId, 64, |c| c.is_ascii_alphanumeric() || "_.-".contains(c)
);
name!(
    /// A channel of an app: 1 to 200 of `A-Z a-z 0-9 _ - = @ , . ; : # /` (`docs/protocol.md`,
    /// names and sizes). A leading `#` is reserved to the server.
    ChannelName, 200, |c| c.is_ascii_alphanumeric() || "_-=@,.;:#/".contains(c)
);
name!(
    /// A client as its token names it: 1 to 128 of `A-Z a-z 0-9 _ . @ - | : + =`. `*` is not
    /// among them, so no client can be mistaken for a wildcard.
    ClientId, 128, |c| c.is_ascii_alphanumeric() || "_.@-|:+=".contains(c)
);
name!(
    /// The idempotency key of a send: 1 to 64 characters without control characters.
    MessageKey, 64, |c| !c.is_control()
);
name!(
    /// The `kid` of a key: 1 to 128 characters without control characters.
    KeyId, 128, |c| !c.is_control()
);

impl ChannelName {
    /// Whether the channel belongs to the server (a leading `#`): no client subscribes or sends.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        self.0.starts_with('#')
    }

    /// The server's own channel to one user of the Pusher protocol, on all its connections.
    ///
    /// # Errors
    /// The user's name has a character that no channel has.
    pub fn of_user(user: &ClientId) -> Result<Self, NameError> {
        Self::parse(&format!("#server-to-user-{user}"))
    }
}

impl ClientId {
    /// Who nobody knows but by its connection: a guest.
    #[must_use]
    pub fn of_guest(connection: ConnectionId) -> Self {
        Self(connection.to_string().into())
    }
}

/// The name of a message: 1 to 200 characters without control characters, outside the prefixes
/// that belong to one protocol ([`MessageName::RESERVED`]).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageName(Arc<str>);

impl MessageName {
    /// The most characters a message name may have.
    pub const LIMIT: usize = 200;
    /// Prefixes that belong to their own protocol and are refused from all others; the last one is
    /// that of client events of the Pusher protocol.
    pub const RESERVED: [&'static str; 4] = ["pusher:", "pusher_internal:", "rtmate:", "client-"];

    /// Parses a name that a native client or a backend gives.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        Self::parse_but(text, &Self::RESERVED)
    }

    /// Parses a name that a client or a backend of the Pusher protocol gives: `client-` is theirs.
    /// Every name that [`Self::parse`] takes is taken here, too.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse_pusher(text: &str) -> Result<Self, NameError> {
        Self::parse_but(text, &Self::RESERVED[..Self::RESERVED.len() - 1])
    }

    fn parse_but(text: &str, reserved: &[&'static str]) -> Result<Self, NameError> {
        check(text, Self::LIMIT, |c| !c.is_control())?;
        match reserved.iter().find(|prefix| text.starts_with(**prefix)) {
            Some(prefix) => Err(NameError::Reserved { prefix }),
            None => Ok(Self(text.into())),
        }
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn channel_alphabet_is_the_documented_one() {
        assert!(ChannelName::parse("chat:lobby/a#b;c,d@e=f_g-h.9").is_ok());
        assert_eq!(ChannelName::parse(""), Err(NameError::Empty));
        assert_eq!(ChannelName::parse("chat lobby"), Err(NameError::Forbidden { at: 4 }));
        assert_eq!(ChannelName::parse("chat:*"), Err(NameError::Forbidden { at: 5 }));
        assert_eq!(ChannelName::parse(&"x".repeat(201)), Err(NameError::TooLong { limit: 200 }));
        assert!(ChannelName::parse(&"x".repeat(200)).is_ok());
    }

    #[test]
    fn no_client_is_named_like_a_wildcard() {
        assert!(ClientId::parse("*").is_err());
        assert!(ClientId::parse("a|b:c+d=e@f.g-h_i").is_ok());
        assert!(ClientId::parse("a\nb").is_err());
    }

    #[test]
    fn message_names_of_other_protocols_are_refused() {
        for prefix in MessageName::RESERVED {
            let error = MessageName::parse(&format!("{prefix}x")).unwrap_err();
            assert_eq!(error, NameError::Reserved { prefix });
        }
        assert!(MessageName::parse("typing 打字").is_ok());
    }

    proptest! {
        #[test]
        fn client_ids_agree_with_a_naive_reading(text in ".{0,140}") {
            let naive = !text.is_empty()
                && text.chars().count() <= 128
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.@-|:+=".contains(&b));
            prop_assert_eq!(ClientId::parse(&text).is_ok(), naive);
        }

        #[test]
        fn channel_names_agree_with_a_naive_reading(text in "[ -~]{0,210}") {
            let naive = !text.is_empty()
                && text.len() <= 200
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-=@,.;:#/".contains(&b));
            prop_assert_eq!(ChannelName::parse(&text).is_ok(), naive);
        }
    }
}
