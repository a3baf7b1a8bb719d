//! The broker and history of durable namespaces.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
};

use application::KeptBytes;
use application::ports::{
    Broker, BrokerError, Clock, DeliverySink, HistoryError, HistoryStore, IdSource, Page, Query,
};
use async_trait::async_trait;
use domain::{AppId, ChannelKey, Draft, HistoryPolicy, Position, Receipt};
use tokio::{
    sync::{AcquireError, OwnedSemaphorePermit, Semaphore, oneshot},
    task::spawn_blocking,
    time::timeout,
};

use crate::{
    OpenError, OpenReport, StoreEvent, StoreOptions, StoreWatch,
    command::{AppChange, Command, Placing, Publishing, Tended, Tending},
    committer::{Committer, World},
    directory::Directory,
    error::{DamagedMessage, NotOpen, TooSlow},
    leases::{self, Leases},
    notes::Notes,
    reading::{ReadError, Reading},
    shared::Shared,
    stream::Stream,
};

/// Stamps messages, keeps them on disk, and announces them once they are synced.
///
/// It announces every channel: the sink itself knows which have subscribers. Attaching a channel
/// keeps its stream, for subscribers count its offsets.
///
/// It is the `LeaseStore` of presence, and the event log with the state of its deliveries, as well:
/// they ride in the groups of messages.
///
/// One thread writes. What comes while it syncs is synced together next, so the more senders wait,
/// the more of them share a sync. Dropping the broker ends what waits in order and closes the store.
///
/// Somebody has to call [`Self::sweep`] from time to time. The ports want a tokio runtime with timers;
/// `sink` is called on the store's own thread.
pub struct DurableBroker {
    pub(crate) shared: Arc<Shared>,
    /// Unbounded in itself: a send has room before it is queued, other commands are few.
    pub(crate) queue: Option<mpsc::Sender<Command>>,
    committer: Option<JoinHandle<()>>,
    /// Units of [`Self::ROOM_UNIT`] that waiting sends may still take.
    room: Arc<Semaphore>,
    pub(crate) readers: Arc<Semaphore>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) watch: StoreWatch,
    pub(crate) options: StoreOptions,
    pub(crate) leases: Arc<Leases>,
    /// Reckoned with each change of a stream's place.
    kept: Arc<KeptBytes>,
    pub(crate) notes: Arc<Notes>,
}

impl DurableBroker {
    /// A send takes one unit for itself and one for each so many bytes of its payload.
    const ROOM_UNIT: usize = 1024;
    /// Units that there are at least, 1 MiB.
    const LEAST_ROOM: u32 = 1024;
    /// A damaged message costs a reader one attempt; then it says that it can't.
    const ATTEMPTS: usize = 4;

    /// Opens the store in a directory, which is made where it is missing, and announces to `sink`.
    /// Blocks: reads places and keys into memory, replays at most some 150 MB of journal.
    ///
    /// `watch` hears what happens to the store later.
    ///
    /// # Errors
    /// Another process has it, it has another format, or disk or system refuse. A store that is
    /// damaged beyond opening is no error: it is set aside, and the report says so.
    pub fn open(
        directory: &Path,
        options: StoreOptions,
        sink: Arc<dyn DeliverySink>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        watch: StoreWatch,
    ) -> Result<(Self, OpenReport), OpenError> {
        let directory = Directory::take(directory)?;
        let path = directory.path().to_owned();
        let (own_clock, own_watch) = (Arc::clone(&clock), Arc::clone(&watch));
        let leases = Arc::new(Leases::new(Arc::clone(&watch)));
        let watch = leases.hear_first(watch);
        let kept = Arc::new(KeptBytes::default());
        let shared = Arc::new(Shared::counted_by(Arc::clone(&kept)));
        let notes = Arc::new(Notes::new(options.return_window));
        let world =
            World { directory, options, sink, clock, ids, watch, notes: Arc::clone(&notes) };
        let mut opened = world.open()?;
        let before = leases::of_before(&mut opened);
        notes.remember(before.map_err(|error| OpenError::engine(path.clone(), error))?);
        let ledger = &opened.contents.ledger;
        notes.tell(ledger.lasts(ledger.logs.keys().cloned()));
        let (queue, commands) = mpsc::channel();
        let (committer, report) = Committer::new(world, Arc::clone(&shared), commands, opened);
        let spawned = thread::Builder::new().name("committer".to_owned());
        let spawned = spawned.spawn(move || committer.run());
        let committer = spawned.map_err(|source| OpenError::Io { path, source })?;
        let room = options.waiting_bytes / Self::ROOM_UNIT;
        let room = room.clamp(Self::LEAST_ROOM as usize, Semaphore::MAX_PERMITS);
        let broker = Self {
            shared,
            queue: Some(queue),
            committer: Some(committer),
            room: Arc::new(Semaphore::new(room)),
            readers: Arc::new(Semaphore::new(options.readers.max(1))),
            clock: own_clock,
            watch: own_watch,
            options,
            leases,
            kept,
            notes,
        };
        Ok((broker, report))
    }

