//! How a connection stood to a channel when a message came.

#![expect(clippy::wildcard_enum_match_arm, reason = "a look for certain facts among all of them")]

use std::time::Duration;

use domain::{Action, ChannelName, ConnectionId, Timestamp};

use super::answer::{Fate, Fated, Missing};
use crate::ports::{Change, Ender, FlightFact, Kind, Sent, Start, What};

/// A message and the channel's gaps.
pub(super) struct Moment<'a> {
    pub(super) message: &'a FlightFact,
    pub(super) sent: &'a Sent,
    /// Gaps of the channel, the latest first.
    pub(super) gaps: &'a [FlightFact],
}

/// A connection, as it is remembered.
pub(super) struct Standing<'a> {
    pub(super) connection: ConnectionId,
    /// Its decisions, the latest first.
    pub(super) facts: &'a [FlightFact],
    /// Since when none of them is missing.
    pub(super) since: Timestamp,
    /// Whether it is subscribed at this moment.
    pub(super) subscribed_now: bool,
}

/// So near to each other the order of two facts is not sure.
const NEAR: Duration = Duration::from_millis(50);

impl Standing<'_> {
    /// What became of the message here.
    pub(super) fn fate(&self, moment: &Moment<'_>) -> Fated {
        let (fate, certain) = self.judge(moment);
        Fated { connection: Some(self.connection), fate, certain }
    }

    fn judge(&self, moment: &Moment<'_>) -> (Fate, bool) {
        let channel = &moment.sent.channel;
        if let Some(at) = self.recovered(moment) {
            return (Fate::Recovered(at), true);
        }
        let (before, after) = self.around(moment);
        let made =
            |fact: &&&FlightFact| change(fact, channel).is_some_and(|c| c.made() == Some(true));
        let ended =
            |fact: &&&FlightFact| change(fact, channel).is_some_and(|c| c.made() == Some(false));
        let last = before.iter().find(|fact| made(fact) || ended(fact));
        let next = after.iter().find(|fact| made(fact) || ended(fact));
        let reaches = self.since <= moment.message.at;
        let near =
            |fact: Option<&&FlightFact>| fact.is_some_and(|it| is_near(it.at, moment.message.at));
        let certain = !near(last) && !near(next);
        let subscribed = match (last, next) {
            (Some(last), _) => made(&last),
            (None, _) if !reaches => return (Fate::Forgotten, true),
            (None, Some(next)) => ended(&next),
            (None, None) => self.subscribed_now,
        };
        if !subscribed {
            return (Fate::NotSubscribed(missing(&before, &after, channel)), certain);
        }
        if let Some(gap) = self.lost_by_gap(last.copied(), moment) {
            return (Fate::NotSubscribed(Missing::Ended(gap.at, Ender::Gap)), certain);
        }
        if let Some((at, true)) = self.is_behind(&before, &after, moment) {
            return (Fate::NotSubscribed(Missing::Later(at)), true);
        }
        let placed = self.is_behind(&before, &after, moment).is_some();
        if moment.sent.hidden_from == Some(self.connection) {
            let own = moment.message.connection == Some(self.connection);
            return (Fate::Hidden { own }, true);
        }
        (Fate::Handed { closed: self.closed() }, certain || placed)
    }

    /// Its facts before the message, the latest first, and those after it, the earliest first.
    fn around(&self, moment: &Moment<'_>) -> (Vec<&FlightFact>, Vec<&FlightFact>) {
        let order = moment.message.order;
        let (mut after, before): (Vec<_>, Vec<_>) =
            self.facts.iter().partition(|fact| fact.order > order);
        after.reverse();
        (before, after)
    }

    /// When it was given the message with the reply to a subscription.
    fn recovered(&self, moment: &Moment<'_>) -> Option<Timestamp> {
        let (place, sent) = (moment.sent.position?, moment.sent);
        if sent.hidden_from == Some(self.connection) {
            return None;
        }
        let has = |start: Start| {
            start.position.epoch == place.epoch
                && start.first.is_some_and(|first| first <= place.offset)
                && place.offset <= start.position.offset
        };
        let given = self.facts.iter().find(|fact| placed(fact, &sent.channel).is_some_and(has));
        given.map(|fact| fact.at)
    }

    /// Whether the message was before the place from which on the subscription of that moment was
    /// pushed to, and when that was; nothing where no place is known.
    fn is_behind(
        &self,
        before: &[&FlightFact],
        after: &[&FlightFact],
        moment: &Moment<'_>,
    ) -> Option<(Timestamp, bool)> {
        let (channel, place) = (&moment.sent.channel, moment.sent.position?);
        // The subscription's own: behind the last one that was made, before the next one.
        let own_before = before
            .iter()
            .take_while(|fact| !matches!(change(fact, channel), Some(Change::Made(_))))
            .find(|fact| placed(fact, channel).is_some());
        let own_after = after
            .iter()
            .take_while(|fact| change(fact, channel).is_none_or(|c| c.made().is_none()))
            .find(|fact| placed(fact, channel).is_some());
        let fact = own_before.or(own_after)?;
        let start = placed(fact, channel).filter(|it| it.position.epoch == place.epoch)?;
        Some((fact.at, place.offset <= start.position.offset))
    }

    /// A gap that ended the subscription, which the session itself had not seen yet.
    fn lost_by_gap<'a>(
        &self,
        made: Option<&FlightFact>,
        moment: &Moment<'a>,
    ) -> Option<&'a FlightFact> {
        let since = made.map_or(0, |fact| fact.order);
        let before = moment.message.order;
        moment.gaps.iter().find(|gap| gap.order > since && gap.order < before && made.is_some())
    }

    fn closed(&self) -> Option<(Timestamp, domain::CloseReason)> {
        self.facts.iter().find_map(|fact| match fact.what {
            What::Closed { reason, .. } => Some((fact.at, reason)),
            _ => None,
        })
    }
}

/// Why there was no subscription.
fn missing(before: &[&FlightFact], after: &[&FlightFact], channel: &ChannelName) -> Missing {
    let why = |fact: &&FlightFact| match &fact.what {
        What::Subscription { change: Change::Ended(by), channel: at } if at == channel => {
            Some(Missing::Ended(fact.at, *by))
        }
        What::Denied { denial, channel: at, .. } if at == channel => {
            (denial.action != Action::Send).then(|| Missing::Denied(fact.at, denial.clone()))
        }
        What::Refused { kind: Kind::Subscribe, channel: Some(at), code, .. } if at == channel => {
            // What was denied is said with its rule, by the fact before.
            (*code != domain::ErrorCode::PermissionDenied)
                .then_some(Missing::Refused(fact.at, *code))
        }
        _ => None,
    };
    let later = |fact: &&FlightFact| matches!(change(fact, channel), Some(Change::Made(_)));
    let later = || after.iter().find(|fact| later(fact)).map(|fact| Missing::Later(fact.at));
    before.iter().find_map(why).or_else(later).unwrap_or(Missing::NeverAsked)
}

fn change(fact: &FlightFact, channel: &ChannelName) -> Option<Change> {
    match &fact.what {
        What::Subscription { channel: at, change } if at == channel => Some(*change),
        _ => None,
    }
}

fn placed(fact: &FlightFact, channel: &ChannelName) -> Option<Start> {
    match change(fact, channel) {
        Some(Change::Placed(start)) => Some(start),
        _ => None,
    }
}

fn is_near(one: Timestamp, other: Timestamp) -> bool {
    one.since(other).max(other.since(one)) <= NEAR
}
