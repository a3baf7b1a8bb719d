//! `[[apps.pusher_keys]]`: keys of the Pusher protocol.

use domain::PusherKey;
use serde::Deserialize;

use super::{
    key_path::KeyPath,
    problem::Problem,
    scalar::{Hidden, Text},
    secret::{RawSecret, Vault},
};
use crate::demo_app;

/// The fewest bytes of a secret: those that other servers of the protocol give have 20.
const FEWEST_BYTES: usize = 16;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawPusherKey {
    key: Text,
    secret: Option<Hidden>,
    secret_file: Option<Text>,
    secret_env: Option<Text>,
}

impl RawPusherKey {
    pub(crate) fn parse(self, path: &KeyPath, vault: &Vault<'_>) -> Result<PusherKey, Problem> {
        let key = path.key("key");
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !(1..=64).contains(&self.key.len()) || !self.key.chars().all(fits) {
            return Err(Problem::value(&key, "must be 1 to 64 of A-Z a-z 0-9 _ -"));
        }
        if &*self.key == demo_app::PUSHER_KEY {
            return Err(Problem::value(&key, "belongs to the demo app; choose another"));
        }
        let raw = RawSecret { here: self.secret, file: self.secret_file, env: self.secret_env };
        Ok(PusherKey {
            key: (&*self.key).into(),
            secret: vault.need_of(FEWEST_BYTES, path, raw)?.1,
        })
    }
}
