//! The port that tells what was counted of an app, and of the whole node.

use std::{iter::Sum, time::Duration};

use domain::AppId;

use super::Kind;

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

impl Sum for Tally {
    fn sum<I: Iterator<Item = Self>>(tallies: I) -> Self {
        tallies.fold(Self::default(), |sum, one| Self {
            connections: sum.connections + one.connections,
            subscriptions: sum.subscriptions + one.subscriptions,
            published: sum.published + one.published,
            published_bytes: sum.published_bytes + one.published_bytes,
            delivered: sum.delivered + one.delivered,
            delivered_bytes: sum.delivered_bytes + one.delivered_bytes,
            refused: sum.refused + one.refused,
        })
    }
}

/// How often something took how long, since the server began.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spread {
    /// How often no longer than each of [`NodeTally::bounds`], and at last how often at all.
    pub cumulative: Vec<u64>,
    /// How long in all.
    pub sum: Duration,
}

/// What is counted of the whole node.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeTally {
    /// How long it has been counting: since the server began.
    pub up: Duration,
    /// Of all apps together; `refused` also of connections that were none's yet.
    pub apps: Tally,
    /// Connections that were opened, since the server began.
    pub opened: u64,
    /// Bytes of frames that came, since the server began.
    pub received_bytes: u64,
    /// Memory of the process, where the system tells.
    pub resident_bytes: Option<u64>,
    /// Time that the process computed, where the system tells.
    pub computed: Option<Duration>,
    /// The bounds of all spreads, ascending.
    pub bounds: Vec<Duration>,
    /// From a message's stamp until its last subscriber was written it.
    pub delivery: Spread,
    /// From a request to its answer, by its kind.
    pub commands: Vec<(Kind, Spread)>,
    /// Writing and syncing a group of the durable store.
    pub commits: Spread,
}

/// Tells what was counted of an app, and of the whole node.
///
/// Guarantees of every adapter:
///
/// 1. What is told of an app is of that app alone; nothing where it is not counted by itself.
/// 2. What counts since the server began never goes down.
/// 3. What is told of the node is of all apps, those without figures of their own among them. A
///    spread has one number more than there are bounds, none smaller than the one before it.
pub trait Tallies: Send + Sync {
    /// What was counted of this app. Of one that did nothing yet that is 0.
    fn of(&self, app: &AppId) -> Option<Tally>;

    /// What was counted of the node. It may read files of the system.
    fn node(&self) -> NodeTally;
}

/// Where nobody counts.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTallies;

impl Tallies for NoTallies {
    fn of(&self, _: &AppId) -> Option<Tally> {
        None
    }

    fn node(&self) -> NodeTally {
        NodeTally::default()
    }
}
