//! What goes into the machine and what comes out.

use domain::{ChannelName, Moment, Position};

use serde_json::value::RawValue;

use crate::{
    AskError, Attendance, ChannelEvent, Draft, OpenFailure, Receipt, SendError, State, TokenError,
};

/// Something that happened.
#[derive(Debug)]
pub enum Input {
    /// The user wants something.
    Command(Command),
    /// The token source answered.
    Token(Result<String, TokenError>),
    /// The connection is open.
    Opened,
    /// It could not be opened.
    OpenFailed(OpenFailure),
    /// A text frame came.
    Text(String),
    /// Something else came: a sign of life.
    Alive,
    /// The connection ended, with this close code where there was a close frame.
    Closed(Option<u16>),
    /// A reader has as many events waiting as it may.
    Overflowed(ChannelName),
    /// A reader that had has read them.
    Drained(ChannelName),
    /// Time passed.
    Tick,
}

/// What the user wants.
#[derive(Debug)]
pub enum Command {
    /// To read a channel; from a place that was kept from before, or from now on.
    Subscribe {
        /// The channel, which is not subscribed to yet.
        channel: ChannelName,
        /// The place.
        from: Option<Position>,
        /// The part in its presence, if any.
        attendance: Option<Attendance>,
    },
    /// Not to read it any more.
    Unsubscribe(ChannelName),
    /// To send.
    Send(Outgoing),
    /// To ask something else, once, on the present connection.
    Ask(Question),
    /// To lose the connection, as if the network broke.
    Interrupt,
    /// To end.
    Stop,
}

/// The number of a send or a question, given by who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// A send.
#[derive(Debug, Clone)]
pub struct Outgoing {
    /// Its number.
    pub ticket: Ticket,
    /// What.
    pub draft: Draft,
}

/// A request that is not repeated.
#[derive(Debug, Clone)]
pub struct Question {
    /// Its number.
    pub ticket: Ticket,
    /// What is asked.
    pub event: String,
    /// An object.
    pub payload: Box<RawValue>,
}

/// Something to do.
#[derive(Debug)]
pub enum Action {
    /// Ask the token source; answer with [`Input::Token`].
    FetchToken,
    /// Connect; answer with [`Input::Opened`] or [`Input::OpenFailed`].
    Open,
    /// Drop the connection, or the attempt to make one. No [`Input::Closed`] follows.
    Abandon,
    /// Say goodbye and drop the connection. No [`Input::Closed`] follows.
    Close,
    /// Send this text.
    Transmit(String),
    /// Tell the reader of the channel.
    Deliver(ChannelName, ChannelEvent),
    /// There is no more to tell it.
    Release(ChannelName),
    /// A send is decided.
    Settle(Ticket, Result<Receipt, SendError>),
    /// A question is answered.
    Answer(Ticket, Result<Box<RawValue>, AskError>),
    /// Show where the connection stands.
    Show(State),
}

/// The earlier of two moments that may not be.
pub(super) fn earlier(one: Option<Moment>, other: Option<Moment>) -> Option<Moment> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
