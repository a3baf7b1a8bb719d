//! Webhooks over HTTP: the port `WebhookPost`.
//!
//! * [`HttpPost`] sends requests; `client` connects only to machines that `guard` allows, and
//!   `retry_after` reads when a receiver wants to be asked again.
//! * `body` writes what is told in the server's own words, `pusher_body` in those of the Pusher
//!   protocol.
//! * `signature` signs: [`is_key`] says whether a secret can.

mod body;
mod client;
mod guard;
mod post;
mod pusher_body;
mod retry_after;
mod signature;

pub use guard::{BadAddress, check_address};
pub use post::HttpPost;
pub use signature::is_key;
