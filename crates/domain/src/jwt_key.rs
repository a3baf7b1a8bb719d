//! Keys that sign or verify an app's tokens.

use std::fmt;

use secrecy::SecretString;

use crate::KeyId;

/// The algorithm of a key. It comes from the configuration, never from a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JwtAlgorithm {
    /// HMAC with SHA-256.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// RSA PKCS#1 v1.5 with SHA-384.
    Rs384,
    /// RSA PKCS#1 v1.5 with SHA-512.
    Rs512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519.
    EdDsa,
}

impl JwtAlgorithm {
    /// Every algorithm.
    pub const ALL: [Self; 9] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];

    /// The name in a token's header and in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Nothing where no algorithm has the name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Whether the key is a shared secret.
    #[must_use]
    pub const fn is_symmetric(self) -> bool {
        matches!(self, Self::Hs256 | Self::Hs384 | Self::Hs512)
    }
}

/// What a key is made of.
#[derive(Clone)]
pub enum KeyMaterial {
    /// A shared secret, for the HS algorithms.
    Secret(SecretString),
    /// A public key in PEM, for the others.
    PublicKey(Box<str>),
    /// The https address of a JWKS document, whose keys are fetched and cached.
    JwksUrl(Box<str>),
}

/// Shows the kind only.
impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Secret(_) => "Secret(..)",
            Self::PublicKey(_) => "PublicKey(..)",
            Self::JwksUrl(_) => "JwksUrl(..)",
        })
    }
}

/// One of an app's token keys.
#[derive(Debug, Clone)]
pub struct JwtKey {
    /// Chosen by the `kid` in a token's header; without one, keys of the family are tried.
    pub kid: Option<KeyId>,
    /// Fixed here, whatever a token says. For a JWKS: the only algorithm taken from it.
    pub algorithm: JwtAlgorithm,
    /// What the key is made of.
    pub material: KeyMaterial,
    /// The `iss` that its tokens must carry.
    pub issuer: Option<Box<str>>,
    /// The `aud` that its tokens must name.
    pub audience: Option<Box<str>>,
    /// The claim that names the client: `client_id` for keys held here, `sub` for a JWKS, unless
    /// configured otherwise.
    pub client_claim: Box<str>,
}
