//! Who is believed when it says for whom it speaks.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
    sync::atomic::{AtomicBool, Ordering},
};

use domain::Peer;
use http::{HeaderMap, HeaderName};
use ipnet::IpNet;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Addresses of proxies whose `X-Forwarded-For` is believed.
#[derive(Debug, Default)]
pub struct TrustedProxies {
    networks: Vec<IpNet>,
    /// Whoever comes over a Unix socket.
    unix: bool,
    /// The log was told of a header that can't be read.
    told: AtomicBool,
}

/// Somebody whose `X-Forwarded-For` is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustedProxy {
    /// Whoever comes from there.
    Network(IpNet),
    /// Whoever comes over a Unix socket.
    Unix,
}

/// Why a text names no proxy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoProxy {
    /// Neither an address nor a network.
    #[error("neither an IP address nor a network, such as 10.0.0.0/8, nor unix")]
    NotUnderstood,
    /// An address of a network in the place of the network.
    #[error("not the beginning of a network; did you mean {0}?")]
    NotANetwork(IpNet),
}

impl FromStr for TrustedProxy {
    type Err = NoProxy;

    fn from_str(text: &str) -> Result<Self, NoProxy> {
        if text == "unix" {
            return Ok(Self::Unix);
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Network(address.to_canonical().into()));
        }
        let network: IpNet = text.parse().map_err(|_| NoProxy::NotUnderstood)?;
        if network.trunc() == network {
            Ok(Self::Network(network))
        } else {
            Err(NoProxy::NotANetwork(network.trunc()))
        }
    }
}

impl FromIterator<TrustedProxy> for TrustedProxies {
    fn from_iter<T: IntoIterator<Item = TrustedProxy>>(proxies: T) -> Self {
        proxies.into_iter().fold(Self::default(), |mut all, proxy| {
            match proxy {
                TrustedProxy::Network(network) => all.networks.push(network),
                TrustedProxy::Unix => all.unix = true,
            }
            all
        })
    }
}

impl TrustedProxies {
    /// Whether who comes from there is believed.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        if address == Peer::UNIX {
            return self.unix;
        }
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }

    /// For whom a trusted proxy speaks: of the addresses in `X-Forwarded-For`, read from the end, the
    /// first that is no trusted proxy itself; where all are, the first one. The proxy's own address
    /// where the header is absent or can't be read that far.
    pub(crate) fn client(&self, proxy: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut farthest = proxy;
        for value in headers.get_all(FORWARDED_FOR).iter().rev() {
            let Ok(value) = value.to_str() else { return self.unreadable(proxy) };
            for hop in value.rsplit(',') {
                let Some(address) = address(hop.trim()) else { return self.unreadable(proxy) };
                if !self.trusts(address) {
                    return address;
                }
                farthest = address;
            }
        }
        farthest
    }

    fn unreadable(&self, proxy: IpAddr) -> IpAddr {
        if !self.told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                target: "rtmate", %proxy,
                "a trusted proxy's X-Forwarded-For can't be read; told once"
            );
        }
        proxy
    }
}

/// An address, also with a port as some proxies write it. None that stands for no address at all.
fn address(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|hop| hop.strip_suffix(']')).unwrap_or(hop);
    let address = bare.parse().or_else(|_| hop.parse().map(|hop: SocketAddr| hop.ip())).ok()?;
    Some(address.to_canonical()).filter(|address: &IpAddr| !address.is_unspecified())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trusted() -> TrustedProxies {
        ["10.0.0.0/8", "127.0.0.1", "2001:db8::/32", "unix"]
            .iter()
            .map(|text| text.parse::<TrustedProxy>().unwrap())
            .collect()
    }

    fn client(proxy: &str, lines: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, line.parse().unwrap());
        }
        trusted().client(proxy.parse().unwrap(), &headers).to_string()
    }

    #[test]
    fn networks_are_read_strictly() {
        for text in ["10.0.0.0/8", "::/0", "192.0.2.7", "2001:db8::1", "unix"] {
            assert!(text.parse::<TrustedProxy>().is_ok(), "{text}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0/8", "localhost", "*", "Unix", "10.0.0.0/8 "] {
            assert_eq!(text.parse::<TrustedProxy>(), Err(NoProxy::NotUnderstood), "{text}");
        }
        let error = "10.1.2.3/8".parse::<TrustedProxy>().unwrap_err();
        assert_eq!(error.to_string(), "not the beginning of a network; did you mean 10.0.0.0/8?");
    }

    #[test]
    fn only_the_named_ones_are_trusted() {
        for (address, is) in [
            ("10.9.9.9", true),
            ("::ffff:10.9.9.9", true),
            ("127.0.0.1", true),
            ("127.0.0.2", false),
            ("192.0.2.1", false),
            ("2001:db8:1::1", true),
            ("0.0.0.0", true),
        ] {
            assert_eq!(trusted().trusts(address.parse().unwrap()), is, "{address}");
        }
        assert!(!TrustedProxies::default().trusts(Peer::UNIX));
    }

    #[test]
    fn the_last_one_that_is_not_trusted_counts() {
        assert_eq!(client("10.0.0.1", &["192.0.2.1"]), "192.0.2.1");
        // What comes before it somebody may have made up.
        assert_eq!(client("10.0.0.1", &["198.51.100.9, 192.0.2.1, 10.0.0.2"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["not an address, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["198.51.100.9", "192.0.2.1", "10.0.0.2"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
        assert_eq!(client("10.0.0.1", &["192.0.2.1:4711"]), "192.0.2.1");
        assert_eq!(client("10.0.0.1", &["[2001:dead::1]:443"]), "2001:dead::1");
        assert_eq!(client("10.0.0.1", &["[2001:dead::1]"]), "2001:dead::1");
        assert_eq!(client("0.0.0.0", &["::ffff:192.0.2.1"]), "192.0.2.1");
    }

    #[test]
    fn what_cannot_be_read_is_the_proxys_own() {
        for lines in
            [&[][..], &[""], &["unknown"], &["192.0.2.1,"], &["192.0.2.1", "_hidden"], &["0.0.0.0"]]
        {
            assert_eq!(client("10.0.0.1", lines), "10.0.0.1", "{lines:?}");
        }
    }
}
