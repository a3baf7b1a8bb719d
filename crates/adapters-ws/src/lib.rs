//! WebSocket transport: upgrade, frames, writer, close codes; serves any codec.
//!
//! * [`routes`] are the HTTP routes that upgrade; `upgrade` answers the handshake and takes the
//!   socket back from hyper.
//! * `transport` is one connection's life: reading frames and writing what is queued in one task,
//!   the goodbye, the moment of silence after it.
//! * `outbound` is the queue behind the `Outbound` port; [`TextFraming`] marks frames for codecs.
//! * `conversation` is who talks: a session (`talk`), or the echo of `/debug/echo`.

mod conversation;
mod echo;
mod framing;
mod outbound;
mod routes;
mod talk;
mod transport;
mod upgrade;

pub use framing::TextFraming;
pub use routes::{Endpoint, echo_route, routes};
