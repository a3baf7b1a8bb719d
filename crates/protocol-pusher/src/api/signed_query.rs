//! Who asks: a query that one of the app's keys signed.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use domain::{PusherKey, Timestamp};
use md5::{Digest, Md5};

use crate::signature;

/// Why a query does not prove who asks. The texts are for the asking backend, and name nothing that
/// it did not send itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSigned {
    /// A parameter that every request has is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// Which of them counts nobody could say.
    #[error("the query has a parameter twice")]
    Twice,
    /// Another way of signing.
    #[error("auth_version must be 1.0")]
    Version,
    /// No time, or one too far from the server's.
    #[error(
        "auth_timestamp is not within 600 seconds of the server's time, which is {server_secs}"
    )]
    Timestamp {
        /// The server's time in Unix seconds.
        server_secs: u64,
    },
    /// The secret of the named key did not sign this.
    #[error(
        "invalid signature: auth_signature is not the HMAC-SHA256 of \
         \"METHOD\\nPATH\\nSORTED_PARAMETERS\" with the secret of auth_key"
    )]
    Signature,
    /// The body is another one than was signed.
    #[error("body_md5 is not the MD5 of the body")]
    Body,
}

/// The parameters of a query, percent-decoded, by their lower-case keys.
///
/// [`Self::verify`] is for before the body is read, [`Self::verify_body`] for after.
pub struct SignedQuery {
    parameters: BTreeMap<Box<str>, Box<str>>,
    signature: Box<str>,
    key: Box<str>,
}

impl SignedQuery {
    /// How far the time of a request may be from the server's, before or after.
    pub const WINDOW: Duration = Duration::from_secs(600);

