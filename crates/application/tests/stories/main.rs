//! What clients live through, told on a stage without a network: time stands still unless a test
//! lets it pass, and every broker answers when the test says so.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

mod answers;
mod apps;
mod auth;
mod backend;
mod bounds;
mod delivery;
mod ends;
mod events;
mod explain;
mod failures;
mod gaps;
mod gathering;
mod grants;
mod history;
mod limits;
mod order;
mod orders;
mod presence;
mod presence_failures;
mod presence_races;
mod presence_sink;
mod races;
mod refresh;
mod relief;
mod revocation;
mod shutdown;
mod subscriptions;
mod timers;
mod tokens;
mod usage;
