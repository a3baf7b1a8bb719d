//! `[server.tls]`: who the server is.

use std::path::PathBuf;

use listener::{Identity, IdentityError};
use serde::Deserialize;

use super::{
    key_path::KeyPath,
    problem::Problem,
    scalar::Text,
    secret::{self, Vault},
};

/// Who the server is, and the files that say so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tls {
    /// The chain of certificates.
    pub cert: PathBuf,
    /// The private key.
    pub key: PathBuf,
    /// What they said when the configuration was read.
    pub identity: Identity,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTls {
    cert: Text,
    key: Text,
}

impl RawTls {
    pub(crate) fn parse(self, path: &KeyPath, vault: &Vault<'_>) -> Result<Tls, Problem> {
        let (cert, key) = (path.key("cert"), path.key("key"));
        for (path, name) in [(&cert, &self.cert), (&key, &self.key)] {
            // Whoever writes a key in the place of its file's name must not see it in an error.
            if name.contains("-----BEGIN") {
                return Err(Problem::at(path, "must name a PEM file, not be its text"));
            }
        }
        let (chain, private) = (vault.file(&cert, &self.cert)?, vault.file(&key, &self.key)?);
        let identity = Identity::from_pem(&chain, &private).map_err(|error| match &error {
            IdentityError::Certificate(_) => Problem::value(&cert, error.to_string()),
            IdentityError::Key(_) => Problem::value(&key, error.to_string()),
        })?;
        let file = |name: &str| vault.folder.join(name);
        Ok(Tls { cert: file(&self.cert), key: file(&self.key), identity })
    }
}

impl Tls {
    /// What the files say now.
    ///
    /// # Errors
    /// Words that name the file which can't be used.
    pub fn read_again(&self) -> Result<Identity, String> {
        let text = |path: &PathBuf| {
            secret::read_file(path).map_err(|words| format!("{}: {words}", path.display()))
        };
        let (chain, key) = (text(&self.cert)?, text(&self.key)?);
        Identity::from_pem(&chain, &key).map_err(|error| match &error {
            IdentityError::Certificate(words) => format!("{}: {words}", self.cert.display()),
            IdentityError::Key(words) => format!("{}: {words}", self.key.display()),
        })
    }
}
