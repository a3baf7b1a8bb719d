//! A fact as bytes, made without allocating.

use application::ports::{Change, DomainEvent};
use domain::{
    AppId, ChannelName, CloseReason, ConnectionId, Denial, ErrorCode, GrantSource, Movement,
    TraceId, grants::DenialRule,
};

/// A record under way: its head, then its fields.
///
/// The head is: length (2 bytes), tag, flags, 4 bytes that are not used, the place of the record
/// before it in its chain, the time, the order, the hash of its subject (8 bytes each).
pub(crate) struct Record {
    bytes: [u8; Self::MOST],
    length: usize,
}

/// What a record is of.
pub(crate) mod tag {
    pub(crate) const AUTHENTICATED: u8 = 1;
    pub(crate) const AUTH_REFUSED: u8 = 2;
    pub(crate) const DENIED: u8 = 3;
    pub(crate) const REFUSED: u8 = 4;
    pub(crate) const FAILED: u8 = 5;
    pub(crate) const BACKEND_REFUSED: u8 = 6;
    pub(crate) const ORDERED: u8 = 7;
    pub(crate) const COMMAND: u8 = 8;
    pub(crate) const PUBLISHED: u8 = 9;
    pub(crate) const GAP: u8 = 10;
    pub(crate) const MEMBER: u8 = 11;
    pub(crate) const SUBSCRIPTION: u8 = 12;
    pub(crate) const CLOSED: u8 = 13;
}

impl Record {
    /// The most bytes of a record: names are bounded, and it has few of them.
    pub(crate) const MOST: usize = 1024;
    /// Bytes of its head.
    pub(crate) const HEAD: usize = 40;
    /// The tag of what is no record.
    pub(crate) const GAP: u8 = 0;

    pub(crate) fn new(tag: u8, subject: u64, at: u64, order: u64) -> Self {
        let mut record = Self { bytes: [0; Self::MOST], length: Self::HEAD };
        record.bytes[2] = tag;
        record.bytes[16..24].copy_from_slice(&at.to_le_bytes());
        record.bytes[24..32].copy_from_slice(&order.to_le_bytes());
        record.bytes[32..40].copy_from_slice(&subject.to_le_bytes());
        record
    }

