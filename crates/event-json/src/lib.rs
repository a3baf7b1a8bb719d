//! Events as JSON: the same words over the server API and in webhooks (`docs/webhooks.md`).

use domain::{Arrival, ClientEvent, Event, Fact, LiveSet, Payload, Published, Revoked, Sender};
use json_writer::Object;

/// Writes one event as an object.
pub fn event(out: &mut Vec<u8>, event: &Event) {
    let mut object = Object::begin(out);
    object.number("sequence", event.sequence.0);
    object.text("type", event.fact.kind().name());
    object.number("ts", event.ts.as_millis());
    fact(&mut object, &event.fact);
    object.end();
}

fn fact(to: &mut Object<'_>, fact: &Fact) {
    if let Some(channel) = fact.channel() {
        to.text("channel", channel.as_str());
    }
    match fact {
        Fact::ConnectionOpened(arrived) => arrival(to, arrived),
        Fact::ConnectionClosed { connection, client, reason } => {
            to.shown("connection", connection);
            to.text("client", client.as_str());
            to.text("reason", reason.name());
        }
        Fact::ChannelOccupied(_) | Fact::ChannelVacated(_) | Fact::CacheMissed(_) => {}
        Fact::MemberJoined { client, info, .. } => {
            to.text("client", client.as_str());
            maybe_raw(to, "info", info.as_deref());
        }
        Fact::MemberLeft { client, .. } => to.text("client", client.as_str()),
        Fact::SubscriptionCount { count, .. } => to.number("count", *count),
        Fact::MessagePublished(published) => message(to, published),
        Fact::ClientEvent(event) => client_event(to, event),
        Fact::QuotaReached { quota, limit } => {
            to.text("quota", quota);
            to.number("limit", *limit);
        }
        Fact::TokenRevoked(revoked) => revocation(to, revoked),
        Fact::EventsDropped { count } => to.number("count", *count),
    }
}

fn arrival(to: &mut Object<'_>, arrival: &Arrival) {
    to.shown("connection", &arrival.connection);
    to.text("client", arrival.client.as_str());
    to.flag("guest", arrival.guest);
}

fn maybe_raw(to: &mut Object<'_>, key: &str, payload: Option<&Payload>) {
    payload.into_iter().for_each(|payload| to.raw(key, payload.as_str()));
}

fn message(to: &mut Object<'_>, Published { message, with_data, .. }: &Published) {
    to.object("message", |to| {
        to.text("id", message.id.as_str());
        to.number("ts", message.ts.as_millis());
        message.offset.into_iter().for_each(|offset| to.number("offset", offset.0));
        message.name.iter().for_each(|name| to.text("name", name.as_str()));
        maybe_raw(to, "data", with_data.then_some(&message.data));
        message.from.iter().for_each(|from| to.object("from", |to| sender(to, from)));
    });
}

fn sender(to: &mut Object<'_>, from: &Sender) {
    to.text("client", from.client.as_str());
    to.shown("connection", &from.connection);
    maybe_raw(to, "info", from.info.as_deref());
}

fn client_event(to: &mut Object<'_>, event: &ClientEvent) {
    to.text("name", event.name.as_str());
    to.raw("data", event.data.as_str());
    to.shown("connection", &event.connection);
    event.client.iter().for_each(|client| to.text("client", client.as_str()));
}

fn revocation(to: &mut Object<'_>, revoked: &Revoked) {
    match revoked {
        Revoked::Token(id) => to.text("token", id),
        Revoked::Client { client, before } => {
            to.text("client", client.as_str());
            to.number("issued_before", before.as_millis());
        }
        Revoked::Everyone { before } => to.number("issued_before", before.as_millis()),
    }
}

/// Writes what is there as three lists into an object.
pub fn live(to: &mut Object<'_>, live: &LiveSet) {
    list(to.key("connections"), live.connections.values(), |out, arrived| {
        let mut object = Object::begin(out);
        arrival(&mut object, arrived);
        object.end();
    });
    list(to.key("channels"), &live.channels, |out, (channel, count)| {
        let mut object = Object::begin(out);
        object.text("channel", channel.as_str());
        count.iter().for_each(|count| object.number("subscribers", *count));
        object.end();
    });
    list(to.key("members"), &live.members, |out, ((channel, client), info)| {
        let mut object = Object::begin(out);
        object.text("channel", channel.as_str());
        object.text("client", client.as_str());
        maybe_raw(&mut object, "info", info.as_deref());
        object.end();
    });
}

/// Writes a list.
pub fn list<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut write: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(out, item);
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{
        ChannelName, ClientId, ConnectionId, Ended, Message, MessageId, MessageName, Offset,
        Sequence, Timestamp,
    };

    fn shown(fact: Fact) -> String {
        let mut out = Vec::new();
        event(&mut out, &Event { sequence: Sequence(7), ts: Timestamp::from_millis(9), fact });
        let text = String::from_utf8(out).unwrap();
        let _: serde_json::Value = serde_json::from_str(&text).unwrap();
        text
    }

    #[test]
    fn events_are_flat_objects() {
        let (channel, client) =
            (ChannelName::parse("room").unwrap(), ClientId::parse("a").unwrap());
        let connection = ConnectionId::from_random(1);
        let data = Payload::parse(r#"{"n":1}"#, 100).unwrap();
        let closed = Fact::ConnectionClosed {
            connection,
            client: client.clone(),
            reason: Ended::ServerLost,
        };
        let message = Message {
            id: MessageId::new("m1"),
            ts: Timestamp::from_millis(8),
            offset: Some(Offset(3)),
            name: MessageName::parse("x").ok(),
            data: data.clone(),
            from: Some(Sender { client: client.clone(), connection, info: None }),
        };
        let published = |with_data| {
            let (channel, message) = (channel.clone(), message.clone());
            Fact::MessagePublished(Box::new(Published { channel, message, with_data }))
        };
        let id = "00000000000000000000000000000001";
        for (fact, expected) in [
            (
                closed,
                format!(
                    r#""type":"connection.closed","ts":9,"connection":"{id}","client":"a","reason":"server_lost""#
                ),
            ),
            (
                Fact::ChannelOccupied(channel.clone()),
                r#""type":"channel.occupied","ts":9,"channel":"room""#.into(),
            ),
            (
                published(true),
                format!(
                    r#""type":"message.published","ts":9,"channel":"room","message":{{"id":"m1","ts":8,"offset":3,"name":"x","data":{{"n":1}},"from":{{"client":"a","connection":"{id}"}}}}"#
                ),
            ),
            (
                published(false),
                format!(
                    r#""type":"message.published","ts":9,"channel":"room","message":{{"id":"m1","ts":8,"offset":3,"name":"x","from":{{"client":"a","connection":"{id}"}}}}"#
                ),
            ),
            (
                Fact::EventsDropped { count: 4 },
                r#""type":"events.dropped","ts":9,"count":4"#.into(),
            ),
        ] {
            assert_eq!(shown(fact), format!(r#"{{"sequence":7,{expected}}}"#));
        }
    }

    #[test]
    fn what_is_there_is_three_lists() {
        let mut there = LiveSet::default();
        there.apply(&Fact::ChannelOccupied(ChannelName::parse("room").unwrap()));
        let mut out = Vec::new();
        let mut object = Object::begin(&mut out);
        live(&mut object, &there);
        object.end();
        let expected = r#"{"connections":[],"channels":[{"channel":"room"}],"members":[]}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}
