//! Apps that come, change and go while the server runs.

mod changed;
mod command_line;
mod keys;
mod made;
mod refused;
mod reloaded;

use serde_json::{Value, json};

use crate::{
    api::{OPERATOR, hash, refusal},
    http,
    server::{DEMO_SECRET, Server, Start},
    tokens::secret_of,
};

/// An operator, who asks for anything behind `/v1`.
struct Ops<'a> {
    server: &'a Server,
    key: &'a str,
}

impl<'a> Ops<'a> {
    const fn of(server: &'a Server) -> Self {
        Self { server, key: OPERATOR }
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> http::Answer {
        let key = format!("Bearer {}", self.key);
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("/v1{path}{mark}lang=en");
        let body = if body.is_null() { String::new() } else { body.to_string() };
        http::ask(self.server, method, &path, &[("Authorization", &*key)], &body).await
    }

    /// The data of a success.
    async fn done(&self, method: &str, path: &str, body: Value) -> Value {
        let answer = self.ask(method, path, &body).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        answer.json()["data"].take()
    }

    async fn show(&self, app: &str) -> Value {
        self.done("GET", &format!("/apps/{app}"), Value::Null).await
    }

    /// The status and the reason of a refusal, and what it says for people.
    async fn refused(&self, method: &str, path: &str, body: Value) -> (u16, String, String) {
        let answer = self.ask(method, path, &body).await;
        let (status, reason) = refusal(&answer);
        (status, reason, answer.json()["message"].as_str().unwrap().to_owned())
    }
}

/// An operator, and the app `shop` in the file.
fn operated() -> String {
    let hash = hash(OPERATOR);
    let scopes = "[\"read\", \"publish\", \"manage\"]";
    format!("[[operator.keys]]\nname = \"ops\"\nhash = \"{hash}\"\nscopes = {scopes}\n")
        + &crate::tokens::app("shop", crate::tokens::ALLOW_ALL)
}

async fn ephemeral() -> Server {
    Server::with(&operated()).await
}

/// With a data directory.
fn kept() -> Start {
    Start::bare()
        .args(&["--listen", "127.0.0.1:0"])
        .env("RTMATE__DEMO__SECRET", DEMO_SECRET)
        .toml(&operated())
}

/// An app for which [`crate::tokens::token`] signs.
fn document(id: &str) -> Value {
    json!({
        "id": id,
        "default_grants": { "*": ["subscribe", "send", "presence", "history"] },
        "jwt_keys": [{ "kid": "k1", "alg": "HS256", "secret": secret_of(id) }],
    })
}
