//! A member's lease, and a server's start, as they lie on disk.

use std::sync::Arc;

use application::ports::Lease;
use domain::{AppId, ChannelKey, ChannelName, ClientId, Payload, PresenceVersion, Timestamp};

use crate::{
    encoding::{Reader, Writer},
    space::{AppNumber, split_app},
};

/// No name has this byte.
const END_OF_CHANNEL: u8 = 0;

/// What is kept of a member under its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptMember {
    pub(crate) info: Option<Arc<Payload>>,
    pub(crate) joined: PresenceVersion,
}

impl KeptMember {
    pub(crate) fn encode(&self, key: &[u8]) -> Vec<u8> {
        let info = self.info.as_ref().map_or("", |info| info.as_str());
        let mut to = Writer::with_capacity(info.len() + 12);
        to.u64(self.joined.0);
        // No JSON is empty.
        to.text(info);
        to.sealed(key)
    }
}

pub(crate) fn lease_key(app: AppNumber, channel: &ChannelName, client: &ClientId) -> Vec<u8> {
    let (channel, client) = (channel.as_str().as_bytes(), client.as_str().as_bytes());
    [&app.to_be_bytes(), channel, &[END_OF_CHANNEL], client].concat()
}

/// The lease of these bytes. Nothing where they are not what was written, or nobody knows the app.
pub(crate) fn decode<'a>(
    key: &[u8],
    value: &[u8],
    app: impl FnOnce(AppNumber) -> Option<&'a AppId>,
) -> Option<Lease> {
    let mut from = Reader::unsealed(key, value)?;
    let (number, names) = split_app(key)?;
    let end = names.iter().position(|byte| *byte == END_OF_CHANNEL)?;
    let channel = ChannelName::parse(std::str::from_utf8(&names[..end]).ok()?).ok()?;
    let client = ClientId::parse(std::str::from_utf8(&names[end + 1..]).ok()?).ok()?;
    let joined = PresenceVersion(from.u64()?);
    let info = match from.text()? {
        "" => None,
        text => Some(Arc::new(Payload::parse(text, text.len()).ok()?)),
    };
    Some(Lease { channel: ChannelKey { app: app(number)?.clone(), channel }, client, info, joined })
}

/// A server's start. One row, of the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Start {
    /// From 1.
    pub(crate) number: u64,
    /// When it last wrote a lease.
    pub(crate) alive: Timestamp,
}

impl Start {
    pub(crate) const KEY: &'static [u8] = b"start";

    pub(crate) fn encode(self) -> Vec<u8> {
        let mut to = Writer::with_capacity(16);
        to.u64(self.number);
        to.u64(self.alive.as_millis());
        to.sealed(Self::KEY)
    }

    pub(crate) fn decode(value: &[u8]) -> Option<Self> {
        let mut from = Reader::unsealed(Self::KEY, value)?;
        Some(Self { number: from.u64()?, alive: Timestamp::from_millis(from.u64()?) })
    }

    /// No start before this one gave a greater version: each has 2^32 of its own. A client that
    /// reads numbers as floating point takes two million starts to notice.
    pub(crate) fn floor(self) -> PresenceVersion {
        PresenceVersion(self.number.saturating_sub(1).saturating_mul(1 << 32))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_comes_back_as_it_was() {
        let app = AppId::parse("shop").unwrap();
        let channel = ChannelKey { app: app.clone(), channel: ChannelName::parse("room").unwrap() };
        let client = ClientId::parse("alice").unwrap();
        let key = lease_key(7, &channel.channel, &client);
        for info in [None, Payload::parse(r#"{"n":"\u00e9"}"#, 100).ok().map(Arc::new)] {
            let joined = PresenceVersion(5);
            let value = KeptMember { info: info.clone(), joined }.encode(&key);
            let read = decode(&key, &value, |number| (number == 7).then_some(&app)).unwrap();
            let lease = Lease { channel: channel.clone(), client: client.clone(), info, joined };
            assert_eq!(read, lease);
            assert!(decode(&key, &value, |_| None).is_none(), "nobody's");
            assert!(decode(b"other", &value, |_| Some(&app)).is_none());
        }
    }

    #[test]
    fn starts_are_2_to_the_32_apart_from_0() {
        let start = |number| Start { number, alive: Timestamp::from_millis(9) };
        assert_eq!((start(1).floor().0, start(3).floor().0), (0, 2 << 32));
        assert_eq!(Start::decode(&start(3).encode()), Some(start(3)));
    }
}
