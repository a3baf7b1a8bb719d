//! The part of the opening handshake that isn't HTTP (RFC 6455, 4.2.2).

use aws_lc_rs::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use base64::Engine as _;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD};

/// Fixed by the RFC. It proves that the server speaks WebSocket; it isn't a secret.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// How many bytes a client's nonce has.
const NONCE: usize = 16;

/// Reads nonces. Bits behind the last byte are let pass: some clients fill 22 characters at
/// random, and the answer is made from the characters, not from the bytes.
const NONCE_BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// The value of `Sec-WebSocket-Accept` that answers this `Sec-WebSocket-Key`, which comes without
/// white space around it.
///
/// Nothing where the key isn't the base64 of 16 bytes: such a request is to be refused with 400.
#[must_use]
pub fn accept_key(sec_websocket_key: &str) -> Option<String> {
    let nonce = NONCE_BASE64.decode(sec_websocket_key).ok()?;
    if nonce.len() != NONCE {
        return None;
    }
    let mut sha1 = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    sha1.update(sec_websocket_key.as_bytes());
    sha1.update(GUID);
    Some(STANDARD.encode(sha1.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        let accept = accept_key("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(accept.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    }

    #[test]
    fn a_key_is_the_base64_of_sixteen_bytes() {
        let bad = [
            "",
            "dGhlIHNhbXBsZSBub25jZQ",
            "dGhlIHNhbXBsZSBub25j",
            "dGhlIHNhbXBsZSBub25jZSE=",
            " dGhlIHNhbXBsZSBub25jZQ==",
            "dGhlIHNhbXBsZSBub25jZ_==",
        ];
        for key in bad {
            assert_eq!(accept_key(key), None, "{key:?}");
        }
        assert!(accept_key("dGhlIHNhbXBsZSBub25jZR==").is_some(), "loose last bits");
    }
}
