//! A fact as it lies on disk, in the log and among what is live.

use std::sync::Arc;

use domain::{
    Arrival, ChannelName, ClientEvent, ClientId, ConnectionId, Ended, Fact, FactKind, Message,
    MessageId, MessageName, Offset, Payload, Published, Revoked, Sender, Timestamp,
};

use crate::encoding::{Reader, Writer};

pub(crate) fn write(to: &mut Writer, fact: &Fact) {
    to.u8(fact.kind() as u8);
    match fact {
        Fact::ConnectionOpened(Arrival { connection, client, guest }) => {
            to.u128(connection.bits());
            to.text(client.as_str());
            to.u8(u8::from(*guest));
        }
        Fact::ConnectionClosed { connection, client, reason } => {
            to.u128(connection.bits());
            to.text(client.as_str());
            to.text(reason.name());
        }
        Fact::ChannelOccupied(channel)
        | Fact::ChannelVacated(channel)
        | Fact::CacheMissed(channel) => to.text(channel.as_str()),
        Fact::MemberJoined { channel, client, info } => {
            to.text(channel.as_str());
            to.text(client.as_str());
            maybe(to, info.as_deref(), payload);
        }
        Fact::MemberLeft { channel, client } => {
            to.text(channel.as_str());
            to.text(client.as_str());
        }
        Fact::SubscriptionCount { channel, count } => {
            to.text(channel.as_str());
            to.u32(*count);
        }
        Fact::MessagePublished(published) => message(to, published),
        Fact::ClientEvent(event) => {
            to.text(event.channel.as_str());
            to.text(event.name.as_str());
            payload(to, &event.data);
            to.u128(event.connection.bits());
            maybe(to, event.client.as_ref(), |to, client| to.text(client.as_str()));
        }
        Fact::QuotaReached { quota, limit } => {
            to.text(quota);
            to.u64(*limit);
        }
        Fact::TokenRevoked(revoked) => write_revoked(to, revoked),
        Fact::EventsDropped { count } => to.u64(*count),
    }
}

fn maybe<T>(to: &mut Writer, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
    to.u8(u8::from(value.is_some()));
    if let Some(value) = value {
        write(to, value);
    }
}

fn payload(to: &mut Writer, payload: &Payload) {
    to.text(payload.as_str());
    maybe(to, payload.own_text(), Writer::text);
}

fn message(to: &mut Writer, published: &Published) {
    let Published { channel, message, with_data } = published;
    to.text(channel.as_str());
    to.text(message.id.as_str());
    to.u64(message.ts.as_millis());
    // 0 is no message's offset.
    to.u64(message.offset.map_or(0, |offset| offset.0));
    maybe(to, message.name.as_ref(), |to, name| to.text(name.as_str()));
    maybe(to, with_data.then_some(&message.data), payload);
    maybe(to, message.from.as_ref(), |to, from| {
        to.text(from.client.as_str());
        to.u128(from.connection.bits());
        maybe(to, from.info.as_deref(), payload);
    });
}

fn write_revoked(to: &mut Writer, revoked: &Revoked) {
    match revoked {
        Revoked::Token(id) => {
            to.u8(0);
            to.text(id);
        }
        Revoked::Client { client, before } => {
            to.u8(1);
            to.text(client.as_str());
            to.u64(before.as_millis());
        }
        Revoked::Everyone { before } => {
            to.u8(2);
            to.u64(before.as_millis());
        }
    }
}

/// The fact of these bytes. Nothing where they are not what was written.
pub(crate) fn read(from: &mut Reader<'_>) -> Option<Fact> {
    let kind = *FactKind::ALL.get(usize::from(from.u8()?))?;
    Some(match kind {
        FactKind::ConnectionOpened => {
            let (connection, client) = (connection(from)?, client(from)?);
            Fact::ConnectionOpened(Arrival { connection, client, guest: from.u8()? == 1 })
        }
        FactKind::ConnectionClosed => {
            let (connection, client) = (connection(from)?, client(from)?);
            Fact::ConnectionClosed { connection, client, reason: Ended::parse(from.text()?)? }
        }
        FactKind::ChannelOccupied => Fact::ChannelOccupied(channel(from)?),
        FactKind::ChannelVacated => Fact::ChannelVacated(channel(from)?),
        FactKind::CacheMissed => Fact::CacheMissed(channel(from)?),
        FactKind::MemberJoined => {
            let (channel, client) = (channel(from)?, client(from)?);
            let info = if from.u8()? == 1 { Some(Arc::new(read_payload(from)?)) } else { None };
            Fact::MemberJoined { channel, client, info }
        }
        FactKind::MemberLeft => Fact::MemberLeft { channel: channel(from)?, client: client(from)? },
        FactKind::SubscriptionCount => {
            Fact::SubscriptionCount { channel: channel(from)?, count: from.u32()? }
        }
        FactKind::MessagePublished => Fact::MessagePublished(Box::new(read_message(from)?)),
        FactKind::ClientEvent => {
            let (channel, name) = (channel(from)?, name(from)?);
            let (data, connection) = (read_payload(from)?, connection(from)?);
            let client = if from.u8()? == 1 { Some(client(from)?) } else { None };
            let event = ClientEvent { channel, name, data, connection, client };
            Fact::ClientEvent(Box::new(event))
        }
        FactKind::QuotaReached => {
            Fact::QuotaReached { quota: from.text()?.into(), limit: from.u64()? }
        }
        FactKind::TokenRevoked => Fact::TokenRevoked(read_revoked(from)?),
        FactKind::EventsDropped => Fact::EventsDropped { count: from.u64()? },
    })
}

