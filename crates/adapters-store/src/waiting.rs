//! Facts that wait for the committer, and what is there with them.

use std::collections::{HashMap, VecDeque};

use application::ports::Lease;
use domain::{AppId, ChannelName, Fact, LiveSet, Thing, Timestamp};

use crate::{live, notes::Followed};

/// Facts that wait before those are left out that need not be told.
const MOST_WAITING: usize = 65_536;

/// Bytes of them.
const MOST_BYTES: usize = 64 << 20;

/// Facts that one turn takes, and bytes behind which it takes no further one.
pub(crate) const AT_ONCE: usize = 4096;
pub(crate) const BYTES_AT_ONCE: usize = 1 << 20;

/// A fact that waits.
#[derive(Debug)]
pub(crate) struct Pending {
    pub(crate) app: AppId,
    pub(crate) ts: Timestamp,
    /// Nothing where it was left out.
    pub(crate) fact: Option<Fact>,
}

impl Pending {
    pub(crate) fn bytes(&self) -> usize {
        self.fact.as_ref().map_or(0, Fact::cost)
    }
}

/// What a start before left of an app.
#[derive(Debug, Default)]
pub(crate) struct Before {
    pub(crate) live: LiveSet,
    pub(crate) leases: Vec<Lease>,
}

#[derive(Default)]
pub(crate) struct Waiting {
    pub(crate) pending: VecDeque<Pending>,
    pub(crate) bytes: usize,
    /// Facts that were ever taken from the front, so that places stay what they are.
    taken: u64,
    /// The place of each opening that waits.
    openings: HashMap<(AppId, Thing), u64>,
    /// What is there, with all that waits.
    pub(crate) live: HashMap<AppId, LiveSet>,
    /// Channels without a subscriber, and until when they wait for one.
    vacant: HashMap<(AppId, ChannelName), Timestamp>,
    /// Facts that were left out.
    pub(crate) dropped: HashMap<AppId, u64>,
    pub(crate) before: HashMap<AppId, Before>,
    /// Apps that are followed no longer, and what was there of them.
    pub(crate) forgotten: Vec<(AppId, LiveSet)>,
    /// Whether the committer was asked to take some.
    pub(crate) asked: bool,
}

impl Waiting {
    /// A followed app begins: what a start before left ends, or waits for its return.
    pub(crate) fn begin(&mut self, app: &AppId, now: Timestamp, until: Timestamp) {
        let Before { live, leases } = self.before.remove(app).unwrap_or_default();
        let mut present = live.clone();
        present.connections.clear();
        let member = |lease: Lease| ((lease.channel.channel, lease.client), lease.info);
        present.members = leases.into_iter().map(member).collect();
        for channel in present.channels.keys() {
            self.vacant.insert((app.clone(), channel.clone()), until);
        }
        for fact in live::between(&live, &present) {
            self.push(app, fact, now);
        }
        self.live.insert(app.clone(), present);
    }

    pub(crate) fn forget(&mut self, app: &AppId) {
        // Presence goes on without telling of it: what it had is no longer what it has.
        self.before.get_mut(app).into_iter().for_each(|before| before.leases.clear());
        let Some(live) = self.live.remove(app) else { return };
        self.vacant.retain(|(of, _), _| of != app);
        self.openings.retain(|(of, _), _| of != app);
        self.dropped.remove(app);
        for theirs in self.pending.iter_mut().filter(|pending| pending.app == *app) {
            self.bytes -= theirs.bytes();
            theirs.fact = None;
        }
        self.forgotten.push((app.clone(), live));
    }

    pub(crate) fn note(&mut self, app: &AppId, fact: Fact, now: Timestamp, followed: &Followed) {
        if !followed.kinds.has(fact.kind()) {
            return;
        }
        let Some(live) = self.live.get_mut(app) else { return };
        match fact.thing() {
            Some((Thing::Channel(channel), true))
                if !self.vacant.is_empty()
                    && self.vacant.remove(&(app.clone(), channel.clone())).is_some() => {}
            Some((Thing::Channel(channel), false)) if live.channels.contains_key(&channel) => {
                let until = now.after(followed.options.vacated_delay);
                self.vacant.entry((app.clone(), channel)).or_insert(until);
            }
            Some((thing, there)) if live.has(&thing) == there => {}
            Some((thing, there)) => {
                live.apply(&fact);
                self.push_thing(app, thing, there, fact, now);
            }
            None => self.push_other(app, fact, now),
        }
    }

    /// What is no coming or going may be left out.
    pub(crate) fn push_other(&mut self, app: &AppId, fact: Fact, now: Timestamp) {
        let full = self.is_full();
        let Some(live) = self.live.get_mut(app) else { return };
        if let Fact::SubscriptionCount { channel, .. } = &fact
            && !live.channels.contains_key(channel)
        {
            return;
        }
        if full {
            *self.dropped.entry(app.clone()).or_default() += 1;
            return;
        }
        live.apply(&fact);
        self.push(app, fact, now);
    }

