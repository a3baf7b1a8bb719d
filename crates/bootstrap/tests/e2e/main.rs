//! The real binary, and clients that play with it over real sockets.
//!
//! * `server` starts it in a folder of its own, `scratch` is that folder, `small_disk` lets it be full.
//! * `client` is a well-behaved client on an independent implementation, `raw` one that sends
//!   whatever bytes it likes, `http` asks without upgrading.
//! * `cut_cable` is a way to the server that falls silent.
//! * `sdk` and `verify` play with the client of this repository; `model` is a server with history.
//! * `pusher_client` speaks the Pusher protocol, with the backend that signs for it.
//! * `api` asks the server API with a key; `api_properties` asks it whatever its document allows.
//! * `apps` come, change and go while a server runs.
//! * `tokens` signs tokens, `keys` are key pairs, `certificate` is a server's and who trusts it.
//! * `pusher_http` are backends of the Pusher protocol.
//! * The other modules are the stories.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

mod admission;
mod algorithms;
mod api;
mod api_properties;
mod apps;
mod bad_frames;
mod certificate;
mod chat;
mod client;
mod compression;
mod console_api;
mod console_watch;
mod cut_cable;
mod demo;
mod durable;
mod durable_figures;
mod echo;
mod events;
mod explain;
mod founding;
mod full_disk;
mod ghosts;
mod grants;
mod http;
mod internal;
mod keys;
mod limits;
mod logs;
mod memory;
mod metrics;
mod model;
mod origins;
mod oversize;
mod pace;
mod prepared;
mod presence;
mod proxies;
mod pusher;
mod pusher_client;
mod pusher_http;
mod raw;
mod refused_auth;
mod renewal;
mod returning;
mod scratch;
mod sdk;
mod server;
mod server_api;
mod server_api_keys;
mod server_api_orders;
mod server_api_revocation;
mod shutdown;
mod silence;
mod small_disk;
mod start;
mod store;
mod surface;
mod talk;
mod tls;
mod token_life;
mod tokens;
mod top;
mod traces;
mod unix_socket;
mod unseen;
mod usage;
mod verify;
mod webhooks;

use std::{future::Future, time::Duration};

/// So long a test waits for anything at all.
const DEADLINE: Duration = Duration::from_secs(20);

/// What comes within the deadline.
async fn soon<T>(what: &str, coming: impl Future<Output = T>) -> T {
    match tokio::time::timeout(DEADLINE, coming).await {
        Ok(come) => come,
        Err(_) => panic!("{what}: not within {DEADLINE:?}"),
    }
}
