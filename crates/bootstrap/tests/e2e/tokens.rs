//! Tokens, signed the way an application's backend would.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Map, Value, json};

use crate::server::DEMO_SECRET;

/// Now, in the seconds of claims.
pub(crate) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// A token that is being made: for an hour unless said otherwise.
#[derive(Clone)]
pub(crate) struct Token {
    claims: Map<String, Value>,
    header: Header,
    key: EncodingKey,
}

impl Token {
    /// For a client of an app that has this secret.
    pub(crate) fn of(app: &str, secret: &str, client: &str) -> Self {
        let key = EncodingKey::from_secret(secret.as_bytes());
        Self::signed(app, Header::new(Algorithm::HS256), key, client)
    }

    /// For a client of an app, signed with any key.
    pub(crate) fn signed(app: &str, header: Header, key: EncodingKey, client: &str) -> Self {
        let claims = json!({"app_id": app, "client_id": client, "exp": now() + 3600});
        let Value::Object(claims) = claims else { unreachable!() };
        Self { claims, header, key }
    }

    /// For a client of the demo app.
    pub(crate) fn demo(client: &str) -> Self {
        Self::of("demo-app", DEMO_SECRET, client)
    }

    /// With this claim; `null` takes it away.
    pub(crate) fn claim(mut self, name: &str, value: Value) -> Self {
        if value.is_null() {
            self.claims.remove(name);
        } else {
            self.claims.insert(name.to_owned(), value);
        }
        self
    }

    /// That ends so many seconds from now, or ended so many seconds ago.
    pub(crate) fn ends_in(self, seconds: i64) -> Self {
        self.claim("exp", json!(now() + seconds))
    }

    pub(crate) fn sign(&self) -> String {
        jsonwebtoken::encode(&self.header, &self.claims, &self.key).unwrap()
    }
}

/// An app named `id` with a secret of its own and what `more` says, for `rtmate.toml`.
pub(crate) fn app(id: &str, more: &str) -> String {
    let secret = secret_of(id);
    format!(
        "[[apps]]\nid = \"{id}\"\n{more}\n[[apps.jwt_keys]]\nalg = \"HS256\"\nsecret = \"{secret}\"\n"
    )
}

/// The secret of [`app`].
pub(crate) fn secret_of(app: &str) -> String {
    format!("the-secret-of-{app}-in-the-end-to-end-tests")
}

/// A token for a client of an [`app`].
pub(crate) fn token(app: &str, client: &str) -> Token {
    Token::of(app, &secret_of(app), client)
}

/// What lets everybody do everything where a channel need not be named.
pub(crate) const ALLOW_ALL: &str =
    "default_grants = { \"*\" = [\"subscribe\", \"send\", \"presence\", \"history\"] }";
