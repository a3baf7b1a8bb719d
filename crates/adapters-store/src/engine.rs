//! The storage engine: the one file that knows its types.

use std::{
    collections::HashMap,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use application::ports::Cause;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode, Readable, Slice, Snapshot};

use crate::space::Space;

/// Why the engine did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EngineError {
    /// What is on disk is not what was written.
    #[error("the store is damaged")]
    Damaged(#[source] Cause),
    /// Disk or system refused, handles of before are still in use, or an earlier failure made the
    /// engine refuse everything: opening it again may help.
    #[error("the store can't be used")]
    Failed(#[source] Cause),
}

impl From<fjall::Error> for EngineError {
    fn from(error: fjall::Error) -> Self {
        let damaged = match &error {
            fjall::Error::Io(error) | fjall::Error::Storage(fjall::LsmError::Io(error)) => {
                is_damage(error)
            }
            fjall::Error::Storage(_)
            | fjall::Error::JournalRecovery(_)
            | fjall::Error::InvalidVersion(None)
            | fjall::Error::Decompress(_)
            | fjall::Error::InvalidTrailer
            | fjall::Error::InvalidTag(_)
            | fjall::Error::Unrecoverable => true,
            // Another version of the engine is no damage, nor is what is not known yet.
            fjall::Error::InvalidVersion(Some(_))
            | fjall::Error::Poisoned
            | fjall::Error::KeyspaceDeleted
            | fjall::Error::Locked
            | _ => false,
        };
        if damaged { Self::Damaged(error.into()) } else { Self::Failed(error.into()) }
    }
}

/// A disk that is full or forbidden says nothing about the data; a file that is missing or too short
/// does.
fn is_damage(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidData, NotFound, UnexpectedEof};
    matches!(error.kind(), InvalidData | NotFound | UnexpectedEof)
}

#[derive(Debug, thiserror::Error)]
#[error("the engine panicked")]
struct Panicked;

#[derive(Debug, thiserror::Error)]
#[error("what is in memory is not written to disk")]
struct NotWritten;

/// Bytes of a key or value.
pub(crate) type Bytes = Slice;

/// An open database. Dropped with all its views, its files can be opened again.
pub(crate) struct Engine {
    database: Database,
    spaces: Vec<Keyspace>,
}

impl Engine {
    /// The journal is replayed at a start: its limit bounds how long that takes. The engine takes no
    /// lower one.
    const JOURNAL_BYTES: u64 = 64 << 20;
    /// What a keyspace gathers in memory before it is written as a table.
    const MEMTABLE_BYTES: u64 = 16 << 20;
    /// Threads that write and compact tables.
    const WORKERS: usize = 2;
    /// What is in memory is written within this time, or not at all.
    const TABLES: Duration = Duration::from_secs(60);
    const LOOK: Duration = Duration::from_millis(5);

    /// Opens or creates the database.
    pub(crate) fn open(path: &Path, cache_bytes: u64) -> Result<Self, EngineError> {
        // The engine asserts here and there on files that are not as they should be.
        let opened = catch_unwind(AssertUnwindSafe(|| Self::open_files(path, cache_bytes)));
        opened.unwrap_or_else(|_| Err(EngineError::Damaged(Panicked.into())))
    }

    fn open_files(path: &Path, cache_bytes: u64) -> Result<Self, EngineError> {
        let database = Database::builder(path)
            .cache_size(cache_bytes)
            .max_journaling_size(Self::JOURNAL_BYTES)
            .worker_threads(Self::WORKERS)
            .open()?;
        let options = || KeyspaceCreateOptions::default().max_memtable_size(Self::MEMTABLE_BYTES);
        let open = |space: Space| database.keyspace(space.name(), options);
        let spaces = Space::ALL.into_iter().map(open).collect::<Result<_, _>>()?;
        Ok(Self { database, spaces })
    }

    /// An empty batch.
    pub(crate) fn batch(self: &Arc<Self>) -> Batch {
        Batch { engine: Arc::clone(self), rows: HashMap::new() }
    }

    /// The database as it is now.
    pub(crate) fn view(self: &Arc<Self>) -> View {
        View { snapshot: self.database.snapshot(), engine: Arc::clone(self) }
    }

    /// Writes what is in memory as tables, and all tables anew without what is erased. Blocks, as long
    /// as reading and writing all of it takes.
    // The engine has these calls and does not document them: they are what its own tests use.
    pub(crate) fn compact(&self) -> Result<(), EngineError> {
        for space in &self.spaces {
            space.rotate_memtable()?;
            self.await_tables(space)?;
            space.major_compact()?;
        }
        Ok(())
    }

