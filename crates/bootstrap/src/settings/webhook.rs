//! `[[apps.webhooks]]`: who is told of events.

use std::collections::HashSet;

use domain::{
    FactKind, FactKinds, NamespacePattern, Webhook, WebhookBatch, WebhookFormat, WebhookHeader,
    WebhookName,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{
    bounds::{at_most, within},
    https_url,
    key_path::KeyPath,
    problem::Problem,
    scalar::{Count, Flag, Hidden, Text},
    secret::{RawSecret, Vault},
    span::Span,
};

/// Secrets of before that still sign beside the present one.
const PREVIOUS_SECRETS: usize = 4;

/// Headers of an endpoint, and the bytes of a name and of a value.
const HEADERS: usize = 16;
const HEADER_NAME: usize = 100;
const HEADER_VALUE: usize = 4096;

/// Headers that say what a request is, or how it travels.
const OWN_HEADERS: [&str; 12] = [
    "host",
    "content-type",
    "content-length",
    "content-encoding",
    "expect",
    "connection",
    "keep-alive",
    "proxy-connection",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
];

/// Beginnings of headers that the server writes.
const OWN_PREFIXES: [&str; 3] = ["webhook-", "x-pusher-", "rtmate-"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawWebhook {
    name: Text,
    url: Text,
    events: Vec<Text>,
    channels: Vec<Text>,
    #[serde(default)]
    headers: Vec<RawHeader>,
    format: Text,
    batch: RawBatch,
    allow_private_addresses: Flag,
    secret: Option<Hidden>,
    secret_file: Option<Text>,
    secret_env: Option<Text>,
    #[serde(default)]
    previous_secrets: Vec<RawPreviousSecret>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHeader {
    name: Text,
    value: Hidden,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawBatch {
    size: Count,
    delay: Span,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPreviousSecret {
    secret: Option<Hidden>,
    secret_file: Option<Text>,
    secret_env: Option<Text>,
}

impl RawWebhook {
    pub(crate) fn parse(self, path: &KeyPath, vault: &Vault<'_>) -> Result<Webhook, Problem> {
        let name = WebhookName::parse(&self.name).ok_or_else(|| {
            Problem::value(&path.key("name"), "must be 1 to 64 of A-Z a-z 0-9 _ . -")
        })?;
        let private = self.allow_private_addresses.0;
        let raw = RawSecret { here: self.secret, file: self.secret_file, env: self.secret_env };
        let format = format(&path.key("format"), &self.format)?;
        let is_given = raw.here.is_some() || raw.file.is_some() || raw.env.is_some();
        // The Pusher format signs with the app's key.
        let is_needed = is_given || format == WebhookFormat::Rtmate;
        let mut secrets = Vec::new();
        if is_needed {
            secrets.push(secret(path, raw, vault)?);
        }
        secrets.extend(previous(self.previous_secrets, &path.key("previous_secrets"), vault)?);
        Ok(Webhook {
            name,
            url: url(&path.key("url"), &self.url, private)?,
            events: events(&self.events, &path.key("events"))?,
            channels: channels(&self.channels, &path.key("channels"))?,
            headers: headers(self.headers, &path.key("headers"))?,
            format,
            secrets,
            batch: self.batch.parse(&path.key("batch"))?,
            allow_private_addresses: private,
        })
    }
}

/// Within a private network TLS is not always to be had.
fn url(path: &KeyPath, text: &str, private: bool) -> Result<Box<str>, Problem> {
    match text.strip_prefix("http://") {
        Some(rest) if private => drop(https_url::parse(path, &format!("https://{rest}"))?),
        _ => drop(https_url::parse(path, text)?),
    }
    adapters_webhook::check_address(text, private)
        .map_err(|bad| Problem::value(path, bad.to_string()))?;
    Ok(text.into())
}

fn previous(
    raw: Vec<RawPreviousSecret>,
    path: &KeyPath,
    vault: &Vault<'_>,
) -> Result<Vec<SecretString>, Problem> {
    at_most(path, raw.len(), PREVIOUS_SECRETS)?;
    let each = |(index, raw): (usize, RawPreviousSecret)| {
        let raw = RawSecret { here: raw.secret, file: raw.secret_file, env: raw.secret_env };
        secret(&path.index(index), raw, vault)
    };
    raw.into_iter().enumerate().map(each).collect()
}

/// Receivers decode what stands behind the prefix: it has to be what they can.
fn secret(path: &KeyPath, raw: RawSecret, vault: &Vault<'_>) -> Result<SecretString, Problem> {
    let (place, secret) = vault.need(path, raw)?;
    if !adapters_webhook::is_key(&secret) {
        return Err(Problem::at(&place, "after whsec_ must come Base64 of at least 24 bytes"));
    }
    Ok(secret)
}

fn events(raw: &[Text], path: &KeyPath) -> Result<FactKinds, Problem> {
    if raw.is_empty() {
        return Ok(FactKinds::all());
    }
    let kind = |(index, text): (usize, &Text)| {
        FactKind::parse(text).ok_or_else(|| {
            let names = FactKind::ALL.map(FactKind::name).join(", ");
            Problem::value(&path.index(index), format!("not a kind of event; one of {names}"))
        })
    };
    raw.iter().enumerate().map(kind).collect()
}

fn channels(raw: &[Text], path: &KeyPath) -> Result<Vec<NamespacePattern>, Problem> {
    at_most(path, raw.len(), 100)?;
    let pattern = |(index, text): (usize, &Text)| {
        NamespacePattern::parse(text).ok_or_else(|| {
            let message = "not a pattern: a channel's name, the beginning of one with * at the \
                           end, or *";
            Problem::value(&path.index(index), message)
        })
    };
    raw.iter().enumerate().map(pattern).collect()
}

fn headers(raw: Vec<RawHeader>, path: &KeyPath) -> Result<Vec<WebhookHeader>, Problem> {
    at_most(path, raw.len(), HEADERS)?;
    let mut names = HashSet::new();
    let mut headers = Vec::new();
    for (index, RawHeader { name, value: Hidden(value) }) in raw.into_iter().enumerate() {
        let path = path.index(index);
        let (place, lower) = (path.key("name"), name.to_ascii_lowercase());
        let fits = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
        if !(1..=HEADER_NAME).contains(&lower.len()) || !lower.chars().all(fits) {
            return Err(Problem::value(&place, "not the name of a header"));
        }
        let own = OWN_HEADERS.contains(&&*lower)
            || OWN_PREFIXES.iter().any(|prefix| lower.starts_with(prefix));
        if own {
            return Err(Problem::value(&place, "the server writes this header itself"));
        }
        if !names.insert(lower.clone()) {
            return Err(Problem::value(&place, "is there twice"));
        }
        let text = value.expose_secret();
        let fits = |byte: u8| (b' '..=b'~').contains(&byte);
        if text.len() > HEADER_VALUE || !text.bytes().all(fits) {
            let message = format!("must be at most {HEADER_VALUE} printable ASCII characters");
            return Err(Problem::at(&path.key("value"), message));
        }
        headers.push(WebhookHeader { name: lower.into(), value });
    }
    Ok(headers)
}

fn format(path: &KeyPath, text: &str) -> Result<WebhookFormat, Problem> {
    match text {
        "rtmate" => Ok(WebhookFormat::Rtmate),
        "pusher" => Ok(WebhookFormat::Pusher),
        _ => Err(Problem::value(path, "not a format; one of rtmate, pusher")),
    }
}

impl RawBatch {
    fn parse(self, path: &KeyPath) -> Result<WebhookBatch, Problem> {
        let delay = within(&path.key("delay"), self.delay, Span::secs(0)..=Span::minutes(1))?;
        let size = within(&path.key("size"), self.size.0, 1..=1000)?;
        Ok(WebhookBatch { size, delay: delay.get() })
    }
}
