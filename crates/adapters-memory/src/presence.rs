//! The presence of one process.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use application::ports::{
    Clock, Entrance, KeptLeases, LeaseStore, PresenceError, PresenceSink, PresenceStore,
};
use async_trait::async_trait;
use domain::{
    AppId, Attendance, ChannelKey, ClientId, Member, Moment, Movement, PresenceChange,
    PresenceVersion, Roster,
};

use crate::{
    counts::Counts,
    due::Agenda,
    keeping::Keeping,
    roll::{Entered, Gone, Roll},
};

/// Keeps in memory who is in each channel, and announces changes at once.
///
/// With a [`LeaseStore`] it outlives the process: it hands in who joined and who left for good, and
/// what the store has of the starts before is where it begins. What the store refused or lost is
/// handed in again, at most 1,024 leases at each sweep.
///
/// A list without members is kept for an hour, so that the versions of a channel that is empty now
/// and then go on without a gap. Of the lists of all apps that are empty, at most 65,536 are kept.
pub struct MemoryPresence {
    sink: Arc<dyn PresenceSink>,
    clock: Arc<dyn Clock>,
    /// One is held while a change is made and announced: that is the channel's order.
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    /// Asked under a shard's lock, so that its words on a client come in order.
    keeping: Option<Keeping>,
    /// Members of each app. Changed under a shard's lock.
    members: Counts,
    /// Nobody leaves any more.
    stopped: AtomicBool,
}

#[derive(Default)]
struct Shard {
    rolls: HashMap<ChannelKey, Roll>,
    /// Leaves that wait.
    leaves: Agenda<(ChannelKey, ClientId)>,
    /// Lists without members.
    idle: Agenda<ChannelKey>,
    /// No forgotten list had a greater version: a new one begins here, and none goes back.
    floor: PresenceVersion,
}

impl MemoryPresence {
    const SHARDS: usize = 64;
    /// So long a list without members is kept.
    const IDLE: Duration = Duration::from_secs(3600);
    /// At most so many of them in each shard; the one that was empty for longest goes first.
    const IDLE_LISTS: usize = 1024;
    /// Leases that one sweep hands in again.
    const HANDED_IN: usize = 1024;

    /// Without any member; changes are announced to `sink`.
    #[must_use]
    pub fn new(sink: Arc<dyn PresenceSink>, clock: Arc<dyn Clock>) -> Self {
        let shards = (0..Self::SHARDS).map(|_| Mutex::default()).collect();
        let (members, stopped) = (Counts::new(usize::MAX), AtomicBool::new(false));
        Self { sink, clock, shards, hasher: RandomState::new(), keeping: None, members, stopped }
    }

    /// With the members of the starts before, who leave when the return window has passed without
    /// them, counted from now. What changes is handed to `store`, which gave `before`.
    #[must_use]
    pub fn keeping(
        sink: Arc<dyn PresenceSink>,
        clock: Arc<dyn Clock>,
        store: Arc<dyn LeaseStore>,
        before: KeptLeases,
        return_window: Duration,
    ) -> Self {
        let keeping = Keeping::new(store, Self::SHARDS);
        let round = keeping.round();
        let presence = Self { keeping: Some(keeping), ..Self::new(sink, clock) };
        presence.shards.iter().for_each(|shard| lock(shard).floor = before.floor);
        let over = presence.clock.moment().after(return_window);
        for lease in before.leases {
            let (channel, client) = (lease.channel.clone(), lease.client.clone());
            let mut shard = presence.shard(&channel);
            let due = shard.leaves.add(over, (channel.clone(), client.clone()));
            let roll = shard.roll(&channel);
            let count = roll.count();
            roll.restore(lease, round);
            if roll.count() > count {
                presence.members.take(&channel.app);
            }
            roll.wait(&client, due);
        }
        presence
    }

    /// From now on nobody leaves: connections that end do so because the server does, and their
    /// clients are to be found by the next start. Entering, leaving and sweeping may go on.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn shard(&self, channel: &ChannelKey) -> MutexGuard<'_, Shard> {
        let hash = usize::try_from(self.hasher.hash_one(channel) >> 32).unwrap_or(0);
        lock(&self.shards[hash % Self::SHARDS])
    }

    /// Channels that are kept in memory, with and without members.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).rolls.len()).sum()
    }

    /// Members of all channels, those among them whose return is waited for.
    #[must_use]
    pub fn members(&self) -> usize {
        let members = |shard: &Shard| -> u64 {
            shard.rolls.values().map(|roll| u64::from(roll.count())).sum()
        };
        let all: u64 = self.shards.iter().map(|shard| members(&lock(shard))).sum();
        usize::try_from(all).unwrap_or(usize::MAX)
    }

    fn sweep_shard(&self, shard: &mut Shard, now: Moment) {
        while let Some((channel, client)) = shard.leaves.take(now) {
            self.end(shard, &channel, &client, now);
        }
        while let Some(channel) = shard.idle.take(now) {
            shard.forget(&channel);
        }
    }

    /// A client leaves for good.
    fn end(&self, shard: &mut Shard, channel: &ChannelKey, client: &ClientId, now: Moment) {
        let Some(roll) = shard.rolls.get_mut(channel) else { return };
        let Some(Gone { info, version, kept }) = roll.leave(client) else { return };
        self.members.give_back(&channel.app);
        let count = roll.count();
        self.sink.announce(&PresenceChange {
            channel: channel.clone(),
            client: client.clone(),
            info,
            movement: Movement::Left,
            version,
            count,
        });
        if let Some(keeping) = self.keeping.as_ref().filter(|_| kept) {
            keeping.release(channel, client);
        }
        if roll.is_empty() {
            shard.rest(channel, now);
        }
    }

    /// A member joined, or shows another `info`.
    fn keep(&self, shard: &mut Shard, channel: &ChannelKey, client: &ClientId) {
        if let (Some(keeping), Some(roll)) = (&self.keeping, shard.rolls.get_mut(channel)) {
            roll.hand_in(channel, client, |lease| keeping.keep(lease));
        }
    }

    /// Sends what was handed in on its way, and hands in a share of what is missing.
    fn settle(&self) {
        let Some(keeping) = &self.keeping else { return };
        let Some(index) = keeping.settle() else { return };
        let (round, mut most) = (keeping.round(), Self::HANDED_IN);
        for (channel, roll) in &mut lock(&self.shards[index]).rolls {
            roll.hand_in_missing(channel, round, &mut most, |lease| keeping.keep(lease));
        }
        if most > 0 {
            keeping.looked_through();
        }
    }
}

