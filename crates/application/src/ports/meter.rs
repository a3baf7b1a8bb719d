//! The port that measures what happens too often to be told as an event.

use domain::{AppId, Durability, ErrorCode, Limit, Timestamp};

/// A time on a [`Meter`]'s own clock: good for asking the same meter how long something took, and
/// for nothing that anybody decides by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Tick(pub u64);

/// A request's kind, as it is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `auth`, the refresh of a token among it.
    Auth,
    /// A subscription.
    Subscribe,
    /// Many under one reply.
    SubscribeMany,
    /// The end of a subscription.
    Unsubscribe,
    /// A message.
    Send,
    /// A page of history.
    History,
    /// Who is there.
    Presence,
    /// A guest that says who it is.
    SignIn,
    /// A sign of life.
    Ping,
    /// What could not be read.
    Malformed,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::Auth,
        Self::Subscribe,
        Self::SubscribeMany,
        Self::Unsubscribe,
        Self::Send,
        Self::History,
        Self::Presence,
        Self::SignIn,
        Self::Ping,
        Self::Malformed,
    ];

    /// The stable machine name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Subscribe => "subscribe",
            Self::SubscribeMany => "subscribe_many",
            Self::Unsubscribe => "unsubscribe",
            Self::Send => "send",
            Self::History => "history",
            Self::Presence => "presence",
            Self::SignIn => "sign_in",
            Self::Ping => "ping",
            Self::Malformed => "malformed",
        }
    }
}

/// Something that is counted or timed. No payload, token, client or channel is in it.
///
/// Who watches by a pass of the server's is nobody's client: what is counted by app leaves it out.
#[derive(Debug, Clone, Copy)]
pub enum Reading<'a> {
    /// A frame came, inflated where it was compressed.
    Received {
        /// The tenant that pays for it, where there is one.
        app: Option<&'a AppId>,
        /// Bytes.
        bytes: usize,
    },
    /// A request was answered.
    Answered {
        /// The tenant that pays for it, where there is one.
        app: Option<&'a AppId>,
        /// What was asked.
        kind: Kind,
        /// When it came.
        since: Tick,
        /// Bytes of the reply.
        bytes: usize,
        /// Messages of a stream in it.
        messages: usize,
        /// Why it was refused, where it was.
        refused: Option<ErrorCode>,
    },
    /// One of several under one reply was refused.
    Refused {
        /// The tenant.
        app: &'a AppId,
        /// Why.
        code: ErrorCode,
    },
    /// A limit came near, or refused something.
    Limited {
        /// The tenant; nothing where the limit is an address's.
        app: Option<&'a AppId>,
        /// Which limit.
        limit: Limit,
        /// Whether something was refused.
        reached: bool,
    },
    /// A broker took a message: it is stamped, and kept where it is to be kept. Not a repeated one.
    Published {
        /// The tenant.
        app: &'a AppId,
        /// Bytes of its data.
        bytes: usize,
        /// Which broker took it: that of this durability.
        broker: Durability,
        /// Whether it is in a history now.
        kept: bool,
    },
    /// Messages were handed to open connections: told once for up to 128 subscribers, never for each.
    Delivered {
        /// The tenant.
        app: &'a AppId,
        /// Messages, each counted as often as it has subscribers.
        messages: usize,
        /// Bytes of their frames.
        bytes: usize,
    },
    /// Messages that were gathered have been written to the last of their subscribers.
    Flushed {
        /// When the oldest of them was stamped.
        since: Tick,
    },
    /// A subscriber said where it was.
    Recovered {
        /// The tenant.
        app: &'a AppId,
        /// Whether everything that it missed was made up for.
        whole: bool,
    },
    /// A connection became a client's, or ended as one. Told in pairs.
    Connection {
        /// The tenant.
        app: &'a AppId,
        /// Whether it is there now.
        present: bool,
    },
    /// A channel got its first client here, or lost its last one. Told in pairs.
    Channel {
        /// The tenant.
        app: &'a AppId,
        /// Whether it has any now.
        present: bool,
    },
    /// A client became a member of a channel, or is none any more.
    Member {
        /// The tenant.
        app: &'a AppId,
        /// Whether it is there now.
        present: bool,
    },
}

/// Counts and times what happens.
///
/// Guarantees of every adapter:
///
/// 1. No call blocks or fails, whatever an app's name is, and from however many threads.
/// 2. Ticks never go back. The tick of a stamp is not later than the present one.
///
/// It is called for each request and each write of up to 128 subscribers: it allocates nothing and
/// takes no lock.
pub trait Meter: Send + Sync {
    /// The present time.
    fn tick(&self) -> Tick;

    /// The time at which this stamp was given, so far as a stamp's milliseconds tell.
    fn tick_of(&self, stamp: Timestamp) -> Tick;

    /// Takes note of a reading.
    fn note(&self, reading: &Reading<'_>);
}

/// Where nobody measures.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoMeter;

impl Meter for NoMeter {
    fn tick(&self) -> Tick {
        Tick::default()
    }

    fn tick_of(&self, _: Timestamp) -> Tick {
        Tick::default()
    }

    fn note(&self, _: &Reading<'_>) {}
}
