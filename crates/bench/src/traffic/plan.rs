//! What a run shall do.

use std::{ops::Range, time::Duration};

use crate::content::Content;

/// What a run shall do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Subscribers of each channel.
    pub channels: Vec<usize>,
    /// Who sends.
    pub publishers: Vec<Publisher>,
    /// Bytes of each message's `data`.
    pub payload: usize,
    /// What it is made of.
    pub content: Content,
    /// How long nothing is counted at first.
    pub warmup: Duration,
    /// How long is measured.
    pub extent: Extent,
    /// Further subscribers of the first channel, who stop reading.
    pub slow: Option<Slow>,
}

/// How long is measured.
#[derive(Debug, Clone, Copy)]
pub enum Extent {
    /// For a time.
    Time(Duration),
    /// Until so many messages were sent.
    Messages(u64),
}

/// A connection that sends.
#[derive(Debug, Clone)]
pub struct Publisher {
    /// The channels that it chooses from at random.
    pub channels: Range<usize>,
    /// When it sends.
    pub pace: Pace,
    /// Its messages' latencies count only where they were sent while this other publisher, which
    /// has a pace of [`Pace::Closed`], had one under way.
    pub beside: Option<usize>,
}

/// When a publisher sends its next message.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// So long after the last one was received by everybody.
    Closed(Duration),
    /// At fixed times, whatever became of the others. A message that goes out late counts as due
    /// when it should have gone: waiting is latency.
    Every(Duration),
}

/// Subscribers who stop reading when the measuring begins.
#[derive(Debug, Clone, Copy)]
pub struct Slow {
    /// How many.
    pub count: usize,
    /// When they read again, to learn what became of them.
    pub stall: Duration,
}
