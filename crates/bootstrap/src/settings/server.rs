//! `[server]`: where the server listens, how it speaks and how it stops.

use std::{net::SocketAddr, time::Duration};

use domain::Language;
use listener::Identity;
use serde::Deserialize;

use super::{
    bounds::within, key_path::KeyPath, problem::Problem, scalar::Text, secret::Vault, span::Span,
    tls::RawTls,
};

/// Where the server listens, how it speaks and how it stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The address for everything.
    pub listen: SocketAddr,
    /// The language of texts for people, where the client chose none.
    pub language: Language,
    /// Over how long clients shall spread their return after a shutdown.
    pub shutdown_window: Duration,
    /// How long a stopping server waits for what is under way.
    pub shutdown_deadline: Duration,
    /// Certificate and key where it speaks TLS.
    pub tls: Option<Identity>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)),
            language: Language::Chinese,
            shutdown_window: Duration::from_secs(30),
            shutdown_deadline: Duration::from_secs(10),
            tls: None,
        }
    }
}

impl Server {
    /// Whether only programs of this same machine reach the address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.listen.ip().to_canonical().is_loopback()
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawServer {
    listen: Text,
    internal_listen: Option<Text>,
    language: Text,
    shutdown_window: Span,
    shutdown_deadline: Span,
    tls: Option<RawTls>,
}

impl RawServer {
    pub(crate) fn parse(self, path: &KeyPath, vault: &Vault<'_>) -> Result<Server, Problem> {
        if let Some(internal) = &self.internal_listen {
            let path = path.key("internal_listen");
            address(&path, internal)?;
            return Err(Problem::value(
                &path,
                "a second address is not supported by this version yet; remove the key",
            ));
        }
        let tls = self.tls.map(|tls| tls.parse(&path.key("tls"), vault)).transpose()?;
        let window = path.key("shutdown_window");
        let deadline = path.key("shutdown_deadline");
        Ok(Server {
            listen: address(&path.key("listen"), &self.listen)?,
            language: language(&path.key("language"), &self.language)?,
            shutdown_window: within(&window, self.shutdown_window, LONGEST)?.get(),
            shutdown_deadline: within(&deadline, self.shutdown_deadline, LONGEST)?.get(),
            tls,
        })
    }
}

const LONGEST: std::ops::RangeInclusive<Span> = Span::secs(0)..=Span::minutes(10);

fn address(path: &KeyPath, text: &str) -> Result<SocketAddr, Problem> {
    text.parse().map_err(|_| {
        let message = "not an IP address with a port, such as 127.0.0.1:3000 or [::]:3000";
        Problem::value(path, message)
    })
}

fn language(path: &KeyPath, text: &str) -> Result<Language, Problem> {
    match text {
        "zh" => Ok(Language::Chinese),
        "en" => Ok(Language::English),
        _ => Err(Problem::value(path, "not a language; one of zh, en")),
    }
}