    /// Waits until the engine's workers have written what was in memory. They tell nobody, so this
    /// looks; a worker that failed makes the engine refuse.
    fn await_tables(&self, space: &Keyspace) -> Result<(), EngineError> {
        let began = Instant::now();
        while space.sealed_memtable_count() > 0 {
            self.database.persist(PersistMode::Buffer)?;
            if began.elapsed() > Self::TABLES {
                return Err(EngineError::Failed(NotWritten.into()));
            }
            thread::sleep(Self::LOOK);
        }
        Ok(())
    }

    /// Syncs what was written.
    #[cfg(feature = "planted")]
    pub(crate) fn sync(&self) -> Result<(), EngineError> {
        Ok(self.database.persist(PersistMode::SyncData)?)
    }

    /// Bytes that the database takes on disk.
    pub(crate) fn disk_bytes(&self) -> Result<u64, EngineError> {
        Ok(self.database.disk_space()?)
    }
}

/// Writes to any keyspaces that happen together or not at all. Of two writes to the same key the
/// later one counts: to the engine all writes of a batch are at the same time.
pub(crate) struct Batch {
    engine: Arc<Engine>,
    /// What is put, nothing for what is removed.
    rows: HashMap<(Space, Bytes), Option<Vec<u8>>>,
}

impl Batch {
    pub(crate) fn put(&mut self, space: Space, key: &[u8], value: Vec<u8>) {
        self.rows.insert((space, key.into()), Some(value));
    }

    pub(crate) fn remove(&mut self, space: Space, key: &[u8]) {
        self.rows.insert((space, key.into()), None);
    }

    /// The database without what is in the batch.
    pub(crate) fn view(&self) -> View {
        self.engine.view()
    }

    /// What the batch would put under keys that begin so is removed instead.
    pub(crate) fn remove_all(&mut self, spaces: &[Space], prefix: &[u8]) {
        let fits = |space: &Space, key: &Bytes| spaces.contains(space) && key.starts_with(prefix);
        let gone = self.rows.iter_mut().filter(|((space, key), _)| fits(space, key));
        gone.for_each(|(_, value)| *value = None);
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Writes and syncs everything. After an error the outcome is unknown until the database was
    /// opened again.
    pub(crate) fn commit(self) -> Result<(), EngineError> {
        self.commit_with(PersistMode::SyncData).map(drop)
    }

    /// Writes everything and syncs nothing.
    #[cfg(feature = "planted")]
    pub(crate) fn write(self) -> Result<Arc<Engine>, EngineError> {
        self.commit_with(PersistMode::Buffer)
    }

    fn commit_with(self, mode: PersistMode) -> Result<Arc<Engine>, EngineError> {
        let Self { engine, rows } = self;
        // Synced before readers see it: a read finds nothing that a crash could take back.
        let batch = fjall::OwnedWriteBatch::with_capacity(engine.database.clone(), rows.len());
        let mut batch = batch.durability(Some(mode));
        for ((space, key), value) in rows {
            let space = &engine.spaces[space.index()];
            match value {
                Some(value) => batch.insert(space, key, value),
                None => batch.remove(space, key),
            }
        }
        // A panic is a failure like others: the store is opened again.
        let committed = catch_unwind(AssertUnwindSafe(|| batch.commit()));
        committed.map_err(|_| EngineError::Failed(Panicked.into()))??;
        Ok(engine)
    }
}

/// The database at one moment.
#[derive(Clone)]
pub(crate) struct View {
    snapshot: Snapshot,
    engine: Arc<Engine>,
}

impl View {
    pub(crate) fn get(&self, space: Space, key: &[u8]) -> Result<Option<Bytes>, EngineError> {
        Ok(self.snapshot.get(&self.engine.spaces[space.index()], key)?)
    }

    /// Keys and values between two keys, both included.
    pub(crate) fn range(
        &self,
        space: Space,
        from: &[u8],
        to: &[u8],
    ) -> impl DoubleEndedIterator<Item = Result<(Bytes, Bytes), EngineError>> + use<> {
        let rows = self.snapshot.range(&self.engine.spaces[space.index()], from..=to);
        rows.map(|row| Ok(row.into_inner()?))
    }

    /// Everything in a keyspace.
    pub(crate) fn all(
        &self,
        space: Space,
    ) -> impl DoubleEndedIterator<Item = Result<(Bytes, Bytes), EngineError>> + use<> {
        let rows = self.snapshot.iter(&self.engine.spaces[space.index()]);
        rows.map(|row| Ok(row.into_inner()?))
    }
}
