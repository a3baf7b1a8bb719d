//! `[[apps]]`: tenants.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use domain::{
    App, AppId, AppStatus, JwtKey, KeyMaterial, Namespace, PusherKey, Webhook, WebhookFormat,
};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{
    api_key::{self, RawApiKey},
    app_limits::RawAppLimits,
    bounds::at_most,
    events::RawEvents,
    grants,
    jwt_key::RawJwtKey,
    key_path::KeyPath,
    limits::Limits,
    namespace::RawNamespace,
    origins,
    problem::Problem,
    pusher::RawPusher,
    pusher_key::RawPusherKey,
    scalar::{Flag, Text},
    secret::Vault,
    unique::Unique,
    webhook::RawWebhook,
};
use crate::demo_app;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawApp {
    id: Text,
    status: Text,
    #[serde(default)]
    default_grants: BTreeMap<String, Vec<Text>>,
    origins: Vec<Text>,
    origin_required: Flag,
    compression: Flag,
    limits: RawAppLimits,
    #[serde(default)]
    jwt_keys: Vec<RawJwtKey>,
    #[serde(default)]
    pusher_keys: Vec<RawPusherKey>,
    pusher: RawPusher,
    #[serde(default)]
    api_keys: Vec<RawApiKey>,
    #[serde(default)]
    namespaces: Vec<RawNamespace>,
    #[serde(default)]
    webhooks: Vec<RawWebhook>,
    events: RawEvents,
}

/// What the parsing of every app needs.
pub(crate) struct Context<'a> {
    /// Where secrets are found.
    pub(crate) vault: Vault<'a>,
    /// The server's own bounds.
    pub(crate) limits: &'a Limits,
}

/// Parses all apps; what must differ between them does.
pub(crate) fn parse_all(
    raw: Vec<RawApp>,
    path: &KeyPath,
    context: &Context<'_>,
) -> Result<Vec<App>, Problem> {
    at_most(path, raw.len(), 1000)?;
    let mut ids = Unique::default();
    let mut pusher_keys = Unique::default();
    let mut audiences = Unique::default();
    let mut apps = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = path.index(index);
        ids.take(&raw.id, &path.key("id"))?;
        let app = raw.parse(&path, context)?;
        for (index, key) in app.pusher_keys.iter().enumerate() {
            pusher_keys.take(&key.key, &path.key("pusher_keys").index(index).key("key"))?;
        }
        exclusive_audiences(&app, &path, &mut audiences)?;
        apps.push(app);
    }
    Ok(apps)
}

/// The Pusher format signs with the app's first key.
fn signed_webhooks(app: &App, path: &KeyPath) -> Result<(), Problem> {
    let is_pusher = |webhook: &Webhook| webhook.format == WebhookFormat::Pusher;
    match app.webhooks.iter().position(is_pusher) {
        Some(index) if app.pusher_keys.is_empty() => {
            let place = path.key("webhooks").index(index).key("format");
            Err(Problem::value(&place, "the app has no pusher_keys to sign with"))
        }
        _ => Ok(()),
    }
}

/// The audiences of an app's keys, each with its key: no two apps have the same pair.
pub(crate) fn audiences(app: &App) -> impl Iterator<Item = (usize, String)> {
    app.jwt_keys.iter().enumerate().filter_map(|(index, key)| {
        let audience = key.audience.as_ref()?;
        let material = match &key.material {
            KeyMaterial::Secret(secret) => secret.expose_secret(),
            KeyMaterial::PublicKey(text) | KeyMaterial::JwksUrl(text) => text.trim(),
        };
        Some((index, format!("{audience}\n{material}")))
    })
}

/// A token without `app_id` is for the app whose key names its audience. Two apps with the same
/// key and the same audience would both take it.
fn exclusive_audiences(app: &App, path: &KeyPath, audiences: &mut Unique) -> Result<(), Problem> {
    let mut own = HashSet::new();
    for (index, name) in self::audiences(app) {
        if own.insert(name.clone()) {
            audiences.take(&name, &path.key("jwt_keys").index(index).key("audience"))?;
        }
    }
    Ok(())
}