    /// Takes a query apart.
    ///
    /// # Errors
    /// `Missing`: the key, the time, the version or the signature; `Twice`.
    pub fn parse(query: &str) -> Result<Self, NotSigned> {
        let mut parameters = BTreeMap::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let known = parameters.insert(key.to_lowercase().into(), Box::from(&*value));
            if known.is_some() {
                return Err(NotSigned::Twice);
            }
        }
        let key = parameters.get("auth_key").cloned().ok_or(NotSigned::Missing("auth_key"))?;
        for needed in ["auth_timestamp", "auth_version"] {
            if !parameters.contains_key(needed) {
                return Err(NotSigned::Missing(needed));
            }
        }
        let signature = parameters.remove("auth_signature");
        let signature = signature.ok_or(NotSigned::Missing("auth_signature"))?;
        Ok(Self { parameters, signature, key })
    }

    /// The name of the key that signed it, so they say.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// A parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(|value| &**value)
    }

    /// Whether `key` signed this request, now; `path` as it was asked for. Compared in constant
    /// time.
    ///
    /// # Errors
    /// `Version`, `Timestamp`, `Signature`.
    pub fn verify(
        &self,
        key: &PusherKey,
        method: &str,
        path: &str,
        now: Timestamp,
    ) -> Result<(), NotSigned> {
        if self.get("auth_version") != Some("1.0") {
            return Err(NotSigned::Version);
        }
        self.verify_time(now)?;
        // Libraries sign the path as they have it; what sends it may encode it on its way.
        let decoded = percent_encoding::percent_decode_str(path).decode_utf8();
        let decoded = decoded.ok().filter(|decoded| *decoded != path);
        let mut paths = [Some(Cow::Borrowed(path)), decoded].into_iter().flatten();
        let signed =
            paths.any(|path| signature::verify(key, &self.text(method, &path), &self.signature));
        if signed { Ok(()) } else { Err(NotSigned::Signature) }
    }

    /// Whether the body is the one that was signed. One without bytes need not be.
    ///
    /// # Errors
    /// `Missing`, `Body`.
    pub fn verify_body(&self, body: &[u8]) -> Result<(), NotSigned> {
        let Some(said) = self.get("body_md5") else {
            return if body.is_empty() { Ok(()) } else { Err(NotSigned::Missing("body_md5")) };
        };
        // Nothing secret: both are known to whoever asks.
        let digest: String = Md5::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        if digest == *said { Ok(()) } else { Err(NotSigned::Body) }
    }

    fn verify_time(&self, now: Timestamp) -> Result<(), NotSigned> {
        let said = self.get("auth_timestamp").and_then(|text| text.parse().ok());
        let near =
            said.is_some_and(|said: u64| now.as_secs().abs_diff(said) <= Self::WINDOW.as_secs());
        if near { Ok(()) } else { Err(NotSigned::Timestamp { server_secs: now.as_secs() }) }
    }

    fn text(&self, method: &str, path: &str) -> String {
        let mut text = format!("{method}\n{path}\n");
        for (index, (key, value)) in self.parameters.iter().enumerate() {
            if index > 0 {
                text.push('&');
            }
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/apps/3/events";
    const BODY: &str = r#"{"name":"foo","channels":["project-3"],"data":"{\"some\":\"data\"}"}"#;
    const QUERY: &str = "auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0\
        &body_md5=ec365a775a4cd0599faeb73354201b6f\
        &auth_signature=da454824c97ba181a32ccc17a72625ba02771f50b50e1e7430e47a1f3f457e6c";
    const NOW: Timestamp = Timestamp::from_secs(1_353_088_179);

    fn key() -> PusherKey {
        PusherKey { key: "278d425bdf160c739803".into(), secret: "7ad3773142a6692b25b8".into() }
    }

    fn verify(query: &str) -> Result<(), NotSigned> {
        SignedQuery::parse(query)?.verify(&key(), "POST", PATH, NOW)
    }

    /// A query that the key signs, whatever it says.
    fn signed(method: &str, path: &str, parameters: &str) -> String {
        let signature = signature::sign(&key(), &format!("{method}\n{path}\n{parameters}"));
        format!("{parameters}&auth_signature={signature}")
    }

    #[test]
    fn the_published_example_is_signed() {
        let query = SignedQuery::parse(QUERY).unwrap();
        assert_eq!(query.key(), "278d425bdf160c739803");
        assert_eq!(query.verify(&key(), "POST", PATH, NOW), Ok(()));
        assert_eq!(query.verify_body(BODY.as_bytes()), Ok(()));
        assert_eq!(query.verify_body(b"{}"), Err(NotSigned::Body));
        assert_eq!(query.verify_body(b""), Err(NotSigned::Body));
        for (method, path) in [("GET", PATH), ("POST", "/apps/4/events"), ("POST", "/apps/3/event")]
        {
            assert_eq!(query.verify(&key(), method, path, NOW), Err(NotSigned::Signature));
        }
        let other = PusherKey { secret: "7ad3773142a6692b25b9".into(), ..key() };
        assert_eq!(query.verify(&other, "POST", PATH, NOW), Err(NotSigned::Signature));
    }

    #[test]
    fn what_is_not_signed_so_is_refused() {
        let cut = |part: &str| QUERY.replace(part, "");
        for (query, why) in [
            (cut("auth_key=278d425bdf160c739803&"), NotSigned::Missing("auth_key")),
            (cut("&auth_timestamp=1353088179"), NotSigned::Missing("auth_timestamp")),
            (cut("&auth_version=1.0"), NotSigned::Missing("auth_version")),
            (
                QUERY.split("&auth_signature").next().unwrap().into(),
                NotSigned::Missing("auth_signature"),
            ),
            (cut("&body_md5=ec365a775a4cd0599faeb73354201b6f"), NotSigned::Signature),
            (QUERY.replace("version=1.0", "version=1.1"), NotSigned::Version),
            (QUERY.replace("da454824", "da454825"), NotSigned::Signature),
            (QUERY.replace("da454824", "DA454824"), NotSigned::Signature),
            (format!("{QUERY}&info=user_count"), NotSigned::Signature),
            (format!("{QUERY}&AUTH_KEY=other"), NotSigned::Twice),
            (String::new(), NotSigned::Missing("auth_key")),
        ] {
            assert_eq!(verify(&query), Err(why), "{query}");
        }
    }

    #[test]
    fn its_time_is_near() {
        let at = |now| SignedQuery::parse(QUERY).unwrap().verify_time(Timestamp::from_secs(now));
        for now in [1_353_088_179 - 600, 1_353_088_179 + 600] {
            assert_eq!(at(now), Ok(()));
        }
        for now in [1_353_088_179 - 601, 1_353_088_179 + 601] {
            assert_eq!(at(now), Err(NotSigned::Timestamp { server_secs: now }));
        }
        for garbage in ["", "-1", "1353088179.0", "x"] {
            let query = QUERY.replace("1353088179", garbage);
            assert_eq!(verify(&query), Err(NotSigned::Timestamp { server_secs: NOW.as_secs() }));
        }
    }

    #[test]
    fn values_and_paths_are_signed_as_they_are_meant() {
        let path = "/apps/3/users/a|b@c/terminate_connections";
        let sent = "/apps/3/users/a%7Cb%40c/terminate_connections";
        let parameters = "auth_key=278d425bdf160c739803&auth_timestamp=1353088179\
            &auth_version=1.0&filter_by_prefix=presence-a,b&info=user_count,x";
        let query = signed("GET", path, parameters).replace(',', "%2C");
        let query = SignedQuery::parse(&query).unwrap();
        for path in [path, sent] {
            assert_eq!(query.verify(&key(), "GET", path, NOW), Ok(()), "{path}");
        }
        assert_eq!(query.get("info"), Some("user_count,x"));
    }

    #[test]
    fn the_order_and_the_case_of_keys_do_not_matter() {
        let mut parts: Vec<&str> = QUERY.split('&').collect();
        parts.reverse();
        assert_eq!(verify(&parts.join("&").replace("auth_version", "Auth_Version")), Ok(()));
    }

    #[test]
    fn a_body_needs_its_digest() {
        let parameters = "auth_key=278d425bdf160c739803&auth_timestamp=1353088179&auth_version=1.0";
        let query = SignedQuery::parse(&signed("POST", PATH, parameters)).unwrap();
        assert_eq!(query.verify(&key(), "POST", PATH, NOW), Ok(()));
        assert_eq!(query.verify_body(b""), Ok(()));
        assert_eq!(query.verify_body(b"{}"), Err(NotSigned::Missing("body_md5")));
    }
}
