//! What of a key set is a key.

use std::sync::Arc;

use aws_lc_rs::signature::{self, ParsedPublicKey, RsaPublicKeyComponents};
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{JwtAlgorithm, KeyId};
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::fetch::FetchError;
use crate::{
    algorithm::{self, Kind},
    key::VerifyingKey,
};

/// The most keys of a key set.
const KEYS_LIMIT: usize = 50;

/// The keys of a set that verify the one algorithm.
#[derive(Clone)]
pub(crate) struct JwksKeys {
    keys: Arc<[Arc<VerifyingKey>]>,
}

#[derive(Deserialize)]
struct Document<'a> {
    #[serde(borrow)]
    keys: Vec<&'a RawValue>,
}

impl JwksKeys {
    /// Takes the keys for `algorithm` out of a document (RFC 7517, 5). Those for other purposes or
    /// of a form that isn't known are passed over, as the RFC asks; shared secrets, too: what
    /// anybody can fetch is no secret.
    pub(super) fn parse(text: &[u8], algorithm: JwtAlgorithm) -> Result<Self, FetchError> {
        let document: Document<'_> =
            serde_json::from_slice(text).map_err(|_| FetchError::NotAKeySet)?;
        if document.keys.len() > KEYS_LIMIT {
            return Err(FetchError::TooManyKeys { limit: KEYS_LIMIT });
        }
        let keys = document.keys.iter().filter_map(|text| key(text, algorithm).map(Arc::new));
        Ok(Self { keys: keys.collect() })
    }

    /// Those that go by a name.
    pub(super) fn named(&self, kid: &KeyId) -> Vec<Arc<VerifyingKey>> {
        self.keys.iter().filter(|key| key.kid() == Some(kid)).cloned().collect()
    }

    /// All of them.
    pub(super) fn all(&self) -> &[Arc<VerifyingKey>] {
        &self.keys
    }
}

fn key(text: &RawValue, algorithm: JwtAlgorithm) -> Option<VerifyingKey> {
    let jwk: Jwk = serde_json::from_str(text.get()).ok()?;
    if !is_for(&jwk, algorithm) {
        return None;
    }
    let kid = match &jwk.common.key_id {
        Some(kid) => Some(KeyId::parse(kid).ok()?),
        None => None,
    };
    let key = match (Kind::of(algorithm), &jwk.algorithm) {
        (Kind::Rsa, AlgorithmParameters::RSA(parts)) => rsa(&parts.n, &parts.e)?,
        (Kind::Ec(curve), AlgorithmParameters::EllipticCurve(parts)) => {
            let key = DecodingKey::from_ec_components(&parts.x, &parts.y).ok()?;
            ParsedPublicKey::new(curve, key.try_get_as_bytes().ok()?).ok()?;
            key
        }
        (Kind::Ed, AlgorithmParameters::OctetKeyPair(parts))
            if parts.curve == EllipticCurve::Ed25519 =>
        {
            let key = DecodingKey::from_ed_components(&parts.x).ok()?;
            ParsedPublicKey::new(&signature::ED25519, key.try_get_as_bytes().ok()?).ok()?;
            key
        }
        _ => return None,
    };
    Some(VerifyingKey::new(kid, algorithm, key))
}

/// Whether a key says nothing against being used for this.
fn is_for(jwk: &Jwk, algorithm: JwtAlgorithm) -> bool {
    let common = &jwk.common;
    let said = KeyAlgorithm::from(algorithm::library(algorithm));
    common.key_algorithm.is_none_or(|held| held == said)
        && common.public_key_use.as_ref().is_none_or(|held| *held == PublicKeyUse::Signature)
        && common.key_operations.as_ref().is_none_or(|held| held.contains(&KeyOperations::Verify))
}

/// Some issuers write a modulus with a leading zero, which means the same number.
fn rsa(modulus: &str, exponent: &str) -> Option<DecodingKey> {
    let number = |text: &str| -> Option<Vec<u8>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        Some(bytes.into_iter().skip_while(|byte| *byte == 0).collect())
    };
    let (n, e) = (number(modulus)?, number(exponent)?);
    if !(256..=1024).contains(&n.len()) {
        return None;
    }
    RsaPublicKeyComponents { n: &n, e: &e }
        .to_parsed_public_key(&signature::RSA_PKCS1_2048_8192_SHA256)
        .ok()?;
    Some(DecodingKey::from_rsa_raw_components(&n, &e))
}
