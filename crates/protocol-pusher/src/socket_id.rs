//! A connection as this protocol names it.

use std::fmt;

use domain::ConnectionId;

/// `digits.digits`: the two halves of the connection's own id, so that each can be told from the
/// other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SocketId(ConnectionId);

impl SocketId {
    /// That of a connection.
    #[must_use]
    pub const fn of(connection: ConnectionId) -> Self {
        Self(connection)
    }

    /// Parses `digits.digits`, each at most 20 of them and no more than 64 bits.
    ///
    /// Nothing where the text is anything else: no connection has such a name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (high, low) = text.split_once('.')?;
        let bits = u128::from(half(high)?) << 64 | u128::from(half(low)?);
        Some(Self(ConnectionId::from_random(bits)))
    }

    /// The connection.
    #[must_use]
    pub const fn connection(self) -> ConnectionId {
        self.0
    }
}

fn half(text: &str) -> Option<u64> {
    // `parse` would also take a sign.
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for SocketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bits = self.0.bits();
        let low = bits & u128::from(u64::MAX);
        write!(f, "{}.{low}", bits >> 64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_socket_id_is_its_connection(bits: u128) {
            let id = SocketId::of(ConnectionId::from_random(bits));
            prop_assert_eq!(SocketId::parse(&id.to_string()), Some(id));
        }
    }

    #[test]
    fn other_texts_are_no_socket_ids() {
        for text in
            ["", ".", "1", "1.", ".1", "1.2.3", "+1.2", "1.-2", "a.b", "1.18446744073709551616"]
        {
            assert_eq!(SocketId::parse(text), None, "{text}");
        }
        assert!(SocketId::parse("123.456").is_some());
    }
}
