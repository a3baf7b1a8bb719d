//! What is there, as it lies on disk, and what makes one live set of another.

use std::collections::HashMap;

use domain::{AppId, Ended, Fact, LiveSet};

use crate::{
    engine::{EngineError, View},
    logbook::read_live,
    space::{AppNumber, Space, app_key, split_app},
};

/// What is there of all apps, and how many rows are not what was written. Rows of an app without a
/// name wait to be erased: they are not there, and not damaged.
pub(crate) fn load(
    view: &View,
    names: &HashMap<AppNumber, AppId>,
) -> Result<(HashMap<AppId, LiveSet>, u64), EngineError> {
    let (mut all, mut damaged): (HashMap<AppId, LiveSet>, u64) = (HashMap::new(), 0);
    for row in view.all(Space::Live) {
        let (key, value) = row?;
        match (split_app(&key).map(|(number, _)| names.get(&number)), read_live(&key, &value)) {
            (Some(None), _) => {}
            (Some(Some(app)), Some(fact)) => add(all.entry(app.clone()).or_default(), &fact),
            _ => damaged += 1,
        }
    }
    Ok((all, damaged))
}

/// What is there of one app, up to so many things; nothing where there are more.
pub(crate) fn of_app(
    view: &View,
    app: AppNumber,
    most: usize,
) -> Result<Option<LiveSet>, EngineError> {
    let mut live = LiveSet::default();
    let mut seen = 0;
    let to = [&app_key(app)[..], &[u8::MAX]].concat();
    for row in view.range(Space::Live, &app_key(app), &to) {
        let (key, value) = row?;
        seen += 1;
        if seen > most {
            return Ok(None);
        }
        read_live(&key, &value).iter().for_each(|fact| add(&mut live, fact));
    }
    Ok(Some(live))
}

/// A channel's row may be the number of its subscribers.
fn add(live: &mut LiveSet, fact: &Fact) {
    if let Fact::SubscriptionCount { channel, .. } = fact {
        live.apply(&Fact::ChannelOccupied(channel.clone()));
    }
    live.apply(fact);
}

/// The facts that make `to` of `from`: what goes, then what comes.
pub(crate) fn between(from: &LiveSet, to: &LiveSet) -> Vec<Fact> {
    let mut facts = Vec::new();
    for (id, arrival) in from.connections.iter().filter(|(id, _)| !to.connections.contains_key(id))
    {
        let (connection, client) = (*id, arrival.client.clone());
        facts.push(Fact::ConnectionClosed { connection, client, reason: Ended::ServerLost });
    }
    for (channel, client) in from.members.keys().filter(|key| !to.members.contains_key(key)) {
        facts.push(Fact::MemberLeft { channel: channel.clone(), client: client.clone() });
    }
    for channel in from.channels.keys().filter(|channel| !to.channels.contains_key(*channel)) {
        facts.push(Fact::ChannelVacated(channel.clone()));
    }
    for (id, arrival) in &to.connections {
        if !from.connections.contains_key(id) {
            facts.push(Fact::ConnectionOpened(arrival.clone()));
        }
    }
    for (channel, count) in &to.channels {
        if !from.channels.contains_key(channel) {
            facts.push(Fact::ChannelOccupied(channel.clone()));
            let count =
                count.map(|count| Fact::SubscriptionCount { channel: channel.clone(), count });
            facts.extend(count);
        }
    }
    for ((channel, client), info) in &to.members {
        if !from.members.contains_key(&(channel.clone(), client.clone())) {
            let (channel, client, info) = (channel.clone(), client.clone(), info.clone());
            facts.push(Fact::MemberJoined { channel, client, info });
        }
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{Arrival, ChannelName, ClientId, ConnectionId};

    #[test]
    fn the_facts_between_two_sets_make_one_of_the_other() {
        let channel = |name| ChannelName::parse(name).unwrap();
        let client = |name| ClientId::parse(name).unwrap();
        let arrival = |id| {
            let connection = ConnectionId::from_random(id);
            Fact::ConnectionOpened(Arrival { connection, client: client("a"), guest: false })
        };
        let joined =
            |name| Fact::MemberJoined { channel: channel("x"), client: client(name), info: None };
        let of = |facts: &[Fact]| {
            let mut live = LiveSet::default();
            facts.iter().for_each(|fact| live.apply(fact));
            live
        };
        let count = Fact::SubscriptionCount { channel: channel("y"), count: 2 };
        let one = [arrival(1), Fact::ChannelOccupied(channel("x")), joined("a"), joined("b")];
        let other = [arrival(2), Fact::ChannelOccupied(channel("y")), count, joined("b")];
        let (one, other) = (of(&one), of(&other));
        for (from, to) in [(&one, &other), (&other, &one), (&one, &LiveSet::default())] {
            let mut live = from.clone();
            between(from, to).iter().for_each(|fact| live.apply(fact));
            assert_eq!(live, *to);
        }
        assert_eq!(between(&one, &one), []);
    }
}
