//! The keyspaces of the store, and what a key looks like in each.
//!
//! Keys of an app begin with its number, which is never given again: what an app leaves behind can
//! be deleted as one range, and a later app of the same name has nothing to do with it. Numbers are
//! big-endian, so that keys sort as their numbers do.

use domain::{Hour, Thing};

/// A keyspace. All of them are written in one atomic batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Space {
    /// What the store knows of itself: its identity and its counters.
    Meta,
    /// App number to app name.
    Apps,
    /// App number and channel name to the stream's place.
    Streams,
    /// App number, stream number and offset to a message.
    Messages,
    /// App number and the hash of a key's scope to what was sent under it.
    Keys,
    /// App number and stream number to messages that nobody reads any more.
    Garbage,
    /// App number, channel name and client to the lease of a member.
    Leases,
    /// App number and sequence to an event; the app number alone to what is known of its log.
    Events,
    /// App number and a connection, channel or member that is there to the fact that it came.
    Live,
    /// App number and endpoint to how far it has been told.
    Deliveries,
    /// App number, endpoint and number to a request that it did not take.
    Dead,
    /// App number and hour to what was used.
    Usage,
    /// App name to the document of an app that was made while the server ran.
    Documents,
}

impl Space {
    pub(crate) const ALL: [Self; 13] = [
        Self::Meta,
        Self::Apps,
        Self::Streams,
        Self::Messages,
        Self::Keys,
        Self::Garbage,
        Self::Leases,
        Self::Events,
        Self::Live,
        Self::Deliveries,
        Self::Dead,
        Self::Usage,
        Self::Documents,
    ];

    /// Those whose keys begin with an app's number.
    pub(crate) const PER_APP: [Self; 11] = [
        Self::Apps,
        Self::Streams,
        Self::Messages,
        Self::Keys,
        Self::Garbage,
        Self::Leases,
        Self::Events,
        Self::Live,
        Self::Deliveries,
        Self::Dead,
        Self::Usage,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Apps => "apps",
            Self::Streams => "streams",
            Self::Messages => "messages",
            Self::Keys => "keys",
            Self::Garbage => "garbage",
            Self::Leases => "leases",
            Self::Events => "events",
            Self::Live => "live",
            Self::Deliveries => "deliveries",
            Self::Dead => "dead",
            Self::Usage => "usage",
            Self::Documents => "documents",
        }
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }
}

/// The number that the store has given an app.
pub(crate) type AppNumber = u32;

/// The number that the store has given a stream: another one for each life of a channel's stream.
pub(crate) type StreamNumber = u64;

pub(crate) fn app_key(app: AppNumber) -> [u8; 4] {
    app.to_be_bytes()
}

pub(crate) fn stream_key(app: AppNumber, channel: &str) -> Vec<u8> {
    [&app.to_be_bytes(), channel.as_bytes()].concat()
}

pub(crate) fn message_key(app: AppNumber, stream: StreamNumber, offset: u64) -> [u8; 20] {
    let mut key = [0; 20];
    key[..4].copy_from_slice(&app.to_be_bytes());
    key[4..12].copy_from_slice(&stream.to_be_bytes());
    key[12..].copy_from_slice(&offset.to_be_bytes());
    key
}

pub(crate) fn garbage_key(app: AppNumber, stream: StreamNumber) -> [u8; 12] {
    let mut key = [0; 12];
    key[..4].copy_from_slice(&app.to_be_bytes());
    key[4..].copy_from_slice(&stream.to_be_bytes());
    key
}

pub(crate) fn event_key(app: AppNumber, sequence: u64) -> [u8; 12] {
    garbage_key(app, sequence)
}

/// No name has this byte.
const END_OF_NAME: u8 = 0;

pub(crate) fn live_key(app: AppNumber, thing: &Thing) -> Vec<u8> {
    let app = app.to_be_bytes();
    match thing {
        Thing::Connection(id) => [&app[..], b"c", &id.bits().to_be_bytes()].concat(),
        Thing::Channel(channel) => [&app[..], b"o", channel.as_str().as_bytes()].concat(),
        Thing::Member(channel, client) => {
            let (channel, client) = (channel.as_str().as_bytes(), client.as_str().as_bytes());
            [&app[..], b"m", channel, &[END_OF_NAME], client].concat()
        }
    }
}

pub(crate) fn delivery_key(app: AppNumber, endpoint: &str) -> Vec<u8> {
    [&app.to_be_bytes(), endpoint.as_bytes()].concat()
}

pub(crate) fn dead_key(app: AppNumber, endpoint: &str, number: u64) -> Vec<u8> {
    [&app.to_be_bytes(), endpoint.as_bytes(), &[END_OF_NAME], &number.to_be_bytes()].concat()
}

pub(crate) fn usage_key(app: AppNumber, hour: Hour) -> [u8; 8] {
    let mut key = [0; 8];
    key[..4].copy_from_slice(&app.to_be_bytes());
    key[4..].copy_from_slice(&hour.number().to_be_bytes());
    key
}

/// The app's number and the rest of a key that begins with one.
pub(crate) fn split_app(key: &[u8]) -> Option<(AppNumber, &[u8])> {
    let (app, rest) = key.split_first_chunk()?;
    Some((AppNumber::from_be_bytes(*app), rest))
}
