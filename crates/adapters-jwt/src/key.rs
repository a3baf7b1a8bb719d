//! A key that verifies signatures.

use domain::{JwtAlgorithm, JwtKey, KeyId, KeyMaterial};
use jsonwebtoken::DecodingKey;
use secrecy::ExposeSecret;

use crate::{
    KeyError,
    algorithm::{self, Kind},
    claims::OWN_MEANING,
    jwks::{JwksOptions, JwksUrl},
    pem,
    token::Signed,
};

/// A key that verifies signatures, with its one algorithm. Parsed once, used for many tokens.
pub(crate) struct VerifyingKey {
    kid: Option<KeyId>,
    algorithm: JwtAlgorithm,
    key: DecodingKey,
}

impl VerifyingKey {
    /// A key whose fitness for the algorithm was proved.
    pub(crate) fn new(kid: Option<KeyId>, algorithm: JwtAlgorithm, key: DecodingKey) -> Self {
        Self { kid, algorithm, key }
    }

    /// The name by which a token's header chooses it.
    pub(crate) fn kid(&self) -> Option<&KeyId> {
        self.kid.as_ref()
    }

    /// The algorithm: the only one that it verifies.
    pub(crate) fn algorithm(&self) -> JwtAlgorithm {
        self.algorithm
    }

    /// Whether this key made the signature.
    pub(crate) fn verifies(&self, token: &Signed<'_>) -> bool {
        let algorithm = algorithm::library(self.algorithm);
        let message = token.message.as_bytes();
        jsonwebtoken::crypto::verify(token.signature, message, &self.key, algorithm)
            .unwrap_or(false)
    }
}

/// Where the keys of one configured entry are.
pub(crate) enum KeyPlace {
    /// Here.
    Held(VerifyingKey),
    /// At an address.
    Remote(JwksUrl),
}

impl KeyPlace {
    /// Parses a configured key.
    pub(crate) fn parse(key: &JwtKey, options: &JwksOptions) -> Result<Self, KeyError> {
        if key.client_claim.is_empty() || OWN_MEANING.contains(&&*key.client_claim) {
            return Err(KeyError::ClientClaim);
        }
        let decoding = match &key.material {
            KeyMaterial::Secret(secret) => parse_secret(secret.expose_secret(), key.algorithm)?,
            KeyMaterial::PublicKey(pem) => pem::parse(pem, key.algorithm)?,
            KeyMaterial::JwksUrl(url) => return parse_remote(key, url, options).map(Self::Remote),
        };
        Ok(Self::Held(VerifyingKey::new(key.kid.clone(), key.algorithm, decoding)))
    }
}

fn parse_secret(secret: &str, algorithm: JwtAlgorithm) -> Result<DecodingKey, KeyError> {
    let Kind::Secret { least } = Kind::of(algorithm) else {
        return Err(KeyError::SecretForPublic(algorithm));
    };
    if secret.len() < least {
        return Err(KeyError::SecretTooShort { algorithm, least, bytes: secret.len() });
    }
    Ok(DecodingKey::from_secret(secret.as_bytes()))
}

fn parse_remote(key: &JwtKey, url: &str, options: &JwksOptions) -> Result<JwksUrl, KeyError> {
    if key.algorithm.is_symmetric() {
        return Err(KeyError::PublicForSecret(key.algorithm));
    }
    if key.kid.is_some() {
        return Err(KeyError::KidOfJwks);
    }
    Ok(JwksUrl::parse(url, options)?)
}

/// Tells whether a configured key can be used, without asking the network.
///
/// A secret is taken byte by byte as it is written (no base64) and needs at least as many bytes as
/// the hash of its algorithm: 32 for HS256, 48 for HS384, 64 for HS512.
///
/// # Errors
/// One line that says what is wrong with it.
pub fn check_key(key: &JwtKey) -> Result<(), KeyError> {
    KeyPlace::parse(key, &JwksOptions::default()).map(drop)
}