impl RawApp {
    fn parse(self, path: &KeyPath, context: &Context<'_>) -> Result<App, Problem> {
        let vault = &context.vault;
        let app = App {
            id: id(&path.key("id"), &self.id)?,
            status: status(&path.key("status"), &self.status)?,
            demo: false,
            default_grants: grants::parse(&self.default_grants, &path.key("default_grants"))?
                .into(),
            origins: origins::parse(&self.origins, self.origin_required.0, path)?,
            limits: self.limits.parse(&path.key("limits"), context.limits)?,
            jwt_keys: jwt_keys(self.jwt_keys, &path.key("jwt_keys"), vault)?,
            pusher_keys: pusher_keys(self.pusher_keys, &path.key("pusher_keys"), vault)?,
            pusher: self.pusher.parse(&path.key("pusher"))?,
            api_keys: api_key::parse_all(self.api_keys, &path.key("api_keys"))?,
            namespaces: namespaces(self.namespaces, &path.key("namespaces"))?,
            default_namespace: Arc::default(),
            compression: self.compression.0,
            webhooks: webhooks(self.webhooks, &path.key("webhooks"), vault)?,
            events: self.events.parse(&path.key("events"))?,
        };
        signed_webhooks(&app, path)?;
        Ok(app)
    }
}

fn id(path: &KeyPath, text: &str) -> Result<AppId, Problem> {
    if text == demo_app::ID {
        let message = "the demo app can't be configured; choose another id, and [demo] enabled \
                       to switch it on or off";
        return Err(Problem::value(path, message));
    }
    if matches!(text, "." | "..") {
        let message = "has another meaning in an address, where most programs resolve it";
        return Err(Problem::value(path, message));
    }
    AppId::parse(text).map_err(|error| Problem::value(path, error.to_string()))
}

fn status(path: &KeyPath, text: &str) -> Result<AppStatus, Problem> {
    match text {
        "active" => Ok(AppStatus::Active),
        "disabled" => Ok(AppStatus::Disabled),
        _ => Err(Problem::value(path, "not a status; one of active, disabled")),
    }
}

fn jwt_keys(
    raw: Vec<RawJwtKey>,
    path: &KeyPath,
    vault: &Vault<'_>,
) -> Result<Vec<JwtKey>, Problem> {
    at_most(path, raw.len(), 100)?;
    let mut kids = Unique::default();
    let mut keys = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = path.index(index);
        let key = raw.parse(&path, vault)?;
        if let Some(kid) = &key.kid {
            kids.take(kid.as_str(), &path.key("kid"))?;
        }
        keys.push(key);
    }
    Ok(keys)
}

fn pusher_keys(
    raw: Vec<RawPusherKey>,
    path: &KeyPath,
    vault: &Vault<'_>,
) -> Result<Vec<PusherKey>, Problem> {
    at_most(path, raw.len(), 100)?;
    raw.into_iter().enumerate().map(|(index, raw)| raw.parse(&path.index(index), vault)).collect()
}

fn namespaces(raw: Vec<RawNamespace>, path: &KeyPath) -> Result<Vec<Arc<Namespace>>, Problem> {
    at_most(path, raw.len(), 1000)?;
    let mut patterns = Unique::default();
    let mut namespaces = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = path.index(index);
        patterns.take(&raw.pattern, &path.key("pattern"))?;
        namespaces.push(Arc::new(raw.parse(&path)?));
    }
    Ok(namespaces)
}

fn webhooks(
    raw: Vec<RawWebhook>,
    path: &KeyPath,
    vault: &Vault<'_>,
) -> Result<Vec<Webhook>, Problem> {
    at_most(path, raw.len(), 100)?;
    let mut names = Unique::default();
    let mut webhooks = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let path = path.index(index);
        let webhook = raw.parse(&path, vault)?;
        names.take(webhook.name.as_str(), &path.key("name"))?;
        webhooks.push(webhook);
    }
    Ok(webhooks)
}
