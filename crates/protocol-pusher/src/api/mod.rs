//! What backends ask over HTTP, without the HTTP: signed queries, the bodies of requests and answers.
//!
//! * [`SignedQuery`] proves who asks, before a byte of the body is read.
//! * [`events`] and [`batch`] read what is to be sent, all of it before any of it is.
//! * [`Attributes`] are what is asked of channels, [`Facts`] what is answered.
//! * [`Fault`] is why not.

mod attributes;
mod events;
mod facts;
mod fault;
mod signed_query;

pub use attributes::Attributes;
pub use events::{Event, batch, batch_bytes, event_bytes, events};
pub use facts::{Facts, write_batch, write_by_channel, write_channel, write_users};
pub use fault::Fault;
pub use signed_query::{NotSigned, SignedQuery};

use domain::{ChannelName, ClientId};

/// The channel of a path.
///
/// # Errors
/// `Invalid`: no channel has this name.
pub fn channel(name: &str) -> Result<ChannelName, Fault> {
    ChannelName::parse(name).map_err(|error| Fault::invalid(format!("the channel's name {error}")))
}

/// The user of a path.
///
/// # Errors
/// `Invalid`: no user has this name.
pub fn user(name: &str) -> Result<ClientId, Fault> {
    ClientId::parse(name).map_err(|error| Fault::invalid(format!("the user's id {error}")))
}
