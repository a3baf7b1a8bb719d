//! `[server.tls]`: who the server is.

use listener::{Identity, IdentityError};
use serde::Deserialize;

use super::{key_path::KeyPath, problem::Problem, scalar::Text, secret::Vault};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawTls {
    cert: Text,
    key: Text,
}

impl RawTls {
    pub(crate) fn parse(self, path: &KeyPath, vault: &Vault<'_>) -> Result<Identity, Problem> {
        let (cert, key) = (path.key("cert"), path.key("key"));
        for (path, name) in [(&cert, &self.cert), (&key, &self.key)] {
            // Whoever writes a key in the place of its file's name must not see it in an error.
            if name.contains("-----BEGIN") {
                return Err(Problem::at(path, "must name a PEM file, not be its text"));
            }
        }
        let (chain, private) = (vault.file(&cert, &self.cert)?, vault.file(&key, &self.key)?);
        Identity::from_pem(&chain, &private).map_err(|error| match &error {
            IdentityError::Certificate(_) => Problem::value(&cert, error.to_string()),
            IdentityError::Key(_) => Problem::value(&key, error.to_string()),
        })
    }
}
