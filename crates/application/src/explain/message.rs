//! Why a client did, or did not, get a message.

#![expect(clippy::wildcard_enum_match_arm, reason = "a look for certain facts among all of them")]

use std::time::Duration;

use domain::{Action, ChannelKey, ChannelName, ClientId, CloseReason, ConnectionId, Timestamp};

use super::{
    Explain, Explanation, Fate, Fated, Verdict, Which,
    answer::refusal,
    standing::{Moment, Standing},
};
use crate::ports::{Depth, FlightFact, FlightFacts, Kind, Sent, Subject, What};

/// So far from the time that was asked for a message may be.
const WINDOW: Duration = Duration::from_secs(5);

/// A connection of a client, as far as it is remembered.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) id: ConnectionId,
    /// When it came in, and the place of that fact; of one that is open now perhaps only when it was
    /// opened.
    came: Option<(Timestamp, u64)>,
    left: Option<(Timestamp, u64, CloseReason)>,
    /// What it subscribes to now, if it is open.
    channels: Option<Vec<ChannelName>>,
}

impl Known {
    fn new(id: ConnectionId) -> Self {
        Self { id, came: None, left: None, channels: None }
    }

    fn is_there(&self, message: &FlightFact) -> bool {
        let came = self.came.is_some_and(|(at, order)| match order {
            0 => at <= message.at,
            _ => order < message.order,
        });
        came && self.left.is_none_or(|(_, order, _)| order > message.order)
    }
}

impl Explain<'_> {
    /// Connections of a client that are looked at, the latest first.
    pub(super) const CONNECTIONS: usize = 16;

    pub(super) fn message(&self, client: &ClientId, which: &Which) -> Explanation {
        let (found, near) = self.find(which);
        let Some((message, sent)) = found.facts.iter().find_map(published) else {
            let refused = refusal(&near);
            let verdict = refused.map_or(Verdict::NoSuchMessage, |fact| {
                Verdict::NotPublished(Box::new(fact.clone()))
            });
            return Explanation { verdict, facts: near, since: found.since };
        };
        let key = ChannelKey { app: self.app.clone(), channel: sent.channel.clone() };
        let told = self.log.facts(Subject::Channel(&key), Depth::Decisions, usize::MAX);
        let is_gap = |fact: &FlightFact| matches!(fact.what, What::Gap { .. });
        let gaps: Vec<FlightFact> = told.facts.into_iter().filter(is_gap).collect();
        let moment = Moment { message, sent, gaps: &gaps };
        let (known, since) = self.connections_of(client);
        let mut answer = Gathered { fates: Vec::new(), facts: vec![message.clone()], since };
        for connection in known.iter().take(Self::CONNECTIONS) {
            self.judge(connection, &moment, &mut answer);
        }
        let there = answer.fates.iter().any(|fated| fated.connection.is_some());
        if !there {
            answer.fates.push(absence(&known, message, since));
        }
        answer.facts.sort_unstable_by_key(|fact| std::cmp::Reverse(fact.order));
        answer.facts.truncate(Self::MOST);
        let Gathered { fates, facts, since } = answer;
        let verdict = Verdict::Published { message: Box::new(message.clone()), fates };
        Explanation { verdict, facts, since }
    }

    /// One connection: only those that were there then, and those that were given it later.
    fn judge(&self, known: &Known, moment: &Moment<'_>, answer: &mut Gathered) {
        let of = Subject::Connection(known.id);
        let FlightFacts { facts, since } = self.log.facts(of, Depth::Decisions, usize::MAX);
        let channel = &moment.sent.channel;
        let subscribed_now = known.channels.as_ref().is_some_and(|all| all.contains(channel));
        let standing = Standing { connection: known.id, facts: &facts, since, subscribed_now };
        let fated = standing.fate(moment);
        if !known.is_there(moment.message) && !matches!(fated.fate, Fate::Recovered(_)) {
            return;
        }
        answer.fates.push(fated);
        answer.since = answer.since.max(since);
        let concerns = |fact: &FlightFact| {
            fact.app.as_ref() == Some(self.app)
                && fact.what.channel().is_none_or(|about| about == channel)
        };
        answer.facts.extend(facts.into_iter().filter(concerns));
    }

    /// The message's publication, and what else happened near it.
    fn find(&self, which: &Which) -> (FlightFacts, Vec<FlightFact>) {
        let of_channel = |channel: &ChannelName| {
            let key = ChannelKey { app: self.app.clone(), channel: channel.clone() };
            self.log.facts(Subject::Channel(&key), Depth::Everything, usize::MAX)
        };
        match which {
            Which::Id(id) => {
                let facts =
                    self.log.facts(Subject::Message(self.app, id), Depth::Everything, Self::MOST);
                (facts, Vec::new())
            }
            Which::Latest(channel) => {
                let FlightFacts { facts, since } = of_channel(channel);
                let near = facts.iter().filter(|fact| is_send_refused(fact)).take(Self::MOST);
                let near = near.cloned().collect();
                let sent = facts.into_iter().filter(|fact| published(fact).is_some());
                (FlightFacts { facts: sent.take(1).collect(), since }, near)
            }
            Which::Place(channel, offset) => {
                let FlightFacts { mut facts, since } = of_channel(channel);
                facts.retain(|fact| {
                    let sent = published(fact).map(|(_, sent)| sent);
                    sent.and_then(|it| it.position).is_some_and(|it| it.offset == *offset)
                });
                (FlightFacts { facts, since }, Vec::new())
            }
            Which::Time(channel, at) => {
                let FlightFacts { mut facts, since } = of_channel(channel);
                let off = |time: Timestamp| time.since(*at).max(at.since(time));
                facts.retain(|fact| off(fact.at) <= WINDOW);
                let near = facts.iter().filter(|fact| is_send_refused(fact)).cloned().collect();
                facts.retain(|fact| published(fact).is_some());
                facts.sort_by_key(|fact| published(fact).map(|(_, sent)| off(sent.stamped)));
                (FlightFacts { facts, since }, near)
            }
        }
    }

    /// The connections of a client, the latest first, and since when none is missing.
    pub(super) fn connections_of(&self, client: &ClientId) -> (Vec<Known>, Timestamp) {
        let of = Subject::Client(self.app, client);
        let FlightFacts { facts, since } = self.log.facts(of, Depth::Decisions, usize::MAX);
        let mut known: Vec<Known> = Vec::new();
        for open in (self.open)(client) {
            let entry = entry(&mut known, open.id);
            entry.came = Some((open.opened, 0));
            entry.channels = Some(open.channels);
        }
        for fact in &facts {
            let Some(connection) = fact.connection else { continue };
            let entry = entry(&mut known, connection);
            match &fact.what {
                What::Authenticated { refreshed: false, .. } => {
                    entry.came = Some((fact.at, fact.order));
                }
                What::Closed { reason, .. } => entry.left = Some((fact.at, fact.order, *reason)),
                // It was there before.
                _ => entry.came = entry.came.or(Some((Timestamp::from_millis(0), 0))),
            }
        }
        for gone in known.iter_mut().filter(|known| known.came.is_none()) {
            // Its coming in is forgotten, its end is not.
            gone.came = Some((Timestamp::from_millis(0), 0));
        }
        known.sort_by_key(|known| std::cmp::Reverse(known.came.map(|(at, _)| at)));
        (known, since)
    }
}

