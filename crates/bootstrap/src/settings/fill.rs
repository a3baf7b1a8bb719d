//! Fills in what an app leaves out, so that the effective configuration can be shown whole.

use config::{Map, Value, ValueKind};

use super::{
    layers::DEFAULT,
    problem::Refused,
    toml_file::{self, Origin},
    tree::{self, Tree},
};

const APP_DEFAULTS: &str = include_str!("app_defaults.toml");

/// Fills in the defaults of every app. What has the wrong shape is left for the parser to refuse.
pub(crate) fn apps(tree: &mut Tree) -> Result<(), Refused> {
    let defaults = toml_file::parse(APP_DEFAULTS, Origin::Fixed(DEFAULT))?;
    let part = |name: &str| match defaults.get(name).map(|value| &value.kind) {
        Some(ValueKind::Table(table)) => table.clone(),
        _ => Map::new(),
    };
    let (app_part, webhook_part) = (part("app"), part("webhook"));
    let (namespace_part, history_part) = (part("namespace"), part("history"));
    for app in tree.tables_mut("apps") {
        fill(app, &app_part);
        for namespace in tree::tables_mut(Some(app), "namespaces") {
            fill(namespace, &namespace_part);
            if let Some(history) = namespace.get_mut("history").and_then(tree::table_mut) {
                fill(history, &history_part);
            }
        }
        for webhook in tree::tables_mut(Some(app), "webhooks") {
            fill(webhook, &webhook_part);
        }
        for key in tree::tables_mut(Some(app), "jwt_keys") {
            let claim = if key.contains_key("jwks_url") { "sub" } else { "client_id" };
            let claim = Value::new(Some(&DEFAULT.to_owned()), claim);
            key.entry("client_claim".to_owned()).or_insert(claim);
        }
    }
    Ok(())
}

fn fill(table: &mut Map<String, Value>, defaults: &Map<String, Value>) {
    for (key, default) in defaults {
        match table.get_mut(key) {
            None => {
                table.insert(key.clone(), default.clone());
            }
            Some(present) => {
                if let ValueKind::Table(deeper) = &default.kind
                    && let Some(present) = tree::table_mut(present)
                {
                    fill(present, deeper);
                }
            }
        }
    }
}
