//! Who is in a channel, as its reader was told.

use std::collections::{BTreeMap, BTreeSet};

use domain::PresenceVersion;
use serde_json::value::RawValue;

use crate::{
    Attendance, ChannelEvent, ListedMember, MemberChange, MemberList,
    frame::{MemberMoved, RawRoster},
};

/// Who is in a channel, as its reader was told.
#[derive(Debug)]
pub(super) struct Members {
    /// The part that the client takes.
    pub(super) attendance: Attendance,
    /// The members that the reader was told of; nothing where it was given no list yet.
    told: Option<BTreeMap<String, Option<Box<RawValue>>>>,
    /// The version up to which that is right. Nothing where the list is not followed: there is no
    /// subscription, a change is missing, or there are too many members.
    version: Option<PresenceVersion>,
    /// Another list is on its way.
    asked: bool,
}

/// What becomes of a change.
pub(super) enum Followed {
    /// The reader is told.
    Told(ChannelEvent),
    /// The server is to be asked for another list.
    Lost,
    /// Nothing.
    Known,
}

impl Members {
    pub(super) const fn new(attendance: Attendance) -> Self {
        Self { attendance, told: None, version: None, asked: false }
    }

    /// The subscription is gone: what changes is not told any more.
    pub(super) const fn reset(&mut self) {
        self.version = None;
        self.asked = false;
    }

    /// A list came. What a reader was told before becomes right by changes, so that it needs to know
    /// nothing of connections.
    pub(super) fn listed(&mut self, roster: RawRoster) -> Vec<ChannelEvent> {
        self.asked = false;
        let RawRoster { members, count, version } = roster;
        let Some(members) = members else { return vec![self.counted(count, version)] };
        self.version = Some(version);
        let listed = members.iter().map(|member| (member.client.clone(), member.info.clone()));
        let Some(before) = self.told.replace(listed.collect()) else {
            return vec![ChannelEvent::Members(MemberList { members, version })];
        };
        let there: BTreeSet<&str> = members.iter().map(|member| member.client.as_str()).collect();
        let gone = before.iter().filter(|(client, _)| !there.contains(client.as_str()));
        let left = gone.map(|(client, info)| {
            let (client, info) = (client.clone(), info.clone());
            ChannelEvent::Left(MemberChange { client, info, version })
        });
        let new = members.iter().filter(|member| !before.contains_key(&member.client));
        let joined = new.map(|member| {
            let ListedMember { client, info, .. } = member.clone();
            ChannelEvent::Joined(MemberChange { client, info, version })
        });
        left.chain(joined).collect()
    }

    /// There are too many to be listed.
    pub(super) const fn counted(&mut self, count: u32, version: PresenceVersion) -> ChannelEvent {
        self.version = None;
        ChannelEvent::Counted { count, version }
    }

    /// A member came or left.
    pub(super) fn moved(&mut self, moved: MemberMoved, joined: bool) -> Followed {
        if self.asked {
            // The list that comes has it, or what follows the list.
            return Followed::Known;
        }
        let change = moved.change();
        let (Some(version), Some(told)) = (self.version, &mut self.told) else {
            return self.lose();
        };
        if change.version <= version {
            return Followed::Known;
        }
        if change.version > version.next() {
            return self.lose();
        }
        self.version = Some(change.version);
        if joined {
            told.insert(change.client.clone(), change.info.clone());
            return Followed::Told(ChannelEvent::Joined(change));
        }
        told.remove(&change.client);
        Followed::Told(ChannelEvent::Left(change))
    }

    fn lose(&mut self) -> Followed {
        self.version = None;
        self.asked = true;
        Followed::Lost
    }

    /// The question for another list failed; the next change asks again.
    pub(super) const fn unanswered(&mut self) {
        self.asked = false;
    }
}
