//! HMAC-SHA256 in hex digits: what keys of this protocol sign.

use aws_lc_rs::hmac::{self, HMAC_SHA256};
use domain::PusherKey;
use secrecy::ExposeSecret;

/// Signs a text: 64 lower-case hex digits.
#[must_use]
pub fn sign(key: &PusherKey, text: &str) -> String {
    let tag = hmac::sign(&of(key), text.as_bytes());
    tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Whether the hex digits are the key's signature of the text; compared in constant time.
#[must_use]
pub fn verify(key: &PusherKey, text: &str, signature: &str) -> bool {
    bytes(signature).is_some_and(|tag| hmac::verify(&of(key), text.as_bytes(), &tag).is_ok())
}

fn of(key: &PusherKey) -> hmac::Key {
    hmac::Key::new(HMAC_SHA256, key.secret.expose_secret().as_bytes())
}

/// 32 bytes of 64 lower-case hex digits.
fn bytes(hex: &str) -> Option<[u8; 32]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let digits: Vec<u8> = hex.bytes().map(digit).collect::<Option<_>>()?;
    let bytes: Vec<u8> =
        digits.chunks(2).map(|pair| pair.iter().fold(0, |a, b| a << 4 | b)).collect();
    bytes.try_into().ok().filter(|_| hex.len() == 64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The published example.
    #[test]
    fn signs_as_published() {
        let key =
            PusherKey { key: "278d425bdf160c739803".into(), secret: "7ad3773142a6692b25b8".into() };
        let text = "1234.1234:private-foobar";
        let signature = sign(&key, text);
        assert_eq!(signature, "58df8b0c36d6982b82c3ecf6b4662e34fe8c25bba48f5369f135bf843651c3a4");
        assert!(verify(&key, text, &signature));
        assert!(!verify(&key, "1234.1234:private-foobaz", &signature));
        for forged in
            ["", "58", &signature.to_uppercase(), &signature[..63], &format!("{signature}0")]
        {
            assert!(!verify(&key, text, forged), "{forged}");
        }
    }
}
