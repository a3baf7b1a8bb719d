//! A fact out of its bytes.

use application::ports::{Change, Ender, FlightFact, Kind, Maker, OrderKind, Sent, Start, What};
use domain::{
    Action, AppId, ChannelName, ClientId, ConnectionId, Denial, Epoch, ErrorCode, GrantPattern,
    GrantSource, MessageId, Offset, Position, Timestamp, TraceId, grants::DenialRule,
};

use crate::record::{Record, reasons, tag};

/// The fields of a record, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, bytes: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(bytes)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    fn flag(&mut self) -> Option<bool> {
        self.byte().map(|byte| byte == 1)
    }

    fn number(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_le_bytes)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.byte()?;
        self.take(usize::from(length))
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(usize::from(self.byte()?)).copied()
    }

    fn channel(&mut self) -> Option<ChannelName> {
        ChannelName::parse(self.text()?).ok()
    }

    /// Nothing where none was written.
    fn channel_if_any(&mut self) -> Option<Option<ChannelName>> {
        self.text().map(|text| ChannelName::parse(text).ok())
    }

    fn client(&mut self) -> Option<ClientId> {
        ClientId::parse(self.text()?).ok()
    }

    fn connection(&mut self) -> Option<Option<ConnectionId>> {
        if !self.flag()? {
            return Some(None);
        }
        let bits = self.take(16)?.try_into().ok().map(u128::from_le_bytes)?;
        Some(Some(ConnectionId::from_random(bits)))
    }

    fn position(&mut self) -> Option<Position> {
        let (epoch, offset) = (self.number()?, self.number()?);
        Some(Position { epoch: Epoch::from_random(epoch), offset: Offset(offset) })
    }
}

/// The app of a record, as it is written: to pass others over before they are read.
pub(crate) fn app_of(record: &[u8]) -> &[u8] {
    let mut fields = Fields(record.get(Record::HEAD..).unwrap_or_default());
    fields.bytes().unwrap_or_default()
}

/// The whole fact.
pub(crate) fn fact(record: &[u8]) -> Option<FlightFact> {
    let mut fields = Fields(record.get(Record::HEAD..)?);
    let app = fields.text()?;
    let connection = fields.connection()?;
    let trace = fields.text()?;
    Some(FlightFact {
        at: Timestamp::from_millis(Record::time(record)),
        order: Record::order(record),
        app: AppId::parse(app).ok(),
        connection,
        trace: TraceId::parse(trace),
        what: what(*record.get(2)?, &mut fields)?,
    })
}

fn what(kind: u8, fields: &mut Fields<'_>) -> Option<What> {
    Some(match kind {
        tag::AUTHENTICATED => {
            let refreshed = fields.flag()?;
            What::Authenticated { client: fields.client()?, refreshed }
        }
        tag::AUTH_REFUSED => What::AuthRefused { code: fields.one_of(&ErrorCode::ALL)? },
        tag::DENIED => {
            let denial = denial(fields)?;
            What::Denied { denial, client: fields.client()?, channel: fields.channel()? }
        }
        tag::REFUSED => {
            let (kind, code) = (fields.one_of(&Kind::ALL)?, fields.one_of(&ErrorCode::ALL)?);
            What::Refused { kind, code, channel: fields.channel_if_any()? }
        }
        tag::FAILED => What::Failed { what: fields.text()?.into() },
        tag::BACKEND_REFUSED => {
            let (code, what) = (fields.one_of(&ErrorCode::ALL)?, fields.text()?.into());
            What::BackendRefused { code, what, channel: fields.channel_if_any()? }
        }
        tag::ORDERED => {
            let order = fields.one_of(&OrderKind::ALL)?;
            What::Ordered { order, channel: fields.channel_if_any()? }
        }
        tag::COMMAND => {
            let (kind, bytes) = (fields.one_of(&Kind::ALL)?, fields.number()?);
            What::Command { kind, bytes, channel: fields.channel_if_any()? }
        }
        tag::PUBLISHED => What::Published(sent(fields)?),
        tag::GAP => What::Gap { channel: fields.channel()? },
        tag::MEMBER => {
            let (joined, client) = (fields.flag()?, fields.client()?);
            What::Member { joined, client, channel: fields.channel()? }
        }
        tag::SUBSCRIPTION => {
            let change = change(fields)?;
            What::Subscription { change, channel: fields.channel()? }
        }
        tag::CLOSED => {
            let reason = reasons().nth(usize::from(fields.byte()?))?;
            What::Closed { reason, client: fields.client()? }
        }
        _ => return None,
    })
}

fn denial(fields: &mut Fields<'_>) -> Option<Denial> {
    let sources = [
        GrantSource::Token,
        GrantSource::AppDefault,
        GrantSource::Guest,
        GrantSource::Signature,
        GrantSource::Watch,
    ];
    let (action, source) = (fields.one_of(&Action::ALL)?, fields.one_of(&sources)?);
    let (rule, pattern) = (fields.byte()?, fields.text()?);
    let rule = match rule {
        0 => DenialRule::NoPattern,
        1 => DenialRule::ActionMissing { pattern: GrantPattern::parse(pattern).ok()? },
        2 => DenialRule::Reserved,
        3 => DenialRule::MadeByToken,
        _ => DenialRule::MadeByServer,
    };
    Some(Denial { action, source, rule })
}

fn change(fields: &mut Fields<'_>) -> Option<Change> {
    Some(match fields.byte()? {
        0 => Change::Made(fields.one_of(&Maker::ALL)?),
        1 => Change::Ended(fields.one_of(&Ender::ALL)?),
        _ => {
            let (position, first) = (fields.position()?, fields.number()?);
            Change::Placed(Start { position, first: (first > 0).then_some(Offset(first)) })
        }
    })
}

fn sent(fields: &mut Fields<'_>) -> Option<Sent> {
    let repeated = fields.flag()?;
    let (stamped, subscribers, bytes) = (fields.number()?, fields.number()?, fields.number()?);
    let hidden_from = fields.connection()?;
    let position = if fields.flag()? { Some(fields.position()?) } else { None };
    let id = MessageId::new(fields.text()?);
    let channel = fields.channel()?;
    let stamped = Timestamp::from_millis(stamped);
    Some(Sent { channel, id, stamped, position, hidden_from, subscribers, bytes, repeated })
}
