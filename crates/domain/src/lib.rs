//! The pure heart of RTMate: names, positions, grants, errors and frames as validated values.
//!
//! Nothing here knows a socket, a clock, a runtime or a file. A value that exists is valid: every
//! newtype has one fallible constructor and nobody checks again behind it.
//!
//! The major parts:
//!
//! * [`envelope`] is the one JSON shape of the native protocol, [`error_code`] the one table of
//!   errors, [`client`] who is at the other end of an authenticated connection.
//! * [`name`] holds the names that people choose ([`AppId`], [`ChannelName`], [`ClientId`], ...),
//!   [`id`] those that the server makes, [`position`] places in a channel's stream.
//! * [`pattern`] and [`grants`] decide who may do what in which channel.
//! * [`watch_pass`] lets somebody see a channel who is no client of its app.
//! * [`app`] is a tenant: its keys, policy, limits, namespaces and origins, each in its own file.
//! * [`presence`] is who is in a channel.
//! * [`fact`] is what an app's backend is told of, [`live_set`] what adds up from it, [`webhook`] who
//!   is told.
//! * [`usage`] is what an app used, counted by the hours and months of the [`calendar`]; [`bill`] is what it costs.
//! * [`message`] is what travels; [`payload`] the JSON inside it, compacted so that it can't forge
//!   a frame.

pub mod api_key;
pub mod app;
pub mod bill;
pub mod bucket;
pub mod calendar;
pub mod claims;
pub mod client;
pub mod close_reason;
pub mod envelope;
pub mod error_code;
pub mod event_options;
pub mod fact;
pub mod fact_kind;
pub mod grants;
pub mod id;
pub mod jwt_key;
pub mod language;
pub mod limit;
pub mod limits;
pub mod live_set;
pub mod message;
pub mod name;
pub mod namespace;
pub mod origin;
pub mod pattern;
pub mod payload;
pub mod peer;
pub mod position;
pub mod presence;
pub mod public_address;
pub mod pusher_key;
pub mod pusher_options;
pub mod rate;
pub mod revocation;
pub mod time;
pub mod trace_parent;
pub mod usage;
pub mod watch_pass;
pub mod webhook;

pub use api_key::{ApiKey, ApiKeyHash, Scope};
pub use app::{App, AppStatus};
pub use bill::{Amount, Bill, BillItem, Decimal, Price, PriceList};
pub use bucket::TokenBucket;
pub use calendar::{Hour, Month, NoDate};
pub use claims::Claims;
pub use client::{Client, Signed};
pub use close_reason::{CloseReason, Family};
pub use envelope::{Envelope, RequestId, TraceId};
pub use error_code::ErrorCode;
pub use event_options::{EventOptions, MessageEvents};
pub use fact::{Arrival, ClientEvent, Ended, Event, Fact, Published, Sequence, Thing};
pub use fact_kind::{FactKind, FactKinds};
pub use grants::{Action, Actions, Denial, Grant, GrantSource, Grants};
pub use id::{ConnectionId, MessageId, SessionToken};
pub use jwt_key::{JwtAlgorithm, JwtKey, KeyMaterial};
pub use language::Language;
pub use limit::Limit;
pub use limits::{AppLimits, MonthlyQuotas};
pub use live_set::LiveSet;
pub use message::{
    Author, ChannelKey, Draft, Hidden, Message, Publication, Receipt, Record, Sender, Source,
};
pub use name::{AppId, ChannelName, ClientId, KeyId, MessageKey, MessageName, NameError};
pub use namespace::{
    ChannelMode, Durability, HistoryPolicy, Namespace, NamespacePattern, SenderView,
};
pub use origin::{Origin, OriginPolicy, OriginRule};
pub use pattern::{GrantPattern, PatternError};
pub use payload::{Payload, PayloadError};
pub use peer::Peer;
pub use position::{Epoch, Offset, Position};
pub use presence::{
    Attendance, Member, Movement, PresenceChange, PresenceCount, PresenceVersion, Roster,
};
pub use public_address::is_public_address;
pub use pusher_key::PusherKey;
pub use pusher_options::PusherOptions;
pub use rate::Rate;
pub use revocation::{Revocation, RevocationList, RevocationsFull, Revoked, TokenMark};
pub use time::{Moment, Timestamp};
pub use trace_parent::TraceParent;
pub use usage::{Metric, Usage};
pub use watch_pass::WatchPass;
pub use webhook::{Webhook, WebhookBatch, WebhookFormat, WebhookHeader, WebhookName};
