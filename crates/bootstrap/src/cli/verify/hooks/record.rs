//! What is known of webhooks and of the ledger, for the checker.

use std::collections::BTreeSet;

use tokio::time::Instant;

/// A promise of webhooks or of the ledger that was not kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(in crate::cli::verify) enum HookFinding {
    /// A request was not signed as it should be.
    #[error("unsigned: request {number} to {endpoint}: {why}")]
    Unsigned { endpoint: String, number: u64, why: &'static str },
    /// Requests that are not numbered, identified or spaced as they should be.
    #[error("request: {number} to {endpoint}: {what}")]
    Request { endpoint: String, number: u64, what: &'static str },
    /// A request came that nobody could read, or that went elsewhere.
    #[error("astray: {count} requests to {endpoint} {what}")]
    Astray { endpoint: String, count: u64, what: &'static str },
    /// An endpoint was not told what it wants.
    #[error("untold: {endpoint} was not told event {sequence}, {what:?}")]
    Untold { endpoint: String, sequence: u64, what: What },
    /// An endpoint was told something else than what the log has, in another order, or twice.
    #[error("mistold: {endpoint} was told event {sequence} {how}")]
    Mistold { endpoint: String, sequence: u64, how: &'static str },
    /// The log has holes, or another life.
    #[error("log: {what} at {sequence}")]
    Log { sequence: u64, what: String },
    /// A message that is kept is no event.
    #[error("unlogged: {body} of {channel} ({id}) is kept and is no event")]
    Unlogged { channel: String, body: String, id: String },
    /// An event of a message that is not kept, or a further one of one that is.
    #[error("overtold: {body} of {channel} ({id}) is event {sequence}, {why}")]
    Overtold { channel: String, body: String, id: String, sequence: u64, why: &'static str },
    /// Things came or went out of turn.
    #[error("turn: {0}")]
    Turn(String),
    /// Two do not know the same to be there.
    #[error("live: {who} at {cursor}: {thing} is {how} {whose}")]
    Live { who: &'static str, cursor: u64, thing: String, how: &'static str, whose: String },
    /// The ledger has too much, or too little.
    #[error("ledger: {metric} is {is}, {how} than {bound}")]
    Ledger { metric: &'static str, is: u64, how: &'static str, bound: u64 },
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::verify) enum What {
    /// A thing is there.
    Comes(String),
    /// It is no more.
    Goes(String),
    /// A message.
    Message {
        /// Where.
        channel: String,
        /// Its id.
        id: String,
        /// What it says.
        body: String,
        /// Its place.
        offset: u64,
    },
    /// Events are missing, and that is told.
    Dropped(String),
    /// Something else.
    Other(String),
}

/// An event, as the log has it or an endpoint was told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::verify) struct LogEvent {
    /// Its place.
    pub(in crate::cli::verify) sequence: u64,
    /// The same for the same text.
    pub(in crate::cli::verify) digest: u64,
    /// What happened.
    pub(in crate::cli::verify) what: What,
}

/// A request as it came, whatever became of it.
#[derive(Debug, Clone)]
pub(in crate::cli::verify) struct Arrival {
    /// The receiver's connection, in the order in which they were accepted.
    pub(in crate::cli::verify) connection: u64,
    /// `webhook-id`.
    pub(in crate::cli::verify) id: String,
    /// What is wrong with its signature.
    pub(in crate::cli::verify) mistrusted: Option<&'static str>,
    /// Its number.
    pub(in crate::cli::verify) number: u64,
    /// The log's life.
    pub(in crate::cli::verify) epoch: String,
    /// The same for the same body.
    pub(in crate::cli::verify) digest: u64,
    /// What it tells.
    pub(in crate::cli::verify) events: Vec<LogEvent>,
    /// It was answered with 2xx: before so many requests had come, and when.
    pub(in crate::cli::verify) taken: Option<(usize, Instant)>,
}

/// What one endpoint was told, in the order in which it came.
#[derive(Debug, Clone, Default)]
pub(in crate::cli::verify) struct Told {
    /// Its name.
    pub(in crate::cli::verify) endpoint: String,
    /// Whether it wants messages alone.
    pub(in crate::cli::verify) messages_only: bool,
    /// In order.
    pub(in crate::cli::verify) arrivals: Vec<Arrival>,
    /// Requests that could not be read as such.
    pub(in crate::cli::verify) unread: u64,
    /// Requests that followed a redirect.
    pub(in crate::cli::verify) strayed: u64,
    /// How often the receiver was killed.
    pub(in crate::cli::verify) outages: u64,
    /// Requests that were not answered by 2xx, on purpose.
    pub(in crate::cli::verify) refused: u64,
}

/// What one knows to be there, beside what is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli::verify) struct Comparison {
    /// Who knows it.
    pub(in crate::cli::verify) who: &'static str,
    /// Whose word it is compared with.
    pub(in crate::cli::verify) whose: String,
    /// At this place of the log.
    pub(in crate::cli::verify) cursor: u64,
    /// What it knows.
    pub(in crate::cli::verify) known: BTreeSet<String>,
    /// What is there.
    pub(in crate::cli::verify) wanted: BTreeSet<String>,
}

impl Comparison {
    pub(in crate::cli::verify) fn is_equal(&self) -> bool {
        self.known == self.wanted
    }
}

/// What the ledger says of an app, in the words of the server API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
pub(in crate::cli::verify) struct Charged {
    pub(in crate::cli::verify) messages: u64,
    pub(in crate::cli::verify) deliveries: u64,
    pub(in crate::cli::verify) bytes_in: u64,
    pub(in crate::cli::verify) bytes_out: u64,
    pub(in crate::cli::verify) connection_ms: u64,
    pub(in crate::cli::verify) peak_connections: u64,
    pub(in crate::cli::verify) webhook_deliveries: u64,
}

/// What clients counted that nothing but kills of the server disturbed.
#[derive(Debug, Clone, Default)]
pub(in crate::cli::verify) struct Counted {
    /// Messages in the log.
    pub(in crate::cli::verify) messages: u64,
    /// When each message came to a client.
    pub(in crate::cli::verify) given: Vec<Instant>,
    /// Messages that came once more.
    pub(in crate::cli::verify) repeats: u64,
    /// Bytes that went over their connections, each way.
    pub(in crate::cli::verify) wire_in: u64,
    pub(in crate::cli::verify) wire_out: u64,
    /// Clients, each with one connection at a time.
    pub(in crate::cli::verify) clients: u64,
    /// How often they authenticated.
    pub(in crate::cli::verify) connections: u64,
    /// Milliseconds from the first one's start to the last one's end.
    pub(in crate::cli::verify) lasted_ms: u64,
    /// What the ledger says.
    pub(in crate::cli::verify) charged: Charged,
}

/// Everything that is known of webhooks and of the ledger.
#[derive(Debug, Clone, Default)]
pub(in crate::cli::verify) struct HookRecords {
    /// The app's log at the end.
    pub(in crate::cli::verify) log: Vec<LogEvent>,
    /// One for each endpoint.
    pub(in crate::cli::verify) told: Vec<Told>,
    /// What the receiver knew whenever it took a snapshot, beside the snapshot.
    pub(in crate::cli::verify) snapshots: Vec<Comparison>,
    /// What all knew at the end.
    pub(in crate::cli::verify) last: Vec<Comparison>,
    /// What the receiver was told that can't be.
    pub(in crate::cli::verify) odd: Vec<String>,
    /// When the server was killed.
    pub(in crate::cli::verify) kills: Vec<Instant>,
    /// What the ledger says of the app.
    pub(in crate::cli::verify) charged: Charged,
    /// The app whose clients count.
    pub(in crate::cli::verify) books: Counted,
}
