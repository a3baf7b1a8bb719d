//! Leases of members: what waits for the committer, and what it takes into a group.
//!
//! What waits is the last word on each client in a channel, so it does not grow with what happens,
//! only with how many it happens to.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
};

use application::ports::{KeptLeases, Lease, LeaseError, LeaseStore, LeasesFull, Standing};
use async_trait::async_trait;
use domain::{AppId, ChannelKey, ClientId, Timestamp};
use tokio::{sync::oneshot, task::spawn_blocking, time::timeout};

use crate::{
    DurableBroker, StoreEvent, StoreWatch,
    command::Command,
    encoding::Reader,
    engine::{Batch, Bytes, EngineError, View},
    error::{NotOpen, TooSlow},
    lease::{self, KeptMember, Start, lease_key},
    ledger::Ledger,
    opening::Opened,
    space::{AppNumber, Space, split_app},
    waiting::Before,
};

/// Who, and where.
type Place = (ChannelKey, ClientId);

/// Changes of leases by what they are about: what is to be kept, nothing for what is released.
type Changes = HashMap<Place, Option<KeptMember>>;

/// Changes that wait for the disk before a join is refused. Leaves come on top, each of a lease that
/// was taken before.
const MOST_WAITING: usize = 65_536;

/// Changes that one turn takes.
const AT_ONCE: usize = 4096;

/// Bytes of `info` behind which it takes no further one.
const BYTES_AT_ONCE: usize = 1 << 20;

/// What waits for the committer.
pub(crate) struct Leases {
    /// Never held over anything that waits. The last lock to be taken.
    waiting: Mutex<Waiting>,
    watch: StoreWatch,
}

#[derive(Default)]
struct Waiting {
    changes: Changes,
    /// Joins that were refused since there was last nothing to write.
    refused: u64,
    /// Whether the committer was asked to take some.
    asked: bool,
    /// Whether the store has lost what it had.
    anew: bool,
    /// This server's start; nothing where the store is only looked at.
    start: Option<Start>,
    /// Waits until the start is on disk.
    begun: Option<oneshot::Sender<()>>,
    /// Rows that are not what was written, and go.
    damaged: Vec<Bytes>,
}

impl Leases {
    pub(crate) fn new(watch: StoreWatch) -> Self {
        Self { waiting: Mutex::default(), watch }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks the committer to take what waits, where something does and it was not asked yet.
    fn ask(self: &Arc<Self>, queue: Option<&mpsc::Sender<Command>>) {
        let mut waiting = self.lock();
        let idle = waiting.changes.is_empty() && waiting.begun.is_none();
        if idle || std::mem::replace(&mut waiting.asked, true) {
            return;
        }
        drop(waiting);
        let turn = Turn(Arc::clone(self));
        // Who is gone gives the turn back.
        let _ = queue.map(|queue| queue.send(Command::Leases(turn)));
    }

    /// Asks the committer to take all that waits, before it closes the store.
    pub(crate) fn ask_for_all(self: &Arc<Self>, queue: Option<&mpsc::Sender<Command>>) {
        let waiting = self.lock();
        let bytes: usize = waiting.changes.values().map(info_bytes).sum();
        // Each turn but the last takes as many or as much as it may.
        let turns = waiting.changes.len() / AT_ONCE + bytes / BYTES_AT_ONCE + 1;
        drop(waiting);
        for _ in 0..turns {
            let turn = Turn(Arc::clone(self));
            let _ = queue.map(|queue| queue.send(Command::Leases(turn)));
        }
    }

    /// Hears what happens to the store before `watch` does: one that was opened again and can't prove
    /// that it has what it had, has to be given all leases again.
    pub(crate) fn hear_first(self: &Arc<Self>, watch: StoreWatch) -> StoreWatch {
        let leases = Arc::clone(self);
        Arc::new(move |event| {
            if let StoreEvent::Healed(report) = &event
                && (report.doubt.is_some() || report.set_aside.is_some())
            {
                let mut waiting = leases.lock();
                waiting.anew = waiting.start.is_some();
            }
            watch(event);
        })
    }

    fn take(&self) -> Changes {
        let mut waiting = self.lock();
        let mut bytes = 0;
        let fits = |(_, member): &(&Place, &Option<KeptMember>)| {
            let fits = bytes < BYTES_AT_ONCE;
            bytes += info_bytes(member);
            fits
        };
        let share = waiting.changes.iter().take(AT_ONCE).take_while(fits);
        let places: Vec<Place> = share.map(|(place, _)| place.clone()).collect();
        let entry = |place| waiting.changes.remove_entry(&place);
        places.into_iter().filter_map(entry).collect()
    }
}

fn info_bytes(member: &Option<KeptMember>) -> usize {
    let info = member.as_ref().and_then(|member| member.info.as_ref());
    info.map_or(0, |info| info.as_str().len())
}

/// The right to take what waits; without use it is given back.
pub(crate) struct Turn(Arc<Leases>);

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.lock().asked = false;
    }
}

impl Turn {
    /// Bytes that it may bring into a group.
    pub(crate) const BYTES: usize = BYTES_AT_ONCE;

    /// Puts what waits into a group's batch, and the sign of life of this start with it.
    pub(crate) fn stage(self, ledger: &mut Ledger, batch: &mut Batch, now: Timestamp) -> Taken {
        let changes = self.0.take();
        for ((channel, client), member) in &changes {
            let app = ledger.number(&channel.app, batch);
            let key = lease_key(app, &channel.channel, client);
            match member {
                Some(member) => batch.put(Space::Leases, &key, member.encode(&key)),
                None => batch.remove(Space::Leases, &key),
            }
        }
        let mut waiting = self.0.lock();
        if let Some(start) = &mut waiting.start {
            start.alive = start.alive.max(now);
            batch.put(Space::Meta, Start::KEY, start.encode());
        }
        for key in std::mem::take(&mut waiting.damaged) {
            batch.remove(Space::Leases, &key);
        }
        drop(waiting);
        Taken { leases: Arc::clone(&self.0), changes }
    }
}