    /// Comings and goings wait whatever the room: but a thing that comes and goes while there is none
    /// is left out altogether.
    pub(crate) fn push_thing(
        &mut self,
        app: &AppId,
        thing: Thing,
        there: bool,
        fact: Fact,
        now: Timestamp,
    ) {
        let key = (app.clone(), thing);
        if there {
            self.openings.insert(key, self.taken + self.len());
        } else if let Some(place) = self.openings.remove(&key)
            && self.is_full()
        {
            let opening = place.checked_sub(self.taken).and_then(|at| usize::try_from(at).ok());
            let opening = opening.and_then(|at| self.pending.get_mut(at));
            if let Some(opening) = opening.filter(|opening| opening.fact.is_some()) {
                self.bytes -= opening.bytes();
                opening.fact = None;
                *self.dropped.entry(key.0).or_default() += 2;
                self.close_ranks();
                return;
            }
        }
        self.push(app, fact, now);
    }

    /// Places of facts that were left out are let go where they are at an end.
    pub(crate) fn close_ranks(&mut self) {
        while self.pending.back().is_some_and(|pending| pending.fact.is_none()) {
            self.pending.pop_back();
        }
    }

    pub(crate) fn push(&mut self, app: &AppId, fact: Fact, ts: Timestamp) {
        let pending = Pending { app: app.clone(), ts, fact: Some(fact) };
        self.bytes += pending.bytes();
        self.pending.push_back(pending);
    }

    pub(crate) fn len(&self) -> u64 {
        u64::try_from(self.pending.len()).unwrap_or(u64::MAX)
    }

    pub(crate) fn is_full(&self) -> bool {
        self.pending.len() >= MOST_WAITING || self.bytes >= MOST_BYTES
    }

    pub(crate) fn vacate(&mut self, now: Timestamp) {
        let due: Vec<_> = self.vacant.extract_if(|_, until| *until <= now).collect();
        for ((app, channel), _) in due {
            let fact = Fact::ChannelVacated(channel.clone());
            if let Some(live) = self.live.get_mut(&app) {
                live.apply(&fact);
                self.push_thing(&app, Thing::Channel(channel), false, fact, now);
            }
        }
    }

    /// The oldest that wait, and whether that is all.
    pub(crate) fn share(&mut self) -> (Vec<Pending>, bool) {
        let (mut share, mut bytes) = (Vec::new(), 0);
        while bytes < BYTES_AT_ONCE
            && share.len() < AT_ONCE
            && let Some(pending) = self.pending.pop_front()
        {
            bytes += pending.bytes();
            self.taken += 1;
            let opening = pending.fact.as_ref().and_then(Fact::thing);
            if let Some((thing, true)) = opening {
                let key = (pending.app.clone(), thing);
                // A later opening of the same thing is another one.
                if self.openings.get(&key).is_some_and(|place| *place < self.taken) {
                    self.openings.remove(&key);
                }
            }
            share.push(pending);
        }
        self.bytes -= bytes;
        if self.pending.is_empty() {
            self.openings.clear();
        }
        (share, self.pending.is_empty())
    }

    /// Puts back what was not written, in front of what came meanwhile.
    pub(crate) fn put_back(&mut self, taken: Vec<Pending>) {
        for pending in taken.into_iter().rev() {
            self.bytes += pending.bytes();
            self.taken = self.taken.saturating_sub(1);
            self.pending.push_front(pending);
        }
    }

