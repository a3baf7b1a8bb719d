//! How a backend asks the server API.

use std::{collections::BTreeSet, time::Duration};

use domain::AppId;
use reqwest::{Client, Method, redirect};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    backend::things_of,
    event,
    record::{Charged, LogEvent},
};
use crate::cli::verify::{NoVerdict, plan::Plan, tokens::Tokens};

/// So long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Events of one page: what the API allows.
const PAGE: usize = 1000;

/// What is there at a place of the log.
#[derive(Debug, Clone)]
pub(super) struct Snapshot {
    pub(super) cursor: u64,
    pub(super) epoch: String,
    pub(super) things: BTreeSet<String>,
}

#[derive(Deserialize)]
struct SnapshotLine {
    cursor: u64,
    epoch: String,
    connections: Vec<Line>,
    channels: Vec<Line>,
    members: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    connection: String,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    client: String,
}

#[derive(Deserialize)]
struct Page {
    missed: bool,
    last: u64,
    events: Vec<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Usage {
    total: Charged,
}

#[derive(Deserialize)]
struct Answer {
    code: u16,
    message: String,
    data: Option<Box<RawValue>>,
}

/// The server, as a backend of the app sees it.
#[derive(Clone)]
pub(super) struct Api {
    client: Client,
    base: String,
    app: AppId,
    tokens: Tokens,
}

impl Api {
    pub(super) fn new(plan: &Plan, url: &str) -> Result<Self, NoVerdict> {
        let base = url.strip_prefix("ws://").and_then(|url| url.strip_suffix("/ws"));
        let base = format!("http://{}/v1/apps", base.ok_or(NoVerdict::Fault("the server"))?);
        let client = Client::builder().redirect(redirect::Policy::none()).no_proxy();
        // Each request a connection of its own: the server of the one before may be dead.
        let client = client.timeout(PATIENCE).pool_max_idle_per_host(0).tls_certs_only([]);
        let client = client.build().map_err(|_| NoVerdict::Fault("the HTTP client"))?;
        Ok(Self { client, base, app: plan.app.clone(), tokens: plan.tokens.clone() })
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        app: &AppId,
        path: &str,
    ) -> Result<T, String> {
        let tokens = if *app == self.app { &self.tokens } else { &self.tokens.of_app(app) };
        let key = tokens.of_backend().ok_or("no token can be made")?;
        let url = format!("{}/{app}/{path}", self.base);
        let asked = self.client.request(method, url).bearer_auth(key).send().await;
        let text = asked.map_err(|error| error.to_string())?.text().await;
        let text = text.map_err(|error| error.to_string())?;
        let answer: Answer = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        match answer.data.filter(|_| answer.code == 200) {
            Some(data) => serde_json::from_str(data.get()).map_err(|error| error.to_string()),
            None => Err(format!("{path}: {} {}", answer.code, answer.message)),
        }
    }

    /// What is there.
    pub(super) async fn snapshot(&self) -> Result<Snapshot, String> {
        let line: SnapshotLine = self.ask(Method::GET, &self.app, "snapshot").await?;
        let SnapshotLine { cursor, epoch, connections, channels, members } = line;
        let connections =
            connections.iter().map(|it| things_of::connection(&it.connection, &it.client));
        let channels = channels.iter().map(|it| things_of::channel(&it.channel));
        let members = members.iter().map(|it| things_of::member(&it.channel, &it.client));
        let things = connections.chain(channels).chain(members).collect();
        Ok(Snapshot { cursor, epoch, things })
    }

    /// The events behind a place, as far as another one; or as far as there are some.
    pub(super) async fn read_after(
        &self,
        mut after: u64,
        until: u64,
        events: &mut Vec<LogEvent>,
    ) -> Result<(), String> {
        while after < until {
            let path = format!("events?after={after}&limit={PAGE}");
            let page: Page = self.ask(Method::GET, &self.app, &path).await?;
            if page.missed {
                return Err(format!("the events behind {after} are no longer kept"));
            }
            for raw in &page.events {
                let event = event::read(raw).ok_or_else(|| format!("no event: {raw}"))?;
                after = event.sequence;
                if after <= until {
                    events.push(event);
                }
            }
            if page.events.is_empty() || after >= page.last {
                break;
            }
        }
        Ok(())
    }

    /// Reads on in the log, to its end.
    pub(super) async fn read_log(&self, log: &mut Vec<LogEvent>) -> Result<(), String> {
        let after = log.last().map_or(0, |event| event.sequence);
        self.read_after(after, u64::MAX, log).await
    }

    /// What the ledger has of an app.
    pub(super) async fn usage(&self, app: &AppId) -> Result<Charged, String> {
        let usage: Usage = self.ask(Method::GET, app, "usage").await?;
        Ok(usage.total)
    }

    /// Has an endpoint try at once. Where it can't be asked, it tries by itself.
    pub(super) async fn retry(&self, endpoint: &str) {
        let path = format!("webhooks/{endpoint}/retry");
        drop(self.ask::<serde_json::Value>(Method::POST, &self.app, &path).await);
    }
}
