//! All open connections of this node.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use domain::{AppId, Client, ClientId, ConnectionId};
use hashbrown::HashTable;
use tokio::sync::watch;

use crate::{Connection, connection::Identity, seats::Seats};

/// Knows every open connection, so that a shutdown reaches all of them and can wait for the last.
pub struct Connections {
    open: RwLock<HashMap<ConnectionId, Arc<Connection>>>,
    /// Those whose client is known, found by app and client. The connections themselves, so that a
    /// connection costs little more than its address here.
    known: RwLock<HashTable<Arc<Connection>>>,
    hasher: RandomState,
    /// How many are open or still parting: what a drain waits on.
    count: watch::Sender<usize>,
    /// Authenticated connections per app that has a limit.
    pub(crate) seats: Seats,
    /// Watchers per app: they take none of these.
    pub(crate) watchers: Seats,
    draining: AtomicBool,
}

impl Connections {
    /// Connections whose queues are added up before others get their turn.
    const ADDED_AT_ONCE: usize = 1024;

    pub(crate) fn new() -> Self {
        Self {
            open: RwLock::default(),
            known: RwLock::default(),
            hasher: RandomState::new(),
            count: watch::Sender::new(0),
            seats: Seats::default(),
            watchers: Seats::default(),
            draining: AtomicBool::new(false),
        }
    }

    pub(crate) fn insert(&self, connection: &Arc<Connection>) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        open.insert(connection.id, Arc::clone(connection));
        self.count.send_modify(|count| *count += 1);
    }

    /// The connection's session ended. It goes on to count until [`Self::parted`].
    pub(crate) fn remove(&self, connection: &Connection) {
        self.open.write().unwrap_or_else(PoisonError::into_inner).remove(&connection.id);
        if let Some(client) = connection.identity().client {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            self.forget(&mut known, connection, &client);
        }
    }

    /// From now on the connection is found by this client, and by no other.
    pub(crate) fn identify(&self, connection: &Arc<Connection>, identity: Identity) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(before) = connection.identity().client {
            self.forget(&mut known, connection, &before);
        }
        let hash = identity.client.as_ref().map(|client| self.hash(&client.app.id, &client.id));
        connection.become_known(identity);
        if let Some(hash) = hash {
            let connection = Arc::clone(connection);
            known.insert_unique(hash, connection, |other| self.hash_of(other));
        }
    }

    fn forget(
        &self,
        known: &mut HashTable<Arc<Connection>>,
        connection: &Connection,
        client: &Client,
    ) {
        let hash = self.hash(&client.app.id, &client.id);
        if let Ok(entry) = known.find_entry(hash, |other| other.id == connection.id) {
            entry.remove();
        }
    }

    fn hash(&self, app: &AppId, client: &ClientId) -> u64 {
        self.hasher.hash_one((app, client))
    }

    fn hash_of(&self, connection: &Connection) -> u64 {
        let client = connection.identity().client;
        client.map_or(0, |client| self.hash(&client.app.id, &client.id))
    }

    /// The open connections of a client.
    pub(crate) fn of_client(&self, app: &AppId, client: &ClientId) -> Vec<Arc<Connection>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let its = |connection: &&Arc<Connection>| {
            let is = |known: Arc<Client>| known.app.id == *app && known.id == *client;
            connection.identity().client.is_some_and(is)
        };
        known.iter_hash(self.hash(app, client)).filter(its).cloned().collect()
    }

    /// An open connection.
    pub(crate) fn find(&self, id: ConnectionId) -> Option<Arc<Connection>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// The connection's socket is closed, too.
    pub(crate) fn parted(&self) {
        self.count.send_modify(|count| *count -= 1);
    }

    /// How many connections are open, those included that were told goodbye a moment ago.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.count.borrow()
    }

    /// Bytes that wait to be sent on all open connections, with what it costs to keep them. Others
    /// get their turn while they are added up.
    pub async fn queued_bytes(&self) -> usize {
        let mut sum = 0;
        for some in self.all().chunks(Self::ADDED_AT_ONCE) {
            sum += some.iter().map(|connection| connection.outbound.queued_bytes()).sum::<usize>();
            tokio::task::yield_now().await;
        }
        sum
    }

    /// Resolves when no connection is open and no goodbye is on its way.
    pub async fn drained(&self) {
        let mut count = self.count.subscribe();
        // The sender lives as long as `self`, so waiting can't fail.
        let _ = count.wait_for(|count| *count == 0).await;
    }

    pub(crate) fn all(&self) -> Vec<Arc<Connection>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    pub(crate) fn begin_drain(&self) {
        self.draining.store(true, Ordering::SeqCst);
    }

    /// Whether the server is shutting down.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// A client that took a seat is gone.
    pub(crate) fn give_seat_back(&self, client: &Client) {
        let seats = if client.is_watcher() { &self.watchers } else { &self.seats };
        seats.give_back(&client.app.id);
    }
}
