//! What is known of a request's other end.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use application::Seat;
use domain::Peer;
use http::{HeaderMap, HeaderName, header};

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
const FORWARDED: [&str; 3] = ["forwarded", "via", "x-real-ip"];
const FORWARDED_PREFIX: &str = "x-forwarded-";

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
    pub fn peer(&self, headers: &HeaderMap) -> Peer {
        let forwarded = |name: &HeaderName| {
            FORWARDED.contains(&name.as_str()) || name.as_str().starts_with(FORWARDED_PREFIX)
        };
        Peer {
            address: self.address.ip(),
            host: text(headers, &header::HOST),
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
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(HeaderName::from_static(name), value.parse().unwrap());
        }
        let address: SocketAddr = "127.0.0.1:5000".parse().unwrap();
        let seat = Admission::new(AdmissionLimits::default()).admit(address.ip()).unwrap();
        Arrival::new(address, 3000, seat).peer(&headers)
    }

    #[test]
    fn every_forwarding_header_is_seen() {
        assert!(!peer(&[("host", "localhost:3000")]).forwarded);
        for name in ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"] {
            assert!(peer(&[("host", "localhost:3000"), (name, "x")]).forwarded, "{name}");
        }
    }

    #[test]
    fn an_odd_header_is_not_an_absent_one() {
        assert_eq!(peer(&[]).origin, None);
        let twice = peer(&[("origin", "http://localhost:3000"), ("origin", "http://evil")]);
        assert_eq!(twice.origin.as_deref(), Some(""));
        assert!(!peer(&[("host", "localhost:3000"), ("origin", "")]).is_same_machine());
    }
}