impl Shard {
    /// The list of a channel that somebody enters.
    fn roll(&mut self, channel: &ChannelKey) -> &mut Roll {
        let floor = self.floor;
        let roll = self.rolls.entry(channel.clone()).or_insert_with(|| Roll::new(floor));
        if let Some(due) = roll.idle.take() {
            self.idle.cancel(due);
        }
        roll
    }

    /// A list has no members any more; it is forgotten later.
    fn rest(&mut self, channel: &ChannelKey, now: Moment) {
        let due = self.idle.add(now.after(MemoryPresence::IDLE), channel.clone());
        if let Some(roll) = self.rolls.get_mut(channel) {
            roll.idle = Some(due);
        }
        if self.idle.len() > MemoryPresence::IDLE_LISTS
            && let Some(oldest) = self.idle.take_next()
        {
            self.forget(&oldest);
        }
    }

    fn forget(&mut self, channel: &ChannelKey) {
        if let Some(roll) = self.rolls.remove(channel) {
            self.floor = self.floor.max(roll.version());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl PresenceStore for MemoryPresence {
    async fn enter(&self, entrance: Entrance) -> Result<(), PresenceError> {
        let Entrance { attendance, info, most, most_of_app } = entrance;
        let Attendance { channel, client, connection } = attendance;
        if most == 0 {
            return Err(PresenceError::Full);
        }
        let mut shard = self.shard(&channel);
        let roll = shard.roll(&channel);
        let of_app = || {
            let most = most_of_app.and_then(|most| usize::try_from(most).ok());
            self.members.take_up_to(&channel.app, most.unwrap_or(usize::MAX))
        };
        match roll.enter(client.clone(), connection, info.clone(), most, of_app) {
            Entered::Full => return Err(PresenceError::Full),
            Entered::AppFull => {
                if roll.is_empty() {
                    shard.rest(&channel, self.clock.moment());
                }
                return Err(PresenceError::AppFull);
            }
            Entered::Returned { waiting, renewed } => {
                waiting.into_iter().for_each(|waiting| shard.leaves.cancel(waiting));
                if renewed {
                    self.keep(&mut shard, &channel, &client);
                }
            }
            Entered::Joined(version) => {
                let count = roll.count();
                self.sink.announce(&PresenceChange {
                    channel: channel.clone(),
                    client: client.clone(),
                    info,
                    movement: Movement::Joined,
                    version,
                    count,
                });
                self.keep(&mut shard, &channel, &client);
            }
        }
        Ok(())
    }

    fn leave(&self, attendance: &Attendance, delay: Duration) {
        let Attendance { channel, client, connection } = attendance;
        let mut shard = self.shard(channel);
        let shard = &mut *shard;
        let Some(roll) = shard.rolls.get_mut(channel) else { return };
        if !roll.part(client, *connection) {
            return;
        }
        let now = self.clock.moment();
        if delay.is_zero() && !self.is_stopped() {
            self.end(shard, channel, client, now);
        } else {
            let due = shard.leaves.add(now.after(delay), (channel.clone(), client.clone()));
            roll.wait(client, due);
        }
    }

    async fn roster(&self, channel: &ChannelKey, at_most: usize) -> Result<Roster, PresenceError> {
        let shard = self.shard(channel);
        let empty = || Roll::new(shard.floor).roster(at_most);
        Ok(shard.rolls.get(channel).map_or_else(empty, |roll| roll.roster(at_most)))
    }

    fn members_of(&self, app: &AppId) -> u32 {
        u32::try_from(self.members.of(app)).unwrap_or(u32::MAX)
    }

    fn tell_late(&self, app: &AppId, to: &dyn PresenceSink) {
        for shard in &self.shards {
            let shard = lock(shard);
            for (channel, roll) in shard.rolls.iter().filter(|(channel, _)| channel.app == *app) {
                let Roster { members, count, version } = roll.roster(usize::MAX);
                for Member { client, info, .. } in members.into_iter().flatten() {
                    let (channel, movement) = (channel.clone(), Movement::Joined);
                    to.announce(&PresenceChange {
                        channel,
                        client,
                        info,
                        movement,
                        version,
                        count,
                    });
                }
            }
        }
    }

    fn sweep(&self) {
        let now = self.clock.moment();
        if !self.is_stopped() {
            for shard in &self.shards {
                self.sweep_shard(&mut lock(shard), now);
            }
        }
        self.settle();
    }
}
