//! What a trial does.

use std::time::Duration;

use client::{Backoff, Client, Options, Random};
use domain::{AppId, ChannelName, Language};

use super::{args::VerifyArgs, record::Promise, server, tokens::Tokens};
use crate::settings::{Refused, Surroundings};

/// So many records are kept, over all readers; then the publishers stop.
const MOST_RECORDS: u64 = 4_000_000;

/// What a trial does.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) seed: u64,
    /// Of a server that is there; nothing where we start our own.
    pub(super) url: Option<String>,
    pub(super) app: AppId,
    pub(super) tokens: Tokens,
    pub(super) promise: Promise,
    pub(super) time: Duration,
    /// Whether webhooks and the ledger are looked at.
    pub(super) webhooks: bool,
    pub(super) publishers: u16,
    pub(super) subscribers: u16,
    /// The beginning of the channels' names.
    pub(super) prefix: String,
    /// Different in every run, so that no run meets what another one left.
    pub(super) channels: Vec<String>,
    /// Tells the clients of a run from those of another one.
    pub(super) run: String,
}

/// The parts that have a schedule of their own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Server,
    Publisher(u16),
    PublisherBreaks(u16),
    ReaderBreaks(u16),
    Visitor(u16),
    Client(u16),
    Murmur(u16),
    Rewinds,
    Receiver(u16),
    Writer,
}

impl Part {
    fn number(self) -> u64 {
        let (kind, number) = match self {
            Self::Server => (1, 0),
            Self::Publisher(number) => (2, number),
            Self::PublisherBreaks(number) => (3, number),
            Self::ReaderBreaks(number) => (4, number),
            Self::Client(number) => (5, number),
            Self::Murmur(number) => (6, number),
            Self::Rewinds => (7, 0),
            Self::Visitor(number) => (8, number),
            Self::Receiver(number) => (9, number),
            Self::Writer => (10, 0),
        };
        (kind << 16) | u64::from(number)
    }
}

impl Plan {
    pub(super) fn new(args: &VerifyArgs, around: &Surroundings) -> Result<Self, Refused> {
        if args.webhooks && args.history != Promise::Durable {
            return Err(Refused::new("--webhooks needs --history durable"));
        }
        let run = format!("{:08x}", Random::fresh_seed() >> 32);
        let name = |number| format!("{}{run}:{number}", args.prefix);
        let channels: Vec<String> = (0..args.channels).map(name).collect();
        for channel in &channels {
            ChannelName::parse(channel)
                .map_err(|error| Refused::new(format!("--prefix {}: {error}", args.prefix)))?;
        }
        let app = match &args.app {
            Some(app) => AppId::parse(app),
            None => AppId::parse(server::APP),
        };
        let app = app.map_err(|error| Refused::new(format!("--app: {error}")))?;
        let tokens = Tokens::new(args, &app, around)?;
        Ok(Self {
            seed: args.seed.unwrap_or_else(Random::fresh_seed),
            url: args.url.clone(),
            app,
            tokens,
            promise: args.history,
            time: Duration::from_secs(args.seconds),
            webhooks: args.webhooks,
            publishers: args.publishers,
            subscribers: args.subscribers,
            prefix: args.prefix.clone(),
            channels,
            run,
        })
    }

    /// The schedule of a part: it does not depend on the others'.
    pub(super) fn random(&self, part: Part) -> Random {
        Random::fork(self.seed, part.number())
    }

    /// Most sends of one publisher.
    pub(super) fn most_sends(&self) -> u64 {
        MOST_RECORDS / u64::from(self.subscribers) / u64::from(self.publishers)
    }

    /// Milliseconds between the sends of one publisher: all together no more than 200 a second.
    pub(super) fn pause(&self) -> std::ops::Range<u64> {
        let publishers = u64::from(self.publishers);
        publishers * 5..publishers * 20
    }

    /// Whether the channels have presence: of a server that is there nobody knows.
    pub(super) const fn has_presence(&self) -> bool {
        self.url.is_none()
    }

    /// What the token of a client calls it.
    pub(super) fn client_id(&self, name: &str) -> String {
        format!("{name}-{}", self.run)
    }

    /// A client, which connects by itself.
    pub(super) fn client(&self, url: &str, name: &str, number: u16) -> Client {
        let mut options = Options::new(url, self.app.clone());
        let ms = Duration::from_millis;
        // The server is gone for a moment only, and time is short.
        options.backoff = Backoff { base: ms(50), cap: ms(1000), stable: ms(1000) };
        options.language = Some(Language::English);
        options.seed = self.random(Part::Client(number)).bits();
        options.key_prefix = format!("{}-{name}", self.run);
        Client::start(options, self.tokens.source(&self.client_id(name)))
    }
}
