//! The sentences of an explanation: in English, without a time, which whoever shows them writes as
//! its readers are used to.

use std::fmt;

use super::answer::{Explanation, Fate, Fated, Missing, Verdict, best};
use crate::ports::{Change, Ender, Maker, OrderKind, Sent, What};

/// ` of chat:lobby`, where there is a channel.
struct Of<'a, T>(&'a Option<T>);

impl<T: fmt::Display> fmt::Display for Of<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |what| write!(f, " in {what}"))
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Authenticated { client, refreshed: false } => write!(f, "{client} came in"),
            Self::Authenticated { client, refreshed: true } => {
                write!(f, "{client} refreshed its token")
            }
            Self::AuthRefused { code } => write!(f, "auth was refused: {}", code.reason()),
            Self::Denied { client, channel, denial } => {
                write!(f, "{client} was denied in {channel}: {denial}")
            }
            Self::Refused { kind, channel, code } => {
                write!(f, "{}{} was refused: {}", kind.name(), Of(channel), code.reason())
            }
            Self::Failed { what } => write!(f, "{what} failed; the log has the cause"),
            Self::BackendRefused { what, channel, code } => {
                let reason = code.reason();
                write!(f, "the backend's {what}{} was refused: {reason}", Of(channel))
            }
            Self::Ordered { order, channel } => ordered(f, *order, channel.as_ref()),
            Self::Command { kind, bytes, channel } => {
                write!(f, "a {} of {bytes} bytes came{}", kind.name(), Of(channel))
            }
            Self::Published(sent) => published(f, sent),
            Self::Gap { channel } => write!(f, "the stream of {channel} began anew"),
            Self::Member { channel, client, joined: true } => {
                write!(f, "{client} joined the members of {channel}")
            }
            Self::Member { channel, client, joined: false } => {
                write!(f, "{client} left the members of {channel}")
            }
            Self::Subscription { channel, change } => subscription(f, *change, channel),
            Self::Closed { client, reason } => {
                write!(f, "the connection of {client} ended: {}", reason.name())
            }
        }
    }
}

fn ordered(
    f: &mut fmt::Formatter<'_>,
    order: OrderKind,
    channel: Option<&domain::ChannelName>,
) -> fmt::Result {
    let what = match order {
        OrderKind::Subscribe => "a subscription",
        OrderKind::Unsubscribe => "the end of a subscription",
        OrderKind::Disconnect => "the end of the connection",
        OrderKind::Revoke => "the end of the connection: its token was revoked",
    };
    write!(f, "the backend ordered {what}{}", Of(&channel))
}

fn published(f: &mut fmt::Formatter<'_>, sent: &Sent) -> fmt::Result {
    let Sent { channel, bytes, subscribers, .. } = sent;
    if sent.repeated {
        return write!(f, "a message of {bytes} bytes was sent to {channel} again: published once");
    }
    write!(f, "a message of {bytes} bytes was published in {channel}")?;
    if let Some(position) = sent.position {
        write!(f, " as number {}", position.offset.0)?;
    }
    write!(f, ", where {subscribers} subscribed")
}

fn subscription(
    f: &mut fmt::Formatter<'_>,
    change: Change,
    channel: &domain::ChannelName,
) -> fmt::Result {
    match change {
        Change::Made(by) => write!(f, "{channel} was subscribed to by {}", maker(by)),
        Change::Placed(start) => {
            write!(f, "{channel}: pushed from number {} on", start.position.offset.0 + 1)?;
            let earlier = start.first.map(|first| first.0);
            earlier.map_or(Ok(()), |first| write!(f, ", given those from {first} on before"))
        }
        Change::Ended(by) => write!(f, "the subscription to {channel} ended: {}", Ended(by)),
    }
}

const fn maker(by: Maker) -> &'static str {
    match by {
        Maker::Client => "the client",
        Maker::Token => "its token",
        Maker::Server => "the app's backend",
    }
}

struct Ended(Ender);

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Ender::Client => "the client unsubscribed",
            Ender::Server => "the app's backend ended it",
            Ender::Grants => "its new token no longer grants it",
            Ender::Gap => "the channel's stream began anew",
            Ender::Overflow => "too much came before the reply was out",
            Ender::Refused => "what was asked for with it was refused",
            Ender::Connection => "its connection ended",
        })
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the client was there and not subscribed: ")?;
        match self {
            Self::NeverAsked => f.write_str("it had not asked"),
            Self::Denied(_, denial) => write!(f, "it had asked and was denied ({denial})"),
            Self::Refused(_, code) => write!(f, "it had asked and was refused ({})", code.reason()),
            Self::Ended(_, by) => write!(f, "its subscription had ended, {}", Ended(*by)),
            Self::Later(_) => f.write_str("it subscribed later"),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offline { left: None, .. } => f.write_str("the client had no connection then"),
            Self::Offline { left: Some((_, reason)), .. } => {
                let reason = reason.name();
                write!(f, "the client had no connection then; its last one had ended: {reason}")
            }
            Self::Forgotten => f.write_str(
                "it is no longer remembered whether the client was there and subscribed",
            ),
            Self::NotSubscribed(missing) => missing.fmt(f),
            Self::Hidden { own: true } => {
                f.write_str("the connection sent it and did not want it back (echo: false)")
            }
            Self::Hidden { own: false } => {
                f.write_str("who published it excluded the connection, or the one it continues")
            }
            Self::Handed { closed: None } => f.write_str("it was handed to the connection"),
            Self::Handed { closed: Some((_, reason)) } => {
                let reason = reason.name();
                write!(f, "it was handed to the connection, which ended later: {reason}")
            }
            Self::Recovered(_) => {
                f.write_str("it was given with the reply to a subscription, as an earlier message")
            }
        }
    }
}

impl fmt::Display for Fated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.fate.fmt(f)?;
        if self.certain {
            return Ok(());
        }
        f.write_str("; not sure, the subscription changed in the same moment")
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.verdict {
            Verdict::Nothing => f.write_str("nothing of it is remembered"),
            Verdict::Refused(fact) => fact.what.fmt(f),
            Verdict::NotRefused => f.write_str("nothing that is remembered of it was refused"),
            Verdict::NoSuchMessage => f.write_str("no such message is remembered"),
            Verdict::NotPublished(fact) => {
                write!(f, "no message was published there then: {}", fact.what)
            }
            Verdict::Published { fates, .. } => {
                best(fates).map_or(Ok(()), |fate| fmt::Display::fmt(fate, f))
            }
        }
    }
}
