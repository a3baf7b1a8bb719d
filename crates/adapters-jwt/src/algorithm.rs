//! The domain's algorithms in the words of the libraries.

use aws_lc_rs::signature::{self, VerificationAlgorithm};
use domain::JwtAlgorithm;
use jsonwebtoken::Algorithm;

/// The same algorithm in the JWT library.
pub(crate) const fn library(algorithm: JwtAlgorithm) -> Algorithm {
    match algorithm {
        JwtAlgorithm::Hs256 => Algorithm::HS256,
        JwtAlgorithm::Hs384 => Algorithm::HS384,
        JwtAlgorithm::Hs512 => Algorithm::HS512,
        JwtAlgorithm::Rs256 => Algorithm::RS256,
        JwtAlgorithm::Rs384 => Algorithm::RS384,
        JwtAlgorithm::Rs512 => Algorithm::RS512,
        JwtAlgorithm::Es256 => Algorithm::ES256,
        JwtAlgorithm::Es384 => Algorithm::ES384,
        JwtAlgorithm::EdDsa => Algorithm::EdDSA,
    }
}

/// What a key is: its family, and the curve where the algorithm fixes one.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// A shared secret of at least as many bytes as the hash has (RFC 7518, 3.2).
    Secret { least: usize },
    /// RSA of 2048 to 8192 bits.
    Rsa,
    /// A point on the curve that the verification names.
    Ec(&'static dyn VerificationAlgorithm),
    /// Ed25519.
    Ed,
}

impl Kind {
    /// The kind of key that the algorithm takes.
    pub(crate) fn of(algorithm: JwtAlgorithm) -> Self {
        match algorithm {
            JwtAlgorithm::Hs256 => Self::Secret { least: 32 },
            JwtAlgorithm::Hs384 => Self::Secret { least: 48 },
            JwtAlgorithm::Hs512 => Self::Secret { least: 64 },
            JwtAlgorithm::Rs256 | JwtAlgorithm::Rs384 | JwtAlgorithm::Rs512 => Self::Rsa,
            JwtAlgorithm::Es256 => Self::Ec(&signature::ECDSA_P256_SHA256_FIXED),
            JwtAlgorithm::Es384 => Self::Ec(&signature::ECDSA_P384_SHA384_FIXED),
            JwtAlgorithm::EdDsa => Self::Ed,
        }
    }
}
