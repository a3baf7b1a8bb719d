//! How a command asks the server API.

use std::time::Duration;

use reqwest::{Client, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::AskArgs;
use crate::{
    cli::own_address,
    cli::token,
    demo_app,
    settings::{Loaded, Refused},
};

/// So long an answer may take.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// The most bytes of an answer.
const MOST: usize = 4 * 1024 * 1024;

/// Why there is no answer. One line each.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotAnswered {
    #[error("can't begin: {0}")]
    System(#[from] std::io::Error),
    #[error("{url} does not answer ({why}); is the server running?")]
    NoServer { url: String, why: &'static str },
    #[error("refused: {0}")]
    Refused(String),
    #[error("the answer is not understood; is this an RTMate server? ({0})")]
    Answer(String),
}

/// A server, and the key that opens it.
pub(super) struct Server {
    client: Client,
    base: Url,
    key: SecretString,
}

/// What the server API answers with.
#[derive(Deserialize)]
struct Envelope {
    message: String,
    data: Option<Box<RawValue>>,
}

impl Server {
    /// The server that is to be asked about these apps.
    pub(super) fn new(args: &AskArgs, apps: &[String], loaded: &Loaded) -> Result<Self, Refused> {
        let url = match &args.url {
            Some(url) => url.clone(),
            None => own_address::for_operators(&loaded.settings)?,
        };
        let mistake = |why: &str| Refused::new(format!("--url {url}: {why}"));
        let base = Url::parse(&url).map_err(|error| mistake(&error.to_string()))?;
        if !matches!(base.scheme(), "http" | "https") {
            return Err(mistake("begins with neither http:// nor https://"));
        }
        let builder = Client::builder()
            .user_agent(concat!("rtmate/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(PATIENCE);
        // Without TLS a machine needs no root certificates.
        let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        let client = builder.build().map_err(|error| mistake(&error.to_string()))?;
        Ok(Self { client, base, key: key(args, apps, loaded)? })
    }

    /// What is asked, as people know it.
    pub(super) fn name(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    /// The `data` of an answer about an app.
    pub(super) async fn get(
        &self,
        app: &str,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Box<RawValue>, NotAnswered> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(["v1", "apps", app, path]);
        }
        url.query_pairs_mut().extend_pairs(query).append_pair("lang", "en");
        let asked = self.client.get(url).bearer_auth(self.key.expose_secret()).send().await;
        let mut answer = asked.map_err(|error| self.failed(&error))?;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| self.failed(&error))? {
            if body.len() + piece.len() > MOST {
                return Err(NotAnswered::Answer("it is too long".to_owned()));
            }
            body.extend_from_slice(&piece);
        }
        let envelope: Envelope = serde_json::from_slice(&body)
            .map_err(|_| NotAnswered::Answer(format!("status {}", answer.status().as_u16())))?;
        match envelope.data.filter(|_| answer.status().is_success()) {
            Some(data) => Ok(data),
            None => Err(NotAnswered::Refused(plain(&envelope.message))),
        }
    }

    /// Without the error's own words, which repeat the address.
    fn failed(&self, error: &reqwest::Error) -> NotAnswered {
        let why = match error {
            error if error.is_timeout() => "it took too long",
            error if error.is_connect() => "no connection",
            _ => "the connection broke",
        };
        NotAnswered::NoServer { url: self.name().to_owned(), why }
    }
}

/// Without what a terminal would obey.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|character| !character.is_control()).collect()
}

/// The key that was given, or, where only the demo app is asked about, its own.
fn key(args: &AskArgs, apps: &[String], loaded: &Loaded) -> Result<SecretString, Refused> {
    if let Some(key) = &args.key {
        return usable(key, "--key");
    }
    if let Some(file) = &args.key_file {
        let name = format!("--key-file {}", file.display());
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|error| Refused::new(format!("{name}: {error}")))?;
        return usable(text.trim(), &name);
    }
    if apps.iter().all(|app| app == demo_app::ID) {
        return token::demo_key(loaded);
    }
    let why = "give a key of the app or of an operator with --key-file or --key: the configuration \
               has only the hashes of keys";
    Err(Refused::new(why))
}

fn usable(key: &str, name: &str) -> Result<SecretString, Refused> {
    let fits = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_graphic());
    if fits { Ok(key.to_owned().into()) } else { Err(Refused::new(format!("{name}: is no key"))) }
}
