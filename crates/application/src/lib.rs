//! Use cases, the session of one connection, the fan-out, and the ports they need.
//!
//! The major parts:
//!
//! * [`ports`] are the needs: verify a token, know the apps, publish, write to one connection.
//! * [`Request`], [`Reply`] and [`Push`] are what a codec reads and writes.

pub mod ports;
mod push;
mod reply;
mod request;

pub use push::Push;
pub use reply::{Refusal, Reply, ReplyData, Subscribed, Welcome, WelcomeLimits};
pub use request::{Auth, Command, PresenceWish, Request, Send, Subscribe};
