//! Signatures, verified as Standard Webhooks says: on its own, so that it shares no mistake with who
//! signs.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use base64::{Engine, engine::general_purpose::STANDARD};

/// So many seconds a request's time may be off: both are one machine, which may be busy.
const TOLERANCE: u64 = 60;

/// What signs the requests to an endpoint.
pub(super) struct Secret(hmac::Key);

impl Secret {
    /// A text that does not begin with `whsec_` is itself the key.
    pub(super) fn new(text: &str) -> Self {
        Self(hmac::Key::new(HMAC_SHA256, text.as_bytes()))
    }

    /// What is wrong, if anything.
    pub(super) fn mistrusts(
        &self,
        id: &str,
        timestamp: &str,
        signatures: &str,
        body: &[u8],
    ) -> Option<&'static str> {
        let signed = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body].concat();
        let is_ours = |signature: &str| {
            let tag = signature.strip_prefix("v1,").and_then(|text| STANDARD.decode(text).ok());
            tag.is_some_and(|tag| hmac::verify(&self.0, &signed, &tag).is_ok())
        };
        if id.is_empty() || id.contains('.') {
            return Some("the id is none");
        }
        if !signatures.split(' ').any(is_ours) {
            return Some("no signature of it is ours");
        }
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        match timestamp.parse::<u64>() {
            Ok(seconds) if seconds.abs_diff(now) <= TOLERANCE => None,
            Ok(_) => Some("its time is not now"),
            Err(_) => Some("its time is none"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_mistrusted() {
        let secret = Secret::new("a secret of at least thirty-two bytes");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().to_string();
        let sign = |time: &str| {
            let tag = hmac::sign(&secret.0, format!("msg_1.{time}.{{}}").as_bytes());
            format!("v1,{}", STANDARD.encode(tag))
        };
        let good = sign(&now);
        assert_eq!(secret.mistrusts("msg_1", &now, &good, b"{}"), None);
        assert_eq!(secret.mistrusts("msg_1", &now, &format!("v1,AAAA {good}"), b"{}"), None);
        let foreign = Secret::new("another secret of thirty-two bytes")
            .mistrusts("msg_1", &now, &good, b"{}");
        assert!(foreign.is_some());
        assert!(secret.mistrusts("msg_2", &now, &good, b"{}").is_some());
        assert!(secret.mistrusts("msg_1", &now, &good, b"{ }").is_some());
        assert!(secret.mistrusts("msg_1", "5", &sign("5"), b"{}").is_some(), "long ago");
    }
}
