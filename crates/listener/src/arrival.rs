//! What is known of a request's other end.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use application::Seat;
use domain::Peer;
use http::{HeaderMap, HeaderName, Uri, header};

/// Where a request came from; every request that the listener hands on has one among its
/// extensions.
#[derive(Clone)]
pub struct Arrival {
    /// The socket's other end.
    pub address: SocketAddr,
    /// The port it came to.
    pub server_port: u16,
    /// The connection's place; an upgraded connection takes it along.
    seat: Arc<Mutex<Option<Seat>>>,
}

/// Headers by which somebody says that the request was forwarded.
const FORWARDED: [&str; 9] = [
    "forwarded",
    "via",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "cdn-loop",
];
const FORWARDED_PREFIXES: [&str; 3] = ["x-forwarded", "x_forwarded", "x-original-"];

impl Arrival {
    pub(crate) fn new(address: SocketAddr, server_port: u16, seat: Seat) -> Self {
        Self { address, server_port, seat: Arc::new(Mutex::new(Some(seat))) }
    }

    /// Takes the connection's seat: whoever has it decides when the place is free again.
    #[must_use]
    pub fn take_seat(&self) -> Option<Seat> {
        self.seat.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The other end as the domain sees it.
    #[must_use]
    pub fn peer(&self, target: &Uri, headers: &HeaderMap) -> Peer {
        let forwarded = |name: &HeaderName| {
            FORWARDED.contains(&name.as_str())
                || FORWARDED_PREFIXES.iter().any(|prefix| name.as_str().starts_with(prefix))
        };
        // A target that names a host itself wins over `Host` (RFC 9112, 3.2.2).
        let named = target.authority().map(|authority| authority.as_str().into());
        Peer {
            address: self.address.ip(),
            host: named.or_else(|| text(headers, &header::HOST)),
            origin: text(headers, &header::ORIGIN),
            forwarded: headers.keys().any(forwarded),
            server_port: self.server_port,
        }
    }
}

/// A header's text. One that is not plain text, or comes twice, becomes a text that matches
/// nothing: it must not pass for an absent one.
fn text(headers: &HeaderMap, name: &HeaderName) -> Option<Box<str>> {
    let mut values = headers.get_all(name).iter();
    let first = values.next()?;
    match (first.to_str(), values.next()) {
        (Ok(text), None) => Some(text.into()),
        _ => Some("".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use application::{Admission, AdmissionLimits};

    fn peer(pairs: &[(&'static str, &'static str)]) -> Peer {
        asked("/ws", pairs)
    }

    fn asked(target: &str, pairs: &[(&'static str, &'static str)]) -> Peer {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let address: SocketAddr = "127.0.0.1:5000".parse().unwrap();
        let seat = Admission::new(AdmissionLimits::default()).admit(address.ip()).unwrap();
        Arrival::new(address, 3000, seat).peer(&target.parse().unwrap(), &headers)
    }

    #[test]
    fn every_forwarding_header_is_seen() {
        assert!(!peer(&[("host", "localhost:3000")]).forwarded);
        for name in [
            "forwarded",
            "x-forwarded-for",
            "x-forwarded-host",
            "x_forwarded_for",
            "x-original-host",
            "x-real-ip",
            "via",
            "cf-connecting-ip",
        ] {
            assert!(peer(&[("host", "localhost:3000"), (name, "x")]).forwarded, "{name}");
        }
    }

    #[test]
    fn a_target_that_names_a_host_wins() {
        let pairs = [("host", "localhost:3000")];
        assert!(peer(&pairs).is_same_machine());
        assert!(!asked("http://evil.example/demo/token", &pairs).is_same_machine());
    }

    #[test]
    fn an_odd_header_is_not_an_absent_one() {
        assert_eq!(peer(&[]).origin, None);
        let twice = peer(&[("origin", "http://localhost:3000"), ("origin", "http://evil")]);
        assert_eq!(twice.origin.as_deref(), Some(""));
        assert!(!peer(&[("host", "localhost:3000"), ("origin", "")]).is_same_machine());
    }
}
