//! Channels: where each stands, and what its reader is told.

use std::{collections::BTreeMap, time::Duration};

use domain::{ChannelName, Moment, Offset, Position};

use super::members::Members;
use crate::{
    Attendance, ChannelEvent, Counters, Gap, GapCause, Recovery, Refusal,
    frame::{Joined, RawMessage},
};

/// Channels of one request: keeps a reply with replays small.
const BATCH: usize = 10;

/// What is asked of one channel.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    pub(crate) channel: ChannelName,
    /// The place to go on from.
    pub(crate) place: Option<Position>,
    pub(crate) attendance: Option<Attendance>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// To be asked for, not before this.
    Wanted(Moment),
    /// Asked for, unanswered.
    Asked,
    /// The server has the subscription.
    Live,
    /// The reader does not keep up; the server does not have it.
    Paused,
}

#[derive(Debug)]
struct Entry {
    phase: Phase,
    /// Everything up to here was told, or will never be.
    place: Option<Position>,
    /// Whether it was live before.
    known: bool,
    /// The token made the subscription of this connection.
    by_token: bool,
    /// The server does not want the place.
    unplaced: bool,
    /// Who is there, for a reader that wants to know.
    members: Option<Members>,
}

/// What a channel's reader is told, and whether that was the last.
pub(super) struct Told {
    pub(super) events: Vec<ChannelEvent>,
    pub(super) last: bool,
}

impl Told {
    const NOTHING: Self = Self { events: Vec::new(), last: false };

    pub(super) fn events(events: Vec<ChannelEvent>) -> Self {
        Self { events, last: false }
    }
}

/// The channels of a client.
#[derive(Debug, Default)]
pub(super) struct Roster {
    entries: BTreeMap<ChannelName, Entry>,
}

impl Roster {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn add(&mut self, wish: Wish, now: Moment) {
        let Wish { channel, place, attendance } = wish;
        let phase = Phase::Wanted(now);
        let (known, members) = (place.is_some(), attendance.map(Members::new));
        let entry = Entry { phase, place, known, by_token: false, unplaced: false, members };
        self.entries.insert(channel, entry);
    }

    /// Forgets a channel; whether the server has to be told.
    pub(super) fn remove(&mut self, channel: &ChannelName) -> bool {
        let entry = self.entries.remove(channel);
        entry.is_some_and(|entry| {
            matches!(entry.phase, Phase::Asked | Phase::Live) && !entry.by_token
        })
    }

    /// Forgets all.
    pub(super) fn drain(&mut self) -> Vec<ChannelName> {
        std::mem::take(&mut self.entries).into_keys().collect()
    }

    /// The connection is gone.
    pub(super) fn reset(&mut self, now: Moment) {
        for entry in self.entries.values_mut() {
            entry.members.iter_mut().for_each(Members::reset);
            match entry.phase {
                Phase::Asked | Phase::Live => entry.phase = Phase::Wanted(now),
                Phase::Wanted(_) | Phase::Paused => {}
            }
        }
    }

    /// The places of channels that the token made, for the next `auth`.
    pub(super) fn places_by_token(&self) -> Vec<(ChannelName, Position)> {
        let made = self.entries.iter().filter(|(_, entry)| entry.by_token);
        made.filter_map(|(channel, entry)| Some((channel.clone(), entry.place?))).collect()
    }

    /// What to ask for now.
    pub(super) fn batch(&mut self, now: Moment) -> Vec<Wish> {
        let due = |entry: &Entry| matches!(entry.phase, Phase::Wanted(at) if at <= now);
        let mut wishes = Vec::new();
        for (channel, entry) in self.entries.iter_mut().filter(|(_, entry)| due(entry)).take(BATCH)
        {
            entry.phase = Phase::Asked;
            // A second subscription to what the token made gives the present place: the `subscribed`
            // push, which had the position with `auth`, continues.
            let placed = !std::mem::take(&mut entry.by_token) && !entry.unplaced;
            wishes.push(Wish {
                channel: channel.clone(),
                place: entry.place.filter(|_| placed),
                attendance: entry.members.as_ref().map(|members| members.attendance),
            });
        }
        wishes
    }

