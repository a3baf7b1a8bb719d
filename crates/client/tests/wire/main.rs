//! The client on real sockets, against a server that follows a script.
//!
//! `fake` is that server; `stories` are the scripts.

#![expect(clippy::unwrap_used, reason = "what a test needs is there, or the test fails")]

mod fake;
mod stories;

use std::{future::Future, time::Duration};

/// What comes within the deadline.
async fn soon<T>(what: &str, coming: impl Future<Output = T>) -> T {
    match tokio::time::timeout(Duration::from_secs(20), coming).await {
        Ok(come) => come,
        Err(_) => panic!("{what}: not in time"),
    }
}
