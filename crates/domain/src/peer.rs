//! What a transport knows of the other end before it says who it is.

use std::net::{IpAddr, Ipv4Addr};

use crate::Origin;

/// The other end of a connection or request, as the transport saw it. Every text is a claim.
#[derive(Debug, Clone)]
pub struct Peer {
    /// The address of the socket's other end, or of whom a trusted proxy there speaks for;
    /// [`Self::UNIX`] where there is none.
    pub address: IpAddr,
    /// The `Host` that was asked for, with its port where one was written.
    pub host: Option<Box<str>>,
    /// The `Origin` header; only browsers send it.
    pub origin: Option<Box<str>>,
    /// Whether a header says that somebody forwarded the request.
    pub forwarded: bool,
    /// The port that the server listens on; 0 for a Unix socket.
    pub server_port: u16,
}

impl Peer {
    /// The address of all that come over a Unix socket: 0.0.0.0, which no other end of a network
    /// has. It is no loopback address: whoever is there is usually a proxy, which brings others.
    pub const UNIX: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

    /// Whether the other end is a program or page of this same machine, by the rules of the demo
    /// app (`docs/configuration.md`, demo): a loopback address, a loopback `Host`, no `Origin` or
    /// the server's own, nothing forwarded.
    #[must_use]
    pub fn is_same_machine(&self) -> bool {
        let address = self.address.to_canonical();
        address.is_loopback() && !self.forwarded && self.host_is_local() && self.origin_is_own()
    }

    /// Whether a page of this very server asks: its origin is the `Host` that it asked for, scheme
    /// apart. A page of another name for this machine is another page.
    #[must_use]
    pub fn is_own_page(&self) -> bool {
        let (Some(origin), Some(host)) = (&self.origin, &self.host) else { return false };
        let Some(origin) = Origin::parse(origin) else { return false };
        match &origin {
            Origin::Tuple { scheme, .. } if matches!(&**scheme, "http" | "https") => {
                Origin::parse(&format!("{scheme}://{host}")).as_ref() == Some(&origin)
            }
            Origin::Tuple { .. } | Origin::Opaque => false,
        }
    }

    fn host_is_local(&self) -> bool {
        let Some(host) = &self.host else { return false };
        match Origin::parse(&format!("http://{host}")) {
            Some(Origin::Tuple { host, .. }) => is_local(&host),
            Some(Origin::Opaque) | None => false,
        }
    }

    fn origin_is_own(&self) -> bool {
        let Some(origin) = &self.origin else { return true };
        match Origin::parse(origin) {
            Some(Origin::Tuple { scheme, host, port }) => {
                matches!(&*scheme, "http" | "https")
                    && is_local(&host)
                    && port == Some(self.server_port)
            }
            Some(Origin::Opaque) | None => false,
        }
    }
}

fn is_local(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(address: &str, host: &str, origin: Option<&str>) -> Peer {
        Peer {
            address: address.parse().unwrap(),
            host: Some(host.into()),
            origin: origin.map(Into::into),
            forwarded: false,
            server_port: 3000,
        }
    }

    #[test]
    fn a_page_of_the_server_is_one_whose_origin_is_the_host() {
        let own = |host: &str, origin: &str| peer("10.0.0.1", host, Some(origin)).is_own_page();
        assert!(own("rt.example.com", "https://rt.example.com"));
        assert!(own("rt.example.com:443", "https://RT.example.com"));
        assert!(own("127.0.0.1:3000", "http://127.0.0.1:3000"));
        assert!(own("[::1]:3000", "http://[::1]:3000"));
        for (host, origin) in [
            ("rt.example.com", "https://example.com"),
            ("rt.example.com", "https://evil.rt.example.com"),
            ("rt.example.com", "https://rt.example.com.evil.example"),
            ("rt.example.com:3000", "https://rt.example.com"),
            ("rt.example.com", "https://rt.example.com:8443"),
            ("localhost:3000", "http://127.0.0.1:3000"),
            ("rt.example.com", "null"),
            ("null", "null"),
            ("rt.example.com", "ftp://rt.example.com"),
            ("rt.example.com", ""),
            ("", "http://"),
            ("rt.example.com@evil.example", "https://evil.example"),
        ] {
            assert!(!own(host, origin), "{host} {origin}");
        }
        assert!(!peer("10.0.0.1", "rt.example.com", None).is_own_page());
        let nameless = Peer { host: None, ..peer("10.0.0.1", "x", Some("https://x")) };
        assert!(!nameless.is_own_page());
    }

    #[test]
    fn only_this_machine_passes() {
        assert!(peer("127.0.0.1", "localhost:3000", None).is_same_machine());
        assert!(peer("::ffff:127.0.0.1", "[::1]:3000", None).is_same_machine());
        assert!(peer("::1", "127.0.0.1:3000", Some("http://localhost:3000")).is_same_machine());
        // Another address, a rebound name, another page, another port, a file.
        assert!(!peer("10.0.0.1", "localhost:3000", None).is_same_machine());
        assert!(!peer("127.0.0.1", "evil.example:3000", None).is_same_machine());
        assert!(
            !peer("127.0.0.1", "localhost:3000", Some("https://evil.example")).is_same_machine()
        );
        assert!(
            !peer("127.0.0.1", "localhost:3000", Some("http://localhost:8080")).is_same_machine()
        );
        assert!(!peer("127.0.0.1", "localhost:3000", Some("null")).is_same_machine());
        let forwarded = Peer { forwarded: true, ..peer("127.0.0.1", "localhost", None) };
        assert!(!forwarded.is_same_machine());
        let unix = Peer { address: Peer::UNIX, ..peer("127.0.0.1", "localhost", None) };
        assert!(!unix.is_same_machine());
        let nameless = Peer { host: None, ..peer("127.0.0.1", "x", None) };
        assert!(!nameless.is_same_machine());
    }
}
