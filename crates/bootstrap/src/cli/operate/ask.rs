//! How a running server is asked, with the key of an operator.

use std::time::Duration;

use reqwest::{Method, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::ServerArgs;
use crate::{
    cli::own_address,
    demo_secrets::DemoSecrets,
    settings::{Loaded, Refused},
};

/// So long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The variable that has the key of an operator.
const KEY: &str = "RTMATE_OPERATOR_KEY";

/// Why it was not done. One line each.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotDone {
    #[error("can't begin: {0}")]
    System(#[from] std::io::Error),
    #[error("{url} did not answer: {error}; is the server running?")]
    NoAnswer { url: String, error: String },
    #[error("the server refuses ({status}): {message}")]
    Refused { status: u16, message: String },
    #[error("the server's answer is not understood: {0}")]
    Answer(#[from] serde_json::Error),
}

/// A running server, and who asks it.
pub(super) struct Server {
    url: Url,
    key: SecretString,
}

impl Server {
    /// The one of the command line, or of the configuration.
    pub(super) fn of(args: &ServerArgs, loaded: &Loaded) -> Result<Self, Refused> {
        let url = match &args.url {
            Some(url) => url.clone(),
            None => own_address::for_operators(&loaded.settings)?,
        };
        let parsed = Url::parse(&url).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
        let url = parsed.ok_or_else(|| {
            Refused::new(format!("--url {url}: not an address such as https://rt.example.com"))
        })?;
        Ok(Self { url, key: key(loaded)? })
    }

    pub(super) fn run(
        &self,
        work: impl Future<Output = Result<(), NotDone>>,
    ) -> Result<(), NotDone> {
        tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
    }

    /// The data of a success.
    pub(super) async fn ask(
        &self,
        method: &'static str,
        path: &str,
        body: Option<Value>,
    ) -> Result<Value, NotDone> {
        let failed = |error: reqwest::Error| NotDone::NoAnswer {
            url: self.url.to_string(),
            error: deepest(&error),
        };
        let client = reqwest::Client::builder().redirect(redirect::Policy::none()).no_proxy();
        let client = client.timeout(PATIENCE).build().map_err(failed)?;
        let method = Method::from_bytes(method.as_bytes()).unwrap_or_default();
        let mark = if path.contains('?') { '&' } else { '?' };
        let address = format!("{}{path}{mark}lang=en", self.url.as_str().trim_end_matches('/'));
        let mut request = client.request(method, address).bearer_auth(self.key.expose_secret());
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status().as_u16();
        let mut answer: Value = serde_json::from_slice(&answer.bytes().await.map_err(failed)?)?;
        if status == 200 {
            return Ok(answer["data"].take());
        }
        let message = answer["message"].as_str().unwrap_or("no reason").to_owned();
        Err(NotDone::Refused { status, message })
    }
}

fn deepest(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// The operator's key: of the environment, or the demo app's.
fn key(loaded: &Loaded) -> Result<SecretString, Refused> {
    if let Some(key) = loaded.around.variable(KEY) {
        let key = key.to_str().ok_or_else(|| Refused::new(format!("{KEY}: not UTF-8 text")))?;
        return Ok(key.into());
    }
    let settings = &loaded.settings;
    let none = |why: &str| Refused::new(format!("{why}: set {KEY} to the key of an operator"));
    if !settings.demo.enabled {
        return Err(none("the demo app is off, so its key is none"));
    }
    if let Some(secret) = &settings.demo.secret {
        return Ok(DemoSecrets::from_given(secret).operator_key);
    }
    if settings.store.ephemeral {
        return Err(none("the demo app's key lives in the server's memory"));
    }
    let kept = DemoSecrets::load(&settings.store.path);
    let kept = kept.map_err(|error| loaded.store_refused(error.to_string()))?;
    kept.map(|secrets| secrets.operator_key)
        .ok_or_else(|| none("the server was never started here"))
}
