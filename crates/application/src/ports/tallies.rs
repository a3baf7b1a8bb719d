//! The port that tells what was counted of an app.

use domain::AppId;

/// What is counted of an app on this node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Authenticated connections, now.
    pub connections: u64,
    /// Subscriptions, now.
    pub subscriptions: u64,
    /// Messages that were taken, since the server began.
    pub published: u64,
    /// Bytes of their data.
    pub published_bytes: u64,
    /// Messages handed to subscribers, each counted for each, since the server began.
    pub delivered: u64,
    /// Bytes of their frames.
    pub delivered_bytes: u64,
    /// Requests over a connection that were refused, since the server began.
    pub refused: u64,
}

/// Tells what was counted of an app.
///
/// Guarantees of every adapter:
///
/// 1. What is told of an app is of that app alone; nothing where it is not counted by itself.
/// 2. What counts since the server began never goes down.
pub trait Tallies: Send + Sync {
    /// What was counted of this app. Of one that did nothing yet that is 0.
    fn of(&self, app: &AppId) -> Option<Tally>;
}

/// Where nobody counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTallies;

impl Tallies for NoTallies {
    fn of(&self, _: &AppId) -> Option<Tally> {
        None
    }
}
