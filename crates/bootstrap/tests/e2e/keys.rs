//! Key pairs, as an identity provider has them.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

/// A key pair: the private half signs, the public half stands in a configuration.
pub(crate) struct Pair {
    pub(crate) algorithm: Algorithm,
    pub(crate) signing: EncodingKey,
    /// In PEM.
    pub(crate) public: String,
}

impl Pair {
    pub(crate) fn rs256() -> Self {
        let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
        let private = AsDer::<Pkcs8V1Der<'_>>::as_der(&pair).unwrap();
        let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
        let signing = EncodingKey::from_rsa_pem(pem("PRIVATE KEY", private.as_ref()).as_bytes());
        Self::of(Algorithm::RS256, signing.unwrap(), public.as_ref())
    }

    pub(crate) fn es256() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let private = pair.to_pkcs8v1().unwrap();
        let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
        Self::of(Algorithm::ES256, EncodingKey::from_ec_der(private.as_ref()), public.as_ref())
    }

    pub(crate) fn ed25519() -> Self {
        let pair = Ed25519KeyPair::generate().unwrap();
        let private = pair.to_pkcs8v1().unwrap();
        let public = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
        Self::of(Algorithm::EdDSA, EncodingKey::from_ed_der(private.as_ref()), public.as_ref())
    }

    fn of(algorithm: Algorithm, signing: EncodingKey, public: &[u8]) -> Self {
        Self { algorithm, signing, public: pem("PUBLIC KEY", public) }
    }

    /// A header that names this pair's algorithm, and a key.
    pub(crate) fn header(&self, kid: Option<&str>) -> Header {
        Header { kid: kid.map(str::to_owned), ..Header::new(self.algorithm) }
    }
}

/// The PEM of some bytes.
fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
