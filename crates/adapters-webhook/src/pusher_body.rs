//! What is told, in the words of the Pusher protocol's webhooks.

use application::ports::{Content, Missed, Parcel};
use domain::{ChannelName, ClientEvent, Event, Fact, Timestamp};
use json_writer::Object;
use protocol_pusher::SocketId;

use crate::body::reason;

/// `{"time_ms":...,"events":[...]}`: the time is that of the last event, so that the same events
/// make the same body.
pub(crate) fn write(parcel: &Parcel<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut object = Object::begin(&mut out);
    match parcel.content {
        Content::Events(events) => {
            time(&mut object, events.last().map(|event| event.ts));
            event_json::list(object.key("events"), events, event);
        }
        Content::Missed(missed) => {
            time(&mut object, Some(missed.at));
            event_json::list(object.key("events"), [missed], |out, missed| gap(out, &missed));
        }
        Content::Test(at) => {
            time(&mut object, Some(at));
            event_json::list(object.key("events"), ["webhook_test"], |out, name| {
                named(out, name, |_| ());
            });
        }
    }
    object.end();
    out
}

fn time(object: &mut Object<'_>, at: Option<Timestamp>) {
    object.number("time_ms", at.map_or(0, Timestamp::as_millis));
}

fn named(out: &mut Vec<u8>, name: &str, fill: impl FnOnce(&mut Object<'_>)) {
    let mut object = Object::begin(out);
    object.text("name", name);
    fill(&mut object);
    object.end();
}

fn of_channel(
    out: &mut Vec<u8>,
    name: &str,
    channel: &ChannelName,
    fill: impl FnOnce(&mut Object<'_>),
) {
    named(out, name, |object| {
        object.text("channel", channel.as_str());
        fill(object);
    });
}

/// Kinds that the protocol has no words for are not asked for (`WebhookFormat::tells`); one that
/// came all the same has its own name.
fn event(out: &mut Vec<u8>, event: &Event) {
    match &event.fact {
        Fact::ChannelOccupied(channel) => of_channel(out, "channel_occupied", channel, |_| ()),
        Fact::ChannelVacated(channel) => of_channel(out, "channel_vacated", channel, |_| ()),
        Fact::CacheMissed(channel) => of_channel(out, "cache_miss", channel, |_| ()),
        Fact::MemberJoined { channel, client, .. } => {
            of_channel(out, "member_added", channel, |to| to.text("user_id", client.as_str()));
        }
        Fact::MemberLeft { channel, client } => {
            of_channel(out, "member_removed", channel, |to| to.text("user_id", client.as_str()));
        }
        Fact::SubscriptionCount { channel, count } => {
            of_channel(out, "subscription_count", channel, |to| {
                to.number("subscription_count", *count);
            });
        }
        Fact::ClientEvent(event) => {
            of_channel(out, "client_event", &event.channel, |to| client_event(to, event));
        }
        Fact::EventsDropped { count } => {
            named(out, "events_dropped", |to| to.number("count", *count));
        }
        Fact::ConnectionOpened(_)
        | Fact::ConnectionClosed { .. }
        | Fact::MessagePublished(_)
        | Fact::QuotaReached { .. }
        | Fact::TokenRevoked(_) => named(out, event.fact.kind().name(), |_| ()),
    }
}

fn client_event(to: &mut Object<'_>, event: &ClientEvent) {
    to.text("event", event.name.as_str());
    to.text("data", event.data.text());
    to.shown("socket_id", &SocketId::of(event.connection));
    event.client.iter().for_each(|client| to.text("user_id", client.as_str()));
}

fn gap(out: &mut Vec<u8>, missed: &Missed) {
    named(out, "events_dropped", |to| to.text("reason", reason(missed.why)));
}

#[cfg(test)]
mod tests {
    use domain::{
        AppId, ClientId, ConnectionId, Epoch, MessageName, Payload, Sequence, WebhookName,
    };

    use super::*;

    fn written(facts: Vec<Fact>) -> String {
        let (app, endpoint) = (AppId::parse("shop").unwrap(), WebhookName::parse("crm").unwrap());
        let event = |(fact, at): (Fact, u64)| Event {
            sequence: Sequence(at),
            ts: Timestamp::from_millis(at),
            fact,
        };
        let events: Vec<_> = facts.into_iter().zip(1..).map(event).collect();
        let (epoch, content) = (Epoch::from_random(10), Content::Events(&events));
        let parcel = Parcel { app: &app, endpoint: &endpoint, number: 3, epoch, content };
        String::from_utf8(write(&parcel)).unwrap()
    }

    #[test]
    fn events_have_the_names_of_the_protocol() {
        let channel = ChannelName::parse("presence-a").unwrap();
        let client = ClientId::parse("alice").unwrap();
        let joined =
            Fact::MemberJoined { channel: channel.clone(), client: client.clone(), info: None };
        let of_client = Fact::ClientEvent(Box::new(ClientEvent {
            channel: channel.clone(),
            name: MessageName::parse_pusher("client-typing").unwrap(),
            data: Payload::parse(r#"{"on": true}"#, 100).unwrap(),
            connection: ConnectionId::from_random((12 << 64) | 34),
            client: Some(client.clone()),
        }));
        let facts = vec![
            Fact::ChannelOccupied(channel.clone()),
            joined,
            of_client,
            Fact::MemberLeft { channel: channel.clone(), client },
            Fact::SubscriptionCount { channel: channel.clone(), count: 2 },
            Fact::CacheMissed(channel.clone()),
            Fact::ChannelVacated(channel),
        ];
        let wanted = concat!(
            r#"{"time_ms":7,"events":["#,
            r#"{"name":"channel_occupied","channel":"presence-a"},"#,
            r#"{"name":"member_added","channel":"presence-a","user_id":"alice"},"#,
            r#"{"name":"client_event","channel":"presence-a","event":"client-typing","#,
            r#""data":"{\"on\":true}","socket_id":"12.34","user_id":"alice"},"#,
            r#"{"name":"member_removed","channel":"presence-a","user_id":"alice"},"#,
            r#"{"name":"subscription_count","channel":"presence-a","subscription_count":2},"#,
            r#"{"name":"cache_miss","channel":"presence-a"},"#,
            r#"{"name":"channel_vacated","channel":"presence-a"}]}"#
        );
        assert_eq!(written(facts), wanted);
    }
}