/// What a group took. Dropped before it is on disk, it waits again.
pub(crate) struct Taken {
    leases: Arc<Leases>,
    changes: Changes,
}

impl Taken {
    /// The group is on disk.
    pub(crate) fn written(mut self) {
        self.changes = Changes::new();
        let mut waiting = self.leases.lock();
        if let Some(begun) = waiting.begun.take() {
            let _ = begun.send(());
        }
        let caught_up = waiting.changes.is_empty() && waiting.refused > 0;
        let refused = if caught_up { std::mem::take(&mut waiting.refused) } else { 0 };
        drop(waiting);
        if caught_up {
            (self.leases.watch)(StoreEvent::LeasesTakenAgain { refused });
        }
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut waiting = self.leases.lock();
        for (place, member) in self.changes.drain() {
            // What came later counts.
            waiting.changes.entry(place).or_insert(member);
        }
    }
}

/// What is on disk: leases, and rows that are not what was written.
fn read(view: &View) -> Result<(Vec<Lease>, Vec<Bytes>), EngineError> {
    let mut apps: HashMap<AppNumber, AppId> = HashMap::new();
    for row in view.all(Space::Apps) {
        let (key, value) = row?;
        let name = || AppId::parse(Reader::unsealed(&key, &value)?.text()?).ok();
        if let (Some((number, [])), Some(name)) = (split_app(&key), name()) {
            apps.insert(number, name);
        }
    }
    let (mut leases, mut damaged) = (Vec::new(), Vec::new());
    for row in view.all(Space::Leases) {
        let (key, value) = row?;
        match lease::decode(&key, &value, |number| apps.get(&number)) {
            Some(lease) => leases.push(lease),
            None => damaged.push(key),
        }
    }
    Ok((leases, damaged))
}

/// What the starts before left of what event logs tell.
pub(crate) fn of_before(opened: &mut Opened) -> Result<HashMap<AppId, Before>, EngineError> {
    let mut before: HashMap<AppId, Before> = HashMap::new();
    for (app, live) in std::mem::take(&mut opened.contents.live) {
        before.entry(app).or_default().live = live;
    }
    for lease in read(&opened.engine.view())?.0 {
        before.entry(lease.channel.app.clone()).or_default().leases.push(lease);
    }
    Ok(before)
}

/// How many leases are on disk, and how many rows that are none.
pub(crate) fn count(view: &View) -> Result<(u64, u64), EngineError> {
    let (leases, damaged) = read(view)?;
    let count = |length| u64::try_from(length).unwrap_or(u64::MAX);
    Ok((count(leases.len()), count(damaged.len())))
}

fn unavailable(cause: impl Into<application::ports::Cause>) -> LeaseError {
    LeaseError::Unavailable(cause.into())
}

#[async_trait]
impl LeaseStore for DurableBroker {
    async fn begin(&self) -> Result<KeptLeases, LeaseError> {
        let engine = self.shared.lock().engine.clone().ok_or_else(|| unavailable(NotOpen))?;
        let before = spawn_blocking(move || {
            let view = engine.view();
            let start = view.get(Space::Meta, Start::KEY)?;
            Ok::<_, EngineError>((read(&view)?, start.and_then(|start| Start::decode(&start))))
        });
        let before = before.await.map_err(unavailable)?.map_err(unavailable)?;
        let ((leases, damaged), last) = before;
        if !damaged.is_empty() {
            (self.leases.watch)(StoreEvent::DamagedLeases { rows: damaged.len() });
        }
        let number = last.map_or(0, |last| last.number) + 1;
        let start = Start { number, alive: self.clock.now() };
        let (begun, written) = oneshot::channel();
        {
            let mut waiting = self.leases.lock();
            (waiting.start, waiting.begun) = (Some(start), Some(begun));
            waiting.damaged = damaged;
        }
        self.settle();
        let written = timeout(self.options.patience, written).await;
        written.map_err(|_| unavailable(TooSlow))?.map_err(unavailable)?;
        let last_alive = last.map(|last| last.alive);
        Ok(KeptLeases { leases, floor: start.floor(), last_alive })
    }

    fn keep(&self, lease: Lease) -> Result<(), LeasesFull> {
        let Lease { channel, client, info, joined } = lease;
        let place = (channel, client);
        let mut waiting = self.leases.lock();
        if waiting.changes.len() < MOST_WAITING || waiting.changes.contains_key(&place) {
            waiting.changes.insert(place, Some(KeptMember { info, joined }));
            return Ok(());
        }
        waiting.refused += 1;
        let first = waiting.refused == 1;
        drop(waiting);
        if first {
            (self.leases.watch)(StoreEvent::LeasesRefused);
        }
        Err(LeasesFull)
    }

    fn release(&self, channel: &ChannelKey, client: &ClientId) {
        self.leases.lock().changes.insert((channel.clone(), client.clone()), None);
    }

    fn settle(&self) -> Standing {
        self.leases.ask(self.queue.as_ref());
        let mut waiting = self.leases.lock();
        if std::mem::take(&mut waiting.anew) {
            Standing::Anew
        } else if waiting.changes.len() >= MOST_WAITING / 2 {
            Standing::Full
        } else {
            Standing::Sound
        }
    }
}
