//! The server API, as a backend asks it.

use aws_lc_rs::digest;
use serde_json::Value;

use crate::{
    http::{self, Answer},
    server::Server,
    tokens::{ALLOW_ALL, app},
};

/// The keys of [`shop`]: of a backend, of a viewer, and of an operator.
pub(crate) const BACKEND: &str = "the-backend-s-key-0123456789abcdef";
pub(crate) const VIEWER: &str = "the-viewer-s-key-0123456789abcdef";
pub(crate) const OPERATOR: &str = "the-operator-s-key-0123456789abcdef";

/// The SHA-256 of a key, as the configuration has it.
pub(crate) fn hash(key: &str) -> String {
    let digest = digest::digest(&digest::SHA256, key.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The app `shop` with keys, where `chat:*` keeps its messages and has presence; the app `bazaar`
/// with none; and an operator.
pub(crate) fn shop() -> String {
    let key = |table: &str, name: &str, key: &str, scopes: &str| {
        format!("[[{table}]]\nname = \"{name}\"\nhash = \"{}\"\nscopes = {scopes}\n", hash(key))
    };
    [
        key("operator.keys", "ops", OPERATOR, "[\"read\", \"publish\", \"manage\"]"),
        app("shop", ALLOW_ALL),
        key("apps.api_keys", "backend", BACKEND, "[\"read\", \"publish\", \"manage\"]"),
        key("apps.api_keys", "viewer", VIEWER, "[\"read\"]"),
        "[[apps.namespaces]]\npattern = \"chat:*\"\npresence = true\n\
         history = { size = 100, durability = \"memory\" }\n"
            .to_owned(),
        app("bazaar", ALLOW_ALL),
    ]
    .concat()
}

/// Who asks for an app.
pub(crate) struct Api<'a> {
    pub(crate) server: &'a Server,
    pub(crate) app: &'a str,
    pub(crate) key: &'a str,
}

impl<'a> Api<'a> {
    pub(crate) fn of(server: &'a Server, key: &'a str) -> Self {
        Self { server, app: "shop", key }
    }

    /// Asks for something behind `/v1/apps/{app}`, in English.
    pub(crate) async fn ask(&self, method: &str, path: &str, body: &str) -> Answer {
        self.ask_with(method, path, &[], body).await
    }

    pub(crate) async fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let key = format!("Bearer {}", self.key);
        let mut all = vec![("Authorization", &*key)];
        all.extend(headers);
        let mark = if path.contains('?') { '&' } else { '?' };
        let path = format!("/v1/apps/{}{path}{mark}lang=en", self.app);
        http::ask(self.server, method, &path, &all, body).await
    }

    /// The data of a success.
    pub(crate) async fn done(&self, method: &str, path: &str, body: &str) -> Value {
        let answer = self.ask(method, path, body).await;
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.body);
        let mut json = answer.json();
        assert_eq!((&json["code"], &json["message"]), (&200.into(), &"success".into()));
        json["data"].take()
    }

    /// The status and the reason of a refusal.
    pub(crate) async fn refused(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let answer = self.ask(method, path, body).await;
        refusal(&answer)
    }
}

/// The status and the reason of a refusal, in its envelope.
pub(crate) fn refusal(answer: &Answer) -> (u16, String) {
    let json = answer.json();
    assert_eq!(json["code"], answer.status, "{}", answer.body);
    assert!(json["data"].is_null() && json["message"].is_string(), "{}", answer.body);
    assert!(answer.has("cache-control: no-store"), "{}", answer.head);
    (answer.status, json["reason"].as_str().unwrap_or_default().to_owned())
}
