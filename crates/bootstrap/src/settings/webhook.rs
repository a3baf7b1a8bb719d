//! `[[apps.webhooks]]`: who is told of events.

use domain::Webhook;
use serde::Deserialize;

use super::{
    https_url,
    key_path::KeyPath,
    problem::Problem,
    scalar::{Hidden, Text},
    secret::{RawSecret, Vault},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawWebhook {
    url: Text,
    events: Vec<Text>,
    secret: Option<Hidden>,
    secret_file: Option<Text>,
    secret_env: Option<Text>,
}

impl RawWebhook {
    pub(crate) fn parse(self, path: &KeyPath, vault: &Vault<'_>) -> Result<Webhook, Problem> {
        let events = path.key("events");
        for (index, event) in self.events.iter().enumerate() {
            let fits = |c: char| c.is_ascii_alphanumeric() || "_.-".contains(c);
            if !(1..=64).contains(&event.len()) || !event.chars().all(fits) {
                let message = "must be 1 to 64 of A-Z a-z 0-9 _ . -";
                return Err(Problem::value(&events.index(index), message));
            }
        }
        let raw = RawSecret { here: self.secret, file: self.secret_file, env: self.secret_env };
        Ok(Webhook {
            url: https_url::parse(&path.key("url"), &self.url)?,
            events: self.events.iter().map(|event| (&**event).into()).collect(),
            secret: vault.need(path, raw)?.1,
        })
    }
}
