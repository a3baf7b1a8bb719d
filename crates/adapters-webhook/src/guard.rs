//! Which addresses the server may be sent to. The same table as for key sets of tokens
//! (`adapters-jwt`): adapters do not know each other.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// Which addresses the server may be sent to. Whoever configures an app says where its receivers
/// are; without this they could have the server ask its own machine or its neighbours.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guard {
    /// Whether private networks and this machine are among them.
    pub(crate) private: bool,
}

/// An address, or a name without any address, that may be asked.
#[derive(Debug, thiserror::Error)]
#[error("it has no public address, and private ones are not allowed (allow_private_addresses)")]
pub(crate) struct NotPublic;

impl Guard {
    /// Whether the address may be asked.
    fn allows(self, address: IpAddr) -> bool {
        self.private || is_public(address)
    }

    /// Judges the host of an address that never meets the resolver: a literal one. The URL parser
    /// has already turned spellings like `0x7f.1` into the address that they mean.
    pub(crate) fn judge(self, url: &Url) -> Result<(), NotPublic> {
        let host = url.host_str().unwrap_or_default();
        let literal = host.trim_start_matches('[').trim_end_matches(']');
        match literal.parse::<IpAddr>() {
            Ok(address) if !self.allows(address) => Err(NotPublic),
            Ok(_) | Err(_) => Ok(()),
        }
    }
}

/// Resolves names at the time of each connection, so that a name can't have one address for a check
/// and another one for the connection.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|found| guard.allows(found.ip())).collect();
            if allowed.is_empty() {
                return Err(NotPublic.into());
            }
            let allowed: Addrs = Box::new(allowed.into_iter());
            Ok(allowed)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// All but the blocks of the IANA registry of special addresses that are not globally reachable.
fn is_public_v4(address: Ipv4Addr) -> bool {
    !matches!(
        address.octets(),
        [0 | 10 | 127, ..]
            | [100, 64..=127, ..]
            | [169, 254, ..]
            | [172, 16..=31, ..]
            | [192, 0, 0 | 2, _]
            | [192, 88, 99, _]
            | [192, 168, ..]
            | [198, 18 | 19, ..]
            | [198, 51, 100, _]
            | [203, 0, 113, _]
            | [224..=255, ..]
    )
}

/// Global unicast, without the blocks in it for documents, tunnels and experiments. An address that
/// stands for an IPv4 address is judged as that one.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let inner = || {
        let [.., a, b, c, d] = address.octets();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match segments {
        [0, 0, 0, 0, 0, 0xffff, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => inner(),
        [0x2001, 0..=0x1ff | 0xdb8, ..] | [0x2002, ..] | [0x3fff, 0..=0xfff, ..] => false,
        [0x2000..=0x3fff, ..] => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_refused() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.9.9.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.9",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ] {
            let address = address.parse().unwrap();
            assert!(!Guard { private: false }.allows(address), "{address}");
            assert!(Guard { private: true }.allows(address), "{address}");
        }
    }

    #[test]
    fn what_is_public_is_allowed() {
        for address in [
            "1.1.1.1",
            "100.63.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "::ffff:8.8.8.8",
            "64:ff9b::808:808",
            "2606:4700::1111",
            "2a00:1450:4001::1",
        ] {
            let address = address.parse().unwrap();
            assert!(Guard { private: false }.allows(address), "{address}");
        }
    }

    #[test]
    fn a_literal_address_is_judged_in_every_spelling() {
        for bad in [
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://2130706433/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
        ] {
            let url = Url::parse(bad).unwrap();
            assert!(Guard { private: false }.judge(&url).is_err(), "{bad}");
            assert!(Guard { private: true }.judge(&url).is_ok(), "{bad}");
        }
        let url = Url::parse("https://a.example/").unwrap();
        assert!(Guard { private: false }.judge(&url).is_ok(), "names are judged when resolved");
    }

    #[tokio::test]
    async fn a_name_has_only_the_addresses_that_may_be_asked() {
        let name = || "localhost".parse::<Name>().unwrap();
        let refused = Guard { private: false }.resolve(name()).await.err().unwrap();
        assert!(refused.is::<NotPublic>());
        assert!(Guard { private: true }.resolve(name()).await.is_ok());
    }
}
