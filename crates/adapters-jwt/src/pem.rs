//! Public keys in PEM.

use aws_lc_rs::{
    rsa,
    signature::{self, ParsedPublicKey},
};
use domain::JwtAlgorithm;
use jsonwebtoken::DecodingKey;

use crate::{KeyError, algorithm::Kind};

/// Parses a public key and proves that it is one for the algorithm.
pub(crate) fn parse(pem: &str, algorithm: JwtAlgorithm) -> Result<DecodingKey, KeyError> {
    check_label(pem)?;
    let bytes = pem.trim().as_bytes();
    let key = match Kind::of(algorithm) {
        Kind::Secret { .. } => return Err(KeyError::PublicForSecret(algorithm)),
        Kind::Rsa => DecodingKey::from_rsa_pem(bytes),
        Kind::Ec(_) => DecodingKey::from_ec_pem(bytes),
        Kind::Ed => DecodingKey::from_ed_pem(bytes),
    };
    key.ok().filter(|key| fits(key, algorithm)).ok_or(KeyError::WrongKind(algorithm))
}

/// The library takes more than it says (a private key for an RSA one, the first bit string of a
/// certificate), so the label decides.
fn check_label(pem: &str) -> Result<(), KeyError> {
    let Some((label, _)) =
        pem.split_once("-----BEGIN ").and_then(|(_, rest)| rest.split_once("-----"))
    else {
        return Err(KeyError::NotPublicPem { found: "no PEM" });
    };
    let found = match label {
        "PUBLIC KEY" | "RSA PUBLIC KEY" => return Ok(()),
        label if label.ends_with("PRIVATE KEY") => "a private key, which belongs to the issuer",
        "CERTIFICATE" => "a certificate (openssl x509 -pubkey -noout takes its key out)",
        _ => "another kind of PEM",
    };
    Err(KeyError::NotPublicPem { found })
}

/// The library stores whatever bytes it finds; whether they are a key of this kind shows here
/// and not at the first token.
fn fits(key: &DecodingKey, algorithm: JwtAlgorithm) -> bool {
    let Ok(bytes) = key.try_get_as_bytes() else { return false };
    match Kind::of(algorithm) {
        Kind::Secret { .. } => false,
        Kind::Rsa => rsa::PublicKey::from_der(bytes)
            .is_ok_and(|key| (256..=1024).contains(&key.modulus_len())),
        Kind::Ec(curve) => ParsedPublicKey::new(curve, bytes).is_ok(),
        Kind::Ed => ParsedPublicKey::new(&signature::ED25519, bytes).is_ok(),
    }
}
