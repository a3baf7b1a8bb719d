//! A client of the native protocol, with the manners that `docs/protocol.md` asks of one.
//!
//! [`Client::start`] takes [`Options`] and a [`TokenSource`] and gives a handle; a task of its own
//! keeps the connection. [`Client::subscribe`] gives a [`Subscription`], a bounded stream of
//! [`ChannelEvent`]s; [`Client::send`] resolves with a [`Receipt`] once the server has acknowledged;
//! [`Client::ask`] asks anything else, once; [`Client::state`] is a watch of the connection's [`State`].
//!
//! # The state machine
//!
//! [`Machine`] holds everything that decides: no socket, no clock, no randomness but its seed.
//! [`Input`]s with the present [`Moment`](domain::Moment) go in, [`Action`]s come out, and
//! [`Machine::wake`] says until when nothing happens without an input. `driver` performs the
//! actions. The same seed and the same inputs at the same moments give the same actions.
//!
//! | State | What it waits for | Then |
//! |---|---|---|
//! | `Waiting` | its delay | `Fetching`, or `Opening` with a token that still holds |
//! | `Fetching` | the token source | token: `Opening`; retry: `Waiting`; denied: `Stopped` |
//! | `Opening` | the upgrade, 10 s | open: `auth`, `Greeting`; failed: `Waiting`; refused (4xx): `Stopped` |
//! | `Greeting` | the reply to `auth`, 15 s | 200: `Online`; 401: once with a fresh token, then `Stopped`; waiting helps: `Waiting`; else `Stopped` |
//! | `Online` | frames | end of the connection: by its close code |
//! | `Stopped` | nothing | |
//!
//! **The end of a connection** goes by family: 4000 to 4099 and 1002, 1003, 1007, 1009 stop; 4200 to
//! 4299 wait for the `retryAfterMs` of the `disconnect` push (4203 throws the token away first);
//! everything else waits for a backoff: exponential, full jitter, begun anew after a connection
//! that held for a while. Silence for the ping interval and 10 s more is an end too, as is an
//! unanswered request to subscribe.
//!
//! **The token** is fetched before connecting, again on `tokenExpiring`, after 4203, and when the
//! first one is refused. A failed refresh is tried again with a backoff.
//!
//! **A channel** goes `Wanted` -> `Asked` -> `Live`. A lost connection makes all of them `Wanted`;
//! they are asked for in batches of ten, one batch at a time, each with its position where it has
//! one. A reader that does not read makes its channel `Paused`: unsubscribed until what waits for
//! the reader is read, then `Wanted`.
//!
//! **A position** moves by pushes (`message`, `position`) and subscribe replies only. A message that
//! is not behind it is dropped, one that leaves a hole is told as [`GapCause::Jump`]. A reply
//! without `recovered: true` to a request with a position is [`GapCause::NotRecovered`]. A channel
//! without history has no position: it says so in [`ChannelEvent::Subscribed`], and each return
//! to it is [`GapCause::NoHistory`].
//!
//! **Members** come with [`Client::attend`]: a list once, then changes. A list that comes with a return to
//! the channel becomes the changes since the one before. A change whose version leaves a hole makes the
//! client ask for another list, which is told in the same way.
//!
//! **A send** gets a key. It waits in a bounded queue, is sent again with the same key after a
//! reconnect, `unavailable`, `internal` or `rate_limited`, until the server answers or its deadline
//! passes. Sends under way at the same time may be committed in another order where one of them
//! has to be repeated: who needs an order waits for one before the next.
//!
//! # Parts
//!
//! * `client`, `subscription`: the handles. `driver` runs the machine, `wire` is the socket,
//!   `outlets` are the bounded streams to the readers.
//! * `machine`: the connection in `machine` itself, channels in `roster`, their members in `members`, sends in
//!   `outbox`.
//! * `frame` reads, `request` writes.
//! * `options`, `token`, `clock`, `random`, `backoff`: what is given from outside.
//! * `event`, `state`, `error`, `draft`, `close_family`: words of the interface.

mod backoff;
mod client;
mod clock;
mod close_family;
mod draft;
mod driver;
mod error;
mod event;
mod frame;
mod machine;
mod options;
mod outlets;
mod random;
mod request;
mod state;
mod subscription;
mod token;
mod wire;

pub use backoff::Backoff;
pub use client::Client;
pub use clock::{Clock, TokioClock};
pub use close_family::{CloseFamily, Departure};
pub use draft::{Draft, Receipt};
pub use error::{AskError, ClientGone, DraftError, Refusal, SendError, SubscribeError};
pub use event::{
    Attendance, ChannelEvent, Gap, GapCause, ListedMember, MemberChange, MemberList, Message,
    Recovery, Sender,
};
pub use machine::{Action, Command, Input, Machine, Outgoing, Question, Ticket};
pub use options::{Limits, Options};
pub use random::Random;
pub use state::{Counters, State, StopReason};
pub use subscription::Subscription;
pub use token::{TokenError, TokenSource};
pub use tokio_rustls::rustls::ClientConfig as TlsConfig;
pub use wire::OpenFailure;