    /// Hands a command to the committer.
    pub(crate) fn ask(&self, command: Command) -> Result<(), NotOpen> {
        let queue = self.queue.as_ref().ok_or(NotOpen)?;
        queue.send(command).map_err(|_| NotOpen)
    }

    /// Waits for room among what waits for the disk.
    async fn room_for(&self, bytes: usize) -> Result<OwnedSemaphorePermit, AcquireError> {
        let units = u32::try_from(1 + bytes / Self::ROOM_UNIT).unwrap_or(u32::MAX);
        // There are never fewer units: a payload beyond all room takes what there is.
        let units = units.min(Self::LEAST_ROOM);
        Arc::clone(&self.room).acquire_many_owned(units).await
    }

    async fn publish_soon(&self, draft: Draft) -> Result<Receipt, BrokerError> {
        let closed = || BrokerError::Unavailable(NotOpen.into());
        let room = self.room_for(draft.data.as_str().len()).await.map_err(|_| closed())?;
        let (to, receipt) = oneshot::channel();
        let answer = Publishing { to, _room: room };
        let asked = self.ask(Command::Publish { draft: Box::new(draft), answer });
        asked.map_err(|_| closed())?;
        receipt.await.map_err(|_| closed())?
    }

    /// Asks the committer for a place.
    async fn place(
        &self,
        command: impl FnOnce(Placing) -> Command,
    ) -> Result<Position, HistoryError> {
        let closed = || HistoryError::Unavailable(NotOpen.into());
        let room = self.room_for(0).await.map_err(|_| closed())?;
        let (to, place) = oneshot::channel();
        self.ask(command(Placing { to, _room: room })).map_err(|_| closed())?;
        place.await.map_err(|_| closed())?.map_err(HistoryError::Unavailable)
    }

    /// A seat among the readers.
    pub(crate) async fn seat(&self) -> Result<OwnedSemaphorePermit, AcquireError> {
        Arc::clone(&self.readers).acquire_owned().await
    }

    /// Reads on a thread that may wait for the disk: most pages are in memory and take some
    /// microseconds, but nobody can tell in advance.
    async fn page(
        &self,
        reading: (Stream, crate::engine::View),
        policy: HistoryPolicy,
        query: Query,
    ) -> Result<Result<Page, ReadError>, HistoryError> {
        let unavailable = HistoryError::Unavailable;
        let seat = self.seat().await.map_err(|error| unavailable(error.into()))?;
        let now = self.clock.now();
        let page = spawn_blocking(move || {
            let (stream, view) = reading;
            let page = Reading { stream, view: &view, now }.page(&policy, &query);
            // The seat and the engine are free before the answer is there.
            drop((seat, view));
            page
        });
        page.await.map_err(|error| unavailable(error.into()))
    }

