//! What the application needs of the world. Each port speaks domain words and carries numbered
//! guarantees; the suites in `testkit` prove them for every adapter.
//!
//! Control plane (`async_trait`, behind `Arc<dyn Port>`): [`TokenVerifier`], [`AppRegistry`],
//! [`AppStore`], [`AppDocuments`], [`Configuration`], [`Broker`], [`HistoryStore`],
//! [`PresenceStore`], [`LeaseStore`], [`Revocations`], [`EventLog`], [`Deliveries`],
//! [`UsageLedger`]. Data plane (synchronous, never blocking): [`DeliverySink`], [`PresenceSink`],
//! [`AppSink`], [`Outbound`], [`Codec`], [`PassVerifier`], [`RateLimiter`], [`EventSink`],
//! [`FlightLog`], [`Tallies`], [`Chronicle`], [`Meter`], [`Clock`], [`IdSource`].

mod app_documents;
mod app_registry;
mod app_store;
mod broker;
mod change;
mod chronicle;
mod clock;
mod codec;
mod configuration;
mod deliveries;
mod delivery_sink;
mod event_log;
mod event_sink;
mod flight_log;
mod history_store;
mod id_source;
mod lease_store;
mod meter;
mod outbound;
mod pass_verifier;
mod presence_sink;
mod presence_store;
mod rate_limiter;
mod revocations;
mod tallies;
mod token_issuer;
mod token_verifier;
mod usage_ledger;
mod watch_seal;
mod webhook_news;
mod webhook_post;

pub use app_documents::{AppDocuments, BadDocument, Edit, Edited, KeyKind, NotEdited};
pub use app_registry::{AppRegistry, AppSink, AppTable, RegistryError};
pub use app_store::{AppStore, AppStoreError};
pub use broker::{Broker, BrokerError, KEYS_PER_APP};
pub use change::{Change, Ender, Maker, Start};
pub use chronicle::{Chronicle, NoChronicle};
pub use clock::Clock;
pub use codec::{BadRequest, Bounds, Codec, Encoding, Framing};
pub use configuration::{Configuration, Difference, NotReloaded, SettingChange};
pub use deliveries::{
    DEAD_LETTER_BYTES, DEAD_LETTERS, DeadLetter, Deliveries, DeliveriesError, EndpointKey, Progress,
};
pub use delivery_sink::DeliverySink;
pub use event_log::{EventLog, EventLogError, EventPage, SNAPSHOT_THINGS, Snapshot};
pub use event_sink::{DomainEvent, EventSink, OrderKind};
pub use flight_log::{Depth, FlightFact, FlightFacts, FlightLog, NoFlightLog, Sent, Subject, What};
pub use history_store::{
    HistoryError, HistoryStore, Order, POSITION_IDLE, Page, Query, STREAMS_PER_APP,
};
pub use id_source::IdSource;
pub use lease_store::{KeptLeases, Lease, LeaseError, LeaseStore, LeasesFull, Standing};
pub use meter::{Kind, Meter, NoMeter, Reading, Tick};
pub use outbound::{Outbound, QueueFull};
pub use pass_verifier::{NoPasses, PassError, PassVerifier};
pub use presence_sink::PresenceSink;
pub use presence_store::{Entrance, PresenceError, PresenceStore};
pub use rate_limiter::{Charge, Payer, RateLimiter, TooFast};
pub use revocations::{RevocationError, Revocations};
pub use tallies::{NoTallies, NodeTally, Spread, Tallies, Tally};
pub use token_issuer::{IssueError, TokenIssuer, TokenRequest};
pub use token_verifier::{TokenError, TokenVerifier};
pub use usage_ledger::{COUNTED_AT_ONCE, Counted, LedgerError, RecordError, UsageLedger};
pub use watch_seal::{NoSeal, WatchSeal};
pub use webhook_news::WebhookNews;
pub use webhook_post::{
    Content, Missed, Outgoing, POST_TIMEOUT, Parcel, PostError, WebhookPost, WhyMissed,
};

#[cfg(any(test, feature = "mock"))]
pub use {
    app_registry::MockAppRegistry, broker::MockBroker, history_store::MockHistoryStore,
    pass_verifier::MockPassVerifier, presence_store::MockPresenceStore,
    revocations::MockRevocations, token_issuer::MockTokenIssuer, token_verifier::MockTokenVerifier,
};

/// Where an adapter's failure came from, for the log only.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;
