//! The accept loop: sockets to hyper, with a deadline and a cap.
//!
//! Servers usually keep a silent or half-sent request open for more than a minute and count
//! nothing; here a connection has ten seconds for its request head, takes a counted seat before
//! a byte of it is read, and blocks nobody ([`Listener`]). What a request says of its other end
//! comes out as a [`domain::Peer`] ([`Arrival`]). [`Io`] is the one kind of socket that
//! transports get back after an upgrade, plain, as a [`TlsSocket`] that shows an [`Identity`], or a
//! Unix socket ([`Address`]); [`TrustedProxies`] say for whom they come; [`envelope`] is the one shape of every JSON answer.

mod accept;
mod address;
mod arrival;
pub mod envelope;
mod identity;
mod io;
mod proxies;
mod socket;
mod tls_socket;
mod unix_socket;

pub use accept::{Listener, ListenerOptions};
pub use address::{Address, NoAddress, SocketPath};
pub use arrival::Arrival;
pub use identity::{Identity, IdentityError};
pub use io::Io;
pub use proxies::{NoProxy, TrustedProxies, TrustedProxy};
pub use tls_socket::TlsSocket;
