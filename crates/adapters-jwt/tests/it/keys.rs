//! Keys made for the tests, and what they sign.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use aws_lc_rs::{
    encoding::AsDer,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
    },
};
use base64::{Engine as _, prelude::*};
use domain::{JwtAlgorithm, JwtKey, KeyId, KeyMaterial};
use jsonwebtoken::{DecodingKey, jwk::Jwk};

enum Pair {
    Secret(String),
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

/// A key that signs, as an issuer has it.
pub(crate) struct TestKey {
    algorithm: JwtAlgorithm,
    pair: Pair,
    pem: String,
}

impl TestKey {
    pub(crate) fn generate(algorithm: JwtAlgorithm) -> Self {
        let (pair, der) = match algorithm {
            JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::Hs512 => {
                let mut bytes = [0; 48];
                aws_lc_rs::rand::fill(&mut bytes).unwrap();
                (Pair::Secret(BASE64_STANDARD.encode(bytes)), Vec::new())
            }
            JwtAlgorithm::Rs256 | JwtAlgorithm::Rs384 | JwtAlgorithm::Rs512 => {
                rsa_pair(KeySize::Rsa2048)
            }
            JwtAlgorithm::Es256 => ec_pair(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            JwtAlgorithm::Es384 => ec_pair(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            JwtAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().unwrap();
                let der = pair.public_key().as_der().unwrap().as_ref().to_vec();
                (Pair::Ed(pair), der)
            }
        };
        Self { algorithm, pair, pem: pem("PUBLIC KEY", &der) }
    }

    /// The same key every time a test asks for it by name.
    pub(crate) fn named(name: &str, algorithm: JwtAlgorithm) -> Arc<Self> {
        type Made = Mutex<HashMap<(String, JwtAlgorithm), Arc<TestKey>>>;
        static MADE: std::sync::LazyLock<Made> = std::sync::LazyLock::new(Mutex::default);
        let mut made = MADE.lock().unwrap();
        let key = made.entry((name.to_owned(), algorithm));
        Arc::clone(key.or_insert_with(|| Arc::new(Self::generate(algorithm))))
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    pub(crate) fn secret(&self) -> Option<&str> {
        match &self.pair {
            Pair::Secret(secret) => Some(secret),
            Pair::Rsa(_) | Pair::Ec(_) | Pair::Ed(_) => None,
        }
    }

    /// How an app's configuration has it.
    pub(crate) fn configured(&self, kid: Option<&str>) -> JwtKey {
        let material = match self.secret() {
            Some(secret) => KeyMaterial::Secret(secret.to_owned().into()),
            None => KeyMaterial::PublicKey(self.pem.clone().into()),
        };
        JwtKey {
            kid: kid.map(|kid| KeyId::parse(kid).unwrap()),
            algorithm: self.algorithm,
            material,
            issuer: None,
            audience: None,
            client_claim: "client_id".into(),
        }
    }

    /// The public half (or the secret) as a JWK.
    pub(crate) fn jwk(&self, kid: &str) -> serde_json::Value {
        let mut jwk = match self.secret() {
            Some(secret) => {
                serde_json::json!({"kty": "oct", "k": BASE64_URL_SAFE_NO_PAD.encode(secret)})
            }
            None => serde_json::to_value(self.public_jwk()).unwrap(),
        };
        jwk["kid"] = kid.into();
        jwk["alg"] = self.algorithm.name().into();
        jwk
    }

    fn public_jwk(&self) -> Jwk {
        let pem = self.pem.as_bytes();
        let key = match self.pair {
            Pair::Rsa(_) => DecodingKey::from_rsa_pem(pem),
            Pair::Ec(_) => DecodingKey::from_ec_pem(pem),
            Pair::Ed(_) | Pair::Secret(_) => DecodingKey::from_ed_pem(pem),
        };
        Jwk::from_decoding_key(&key.unwrap(), None).unwrap()
    }

    /// A token of exactly this header and these claims.
    pub(crate) fn sign(&self, header: &str, claims: &str) -> String {
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let message = format!("{}.{}", encode(header), encode(claims));
        let signature = BASE64_URL_SAFE_NO_PAD.encode(self.signature(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn signature(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Secret(secret) => hmac_of(self.algorithm, secret.as_bytes(), message),
            Pair::Rsa(pair) => {
                let mut out = vec![0; pair.public_modulus_len()];
                pair.sign(rsa_encoding(self.algorithm), &random, message, &mut out).unwrap();
                out
            }
            Pair::Ec(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Pair::Ed(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

/// An HMAC as a token has it.
pub(crate) fn hmac_of(algorithm: JwtAlgorithm, secret: &[u8], message: &[u8]) -> Vec<u8> {
    let algorithm = match algorithm.name() {
        "HS512" => hmac::HMAC_SHA512,
        "HS384" => hmac::HMAC_SHA384,
        _ => hmac::HMAC_SHA256,
    };
    hmac::sign(&hmac::Key::new(algorithm, secret), message).as_ref().to_vec()
}

fn rsa_encoding(algorithm: JwtAlgorithm) -> &'static dyn RsaEncoding {
    match algorithm.name() {
        "RS512" => &signature::RSA_PKCS1_SHA512,
        "RS384" => &signature::RSA_PKCS1_SHA384,
        _ => &signature::RSA_PKCS1_SHA256,
    }
}

fn rsa_pair(size: KeySize) -> (Pair, Vec<u8>) {
    let pair = RsaKeyPair::generate(size).unwrap();
    let der = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key());
    let der = der.unwrap().as_ref().to_vec();
    (Pair::Rsa(pair), der)
}

fn ec_pair(algorithm: &'static EcdsaSigningAlgorithm) -> (Pair, Vec<u8>) {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let der = AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key());
    let der = der.unwrap().as_ref().to_vec();
    (Pair::Ec(pair), der)
}

/// The PEM of some bytes.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
