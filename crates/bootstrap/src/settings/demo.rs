//! `[demo]`: the app that is there before anything is configured.

use secrecy::SecretString;
use serde::Deserialize;

use super::{
    key_path::KeyPath,
    problem::Problem,
    scalar::{Flag, Hidden},
    secret,
};

/// The app that is there before anything is configured.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Whether it is served: unless said otherwise, where no app is configured.
    pub enabled: bool,
    /// What all its secrets are instead of random ones; for tests and scripts.
    pub secret: Option<SecretString>,
}

impl Default for Demo {
    fn default() -> Self {
        Self { enabled: true, secret: None }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawDemo {
    enabled: Option<Flag>,
    secret: Option<Hidden>,
}

impl RawDemo {
    pub(crate) fn parse(self, path: &KeyPath, has_apps: bool) -> Result<Demo, Problem> {
        if let Some(given) = &self.secret {
            secret::check(&path.key("secret"), &given.0)?;
        }
        Ok(Demo {
            enabled: self.enabled.map_or(!has_apps, |flag| flag.0),
            secret: self.secret.map(|hidden| hidden.0),
        })
    }
}