    /// When the next one is to be asked for.
    pub(super) fn wake(&self) -> Option<Moment> {
        let wanted = self.entries.values().filter_map(|entry| match entry.phase {
            Phase::Wanted(at) => Some(at),
            Phase::Asked | Phase::Live | Phase::Paused => None,
        });
        wanted.min()
    }

    /// The server has the subscription that was asked for with this wish.
    pub(super) fn joined(
        &mut self,
        wish: &Wish,
        mut joined: Joined,
        counters: &mut Counters,
    ) -> Told {
        match self.entries.get_mut(&wish.channel) {
            Some(entry) if entry.phase == Phase::Asked => {
                let roster = joined.roster();
                let mut events = entry.join(wish.place, joined, counters);
                if let (Some(members), Some(roster)) = (&mut entry.members, roster) {
                    events.extend(members.listed(roster));
                }
                Told::events(events)
            }
            _ => Told::NOTHING,
        }
    }

    /// The token made the subscription.
    pub(super) fn made(
        &mut self,
        channel: &ChannelName,
        joined: Joined,
        counters: &mut Counters,
    ) -> Told {
        let Some(entry) = self.entries.get_mut(channel) else { return Told::NOTHING };
        let live = entry.phase == Phase::Live;
        entry.by_token = true;
        if live || entry.phase == Phase::Paused {
            return Told::NOTHING;
        }
        // Its position went with `auth`.
        let place = entry.place.filter(|_| joined.recovered.is_some());
        Told::events(entry.join(place, joined, counters))
    }

    /// The server refused a wish; it is asked again after the delay where that can help.
    pub(super) fn refused(
        &mut self,
        wish: &Wish,
        refusal: Refusal,
        now: Moment,
        delay: Duration,
    ) -> Told {
        let Some(entry) = self.entries.get_mut(&wish.channel) else { return Told::NOTHING };
        if entry.phase != Phase::Asked {
            return Told::NOTHING;
        }
        if refusal.may_pass() {
            entry.phase = Phase::Wanted(now.after(refusal.retry_after.unwrap_or(delay)));
            return Told::NOTHING;
        }
        let placeless = ["not_enabled", "permission_denied", "epoch_changed", "invalid_params"];
        // No history any more, or no right to it: reading on may still be allowed.
        if wish.place.is_some() && placeless.contains(&refusal.reason.as_str()) {
            entry.unplaced = true;
            entry.phase = Phase::Wanted(now);
            return Told::NOTHING;
        }
        self.entries.remove(&wish.channel);
        let reason = refusal.reason.clone();
        let refusal = Some(refusal);
        let event = ChannelEvent::Unsubscribed { reason, resubscribes: false, refusal };
        Told { events: vec![event], last: true }
    }

    /// The server ended a subscription.
    pub(super) fn ended(
        &mut self,
        channel: &ChannelName,
        reason: String,
        again: Option<Moment>,
    ) -> Told {
        let Some(entry) = self.entries.get_mut(channel) else { return Told::NOTHING };
        if entry.phase == Phase::Paused {
            return Told::NOTHING;
        }
        entry.by_token = false;
        entry.members.iter_mut().for_each(Members::reset);
        if let Some(again) = again {
            entry.phase = Phase::Wanted(again);
        } else {
            self.entries.remove(channel);
        }
        let resubscribes = again.is_some();
        let event = ChannelEvent::Unsubscribed { reason, resubscribes, refusal: None };
        Told { events: vec![event], last: !resubscribes }
    }

    /// A message came as a push.
    pub(super) fn message(
        &mut self,
        channel: &ChannelName,
        raw: RawMessage,
        counters: &mut Counters,
    ) -> Told {
        match self.entries.get_mut(channel) {
            Some(entry) if entry.phase == Phase::Live => {
                Told::events(entry.take(raw, true, counters))
            }
            _ => Told::NOTHING,
        }
    }

