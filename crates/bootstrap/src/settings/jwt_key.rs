//! `[[apps.jwt_keys]]`: keys of tokens.

use adapters_jwt::KeyError;
use domain::{JwtAlgorithm, JwtKey, KeyId, KeyMaterial};
use serde::Deserialize;

use super::{
    key_path::KeyPath,
    name,
    problem::Problem,
    scalar::{Hidden, Text},
    secret::{RawSecret, Vault},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawJwtKey {
    kid: Option<Text>,
    alg: Text,
    secret: Option<Hidden>,
    secret_file: Option<Text>,
    secret_env: Option<Text>,
    public_key: Option<Text>,
    public_key_file: Option<Text>,
    jwks_url: Option<Text>,
    issuer: Option<Text>,
    audience: Option<Text>,
    client_claim: Text,
}

impl RawJwtKey {
    pub(crate) fn parse(self, path: &KeyPath, vault: &Vault<'_>) -> Result<JwtKey, Problem> {
        let algorithm = self.algorithm(path)?;
        let kid = self.key_id(path)?;
        let issuer = optional(path, "issuer", self.issuer.as_ref())?;
        let audience = optional(path, "audience", self.audience.as_ref())?;
        name::check(&path.key("client_claim"), &self.client_claim, 64)?;
        let client_claim = (&*self.client_claim).into();
        let (place, material) = if algorithm.is_symmetric() {
            self.shared(path, vault)?
        } else {
            self.public(path, vault)?
        };
        let key = JwtKey { kid, algorithm, material, issuer, audience, client_claim };
        check(&key, path, &place)?;
        Ok(key)
    }

    fn algorithm(&self, path: &KeyPath) -> Result<JwtAlgorithm, Problem> {
        JwtAlgorithm::parse(&self.alg).ok_or_else(|| {
            let names = JwtAlgorithm::ALL.map(JwtAlgorithm::name).join(", ");
            Problem::value(&path.key("alg"), format!("not an algorithm; one of {names}"))
        })
    }

    fn key_id(&self, path: &KeyPath) -> Result<Option<KeyId>, Problem> {
        let Some(kid) = &self.kid else { return Ok(None) };
        let path = path.key("kid");
        if self.jwks_url.is_some() {
            let message = "the document of jwks_url names its own keys; remove kid";
            return Err(Problem::value(&path, message));
        }
        KeyId::parse(kid).map(Some).map_err(|error| Problem::value(&path, error.to_string()))
    }

    /// The material, and the key that gave it.
    fn shared(self, path: &KeyPath, vault: &Vault<'_>) -> Result<(KeyPath, KeyMaterial), Problem> {
        let unfit = [
            ("public_key", self.public_key.is_some()),
            ("public_key_file", self.public_key_file.is_some()),
            ("jwks_url", self.jwks_url.is_some()),
        ];
        refuse(
            path,
            &unfit,
            &self.alg,
            "takes a shared secret: secret, secret_file or secret_env",
        )?;
        let raw = RawSecret { here: self.secret, file: self.secret_file, env: self.secret_env };
        let (place, secret) = vault.need(path, raw)?;
        Ok((place, KeyMaterial::Secret(secret)))
    }

    /// The material, and the key that gave it.
    fn public(self, path: &KeyPath, vault: &Vault<'_>) -> Result<(KeyPath, KeyMaterial), Problem> {
        let unfit = [
            ("secret", self.secret.is_some()),
            ("secret_file", self.secret_file.is_some()),
            ("secret_env", self.secret_env.is_some()),
        ];
        let wants = "takes a public key: public_key, public_key_file or jwks_url";
        refuse(path, &unfit, &self.alg, wants)?;
        match (self.public_key, self.public_key_file, self.jwks_url) {
            (Some(pem), None, None) => {
                Ok((path.key("public_key"), KeyMaterial::PublicKey((&*pem).into())))
            }
            (None, Some(file), None) => {
                let place = path.key("public_key_file");
                let pem = vault.file(&place, &file)?;
                Ok((place, KeyMaterial::PublicKey(pem.into())))
            }
            (None, None, Some(url)) => {
                Ok((path.key("jwks_url"), KeyMaterial::JwksUrl((&*url).into())))
            }
            (None, None, None) => Err(Problem::at(path, format!("{} {wants}", &*self.alg))),
            _ => {
                let message = "give only one of public_key, public_key_file, jwks_url";
                Err(Problem::at(path, message))
            }
        }
    }
}

/// A key of the other kind would make forging easy or be no use: never guess which was meant.
fn refuse(path: &KeyPath, unfit: &[(&str, bool)], alg: &str, wants: &str) -> Result<(), Problem> {
    match unfit.iter().find(|(_, given)| *given) {
        Some((key, _)) => Err(Problem::at(&path.key(key), format!("does not fit: {alg} {wants}"))),
        None => Ok(()),
    }
}

/// What the adapter that reads tokens would refuse is refused here, with its place.
fn check(key: &JwtKey, path: &KeyPath, place: &KeyPath) -> Result<(), Problem> {
    adapters_jwt::check_key(key).map_err(|error| {
        let path =
            if error == KeyError::ClientClaim { path.key("client_claim") } else { place.clone() };
        Problem::value(&path, error.to_string())
    })
}

fn optional(path: &KeyPath, key: &str, text: Option<&Text>) -> Result<Option<Box<str>>, Problem> {
    let Some(text) = text else { return Ok(None) };
    name::check(&path.key(key), text, 512)?;
    Ok(Some((&**text).into()))
}
