//! WebSocket transport: upgrade, frames, writer, close codes; serves any codec.
//!
//! * [`routes`] and [`guest_routes`] are the HTTP routes that upgrade; `upgrade` answers the handshake and takes the
//!   socket back from hyper.
//! * `transport` is one connection's life: reading frames and writing what is queued in one task,
//!   the goodbye, the moment of silence after it.
//! * `outbound` is the queue behind the `Outbound` port; [`TextFraming`] and [`DeflateFraming`] mark
//!   frames for codecs, [`Codecs`] are those of a protocol.
//! * `conversation` is who talks: a session (`talk`), or the echo of `/debug/echo`.

mod close_codes;
mod codecs;
mod conversation;
mod echo;
mod framing;
mod guest_route;
mod outbound;
mod routes;
mod scratch;
mod talk;
mod transport;
mod upgrade;

pub use codecs::{Codecs, InLanguages};
pub use framing::{DeflateFraming, TextFraming};
pub use guest_route::{GuestEndpoint, guest_routes};
pub use routes::{Endpoint, echo_route, routes};
