//! Records that no TLS library sends by itself: of TLS 1.3, with AES-256-GCM and SHA-384.

use std::sync::{Mutex, PoisonError};

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    hmac,
};
use tokio_rustls::rustls::KeyLog;

const HANDSHAKE: u8 = 22;
const APPLICATION_DATA: u8 = 23;

/// The secret of what the client says, as it tells it to debuggers.
#[derive(Debug, Default)]
pub(super) struct Secret(Mutex<Vec<u8>>);

impl KeyLog for Secret {
    fn log(&self, label: &str, _: &[u8], secret: &[u8]) {
        if label == "CLIENT_TRAFFIC_SECRET_0" {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = secret.to_vec();
        }
    }
}

/// Goes on in the client's place, which has said nothing since the handshake.
pub(super) struct Forger {
    secret: Vec<u8>,
    records: u64,
}

impl Forger {
    pub(super) fn with(secret: &Secret) -> Self {
        let secret = secret.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        assert_eq!(secret.len(), 48, "SHA-384 was agreed to");
        Self { secret, records: 0 }
    }

    /// A record of content, which may be empty.
    pub(super) fn content(&mut self, content: &[u8]) -> Vec<u8> {
        self.record(APPLICATION_DATA, content)
    }

    /// A change of the client's keys, none of the server's.
    pub(super) fn key_update(&mut self) -> Vec<u8> {
        let record = self.record(HANDSHAKE, &[24, 0, 0, 1, 0]);
        self.secret = self.derive("traffic upd", 48);
        self.records = 0;
        record
    }

    /// RFC 8446, 5.2.
    fn record(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        let key = UnboundKey::new(&AES_256_GCM, &self.derive("key", 32)).unwrap();
        let mut nonce: [u8; 12] = self.derive("iv", 12).try_into().unwrap();
        for (byte, count) in nonce[4..].iter_mut().zip(self.records.to_be_bytes()) {
            *byte ^= count;
        }
        self.records += 1;
        let mut sealed = [content, &[kind]].concat();
        let [high, low] = u16::try_from(sealed.len() + 16).unwrap().to_be_bytes();
        let head = [APPLICATION_DATA, 3, 3, high, low];
        let nonce = Nonce::assume_unique_for_key(nonce);
        let key = LessSafeKey::new(key);
        key.seal_in_place_append_tag(nonce, Aad::from(head), &mut sealed).unwrap();
        [&head[..], &sealed].concat()
    }

    /// HKDF-Expand-Label (RFC 8446, 7.1) without context, of at most one block.
    fn derive(&self, label: &str, length: u8) -> Vec<u8> {
        let label = format!("tls13 {label}");
        let label_length = u8::try_from(label.len()).unwrap();
        let info = [&[0, length, label_length], label.as_bytes(), &[0, 1]].concat();
        let key = hmac::Key::new(hmac::HMAC_SHA384, &self.secret);
        hmac::sign(&key, &info).as_ref()[..usize::from(length)].to_vec()
    }
}