    async fn read_soon(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
        query: &Query,
    ) -> Result<Page, HistoryError> {
        let unavailable = HistoryError::Unavailable;
        for _ in 0..Self::ATTEMPTS {
            let look = self.shared.look(channel, policy, self.clock.now());
            let Some(reading) = look.map_err(|error| unavailable(error.into()))? else {
                let begin =
                    |answer| Command::Begin { channel: channel.clone(), policy: *policy, answer };
                self.place(begin).await?;
                continue;
            };
            let number = reading.0.number;
            if reading.0.is_empty() {
                // Needs no disk.
                let (stream, view) = reading;
                let page = Reading { stream, view: &view, now: self.clock.now() };
                return page.page(policy, query).map_err(|error| unavailable(error.into()));
            }
            match self.page(reading, *policy, *query).await? {
                Ok(page) => return Ok(page),
                Err(ReadError::Damaged { offset }) => self.hide(channel, number, offset)?,
                Err(ReadError::Engine(error)) => return Err(unavailable(error.into())),
            }
        }
        Err(unavailable(DamagedMessage.into()))
    }

    /// A message is damaged: it and what comes before it are no longer read.
    fn hide(&self, channel: &ChannelKey, number: u64, offset: u64) -> Result<(), HistoryError> {
        let hidden = self.shared.lock().streams.change(channel, |stream| {
            let hidden = stream.number == number && stream.first <= offset;
            if hidden {
                stream.forget_before(offset + 1);
            }
            hidden
        });
        if hidden != Some(true) {
            return Ok(());
        }
        (self.watch)(StoreEvent::DamagedMessage);
        let tending = Tending { channel: channel.clone(), number, first: offset + 1 };
        let (answer, _) = mpsc::sync_channel(1);
        self.ask(Command::Tend { streams: vec![tending], answer })
            .map_err(|error| HistoryError::Unavailable(error.into()))
    }

    /// Waits for the answer to a tending.
    pub(crate) fn tend(&self, streams: Vec<Tending>) -> Tended {
        let (answer, tended) = mpsc::sync_channel(1);
        if self.ask(Command::Tend { streams, answer }).is_err() {
            return Tended::Failed;
        }
        tended.recv().unwrap_or(Tended::Failed)
    }
}

impl Drop for DurableBroker {
    fn drop(&mut self) {
        self.leases.ask_for_all(self.queue.as_ref());
        self.ask_for_all_notes();
        self.queue = None;
        let Some(committer) = self.committer.take() else { return };
        // Dropped by what it announces to: it ends behind this call.
        if committer.thread().id() != thread::current().id() {
            let _ = committer.join();
        }
    }
}

#[async_trait]
impl Broker for DurableBroker {
    async fn publish(&self, draft: Draft) -> Result<Receipt, BrokerError> {
        let sent = timeout(self.options.patience, self.publish_soon(draft)).await;
        sent.unwrap_or_else(|_| Err(BrokerError::Unavailable(TooSlow.into())))
    }

    async fn attach(&self, channel: &ChannelKey) -> Result<(), BrokerError> {
        self.shared.lock().attached.insert(channel.clone());
        Ok(())
    }

    async fn detach(&self, channel: &ChannelKey) -> Result<(), BrokerError> {
        self.shared.lock().attached.remove(channel);
        Ok(())
    }

    async fn forget(&self, app: &AppId) -> Result<(), BrokerError> {
        let forgotten = self.change_app(app, AppChange::Forget).await;
        forgotten.map_err(BrokerError::Unavailable)
    }
}

#[async_trait]
impl HistoryStore for DurableBroker {
    async fn read(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
        query: &Query,
    ) -> Result<Page, HistoryError> {
        let page = timeout(self.options.patience, self.read_soon(channel, policy, query)).await;
        page.unwrap_or_else(|_| Err(HistoryError::Unavailable(TooSlow.into())))
    }

    async fn exists(&self, channel: &ChannelKey) -> Result<bool, HistoryError> {
        let exists = self.shared.exists(channel);
        exists.map_err(|error| HistoryError::Unavailable(error.into()))
    }

    async fn purge(
        &self,
        channel: &ChannelKey,
        policy: &HistoryPolicy,
    ) -> Result<Position, HistoryError> {
        let (channel, policy) = (channel.clone(), *policy);
        let place = self.place(|answer| Command::Purge { channel, policy, answer });
        let place = timeout(self.options.patience, place).await;
        place.unwrap_or_else(|_| Err(HistoryError::Unavailable(TooSlow.into())))
    }

    fn kept_bytes(&self, app: &AppId) -> u64 {
        self.kept.of(app)
    }
}
