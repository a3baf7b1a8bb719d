//! Which addresses the server may be sent to.

use std::net::{IpAddr, SocketAddr};

use domain::is_public_address;
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
        self.private || is_public_address(address)
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

/// Why no request can ever go to an address.
#[derive(Debug, thiserror::Error)]
pub enum BadAddress {
    /// It can't be read.
    #[error("not an address: {0}")]
    Unreadable(String),
    /// It is one of a private network, or of this machine.
    #[error("a private address, which is not allowed without allow_private_addresses")]
    Private,
}

/// Judges the address of a receiver as far as that can be done before it is asked: what a name
/// stands for is judged at each connection.
///
/// # Errors
/// No request to it can ever be sent.
pub fn check_address(address: &str, allow_private_addresses: bool) -> Result<(), BadAddress> {
    let url = Url::parse(address).map_err(|error| BadAddress::Unreadable(error.to_string()))?;
    let guard = Guard { private: allow_private_addresses };
    guard.judge(&url).map_err(|NotPublic| BadAddress::Private)
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

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn an_address_that_can_never_be_asked_is_known_before() {
        for bad in ["https://a.example:99999/", "https://xn--/", "https://[fe80::1%25lo]/", "x"] {
            let checked = check_address(bad, true);
            assert!(matches!(checked, Err(BadAddress::Unreadable(_))), "{bad}: {checked:?}");
        }
        assert!(matches!(check_address("https://10.0.0.1/", false), Err(BadAddress::Private)));
        assert!(check_address("https://10.0.0.1/", true).is_ok());
        assert!(check_address("https://localhost/", false).is_ok(), "a name is judged later");
    }

    #[tokio::test]
    async fn a_name_has_only_the_addresses_that_may_be_asked() {
        let name = || "localhost".parse::<Name>().unwrap();
        let refused = Guard { private: false }.resolve(name()).await.err().unwrap();
        assert!(refused.is::<NotPublic>());
        assert!(Guard { private: true }.resolve(name()).await.is_ok());
    }
}