fn channel(from: &mut Reader<'_>) -> Option<ChannelName> {
    ChannelName::parse(from.text()?).ok()
}

fn client(from: &mut Reader<'_>) -> Option<ClientId> {
    ClientId::parse(from.text()?).ok()
}

fn connection(from: &mut Reader<'_>) -> Option<ConnectionId> {
    Some(ConnectionId::from_random(from.u128()?))
}

/// Of all protocols: the widest of their rules.
fn name(from: &mut Reader<'_>) -> Option<MessageName> {
    MessageName::parse_pusher(from.text()?).ok()
}

fn read_payload(from: &mut Reader<'_>) -> Option<Payload> {
    let text = from.text()?;
    let payload = Payload::parse(text, text.len()).ok()?;
    Some(if from.u8()? == 1 { payload.with_text(Some(from.text()?)) } else { payload })
}

fn read_message(from: &mut Reader<'_>) -> Option<Published> {
    let channel = channel(from)?;
    let (id, ts) = (MessageId::new(from.text()?), Timestamp::from_millis(from.u64()?));
    let offset = Some(Offset(from.u64()?)).filter(|offset| offset.0 > 0);
    let name = if from.u8()? == 1 { Some(name(from)?) } else { None };
    let data = if from.u8()? == 1 { Some(read_payload(from)?) } else { None };
    let with_data = data.is_some();
    let data = data.unwrap_or_else(Payload::null);
    let mut sender = None;
    if from.u8()? == 1 {
        let (client, connection) = (client(from)?, connection(from)?);
        let info = if from.u8()? == 1 { Some(Arc::new(read_payload(from)?)) } else { None };
        sender = Some(Sender { client, connection, info });
    }
    let message = Message { id, ts, offset, name, data, from: sender };
    Some(Published { channel, message, with_data })
}

fn read_revoked(from: &mut Reader<'_>) -> Option<Revoked> {
    Some(match from.u8()? {
        0 => Revoked::Token(from.text()?.into()),
        1 => {
            let client = client(from)?;
            Revoked::Client { client, before: Timestamp::from_millis(from.u64()?) }
        }
        2 => Revoked::Everyone { before: Timestamp::from_millis(from.u64()?) },
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_comes_back_as_it_was() {
        let channel = || ChannelName::parse("room").unwrap();
        let client = || ClientId::parse("alice").unwrap();
        let connection = ConnectionId::from_random(7);
        let payload = |text: &str| Payload::parse(text, 100).unwrap();
        let info = Some(Arc::new(payload("{\"n\":1}")));
        let message = Message {
            id: MessageId::new("m1"),
            ts: Timestamp::from_millis(3),
            offset: Some(Offset(9)),
            name: MessageName::parse("typing").ok(),
            data: payload("[1]").with_text(Some("[ 1 ]")),
            from: Some(Sender { client: client(), connection, info: info.clone() }),
        };
        let bare = Message {
            offset: None,
            name: None,
            from: None,
            data: payload("null"),
            ..message.clone()
        };
        let published = |message, with_data| {
            Fact::MessagePublished(Box::new(Published { channel: channel(), message, with_data }))
        };
        let event = |client| {
            let (name, data) = (MessageName::parse_pusher("client-x").unwrap(), payload("{}"));
            Fact::ClientEvent(Box::new(ClientEvent {
                channel: channel(),
                name,
                data,
                connection,
                client,
            }))
        };
        let before = Timestamp::from_millis(5);
        let facts = [
            Fact::ConnectionOpened(Arrival { connection, client: client(), guest: true }),
            Fact::ConnectionClosed { connection, client: client(), reason: Ended::ServerLost },
            Fact::ChannelOccupied(channel()),
            Fact::ChannelVacated(channel()),
            Fact::MemberJoined { channel: channel(), client: client(), info },
            Fact::MemberJoined { channel: channel(), client: client(), info: None },
            Fact::MemberLeft { channel: channel(), client: client() },
            Fact::SubscriptionCount { channel: channel(), count: 4 },
            published(message, true),
            published(bare, false),
            event(None),
            event(Some(client())),
            Fact::CacheMissed(channel()),
            Fact::QuotaReached { quota: "messages".into(), limit: 8 },
            Fact::TokenRevoked(Revoked::Token("t1".into())),
            Fact::TokenRevoked(Revoked::Client { client: client(), before }),
            Fact::TokenRevoked(Revoked::Everyone { before }),
            Fact::EventsDropped { count: 9 },
        ];
        for fact in facts {
            let mut to = Writer::with_capacity(64);
            write(&mut to, &fact);
            let value = to.sealed(b"key");
            let mut from = Reader::unsealed(b"key", &value).unwrap();
            assert_eq!(read(&mut from), Some(fact));
            assert_eq!(from.u8(), None, "nothing is left");
        }
    }
}
