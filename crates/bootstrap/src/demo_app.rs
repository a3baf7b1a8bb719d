//! The app that is there before anything is configured. Whoever serves it answers this same
//! machine only (`docs/configuration.md`, demo).

use std::{sync::Arc, time::Duration};

use adapters_http::hash_of_key;
use application::DemoToken;
use domain::{
    Actions, ApiKey, App, AppId, Durability, Grant, GrantPattern, HistoryPolicy, JwtAlgorithm,
    JwtKey, KeyMaterial, Namespace, PusherKey, Scope,
};
use secrecy::ExposeSecret;

use crate::demo_secrets::DemoSecrets;

/// Its id, which no configuration may use.
pub const ID: &str = DemoToken::APP;

/// Its key of the Pusher protocol.
pub const PUSHER_KEY: &str = "demo-key";

/// What its channels keep.
const HISTORY: HistoryPolicy = HistoryPolicy {
    size: 1000,
    ttl: Duration::from_secs(24 * 3600),
    bytes: 64 << 20,
    durability: Durability::Durable,
};

/// The demo app with these secrets: everything is allowed in channels that need not be named.
#[must_use]
pub fn demo_app(secrets: &DemoSecrets) -> App {
    App {
        demo: true,
        jwt_keys: vec![JwtKey {
            kid: None,
            algorithm: JwtAlgorithm::Hs256,
            material: KeyMaterial::Secret(secrets.jwt_secret.clone()),
            issuer: None,
            audience: None,
            client_claim: "client_id".into(),
        }],
        pusher_keys: vec![PusherKey {
            key: PUSHER_KEY.into(),
            secret: secrets.pusher_secret.clone(),
        }],
        api_keys: vec![ApiKey {
            name: "operator".into(),
            hash: hash_of_key(secrets.operator_key.expose_secret()),
            scopes: Scope::ALL.into(),
        }],
        default_grants: [everything()].into(),
        default_namespace: Arc::new(Namespace {
            history: Some(HISTORY),
            presence: true,
            ..Namespace::default()
        }),
        ..App::new(id())
    }
}

/// The id as a name.
#[must_use]
pub fn id() -> AppId {
    match AppId::parse(ID) {
        Ok(id) => id,
        Err(error) => unreachable!("a constant that a test parses: {error}"),
    }
}

/// `*`, which by the rules of patterns names no `private-`, `presence-` or `#` channel.
fn everything() -> Grant {
    Grant { pattern: GrantPattern::everything(), actions: Actions::all() }
}

#[cfg(test)]
mod tests {
    use domain::{Action, ChannelName, ClientId, GrantSource, Grants};

    use super::*;

    #[test]
    fn everything_is_allowed_where_a_channel_need_not_be_named() {
        let app = demo_app(&DemoSecrets::ephemeral().unwrap());
        assert!(app.demo);
        assert_eq!(app.id.as_str(), ID);
        let grants = Grants::new(GrantSource::AppDefault, app.default_grants);
        let client = ClientId::parse("alice").unwrap();
        for action in Action::ALL {
            let may =
                |channel| grants.check(action, &ChannelName::parse(channel).unwrap(), &client);
            assert!(may("chat:lobby").is_ok());
            assert!(may("private-chat").is_err());
        }
    }
}
