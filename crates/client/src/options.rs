//! What a client is told at its start.

use std::{sync::Arc, time::Duration};

use domain::{AppId, Language};

use crate::{Backoff, Random, TlsConfig};

/// Bounds of one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Sends that wait or are under way. A further one is refused.
    pub queued_sends: usize,
    /// Bytes of their data, together.
    pub queued_bytes: usize,
    /// Sends that wait for their answer at the same time; the server reads no further than 64.
    pub sends_under_way: usize,
    /// Questions that wait for their answer at the same time.
    pub questions: usize,
    /// Channels.
    pub channels: usize,
    /// Events that wait for the reader of one channel. What one frame brings beyond that is kept
    /// too, then the channel is left until the reader has caught up.
    pub events: usize,
}

impl Default for Limits {
    /// 1,000 sends, 8 MiB, 32 under way, 16 questions, 1,024 channels, 1,024 events.
    fn default() -> Self {
        Self {
            queued_sends: 1000,
            queued_bytes: 8 * 1024 * 1024,
            sends_under_way: 32,
            questions: 16,
            channels: 1024,
            events: 1024,
        }
    }
}

/// What a client is told at its start.
#[derive(Clone)]
pub struct Options {
    /// `ws://host:port/ws`, or `wss://`; without a query.
    pub url: String,
    /// The app.
    pub app: AppId,
    /// The language of texts for people; the server's own unless given.
    pub language: Option<Language>,
    /// Delays between attempts.
    pub backoff: Backoff,
    /// How long a send is tried, unless its draft says otherwise.
    pub send_deadline: Duration,
    /// How long a connection and its upgrade may take.
    pub open_timeout: Duration,
    /// How long the replies to `auth` and `subscribe` may take, and the token source.
    pub reply_timeout: Duration,
    /// Bounds.
    pub limits: Limits,
    /// Repeats the delays.
    pub seed: u64,
    /// The beginning of every key, at most 40 characters. It must differ between any two clients
    /// that send as the same client id within the server's window of keys, or one's messages are
    /// taken as repetitions of the other's.
    pub key_prefix: String,
    /// For `wss://`: whom to trust. The system's roots unless given.
    pub tls: Option<Arc<TlsConfig>>,
}

impl Options {
    /// With the defaults, a fresh seed and a fresh prefix of keys.
    #[must_use]
    pub fn new(url: impl Into<String>, app: AppId) -> Self {
        Self {
            url: url.into(),
            app,
            language: None,
            backoff: Backoff::default(),
            send_deadline: Duration::from_secs(30),
            open_timeout: Duration::from_secs(10),
            reply_timeout: Duration::from_secs(15),
            limits: Limits::default(),
            seed: Random::fresh_seed(),
            key_prefix: format!("{:016x}", Random::fresh_seed()),
            tls: None,
        }
    }

    /// The address, with the app and the language.
    pub(crate) fn address(&self) -> String {
        // An app's id has no character that a query would need to escape.
        let language = match self.language {
            Some(Language::Chinese) => "&lang=zh",
            Some(Language::English) => "&lang=en",
            None => "",
        };
        format!("{}?app={}{language}", self.url, self.app)
    }
}
