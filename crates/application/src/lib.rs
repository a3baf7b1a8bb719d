//! Use cases, the session of one connection, the fan-out, and the ports they need.
//!
//! The major parts:
//!
//! * [`ports`] are the needs: verify a token, know the apps, publish, write to one connection.
//! * [`Request`], [`Reply`] and [`Push`] are what a codec reads and writes.
//! * [`Hub`] is the running server; a transport opens a [`Session`] of it for each connection and
//!   hands it every frame. The session asks the use cases (`authenticate`, `publish`, `channels`, `presence`)
//!   and answers through the connection's `Outbound`.
//! * [`Backend`] is what an app's own backend may do: the server APIs drive it.
//! * [`Operator`] is what the server's own operator may do: apps come, change and go.
//! * [`Fanout`] holds the subscribers: a broker calls it with every message, a presence
//!   store with every change of who is where (`audience`).
//! * `explain` says why something happened, from what a flight recorder remembers.
//! * [`Wheel`] and `deadlines` are all timers: authentication, heartbeat, expiry.
//! * `app_changes` brings what an operator changes of an app to its open connections.
//! * [`Admission`] bounds what is accepted from the network, `limits` what apps, clients and
//!   addresses may do, [`Waiting`] what waits to go back; `relief` closes the slowest readers where
//!   that is too much.
//! * [`Webhooks`] tells the endpoints of apps what happened.
//! * [`UsageCounter`] counts what apps use, [`Checkpoints`] has it recorded.

mod admission;
mod announced;
mod answers;
mod app_changes;
mod attending;
mod audience;
mod audiences;
mod authenticate;
mod backend;
mod backlog;
mod causes;
mod channels;
mod connection;
mod connections;
mod deadlines;
mod demo_token;
mod event_sinks;
mod explain;
mod fanout;
mod gate;
mod given;
mod hub;
mod keepers;
mod kept_bytes;
mod latecomer;
mod limits;
mod meters;
mod operator;
mod orders;
mod parting;
pub mod ports;
mod presence;
mod publish;
mod push;
mod quiet;
mod recovery;
mod relief;
mod reply;
mod request;
mod room;
mod rules;
mod run;
mod seats;
mod session;
mod sizes;
mod told;
mod told_presence;
mod usage;
mod volley;
mod waiting;
mod watcher;
mod watches;
mod webhooks;
mod wheel;

pub use admission::{Admission, AdmissionLimits, NotAdmitted, Seat};
pub use backend::{
    Backend, BackendMessage, ChannelState, Connected, Obeyed, Occupied, OpenConnection, Overview,
};
pub use connection::Connection;
pub use connections::Connections;
pub use demo_token::{DemoToken, DemoTokenError, IssuedToken};
pub use event_sinks::EventSinks;
pub use explain::{Explanation, Fate, Fated, Missing, Question, Verdict, Which};
pub use fanout::Fanout;
pub use hub::{Entry, Hub, Opening, Ports, Screened};
pub use keepers::{Keeper, Keepers};
pub use kept_bytes::KeptBytes;
pub use meters::Meters;
pub use operator::{
    AddedKey, AppPage, AppSource, Begun, Clash, GivenApps, NodeOverview, NotBegun, Operator,
    OperatorPorts, ShownApp, Unusable,
};
pub use parting::Parting;
pub use push::Push;
pub use reply::{
    About, HistoryPage, Refusal, Replay, Reply, ReplyData, Subscribed, Welcome, WelcomeLimits,
};
pub use request::{Auth, Command, History, Pass, PresenceWish, Request, Send, Subscribe};
pub use rules::Rules;
pub use session::Session;
pub use told_presence::ToldPresence;
pub use usage::{Checkpoints, Step, UsageCounter, UsageReport, UsageReports, UsageRow};
pub use waiting::Waiting;
pub use watches::IssuedWatch;
pub use webhooks::{
    EndpointState, GIVE_UP, LONGEST_WAIT, MOST_RETRY_AFTER, Replayed, WebhookError, WebhookPorts,
    Webhooks,
};
pub use wheel::Wheel;