fn entry(known: &mut Vec<Known>, id: ConnectionId) -> &mut Known {
    let place = known.iter().position(|known| known.id == id).unwrap_or_else(|| {
        known.push(Known::new(id));
        known.len() - 1
    });
    &mut known[place]
}

/// An answer under way.
struct Gathered {
    fates: Vec<Fated>,
    facts: Vec<FlightFact>,
    since: Timestamp,
}

/// There was no connection, or it is not known whether there was.
fn absence(known: &[Known], message: &FlightFact, since: Timestamp) -> Fated {
    let before = known.iter().filter_map(|known| known.left);
    let left = before.filter(|(_, order, _)| *order < message.order).max_by_key(|left| left.1);
    let after = known.iter().filter_map(|known| known.came);
    let returned = after.map(|(at, _)| at).filter(|at| *at > message.at).min();
    let fate = match since <= message.at {
        true => Fate::Offline { left: left.map(|(at, _, reason)| (at, reason)), returned },
        false => Fate::Forgotten,
    };
    Fated { connection: None, fate, certain: true }
}

fn published(fact: &FlightFact) -> Option<(&FlightFact, &Sent)> {
    match &fact.what {
        What::Published(sent) if !sent.repeated => Some((fact, sent)),
        _ => None,
    }
}

/// What backends ask to have something published, as it is noted where it is refused. All else that
/// they are refused, pages of history say, kept no message from anybody.
const PUBLISHING: [&str; 3] = ["publish", "publishMany", "events"];

fn is_send_refused(fact: &FlightFact) -> bool {
    match &fact.what {
        What::Denied { denial, .. } => denial.action == Action::Send,
        What::Refused { kind, .. } => *kind == Kind::Send,
        What::BackendRefused { what, .. } => PUBLISHING.contains(&&**what),
        _ => false,
    }
}
