//! What is known of a request's other end.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, PoisonError},
};

use application::{NotAdmitted, Seat};
use domain::Peer;
use http::{HeaderMap, HeaderName, Uri, header};

use crate::TrustedProxies;

/// Where a request came from; every request that the listener hands on has one among its
/// extensions.
#[derive(Clone)]
pub struct Arrival {
    /// The socket's other end, or whom a trusted proxy there speaks for; [`Peer::UNIX`] for a Unix
    /// socket's.
    pub address: IpAddr,
    /// The port it came to; 0 for a Unix socket.
    pub server_port: u16,
    /// The connection's place; an upgraded connection takes it along.
    seat: Arc<Mutex<Option<Seat>>>,
    /// Where the other end is one of them.
    proxies: Option<Arc<TrustedProxies>>,
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
    pub(crate) fn new(address: IpAddr, server_port: u16, seat: Seat) -> Self {
        Self { address, server_port, seat: Arc::new(Mutex::new(Some(seat))), proxies: None }
    }

    /// The other end is a proxy that is believed.
    pub(crate) fn of_proxy(self, proxies: Arc<TrustedProxies>) -> Self {
        Self { proxies: Some(proxies), ..self }
    }

    /// This connection's arrival with one request: a trusted proxy says for whom it comes, and the
    /// seat counts there from now on.
    ///
    /// # Errors
    /// Whoever that is has as many connections as it may.
    pub(crate) fn with_request(&self, headers: &HeaderMap) -> Result<Self, NotAdmitted> {
        let mut arrival = self.clone();
        if let Some(proxies) = &self.proxies {
            arrival.address = proxies.client(self.address, headers);
            self.attribute(Some(arrival.address))?;
        }
        Ok(arrival)
    }

    /// The request was answered, and the connection is a proxy's for whomever comes next.
    pub(crate) fn answered(&self) {
        if self.proxies.is_some() {
            // Nobody's has no limit.
            let _ = self.attribute(None);
        }
    }

    fn attribute(&self, address: Option<IpAddr>) -> Result<(), NotAdmitted> {
        let mut seat = self.seat.lock().unwrap_or_else(PoisonError::into_inner);
        seat.as_mut().map_or(Ok(()), |seat| seat.attribute(address))
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
            address: self.address,
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
        let address: IpAddr = "127.0.0.1".parse().unwrap();
        let seat = Admission::new(AdmissionLimits::default()).admit(address).unwrap();
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
    fn a_trusted_proxy_speaks_for_others_one_request_after_the_other() {
        let admission = Admission::new(AdmissionLimits {
            unauthenticated_per_address: 1,
            ..AdmissionLimits::default()
        });
        let proxy: IpAddr = "10.0.0.1".parse().unwrap();
        let proxies = || {
            let trusted: crate::TrustedProxy = "10.0.0.1".parse().unwrap();
            Arc::new([trusted].into_iter().collect::<TrustedProxies>())
        };
        let arrival =
            || Arrival::new(proxy, 1, admission.admit_proxy().unwrap()).of_proxy(proxies());
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "192.0.2.1".parse().unwrap());
        let (first, second) = (arrival(), arrival());
        let seen = first.with_request(&headers).unwrap();
        assert_eq!(seen.address.to_string(), "192.0.2.1");
        assert!(second.with_request(&headers).is_err());
        first.answered();
        assert!(second.with_request(&headers).is_ok());
        // One that is not trusted says what it likes.
        let stranger = Arrival::new(proxy, 1, admission.admit(proxy).unwrap());
        assert_eq!(stranger.with_request(&headers).unwrap().address, proxy);
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
