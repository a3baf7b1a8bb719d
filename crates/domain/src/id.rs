//! Identities that the server makes. They come from an `IdSource`, so that a test can replay them.

use std::{fmt, sync::Arc};

/// One connection, unguessable: 128 random bits, shown as 32 hex digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(u128);

impl ConnectionId {
    /// Takes the random bits.
    #[must_use]
    pub const fn from_random(bits: u128) -> Self {
        Self(bits)
    }
}

impl ConnectionId {
    /// Parses 32 lower-case hex digits, as it is shown.
    ///
    /// Nothing where the text is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits =
            text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        digits.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    /// A number below `bound` that differs from connection to connection: for delays that shall not
    /// be the same for all. 0 where `bound` is 0.
    #[must_use]
    pub fn spread(self, bound: u64) -> u64 {
        u64::try_from(self.0.checked_rem(u128::from(bound)).unwrap_or(0)).unwrap_or(0)
    }

    /// The bits, for a store.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ConnectionId({self})")
    }
}

/// One message: a UUID (version 7, so that ids sort by time).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MessageId(Arc<str>);

impl MessageId {
    /// Takes the text of the id as an `IdSource` made it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The value by which a later connection says that it continues this one: 128 random bits. Who
/// knows it may be told less (its own `echo: false` messages), never more. Not to be logged.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SessionToken(u128);

impl SessionToken {
    /// Takes the random bits.
    #[must_use]
    pub const fn from_random(bits: u128) -> Self {
        Self(bits)
    }

    /// Parses exactly 32 lower-case hex digits, as [`Self::reveal`] writes them.
    ///
    /// Nothing where the text is anything else: it continues no connection.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits =
            text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        digits.then(|| u128::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    /// The bits, for a store.
    #[must_use]
    pub const fn bits(self) -> u128 {
        self.0
    }

    /// The value as the client sees it: 32 hex digits.
    #[must_use]
    pub fn reveal(&self) -> String {
        format!("{:032x}", self.0)
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(..)")
    }
}
