//! Where messages are stamped and kept, by how durable they have to be.

use std::sync::Arc;

use domain::{Durability, Namespace};

use crate::ports::{Broker, HistoryStore};

/// A broker, and the history of what it publishes.
#[derive(Clone)]
pub struct Keeper {
    /// Stamps, keeps and announces.
    pub broker: Arc<dyn Broker>,
    /// Reads what was kept.
    pub history: Arc<dyn HistoryStore>,
}

/// The keeper of each durability.
#[derive(Clone)]
pub struct Keepers {
    /// Of namespaces without history, and of those whose history is gone with the process.
    pub memory: Keeper,
    /// Of those that are on disk. On a server that keeps nothing it is the same as `memory`.
    pub durable: Keeper,
}

impl Keepers {
    /// The keeper of a durability.
    #[must_use]
    pub fn of(&self, durability: Durability) -> &Keeper {
        match durability {
            Durability::Memory => &self.memory,
            Durability::Durable => &self.durable,
        }
    }
}

/// How durable the channels of a namespace are.
pub(crate) fn durability(namespace: &Namespace) -> Durability {
    namespace.kept().map_or(Durability::Memory, |policy| policy.durability)
}
