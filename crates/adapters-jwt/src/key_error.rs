//! Why a configured key can't be used.

use domain::JwtAlgorithm;

use crate::jwks::JwksUrlError;

/// Why a configured key can't be used. One line each, without anything of the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The secret is shorter than the algorithm's hash.
    #[error("a secret for {} needs at least {least} bytes, this one has {bytes}", algorithm.name())]
    SecretTooShort {
        /// The key's algorithm.
        algorithm: JwtAlgorithm,
        /// The fewest bytes.
        least: usize,
        /// The secret's.
        bytes: usize,
    },
    /// A shared secret for an algorithm of public keys.
    #[error("{} takes a public key or a JWKS address, not a secret", .0.name())]
    SecretForPublic(JwtAlgorithm),
    /// A public key or a JWKS for an algorithm of shared secrets.
    #[error("{} takes a secret, not a public key or a JWKS address", .0.name())]
    PublicForSecret(JwtAlgorithm),
    /// Not a PEM with a public key.
    #[error("needs a public key in PEM (-----BEGIN PUBLIC KEY-----); this is {found}")]
    NotPublicPem {
        /// What it is instead.
        found: &'static str,
    },
    /// A public key of another kind.
    #[error("the public key is not one for {}, which takes {}", .0.name(), wanted(*.0))]
    WrongKind(JwtAlgorithm),
    /// The address of a JWKS can't be used.
    #[error("the JWKS address {0}")]
    Jwks(#[from] JwksUrlError),
    /// A `kid` beside a JWKS.
    #[error("a JWKS names its keys itself: leave `kid` away")]
    KidOfJwks,
    /// A client claim that can't name a client.
    #[error("`client_claim` is empty or a claim with a meaning of its own")]
    ClientClaim,
}

const fn wanted(algorithm: JwtAlgorithm) -> &'static str {
    match algorithm {
        JwtAlgorithm::Hs256 | JwtAlgorithm::Hs384 | JwtAlgorithm::Hs512 => "a secret",
        JwtAlgorithm::Rs256 | JwtAlgorithm::Rs384 | JwtAlgorithm::Rs512 => {
            "an RSA key of 2048 to 8192 bits"
        }
        JwtAlgorithm::Es256 => "an EC key on the curve P-256",
        JwtAlgorithm::Es384 => "an EC key on the curve P-384",
        JwtAlgorithm::EdDsa => "an Ed25519 key",
    }
}
