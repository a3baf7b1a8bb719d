//! Keys of the server API: `[[operator.keys]]` and `[[apps.api_keys]]`.

use domain::{ApiKey, ApiKeyHash, Scope};
use serde::Deserialize;

use super::{key_path::KeyPath, name, problem::Problem, scalar::Text, unique::Unique};

/// `[operator]`
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawOperator {
    #[serde(default)]
    keys: Vec<RawApiKey>,
}

impl RawOperator {
    pub(crate) fn parse(self, path: &KeyPath) -> Result<Vec<ApiKey>, Problem> {
        parse_all(self.keys, &path.key("keys"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawApiKey {
    name: Text,
    hash: Text,
    scopes: Vec<Text>,
}

/// Parses a list of keys whose names differ.
pub(crate) fn parse_all(raw: Vec<RawApiKey>, path: &KeyPath) -> Result<Vec<ApiKey>, Problem> {
    let mut names = Unique::default();
    let mut keys = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = path.index(index);
        names.take(&raw.name, &path.key("name"))?;
        keys.push(raw.parse(&path)?);
    }
    Ok(keys)
}

impl RawApiKey {
    fn parse(self, path: &KeyPath) -> Result<ApiKey, Problem> {
        name::check(&path.key("name"), &self.name, 64)?;
        let hash = path.key("hash");
        let hash = ApiKeyHash::parse(&self.hash).ok_or_else(|| {
            Problem::value(&hash, "must be the SHA-256 of the key: 64 hexadecimal digits")
        })?;
        let scopes_path = path.key("scopes");
        if self.scopes.is_empty() {
            return Err(Problem::at(
                &scopes_path,
                "must name at least one of read, publish, manage",
            ));
        }
        let scope = |(index, text): (usize, &Text)| {
            Scope::parse(text).ok_or_else(|| {
                let message = "not a scope; one of read, publish, manage";
                Problem::value(&scopes_path.index(index), message)
            })
        };
        let scopes = self.scopes.iter().enumerate().map(scope).collect::<Result<_, _>>()?;
        Ok(ApiKey { name: (&*self.name).into(), hash, scopes })
    }
}