    pub(crate) fn reconcile(&mut self, on_disk: &HashMap<AppId, LiveSet>, now: Timestamp) {
        let stale = |pending: &Pending| pending.fact.as_ref().and_then(Fact::thing).is_none();
        self.pending.retain(stale);
        self.openings.clear();
        self.bytes = self.pending.iter().map(Pending::bytes).sum();
        let nothing = LiveSet::default();
        let facts = self.live.iter().flat_map(|(app, live)| {
            let known = on_disk.get(app).unwrap_or(&nothing);
            live::between(known, live).into_iter().map(move |fact| (app.clone(), fact))
        });
        for (app, fact) in facts.collect::<Vec<_>>() {
            self.push(&app, fact, now);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Arrival, ClientId, CloseReason, ConnectionId, Ended, EventOptions, FactKinds};

    const NOW: Timestamp = Timestamp::from_millis(5);

    fn followed() -> Followed {
        Followed { kinds: FactKinds::all(), options: EventOptions::default() }
    }

    fn app() -> AppId {
        AppId::parse("shop").unwrap()
    }

    fn client() -> ClientId {
        ClientId::parse("alice").unwrap()
    }

    fn opened(id: u128) -> Fact {
        let connection = ConnectionId::from_random(id);
        Fact::ConnectionOpened(Arrival { connection, client: client(), guest: false })
    }

    fn closed(id: u128) -> Fact {
        let reason = Ended::By(CloseReason::ClientLeft);
        Fact::ConnectionClosed {
            connection: ConnectionId::from_random(id),
            client: client(),
            reason,
        }
    }

    fn missed() -> Fact {
        Fact::CacheMissed(ChannelName::parse("cache-a").unwrap())
    }

    fn begun() -> Waiting {
        let mut waiting = Waiting::default();
        waiting.begin(&app(), NOW, NOW);
        waiting
    }

    fn note(waiting: &mut Waiting, fact: Fact) {
        waiting.note(&app(), fact, NOW, &followed());
    }

    fn facts(pending: &[Pending]) -> Vec<&Fact> {
        pending.iter().filter_map(|pending| pending.fact.as_ref()).collect()
    }

    /// Everything that waits, in shares.
    fn all(waiting: &mut Waiting) -> Vec<Pending> {
        let mut all = Vec::new();
        loop {
            let (share, last) = waiting.share();
            all.extend(share);
            if last {
                return all;
            }
        }
    }

    #[test]
    fn where_too_much_waits_only_what_is_there_is_told() {
        let mut waiting = begun();
        note(&mut waiting, opened(1));
        note(&mut waiting, opened(2));
        (0..MOST_WAITING).for_each(|_| note(&mut waiting, missed()));
        assert_eq!(waiting.dropped[&app()], 2, "two of them had no room");
        // Came before, and goes now: told of both is nobody.
        note(&mut waiting, closed(1));
        assert_eq!(waiting.dropped[&app()], 4);
        for id in 3..1000 {
            note(&mut waiting, opened(id));
            note(&mut waiting, closed(id));
        }
        note(&mut waiting, opened(1000));
        assert!(waiting.pending.len() <= MOST_WAITING + 1, "{}", waiting.pending.len());
        assert_eq!(waiting.dropped[&app()], 4 + 2 * 997);
        let told = all(&mut waiting);
        let told = facts(&told);
        assert_eq!((told[0], told[told.len() - 1]), (&opened(2), &opened(1000)));
        assert_eq!(told.len(), MOST_WAITING);
        assert_eq!((waiting.bytes, waiting.openings.len()), (0, 0));
        // What is on disk now goes with an event, however much waits.
        (0..MOST_WAITING).for_each(|_| note(&mut waiting, missed()));
        note(&mut waiting, closed(2));
        assert_eq!(facts(&all(&mut waiting)).last(), Some(&&closed(2)));
    }

    #[test]
    fn what_was_not_written_waits_in_front() {
        let mut waiting = begun();
        note(&mut waiting, opened(1));
        note(&mut waiting, opened(2));
        let (taken, last) = waiting.share();
        assert!(last);
        note(&mut waiting, closed(1));
        waiting.put_back(taken);
        note(&mut waiting, opened(3));
        let told = all(&mut waiting);
        assert_eq!(facts(&told), [&opened(1), &opened(2), &closed(1), &opened(3)]);
    }

    #[test]
    fn a_store_that_began_anew_is_given_what_is_there() {
        let mut waiting = begun();
        [opened(1), opened(2), missed()].into_iter().for_each(|fact| note(&mut waiting, fact));
        drop(waiting.share());
        note(&mut waiting, opened(3));
        let mut on_disk = LiveSet::default();
        on_disk.apply(&opened(2));
        on_disk.apply(&opened(7));
        waiting.reconcile(&HashMap::from([(app(), on_disk.clone())]), NOW);
        for fact in facts(&all(&mut waiting)) {
            on_disk.apply(fact);
        }
        assert_eq!(on_disk, waiting.live[&app()]);
        assert_eq!(on_disk.len(), 3);
    }

    #[test]
    fn members_of_a_start_before_are_those_of_now_for_no_longer_than_presence_tells() {
        let channel = ChannelName::parse("room").unwrap();
        let joined = Fact::MemberJoined { channel: channel.clone(), client: client(), info: None };
        let channel = domain::ChannelKey { app: app(), channel };
        let lease = Lease { channel, client: client(), info: None, joined: Default::default() };
        let mut live = LiveSet::default();
        live.apply(&joined);
        for is_followed_from_the_start in [true, false] {
            let before = Before { live: live.clone(), leases: vec![lease.clone()] };
            let mut waiting = Waiting { before: [(app(), before)].into(), ..Waiting::default() };
            if !is_followed_from_the_start {
                waiting.forget(&app());
            }
            waiting.begin(&app(), NOW, NOW);
            let left = facts(&all(&mut waiting)).len();
            assert_eq!(left == 0, is_followed_from_the_start);
        }
    }

    #[test]
    fn who_is_followed_no_longer_leaves_nothing() {
        let mut waiting = begun();
        note(&mut waiting, opened(1));
        waiting.forget(&app());
        note(&mut waiting, opened(2));
        assert_eq!(waiting.forgotten.len(), 1);
        assert_eq!(waiting.bytes, 0, "what is left out takes no room");
        assert!(facts(&all(&mut waiting)).is_empty());
    }
}
