//! Which addresses the server may be sent to.

use std::net::{IpAddr, SocketAddr};

use domain::is_public_address;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Which addresses the server may be sent to. Whoever configures an app says where its keys are;
/// without this they could have the server ask its own machine or its neighbours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard {
    /// Whether this same machine is among them.
    pub(super) loopback: bool,
}

/// A name without any address that may be asked.
#[derive(Debug, thiserror::Error)]
#[error("the name has no public address")]
pub(super) struct NoPublicAddress;

impl Guard {
    /// Whether the address may be asked.
    pub(super) fn allows(self, address: IpAddr) -> bool {
        is_public_address(address) || (self.loopback && address.to_canonical().is_loopback())
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
                return Err(NoPublicAddress.into());
            }
            let allowed: Addrs = Box::new(allowed.into_iter());
            Ok(allowed)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_name_has_only_the_addresses_that_may_be_asked() {
        let name = || "localhost".parse::<Name>().unwrap();
        let refused = Guard { loopback: false }.resolve(name()).await.err().unwrap();
        assert!(refused.is::<NoPublicAddress>());
        let mut found = Guard { loopback: true }.resolve(name()).await.ok().unwrap();
        assert!(found.all(|found| found.ip().is_loopback()));
    }

    #[test]
    fn a_test_may_ask_its_own_machine_and_no_other() {
        let guard = Guard { loopback: true };
        for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert!(guard.allows(address.parse().unwrap()), "{address}");
        }
        assert!(!guard.allows("10.0.0.1".parse().unwrap()));
    }
}
