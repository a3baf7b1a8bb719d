//! A backend that signs what it asks.

use aws_lc_rs::hmac;
use md5::{Digest, Md5};
use serde_json::Value;

use crate::{
    http::{self, Answer},
    server::{DEMO_SECRET, Server},
    tokens::now,
};

/// The backend of an app.
pub(crate) struct Backend<'a> {
    pub(crate) server: &'a Server,
    pub(crate) app: &'a str,
    pub(crate) key: &'a str,
    pub(crate) secret: &'a str,
}

/// A request before it is signed.
pub(crate) struct Ask<'a> {
    pub(crate) method: &'a str,
    pub(crate) path: String,
    /// Sorted by their keys when it is signed.
    pub(crate) parameters: Vec<(&'a str, String)>,
    pub(crate) body: String,
}

impl Ask<'_> {
    /// The path with the signed query.
    pub(crate) fn signed(mut self, secret: &str) -> String {
        self.parameters.sort();
        let pairs: Vec<_> =
            self.parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let query = pairs.join("&");
        let text = format!("{}\n{}\n{query}", self.method, self.path);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature = hex(hmac::sign(&key, text.as_bytes()).as_ref());
        format!("{}?{query}&auth_signature={signature}", self.path)
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl<'a> Backend<'a> {
    /// That of the demo app.
    pub(crate) fn demo(server: &'a Server) -> Self {
        Self { server, app: "demo-app", key: "demo-key", secret: DEMO_SECRET }
    }

    /// A request of now, with its body's digest where it has one.
    pub(crate) fn ask(&self, method: &'a str, path: &str, body: &str) -> Ask<'a> {
        let mut parameters = vec![
            ("auth_key", self.key.to_owned()),
            ("auth_timestamp", now().to_string()),
            ("auth_version", "1.0".to_owned()),
        ];
        if !body.is_empty() {
            parameters.push(("body_md5", hex(&Md5::digest(body))));
        }
        let path = format!("/apps/{}{path}", self.app);
        Ask { method, path, parameters, body: body.to_owned() }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.ask("POST", path, &body.to_string())).await
    }

    /// Sends a request, which is signed with the app's secret.
    pub(crate) async fn send(&self, ask: Ask<'_>) -> Answer {
        let (post, body) = (ask.method == "POST", ask.body.clone());
        let path = ask.signed(self.secret);
        match post {
            true => http::post(self.server, &path, &[], &body).await,
            false => http::get(self.server, &path, &[]).await,
        }
    }

    pub(crate) async fn get(&self, path: &str, parameters: &[(&'a str, &str)]) -> Answer {
        let mut ask = self.ask("GET", path, "");
        ask.parameters.extend(parameters.iter().map(|(key, value)| (*key, (*value).to_owned())));
        self.send(ask).await
    }

    /// The answer to a `POST` that is done.
    pub(crate) async fn done(&self, path: &str, body: Value) -> Value {
        let answer = self.post(path, &body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(answer.has("content-type: application/json"), "{answer:?}");
        answer.json()
    }

    /// The answer to a `GET` that is done.
    pub(crate) async fn sees(&self, path: &str, parameters: &[(&'a str, &str)]) -> Value {
        let answer = self.get(path, parameters).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// A `POST` is refused with this status, and the text has this part.
    pub(crate) async fn refused(&self, path: &str, body: Value, status: u16, part: &str) {
        let answer = self.post(path, &body).await;
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        assert!(answer.has("content-type: text/plain; charset=utf-8"), "{answer:?}");
        assert!(answer.body.contains(part), "{answer:?}");
    }
}
