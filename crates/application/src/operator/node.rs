//! What an operator sees of the whole node.

use domain::Timestamp;

use super::Operator;
use crate::ports::NodeTally;

/// The node at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeOverview {
    /// The moment: two overviews and the time between them are rates.
    pub at: Timestamp,
    /// What is counted and timed.
    pub tally: NodeTally,
    /// Connections that are open, those included whose client is not known yet or that were told
    /// goodbye a moment ago.
    pub connections: usize,
    /// Channels that somebody subscribes to.
    pub channels: usize,
    /// Bytes that wait to be sent, but for less than 4 KiB in each place.
    pub queue_bytes: usize,
    /// How many may.
    pub queue_bytes_limit: usize,
    /// Whether the server shuts down.
    pub draining: bool,
}

impl Operator {
    /// The node at this moment. It may read files of the system.
    #[must_use]
    pub fn overview(&self) -> NodeOverview {
        let (connections, waiting) = (self.hub.connections(), self.hub.waiting());
        NodeOverview {
            at: self.hub.clock.now(),
            tally: self.hub.tallies.node(),
            connections: connections.count(),
            channels: self.hub.channels.fanout().channels(),
            queue_bytes: waiting.bytes(),
            queue_bytes_limit: waiting.limit(),
            draining: connections.is_draining(),
        }
    }
}
