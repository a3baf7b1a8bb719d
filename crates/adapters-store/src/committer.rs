//! The one thread that writes: it makes groups of what waits, syncs each once, then announces and
//! answers.

use std::{
    sync::{Arc, mpsc},
    time::{Duration, Instant},
};

use application::ports::{Cause, Clock, DeliverySink, IdSource};
use domain::{ChannelKey, Publication};

use crate::{
    OpenError,
    command::{Answer, Command},
    directory::Directory,
    engine::{Batch, Engine, EngineError},
    group::{Group, Staged},
    head::Head,
    leases::Taken,
    ledger::Ledger,
    notes::{self, Notes},
    opening::{Opened, Surroundings},
    options::StoreOptions,
    report::{OpenReport, StoreEvent, StoreWatch},
    shared::Shared,
    stream::Stream,
    usage::Recording,
};

/// What the committer needs of the world.
pub(crate) struct World {
    pub(crate) directory: Directory,
    pub(crate) options: StoreOptions,
    pub(crate) sink: Arc<dyn DeliverySink>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) watch: StoreWatch,
    pub(crate) notes: Arc<Notes>,
}

impl World {
    /// Opens the store after a failure, where it still is: a disk that went away must not become an
    /// empty store.
    fn open_again(&self) -> Result<Opened, OpenError> {
        self.directory.rewrite_journals()?;
        self.open()
    }

    pub(crate) fn open(&self) -> Result<Opened, OpenError> {
        let surroundings = Surroundings {
            directory: &self.directory,
            ids: &*self.ids,
            now: self.clock.now(),
            cache_bytes: self.options.cache_bytes,
        };
        surroundings.open()
    }
}

/// The writing side of a store, on a thread of its own.
pub(crate) struct Committer {
    world: World,
    shared: Arc<Shared>,
    queue: mpsc::Receiver<Command>,
    open: Open,
}

/// What the committer has while the store is open.
struct Open {
    engine: Arc<Engine>,
    head: Head,
    ledger: Ledger,
}

/// A group whose outcome is unknown until the store was opened again.
struct InDoubt {
    number: u64,
    publications: Vec<Publication>,
    notes: Vec<notes::Taken>,
    /// They learn how it ended, and hand in again what is not there.
    recordings: Vec<Recording>,
}

/// The queue's other end is gone: the store is to be closed.
struct Closed;

impl Committer {
    /// The first wait before the store is opened again; each is twice the one before.
    const FIRST_WAIT: Duration = Duration::from_millis(100);
    const LONGEST_WAIT: Duration = Duration::from_secs(5);

    /// The committer of a store that was opened, and what the opening found out.
    pub(crate) fn new(
        world: World,
        shared: Arc<Shared>,
        queue: mpsc::Receiver<Command>,
        opened: Opened,
    ) -> (Self, OpenReport) {
        let (open, report) = Open::install(opened, &shared);
        (Self { world, shared, queue, open }, report)
    }

    /// Works until the queue's other end is gone.
    pub(crate) fn run(mut self) {
        while let Ok(first) = self.queue.recv() {
            let commands = self.gather(first);
            self = match self.settle(commands) {
                Ok(open) => open,
                Err(Closed) => return,
            };
        }
        // The engine first, the directory's lock last.
        let Self { world, shared, open, .. } = self;
        shared.lock().engine = None;
        drop(open);
        drop(world);
    }

    /// What waits, up to a group's bounds. There is no timer: while one group is synced, the next one
    /// gathers.
    fn gather(&self, first: Command) -> Vec<Command> {
        let mut bytes = first.bytes();
        let mut commands = vec![first];
        while commands.len() < self.world.options.group_commands
            && bytes < self.world.options.group_bytes
        {
            let Ok(next) = self.queue.try_recv() else { break };
            bytes += next.bytes();
            commands.push(next);
        }
        commands
    }

    fn settle(mut self, commands: Vec<Command>) -> Result<Self, Closed> {
        let mut group = Group {
            ledger: &mut self.open.ledger,
            shared: &self.shared,
            notes: &self.world.notes,
            ids: &*self.world.ids,
            now: self.world.clock.now(),
            staged: Staged::new(self.open.engine.batch()),
        };
        group.expire_keys();
        let count = commands.len();
        commands.into_iter().for_each(|command| group.stage(command));
        let (staged, changed) = group.seal();
        let Staged { batch, streams, publications, mut answers, leases, notes, logs, .. } = staged;
        let (recordings, damaged) = (staged.recordings, staged.damaged_usage);
        let changed = match changed {
            Ok(changed) => changed,
            Err(error) => {
                drop((batch, leases));
                let number = self.open.ledger.counters.group + 1;
                let doubt = InDoubt { number, publications, notes, recordings };
                return self.heal(error.into(), doubt, answers);
            }
        };
        let number = self.open.ledger.counters.group;
        if changed {
            let head = &self.open.head;
            let began = Instant::now();
            let (synced, left) = self.commit(batch, answers);
            answers = left;
            let synced = synced.map_err(Cause::from);
            let synced = synced.and_then(|()| head.advance(number).map_err(Cause::from));
            if let Err(cause) = synced {
                drop(leases);
                let doubt = InDoubt { number, publications, notes, recordings };
                return self.heal(cause, doubt, answers);
            }
            if damaged > 0 {
                (self.world.watch)(StoreEvent::DamagedUsage { rows: damaged });
            }
            (self.world.watch)(StoreEvent::Committed { commands: count, took: began.elapsed() });
            leases.into_iter().for_each(Taken::written);
            notes.into_iter().for_each(notes::Taken::written);
            let mut state = self.shared.lock();
            for (channel, mut stream) in streams {
                if let Some(known) = state.streams.get(&channel) {
                    // A reader may have come meanwhile.
                    stream.used = stream.used.max(known.used);
                }
                state.streams.insert(channel, stream);
            }
        } else {
            // A batch holds the engine.
            drop(batch);
        }
        if !logs.is_empty() {
            self.world.notes.tell(self.open.ledger.lasts(logs));
        }
        publications.iter().for_each(|publication| self.world.sink.deliver(publication));
        answers.into_iter().for_each(Answer::give);
        recordings.into_iter().for_each(|recording| recording.answer(true));
        Ok(self)
    }

