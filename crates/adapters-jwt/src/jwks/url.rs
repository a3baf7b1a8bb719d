//! Where a key set is.

use std::net::IpAddr;

use reqwest::Url;

use super::{JwksOptions, guard::Guard};

/// Why an address can't be used for a key set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JwksUrlError {
    /// Not an address.
    #[error("is not an address (https://host/path)")]
    NotAUrl,
    /// Without TLS anybody on the way could put in keys.
    #[error("must begin with https://")]
    NotHttps,
    /// A name and a password in it.
    #[error("must not contain a user or a password")]
    Credentials,
    /// It leads to the server's own machine or network.
    #[error("leads to a machine that is not public")]
    NotPublic,
}

/// Where a key set is: https, and not a private address. A name is judged when it is resolved.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct JwksUrl(Url);

impl JwksUrl {
    /// Parses and judges an address.
    pub(crate) fn parse(text: &str, options: &JwksOptions) -> Result<Self, JwksUrlError> {
        let url = Url::parse(text.trim()).map_err(|_| JwksUrlError::NotAUrl)?;
        let host = url.host_str().ok_or(JwksUrlError::NotAUrl)?;
        let plain = options.loopback && url.scheme() == "http";
        if url.scheme() != "https" && !plain {
            return Err(JwksUrlError::NotHttps);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(JwksUrlError::Credentials);
        }
        if !may_ask(host, Guard { loopback: options.loopback }) {
            return Err(JwksUrlError::NotPublic);
        }
        Ok(Self(url))
    }

    /// For the request.
    pub(super) fn url(&self) -> &Url {
        &self.0
    }

    /// For the log: a path or a query may be nobody's business.
    pub(super) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

/// A literal address never meets the resolver, so it is judged here. The URL parser has already
/// turned spellings like `0x7f.1` into the address that they mean.
fn may_ask(host: &str, guard: Guard) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    match literal.parse::<IpAddr>() {
        Ok(address) => guard.allows(address),
        Err(_) => {
            let name = host.trim_end_matches('.');
            guard.loopback || !(name == "localhost" || name.ends_with(".localhost"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<(), JwksUrlError> {
        JwksUrl::parse(text, &JwksOptions::default()).map(drop)
    }

    #[test]
    fn only_https_to_public_machines() {
        assert_eq!(parse("https://id.example.com/.well-known/jwks.json"), Ok(()));
        assert_eq!(parse("https://id.example.com:8443/keys?tenant=a"), Ok(()));
        assert_eq!(parse("http://id.example.com/keys"), Err(JwksUrlError::NotHttps));
        assert_eq!(parse("ftp://id.example.com/keys"), Err(JwksUrlError::NotHttps));
        assert_eq!(parse("file:///etc/passwd"), Err(JwksUrlError::NotAUrl));
        assert_eq!(parse("id.example.com/keys"), Err(JwksUrlError::NotAUrl));
        assert_eq!(parse("https://a:b@id.example.com"), Err(JwksUrlError::Credentials));
    }

    #[test]
    fn every_spelling_of_a_private_address_is_refused() {
        for host in [
            "127.0.0.1",
            "127.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "169.254.169.254",
            "10.0.0.1",
            "[fd00::1]",
            "localhost",
            "LOCALHOST.",
            "a.localhost",
            "0",
        ] {
            let url = format!("https://{host}/keys");
            assert_eq!(parse(&url), Err(JwksUrlError::NotPublic), "{host}");
        }
    }

    #[test]
    fn a_test_may_ask_its_own_machine() {
        let options = JwksOptions::default().allow_loopback();
        assert!(JwksUrl::parse("http://127.0.0.1:1234/keys", &options).is_ok());
        assert!(JwksUrl::parse("http://localhost:1234/keys", &options).is_ok());
        assert!(JwksUrl::parse("http://10.0.0.1/keys", &options).is_err());
    }
}
