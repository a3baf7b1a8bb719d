//! Keys of an app come and go.

use application::{Refusal, ports::KeyKind};
use domain::ErrorCode;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    super::{
        body,
        call::invalid,
        endpoint::{Work, data},
    },
    Order,
};

/// What is looked at here; the rest is for who understands documents.
#[derive(Deserialize)]
struct Wanted {
    kind: String,
}

#[derive(Serialize)]
struct Added<'a> {
    app: &'a str,
    kind: &'static str,
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
}

/// `POST apps/{app}/keys`
pub(super) fn add(mut order: Order) -> Work {
    Box::pin(async move {
        let (app, text) = (order.app()?, order.text().await?);
        let Wanted { kind } = body::object(text.as_bytes())?;
        let kind = KeyKind::parse(&kind).ok_or_else(|| invalid("kind: jwt, api or pusher"))?;
        let added = order.operator.add_key(app.clone(), kind, text).await?;
        let secret = added.secret.as_ref().map(ExposeSecret::expose_secret);
        data(&Added { app: app.as_str(), kind: kind.name(), key: &added.name, secret })
    })
}

#[derive(Serialize)]
struct Removed<'a> {
    app: &'a str,
    kind: &'static str,
    key: &'a str,
}

/// `DELETE apps/{app}/keys/{kind}/{key}`
pub(super) fn remove(order: Order) -> Work {
    Box::pin(async move {
        let (app, key) = (order.app()?, order.segment("key").to_owned());
        let kind = KeyKind::parse(order.segment("kind"));
        let kind = kind.ok_or_else(|| Refusal::because(ErrorCode::NotFound, "no such key"))?;
        order.operator.remove_key(app.clone(), kind, key.clone()).await?;
        data(&Removed { app: app.as_str(), kind: kind.name(), key: &key })
    })
}

fn kind_schema() -> Value {
    let kinds: Vec<_> = KeyKind::ALL.iter().map(|kind| kind.name()).collect();
    json!({ "type": "string", "enum": kinds })
}

pub(super) fn body_schema() -> Value {
    json!({
        "type": "object",
        "description": "An entry of jwt_keys (kid is required, alg is HS256 unless said), api_keys (name and scopes; without hash) or pusher_keys, with its kind. The secret of a jwt or pusher key, and the key of a pusher one, are made by the server where they are not given.",
        "required": ["kind"],
        "properties": {
            "kind": kind_schema(),
            "name": { "type": "string" },
            "scopes": {
                "type": "array",
                "items": { "type": "string", "enum": ["read", "publish", "manage"] }
            },
            "kid": { "type": "string" },
            "alg": { "type": "string" },
            "secret": { "type": "string" },
            "public_key": { "type": "string" },
            "jwks_url": { "type": "string" },
            "issuer": { "type": "string" },
            "audience": { "type": "string" },
            "client_claim": { "type": "string" },
            "key": { "type": "string" }
        }
    })
}

pub(super) fn added_schema() -> Value {
    json!({
        "type": "object",
        "required": ["app", "kind", "key"],
        "properties": {
            "app": { "type": "string" },
            "kind": kind_schema(),
            "key": { "type": "string", "description": "Its name." },
            "secret": {
                "type": "string",
                "description": "What the server made: for api the key itself, else its secret."
            }
        }
    })
}

pub(super) fn removed_schema() -> Value {
    json!({
        "type": "object",
        "required": ["app", "kind", "key"],
        "properties": {
            "app": { "type": "string" },
            "kind": kind_schema(),
            "key": { "type": "string" }
        }
    })
}