    /// Writes and syncs a group. No answer is given before.
    #[cfg(not(feature = "planted"))]
    #[expect(clippy::unused_self, reason = "a planted bug is in the options")]
    fn commit(&self, batch: Batch, answers: Vec<Answer>) -> (Result<(), EngineError>, Vec<Answer>) {
        (batch.commit(), answers)
    }

    #[cfg(feature = "planted")]
    fn commit(&self, batch: Batch, answers: Vec<Answer>) -> (Result<(), EngineError>, Vec<Answer>) {
        self.world.options.planted.commit(batch, answers)
    }

    /// A write or sync failed, so the engine refuses everything from now on. Drops it, opens the store
    /// again and goes on with what is there. Until then nobody gets an offset: the fate of those in
    /// the failed group shows at the opening.
    fn heal(self, cause: Cause, doubt: InDoubt, answers: Vec<Answer>) -> Result<Self, Closed> {
        let Self { world, shared, queue, open } = self;
        shared.lock().engine = None;
        // Readers may still be on their way out with it.
        let gone = Arc::downgrade(&open.engine);
        drop(open);
        (world.watch)(StoreEvent::Failed(cause));
        answers.into_iter().for_each(Answer::refuse);
        let mut wait = Self::FIRST_WAIT;
        let opened = loop {
            refuse_for(&queue, wait)?;
            if gone.strong_count() > 0 {
                continue;
            }
            match world.open_again() {
                Ok(opened) => break opened,
                Err(error) => (world.watch)(StoreEvent::StillFailing(error.into())),
            }
            wait = (wait * 2).min(Self::LONGEST_WAIT);
        };
        let kept = opened.present >= doubt.number;
        // What is on disk is not written again.
        if kept {
            doubt.notes.into_iter().for_each(notes::Taken::written);
        } else {
            drop(doubt.notes);
        }
        if opened.report.doubt.is_some() || opened.report.set_aside.is_some() {
            world.notes.began_anew(&opened.contents.live, world.clock.now());
        }
        // Before anybody can read a stream that began anew: who subscribes from now on knows only that.
        begun_anew(&shared, &opened).iter().for_each(|channel| world.sink.gap(channel));
        let (open, report) = Open::install(opened, &shared);
        (world.watch)(StoreEvent::Healed(report));
        // The group is on disk, and nobody was told: subscribers must not find a gap.
        if kept {
            doubt.publications.iter().for_each(|publication| world.sink.deliver(publication));
        }
        doubt.recordings.into_iter().for_each(|recording| recording.answer(kept));
        Ok(Self { world, shared, queue, open })
    }
}

impl Open {
    fn install(opened: Opened, shared: &Shared) -> (Self, OpenReport) {
        let Opened { engine, head, contents, report, present: _ } = opened;
        let mut state = shared.lock();
        state.streams.replace(contents.streams);
        state.engine = Some(Arc::clone(&engine));
        (Self { engine, head, ledger: contents.ledger }, report)
    }
}

/// Channels with subscribers whose stream is no longer the one that they know.
fn begun_anew(shared: &Shared, opened: &Opened) -> Vec<ChannelKey> {
    let state = shared.lock();
    let epoch = |stream: Option<&Stream>| stream.map(|stream| stream.epoch);
    let is_new = |channel: &&ChannelKey| {
        let known = epoch(state.streams.get(channel));
        known.is_some() && known != epoch(opened.contents.streams.get(*channel))
    };
    state.attached.iter().filter(is_new).cloned().collect()
}

/// Refuses what comes while the store can't be used.
fn refuse_for(queue: &mpsc::Receiver<Command>, wait: Duration) -> Result<(), Closed> {
    let until = Instant::now() + wait;
    loop {
        match queue.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(command) => command.refuse(),
            Err(mpsc::RecvTimeoutError::Timeout) => return Ok(()),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Closed),
        }
    }
}
