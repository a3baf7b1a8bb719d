//! Signatures after Standard Webhooks, and the ids that they are about.

use application::ports::Outgoing;
use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac::{self, HMAC_SHA256},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use domain::{AppId, WebhookName};
use secrecy::{ExposeSecret, SecretString};

/// What stands before a secret that is Base64, as the libraries write it.
const BASE64_PREFIX: &str = "whsec_";

/// The fewest bytes of a key that stands as Base64.
const FEWEST_BYTES: usize = 24;

/// Whether a secret is a key: after `whsec_` comes Base64 of at least 24 bytes; any other text is
/// itself the key.
#[must_use]
pub fn is_key(secret: &SecretString) -> bool {
    let Some(rest) = secret.expose_secret().strip_prefix(BASE64_PREFIX) else { return true };
    STANDARD.decode(rest).is_ok_and(|key| key.len() >= FEWEST_BYTES)
}

fn key(secret: &SecretString) -> hmac::Key {
    let text = secret.expose_secret();
    let decoded = text.strip_prefix(BASE64_PREFIX).and_then(|rest| STANDARD.decode(rest).ok());
    hmac::Key::new(HMAC_SHA256, decoded.as_deref().unwrap_or(text.as_bytes()))
}

/// `v1,SIGNATURE` of each secret, the present one first.
pub(crate) fn sign(secrets: &[SecretString], id: &str, seconds: u64, body: &str) -> String {
    let signed = format!("{id}.{seconds}.{body}");
    let sign = |secret| {
        let tag = hmac::sign(&key(secret), signed.as_bytes());
        format!("v1,{}", STANDARD.encode(tag))
    };
    secrets.iter().map(sign).collect::<Vec<_>>().join(" ")
}

/// `msg_NUMBER_DIGITS`: of the endpoint, the number and the body, so that it is the same where the
/// request is, and another one where a request tells something else. Without a dot, which parts
/// what is signed.
pub(crate) fn id(app: &AppId, endpoint: &WebhookName, request: &Outgoing) -> String {
    let head = format!("{app}\n{endpoint}\n{}\n", request.number);
    let digest = digest(&SHA256, &[head.as_bytes(), request.body.as_bytes()].concat());
    let digits = digest.as_ref().iter().take(12).map(|byte| format!("{byte:02x}"));
    format!("msg_{}_{}", request.number, digits.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the Standard Webhooks specification and its libraries.
    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const WANTED: &str = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

    #[test]
    fn the_specifications_example_is_signed_alike() {
        let (id, body) = ("msg_p5jXN8AQM9LWM0D4loKWxJek", r#"{"test": 2432232314}"#);
        assert_eq!(sign(&[SECRET.into()], id, 1_614_265_330, body), WANTED);
        let both = sign(&[SECRET.into(), "plain".into()], id, 1_614_265_330, body);
        let (first, second) = both.split_once(' ').unwrap();
        assert_eq!(first, WANTED);
        assert!(second.starts_with("v1,") && second != WANTED);
    }

    #[test]
    fn a_prefix_promises_base64() {
        for good in [SECRET, "any other text of whatever length it is", "whsec-not-the-prefix"] {
            assert!(is_key(&good.into()), "{good}");
        }
        for bad in ["whsec_", "whsec_not base64 at all!!!!!!!!!!!!!!!!", "whsec_c2hvcnQ="] {
            assert!(!is_key(&bad.into()), "{bad}");
        }
    }
}
