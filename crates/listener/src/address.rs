//! Where a listener listens.

use std::{fmt, net::SocketAddr, path::PathBuf};

/// An address to listen on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Address {
    /// TCP; port 0 takes a free one.
    Tcp(SocketAddr),
    /// A Unix socket, which is a file.
    Unix(SocketPath),
}

/// The path of a Unix socket: 1 to 107 bytes, which is what the system takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketPath(PathBuf);

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAddress {
    /// Neither an IP address with a port nor a Unix socket.
    #[error(
        "not an IP address with a port, such as 127.0.0.1:3000 or [::]:3000, nor a Unix socket, such \
         as unix:/run/rtmate/rtmate.sock"
    )]
    NotUnderstood,
    /// The system takes no such path.
    #[error("the path of a Unix socket has 1 to {} bytes", SocketPath::MOST)]
    BadPath,
}

impl SocketPath {
    /// The most bytes of a path.
    const MOST: usize = 107;

    /// A path that the system takes.
    ///
    /// # Errors
    /// It is empty, too long or has a NUL.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        let fits = (1..=Self::MOST).contains(&text.len()) && !text.contains('\0');
        if fits { Ok(Self(text.into())) } else { Err(NoAddress::BadPath) }
    }

    /// The path.
    #[must_use]
    pub fn as_path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Address {
    const UNIX: &str = "unix:";

    /// An IP address with a port, or `unix:` and a path.
    ///
    /// # Errors
    /// The text is neither.
    pub fn parse(text: &str) -> Result<Self, NoAddress> {
        match text.strip_prefix(Self::UNIX) {
            Some(path) => SocketPath::parse(path).map(Self::Unix),
            None => text.parse().map(Self::Tcp).map_err(|_| NoAddress::NotUnderstood),
        }
    }

    /// Whether only programs of this same machine reach it, and come from no further: behind a Unix
    /// socket there is usually a proxy, so it is none of these.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Tcp(address) => address.ip().to_canonical().is_loopback(),
            Self::Unix(_) => false,
        }
    }

    /// The port; none of a Unix socket.
    #[must_use]
    pub const fn port(&self) -> Option<u16> {
        match self {
            Self::Tcp(address) => Some(address.port()),
            Self::Unix(_) => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => address.fmt(f),
            Self::Unix(path) => write!(f, "{}{}", Self::UNIX, path.0.display()),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_shown() {
        for text in ["127.0.0.1:3000", "[::]:0", "unix:/run/rtmate.sock", "unix:rtmate.sock"] {
            assert_eq!(Address::parse(text).unwrap().to_string(), text);
        }
        for text in ["", "localhost:3000", "127.0.0.1", "/run/rtmate.sock", "UNIX:/run/x"] {
            assert_eq!(Address::parse(text), Err(NoAddress::NotUnderstood), "{text}");
        }
        for path in ["", "a\0b", &"x".repeat(108)] {
            assert_eq!(Address::parse(&format!("unix:{path}")), Err(NoAddress::BadPath));
        }
    }

    #[test]
    fn a_unix_socket_is_no_loopback_address() {
        assert!(Address::parse("127.0.0.1:1").unwrap().is_loopback());
        assert!(!Address::parse("unix:/run/x").unwrap().is_loopback());
    }
}
