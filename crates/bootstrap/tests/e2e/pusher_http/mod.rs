//! What backends of the Pusher protocol ask over HTTP.
//!
//! * `backend` signs as the libraries of backends do, by code that is not the server's, `guest` is a
//!   client of the protocol.
//! * The other modules are the stories.

pub(crate) mod backend;
mod demo;
mod events;
mod guest;
mod queries;
mod signing;
mod users;

pub(crate) use backend::Backend;