    /// Everything up to the offset that did not come was hidden on purpose.
    pub(super) fn moved(&mut self, channel: &ChannelName, offset: u64) {
        let Some(entry) = self.entries.get_mut(channel) else { return };
        if entry.phase != Phase::Live {
            return;
        }
        if let Some(place) = &mut entry.place {
            place.offset = place.offset.max(Offset(offset));
        }
    }

    /// Who is in a live channel, for a reader that wants to know.
    pub(super) fn members(&mut self, channel: &ChannelName) -> Option<&mut Members> {
        let entry = self.entries.get_mut(channel).filter(|entry| entry.phase == Phase::Live);
        entry?.members.as_mut()
    }

    /// The reader does not keep up; whether the server has to be told.
    pub(super) fn pause(&mut self, channel: &ChannelName) -> bool {
        let Some(entry) = self.entries.get_mut(channel) else { return false };
        let told = matches!(entry.phase, Phase::Asked | Phase::Live) && !entry.by_token;
        entry.phase = Phase::Paused;
        entry.members.iter_mut().for_each(Members::reset);
        told
    }

    /// The reader has caught up.
    pub(super) fn resume(&mut self, channel: &ChannelName, now: Moment) {
        if let Some(entry) = self.entries.get_mut(channel)
            && entry.phase == Phase::Paused
        {
            entry.phase = Phase::Wanted(now);
            // What came in between was not kept, and can't be had again on this connection.
            entry.by_token = false;
        }
    }
}

impl Entry {
    /// `asked` is the place that the subscription should continue from.
    fn join(
        &mut self,
        asked: Option<Position>,
        joined: Joined,
        counters: &mut Counters,
    ) -> Vec<ChannelEvent> {
        let to = joined.position();
        let from = std::mem::replace(&mut self.place, to);
        self.phase = Phase::Live;
        self.unplaced = false;
        let known = std::mem::replace(&mut self.known, true);
        let continues = match (asked, to) {
            (Some(asked), Some(to)) => joined.recovered == Some(true) && asked.epoch == to.epoch,
            _ => false,
        };
        if continues {
            counters.recovered += 1;
            return self.replay(asked, joined, to, counters);
        }
        let mut events = Vec::new();
        if known {
            counters.not_recovered += u64::from(to.is_some());
            let had_history = from.is_some() && to.is_some();
            let cause = if had_history { GapCause::NotRecovered } else { GapCause::NoHistory };
            events.push(ChannelEvent::Gap(Gap { cause, from, to }));
        }
        let recovery = if known { Recovery::Broken } else { Recovery::Fresh };
        events.push(ChannelEvent::Subscribed { position: to, recovery });
        events
    }

    fn replay(
        &mut self,
        from: Option<Position>,
        joined: Joined,
        to: Option<Position>,
        counters: &mut Counters,
    ) -> Vec<ChannelEvent> {
        self.place = from;
        let recovery = Recovery::Complete;
        let mut events = vec![ChannelEvent::Subscribed { position: from, recovery }];
        for raw in joined.messages {
            // A hole inside is what was hidden on purpose.
            events.extend(self.take(raw, false, counters));
        }
        self.place = to;
        events
    }

    /// A message, unless it came already.
    fn take(
        &mut self,
        raw: RawMessage,
        contiguous: bool,
        counters: &mut Counters,
    ) -> Vec<ChannelEvent> {
        let (Some(place), Some(offset)) = (self.place, raw.offset) else {
            return vec![ChannelEvent::Message(raw.at(None))];
        };
        let offset = Offset(offset);
        if offset <= place.offset {
            counters.repeats += 1;
            return Vec::new();
        }
        let position = Position { epoch: place.epoch, offset };
        self.place = Some(position);
        let mut events = Vec::new();
        if contiguous && offset.0 > place.offset.0 + 1 {
            let gap = Gap { cause: GapCause::Jump, from: Some(place), to: Some(position) };
            events.push(ChannelEvent::Gap(gap));
        }
        events.push(ChannelEvent::Message(raw.at(Some(position))));
        events
    }
}