    /// With its length and its chain: it is about to be written.
    pub(crate) fn complete(&mut self, length: u16, before: u64) {
        self.bytes[0..2].copy_from_slice(&length.to_le_bytes());
        self.bytes[8..16].copy_from_slice(&before.to_le_bytes());
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    pub(crate) fn subject(&self) -> u64 {
        word(&self.bytes, 32)
    }

    /// The place of the record before this one in its chain.
    pub(crate) fn before(record: &[u8]) -> u64 {
        word(record, 8)
    }

    pub(crate) fn time(record: &[u8]) -> u64 {
        word(record, 16)
    }

    pub(crate) fn order(record: &[u8]) -> u64 {
        word(record, 24)
    }

    pub(crate) fn subject_of(record: &[u8]) -> u64 {
        word(record, 32)
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        // No field is that long: names have bounds.
        if let Some(room) = self.bytes.get_mut(self.length..end) {
            room.copy_from_slice(bytes);
            self.length = end;
        }
    }

    fn byte(&mut self, byte: u8) {
        self.put(&[byte]);
    }

    fn number(&mut self, number: u64) {
        self.put(&number.to_le_bytes());
    }

    /// At most 255 bytes of it.
    pub(crate) fn text(&mut self, text: &str) {
        let length = u8::try_from(text.len()).unwrap_or(u8::MAX);
        self.byte(length);
        self.put(&text.as_bytes()[..usize::from(length)]);
    }

    fn channel(&mut self, channel: Option<&ChannelName>) {
        self.text(channel.map_or("", |channel| channel.as_str()));
    }

    fn connection(&mut self, connection: Option<ConnectionId>) {
        self.byte(u8::from(connection.is_some()));
        if let Some(connection) = connection {
            self.put(&connection.bits().to_le_bytes());
        }
    }

    /// What every record begins with.
    fn of(
        &mut self,
        app: Option<&AppId>,
        connection: Option<ConnectionId>,
        trace: Option<&TraceId>,
    ) {
        self.text(app.map_or("", |app| app.as_str()));
        self.connection(connection);
        self.text(trace.map_or("", |trace| trace.as_str()));
    }

    /// The fields of what happened.
    pub(crate) fn write(&mut self, event: &DomainEvent<'_>) {
        match event {
            DomainEvent::Opened { .. }
            | DomainEvent::Limited { .. }
            | DomainEvent::UsageNotRecorded { .. }
            | DomainEvent::AppChanged { .. }
            | DomainEvent::Webhook { .. }
            | DomainEvent::OverCapacity { .. } => {}
            DomainEvent::Authenticated { connection, app, client, refreshed, trace } => {
                self.of(Some(app), Some(*connection), *trace);
                self.byte(u8::from(*refreshed));
                self.text(client.as_str());
            }
            DomainEvent::AuthRefused { connection, app, code, trace, .. } => {
                self.of(*app, Some(*connection), *trace);
                self.byte(number_of(*code));
            }
            DomainEvent::Denied { connection, app, client, channel, denial, trace, .. } => {
                self.of(Some(app), Some(*connection), *trace);
                self.denial(denial);
                self.text(client.as_str());
                self.channel(Some(channel));
            }
            DomainEvent::Refused { connection, app, kind, channel, code, trace } => {
                self.of(*app, Some(*connection), *trace);
                self.byte(*kind as u8);
                self.byte(number_of(*code));
                self.channel(*channel);
            }
            DomainEvent::Failed { connection, app, what, trace, .. } => {
                self.of(*app, Some(*connection), *trace);
                self.text(what);
            }
            DomainEvent::Command { connection, app, kind, bytes, channel, trace } => {
                self.of(*app, Some(*connection), *trace);
                self.byte(*kind as u8);
                self.number(wide(*bytes));
                self.channel(*channel);
            }
            DomainEvent::Subscription { connection, app, channel, change, trace } => {
                self.of(Some(app), Some(*connection), *trace);
                self.change(*change);
                self.channel(Some(channel));
            }
            DomainEvent::Closed { connection, app, client, reason, .. } => {
                self.of(*app, Some(*connection), None);
                self.byte(number_of_reason(*reason));
                self.text(client.map_or("", |client| client.as_str()));
            }
            DomainEvent::BackendFailed { .. }
            | DomainEvent::BackendRefused { .. }
            | DomainEvent::Ordered { .. } => self.write_of_backend(event),
            DomainEvent::Published { .. } | DomainEvent::Gap { .. } | DomainEvent::Presence(_) => {
                self.write_of_channel(event);
            }
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the other ones are in `write`")]
    fn write_of_backend(&mut self, event: &DomainEvent<'_>) {
        match event {
            DomainEvent::BackendFailed { app, what, trace, .. } => {
                self.of(Some(app), None, *trace);
                self.text(what);
            }
            DomainEvent::BackendRefused { app, what, channel, code, trace } => {
                self.of(Some(app), None, *trace);
                self.byte(number_of(*code));
                self.text(what);
                self.channel(*channel);
            }
            DomainEvent::Ordered { connection, app, order, channel, trace } => {
                self.of(Some(app), Some(*connection), *trace);
                self.byte(*order as u8);
                self.channel(*channel);
            }
            _ => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the other ones are in `write`")]
    fn write_of_channel(&mut self, event: &DomainEvent<'_>) {
        match event {
            DomainEvent::Published {
                connection,
                channel,
                receipt,
                hidden_from,
                subscribers,
                bytes,
                trace,
            } => {
                self.of(Some(&channel.app), *connection, *trace);
                self.byte(u8::from(receipt.repeated));
                self.number(receipt.ts.as_millis());
                self.number(wide(*subscribers));
                self.number(wide(*bytes));
                self.connection(*hidden_from);
                self.byte(u8::from(receipt.position.is_some()));
                if let Some(position) = receipt.position {
                    self.number(position.epoch.bits());
                    self.number(position.offset.0);
                }
                self.text(receipt.id.as_str());
                self.channel(Some(&channel.channel));
            }
            DomainEvent::Gap { channel } => {
                self.of(Some(&channel.app), None, None);
                self.channel(Some(&channel.channel));
            }
            DomainEvent::Presence(change) => {
                self.of(Some(&change.channel.app), None, None);
                self.byte(u8::from(change.movement == Movement::Joined));
                self.text(change.client.as_str());
                self.channel(Some(&change.channel.channel));
            }
            _ => {}
        }
    }

    fn denial(&mut self, denial: &Denial) {
        self.byte(denial.action as u8);
        self.byte(match denial.source {
            GrantSource::Token => 0,
            GrantSource::AppDefault => 1,
            GrantSource::Guest => 2,
            GrantSource::Signature => 3,
            GrantSource::Watch => 4,
        });
        let (rule, pattern) = match &denial.rule {
            DenialRule::NoPattern => (0, ""),
            DenialRule::ActionMissing { pattern } => (1, pattern.as_str()),
            DenialRule::Reserved => (2, ""),
            DenialRule::MadeByToken => (3, ""),
            DenialRule::MadeByServer => (4, ""),
        };
        self.byte(rule);
        self.text(pattern);
    }

    fn change(&mut self, change: Change) {
        match change {
            Change::Made(by) => {
                self.byte(0);
                self.byte(by as u8);
            }
            Change::Ended(by) => {
                self.byte(1);
                self.byte(by as u8);
            }
            Change::Placed(start) => {
                self.byte(2);
                self.number(start.position.epoch.bits());
                self.number(start.position.offset.0);
                // No message has the place 0.
                self.number(start.first.map_or(0, |first| first.0));
            }
        }
    }
}

/// Eight bytes of a head.
fn word(bytes: &[u8], at: usize) -> u64 {
    let word = bytes.get(at..at + 8).and_then(|bytes| bytes.try_into().ok());
    word.map_or(0, u64::from_le_bytes)
}

fn wide(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// Its place in [`ErrorCode::ALL`].
fn number_of(code: ErrorCode) -> u8 {
    let place = ErrorCode::ALL.iter().position(|known| *known == code);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

/// Its place among [`reasons`].
fn number_of_reason(reason: CloseReason) -> u8 {
    let place = reasons().position(|known| known == reason);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

/// Reasons to be told, and the two that nobody is told.
pub(crate) fn reasons() -> impl Iterator<Item = CloseReason> {
    CloseReason::TOLD.into_iter().chain([CloseReason::ClientLeft, CloseReason::PeerLost])
}
