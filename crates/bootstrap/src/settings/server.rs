//! `[server]`: where the server listens, how it speaks and how it stops.

use std::{net::SocketAddr, time::Duration};

use domain::Language;
use listener::{Address, TrustedProxy};
use serde::Deserialize;

use super::{
    bounds::within,
    key_path::KeyPath,
    problem::Problem,
    scalar::Text,
    secret::Vault,
    span::Span,
    tls::{RawTls, Tls},
};

/// Where the server listens, how it speaks and how it stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    /// The address for clients, and for everything where there is no other.
    pub listen: Address,
    /// The address for what is not public.
    pub internal_listen: Option<Address>,
    /// Who is believed when it says for whom it speaks.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// The language of texts for people, where the client chose none.
    pub language: Language,
    /// Over how long clients shall spread their return after a shutdown.
    pub shutdown_window: Duration,
    /// How long a stopping server waits for what is under way.
    pub shutdown_deadline: Duration,
    /// Certificate and key where it speaks TLS.
    pub tls: Option<Tls>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 3000)).into(),
            internal_listen: None,
            trusted_proxies: Vec::new(),
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
        self.listen.is_loopback()
    }

    /// Whether what is not public is served wherever the machine is reached.
    pub(crate) fn is_internal_everywhere(&self) -> bool {
        let internal = self.internal_listen.as_ref();
        internal.is_some_and(|address| match address {
            Address::Tcp(address) => address.ip().to_canonical().is_unspecified(),
            Address::Unix(_) => false,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawServer {
    listen: Text,
    internal_listen: Option<Text>,
    trusted_proxies: Vec<Text>,
    language: Text,
    shutdown_window: Span,
    shutdown_deadline: Span,
    tls: Option<RawTls>,
}

impl RawServer {
    pub(crate) fn parse(self, path: &KeyPath, vault: &Vault<'_>) -> Result<Server, Problem> {
        let tls = self.tls.map(|tls| tls.parse(&path.key("tls"), vault)).transpose()?;
        let listen = address(&path.key("listen"), &self.listen)?;
        if tls.is_some() && matches!(listen, Address::Unix(_)) {
            let words = "a Unix socket has no TLS; remove the table, or listen on an IP address";
            return Err(Problem::at(&path.key("tls"), words));
        }
        let internal = path.key("internal_listen");
        let internal_listen =
            self.internal_listen.map(|text| other(&internal, &text, &listen)).transpose()?;
        let window = path.key("shutdown_window");
        let deadline = path.key("shutdown_deadline");
        Ok(Server {
            trusted_proxies: proxies(&path.key("trusted_proxies"), &self.trusted_proxies)?,
            internal_listen,
            listen,
            language: language(&path.key("language"), &self.language)?,
            shutdown_window: within(&window, self.shutdown_window, LONGEST)?.get(),
            shutdown_deadline: within(&deadline, self.shutdown_deadline, LONGEST)?.get(),
            tls,
        })
    }
}

const LONGEST: std::ops::RangeInclusive<Span> = Span::secs(0)..=Span::minutes(10);

/// The most trusted proxies: each request that comes through one looks at all of them.
const MOST_PROXIES: usize = 100;

fn address(path: &KeyPath, text: &str) -> Result<Address, Problem> {
    Address::parse(text).map_err(|error| Problem::value(path, error.to_string()))
}

/// The second address, which is another one: port 0 is another port each time.
fn other(path: &KeyPath, text: &str, listen: &Address) -> Result<Address, Problem> {
    let internal = address(path, text)?;
    if internal == *listen && internal.port() != Some(0) {
        return Err(Problem::value(path, "is server.listen; choose another one"));
    }
    Ok(internal)
}

fn proxies(path: &KeyPath, texts: &[Text]) -> Result<Vec<TrustedProxy>, Problem> {
    if texts.len() > MOST_PROXIES {
        return Err(Problem::at(path, format!("has more than {MOST_PROXIES} entries")));
    }
    let proxy = |(index, text): (usize, &Text)| {
        text.parse::<TrustedProxy>()
            .map_err(|error| Problem::value(&path.index(index), error.to_string()))
    };
    texts.iter().enumerate().map(proxy).collect()
}

fn language(path: &KeyPath, text: &str) -> Result<Language, Problem> {
    match text {
        "zh" => Ok(Language::Chinese),
        "en" => Ok(Language::English),
        _ => Err(Problem::value(path, "not a language; one of zh, en")),
    }
}
