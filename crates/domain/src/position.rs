//! Places in a channel's stream.

use std::fmt;

/// One life of a channel's stream: 64 random bits made with the stream, shown as 16 hex digits.
/// Where the server can't prove that a stream is the one that clients knew, it changes (P3).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Epoch(u64);

impl Epoch {
    /// Takes the random bits.
    #[must_use]
    pub const fn from_random(bits: u64) -> Self {
        Self(bits)
    }

    /// Parses exactly 16 lower-case hex digits.
    ///
    /// Nothing where the text is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits =
            text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        digits.then(|| u64::from_str_radix(text, 16).ok().map(Self)).flatten()
    }
}

impl Epoch {
    /// The bits, for a store.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Epoch({self})")
    }
}

/// The place of a message in its epoch: the first message has 1 and each next one is greater by
/// one (P2). 0 is the place before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Offset(pub u64);

/// A place in a channel's stream: everything up to `offset` of `epoch` has been seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Position {
    /// The stream's life.
    pub epoch: Epoch,
    /// The last message that is behind this place.
    pub offset: Offset,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_is_sixteen_hex_digits() {
        let epoch = Epoch::from_random(0xff);
        assert_eq!(epoch.to_string(), "00000000000000ff");
        assert_eq!(Epoch::parse("00000000000000ff"), Some(epoch));
        for bad in ["", "ff", "00000000000000FF", "+0000000000000ff", "00000000000000ff0"] {
            assert_eq!(Epoch::parse(bad), None, "{bad}");
        }
    }
}
